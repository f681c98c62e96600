import Changes
import Inventory
import Machine
import SystemPackage
import Wording

/// Why a plan was not carried out, and how the machine was left.
public struct TransactionFailure: Error, Sendable, Hashable {
    /// What went wrong.
    public var message: Text
    /// What could not be undone; empty when everything was put back.
    public var left: [Text]
    /// Whether a driver never answered: only a reboot helps then.
    public var isStuck: Bool
    /// Whether a device was no longer the one that the plan was made for.
    public var identityChanged: Bool
}

/// Applies a plan change by change, reads each one back, and on failure undoes what was done, last change first.
public struct Transaction {
    let machine: Machine
    /// Milliseconds that a write to sysfs may take. Drivers need seconds to let go of busy hardware.
    let deadline: Int
    /// Milliseconds until an expectation must hold: probing may go on after the write has returned.
    let settling: Int
    let progress: (PlannedChange) -> Void

    public init(
        on machine: Machine,
        deadline: Int = 30_000,
        settling: Int = 5_000,
        progress: @escaping (PlannedChange) -> Void = { _ in }
    ) {
        self.machine = machine
        self.deadline = deadline
        self.settling = settling
        self.progress = progress
    }

    public func apply(_ plan: Plan) throws(TransactionFailure) {
        try checkIdentities(plan.identities)
        var done: [PlannedChange] = []
        for planned in plan.changes {
            progress(planned)
            do {
                try perform(planned.change)
                done.append(planned)
                try verify(planned.expectation)
            } catch {
                let left = rollBack(done, stuck: error.isStuck ? planned.change.device : nil)
                throw TransactionFailure(
                    message: error.message,
                    left: left,
                    isStuck: error.isStuck,
                    identityChanged: false
                )
            }
        }
    }

    /// One step that failed.
    private struct StepFailure: Error {
        var message: Text
        var isStuck = false
    }

    private func checkIdentities(_ identities: [Identity]) throws(TransactionFailure) {
        for identity in identities {
            let path = "\(PCIInventory.root)/\(identity.address)"
            let vendor = readID("\(path)/vendor")
            let device = readID("\(path)/device")
            guard vendor == identity.vendor.value, device == identity.device.value else {
                throw TransactionFailure(
                    message: Text(
                        en:
                            "\(identity.address) is no longer \(identity.vendor):\(identity.device): nothing was changed.",
                        zh: "\(identity.address) 已不是 \(identity.vendor):\(identity.device)：未做任何更改。"
                    ),
                    left: [],
                    isStuck: false,
                    identityChanged: true
                )
            }
        }
    }

    private func readID(_ path: String) -> UInt16? {
        guard let bytes = try? machine.readWithDeadline(path, milliseconds: 2_000) else { return nil }
        let text = String(decoding: bytes.trimmed, as: UTF8.self)
        return UInt16(text.hasPrefix("0x") ? String(text.dropFirst(2)) : text, radix: 16)
    }

    private func perform(_ change: Change) throws(StepFailure) {
        switch change {
        case .loadModule(let name): try load(name)
        case .writeAttribute(let path, let value):
            do {
                try machine.tree.write(path, bytes: Array(value.utf8), milliseconds: deadline)
            } catch {
                throw failure(error, writing: value, to: path)
            }
        case .writeFile(let path, let content):
            do {
                try machine.tree.replace(path, with: content.map { Array($0.utf8) })
            } catch {
                throw StepFailure(
                    message: Text(
                        en: "\(path) could not be written: \(error.description.lowercased()).",
                        zh: "无法写入 \(path)：\(Text(reason: error.description.lowercased()).zh)。"
                    )
                )
            }
        }
    }

    private func failure(_ error: Errno, writing value: String, to path: String) -> StepFailure {
        if error == .timedOut {
            return StepFailure(
                message: Text(
                    en: """
                        The kernel did not come back from writing \(value) to \(path) within \(deadline / 1000) s: \
                        the driver is stuck, and only a reboot frees the device.
                        """,
                    zh: "向 \(path) 写入 \(value) 后内核在 \(deadline / 1000) 秒内没有返回：驱动已卡住，只有重启才能释放该设备。"
                ),
                isStuck: true
            )
        }
        let shown = value == "\n" ? "(empty)" : value
        return StepFailure(
            message: Text(
                en: "Writing \(shown) to \(path) failed: \(error.description.lowercased()).",
                zh: "向 \(path) 写入 \(shown) 失败：\(Text(reason: error.description.lowercased()).zh)。"
            )
        )
    }

    private func load(_ name: String) throws(StepFailure) {
        guard let modprobe = machine.program("modprobe") else {
            if machine.exists("/sys/module/\(canonicalModuleName(name))") { return }
            throw StepFailure(
                message: Text(
                    en: "There is no modprobe on this machine to load \(name) with.",
                    zh: "本机没有 modprobe，无法加载 \(name)。"
                )
            )
        }
        let result: ProgramResult
        do {
            result = try machine.run(modprobe, [name], milliseconds: deadline)
        } catch {
            throw StepFailure(
                message: Text(
                    en: "modprobe \(name) could not be run: \(error.description.lowercased()).",
                    zh: "无法运行 modprobe \(name)：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
        guard result.status == 0 else {
            let said = result.output.utf8.split(separator: UInt8(ascii: "\n")).first.map { String(Substring($0)) } ?? ""
            throw StepFailure(
                message: Text(
                    en: "modprobe \(name) ended with \(result.status): \(said)",
                    zh: "modprobe \(name) 以 \(result.status) 结束：\(said)"
                )
            )
        }
    }

    private func verify(_ expectation: Expectation?) throws(StepFailure) {
        guard let expectation else { return }
        var waited = 0
        while true {
            guard let seen = try observe(expectation) else { return }
            guard waited < settling else { throw StepFailure(message: seen) }
            machine.pause(milliseconds: 100)
            waited += 100
        }
    }

    /// What is wrong with the expectation now; nil when it holds.
    private func observe(_ expectation: Expectation) throws(StepFailure) -> Text? {
        switch expectation {
        case .driver(let address, let wanted):
            let driver = try driver(of: address)
            if driver == wanted { return nil }
            let now = driver ?? "-"
            let want = wanted ?? "-"
            return Text(
                en:
                    "\(address) should have the driver \(want) now, but has \(now): the kernel log (dmesg) may say why.",
                zh: "\(address) 现在的驱动应为 \(want)，实际为 \(now)：内核日志（dmesg）也许会说明原因。"
            )
        case .driverIsNot(let address, let unwanted):
            guard try driver(of: address) == unwanted else { return nil }
            return Text(
                en: "\(address) is still bound to \(unwanted).",
                zh: "\(address) 仍绑定在 \(unwanted) 上。"
            )
        case .driverOverride(let address, let wanted):
            let path = "\(PCIInventory.root)/\(address)/driver_override"
            guard let bytes = try? machine.readWithDeadline(path, milliseconds: 2_000) else {
                return Text(en: "\(path) cannot be read back.", zh: "无法读回 \(path)。")
            }
            let text = String(decoding: bytes.trimmed, as: UTF8.self)
            let now = text == "(null)" || text.isEmpty ? nil : text
            if now == wanted { return nil }
            return Text(
                en: "\(path) reads \(text) after it was written.",
                zh: "写入后 \(path) 的内容为 \(text)。"
            )
        case .moduleLoaded(let name):
            if machine.exists("/sys/module/\(name)") { return nil }
            return Text(
                en: "The module \(name) is not there after modprobe said it was loaded.",
                zh: "modprobe 报告成功，但模块 \(name) 并未加载。"
            )
        }
    }

    private func driver(of address: PCIAddress) throws(StepFailure) -> String? {
        let path = "\(PCIInventory.root)/\(address)/driver"
        do {
            let target = try machine.linkWithDeadline(path, milliseconds: 2_000)
            return String(target[target.index(target.lastIndex(of: "/") ?? target.startIndex, offsetBy: 1)...])
        } catch  where error == .noSuchFileOrDirectory {
            return nil
        } catch {
            throw StepFailure(
                message: Text(
                    en: "\(path) cannot be read: \(error.description.lowercased()).",
                    zh: "无法读取 \(path)：\(Text(reason: error.description.lowercased()).zh)。"
                ),
                isStuck: error == .timedOut
            )
        }
    }

    /// Whether an inverse has nothing to undo: a function is not bound to the driver that is to let go of it, or is bound
    /// again to the one that is to have it.
    private func isUndone(_ change: Change) -> Bool {
        guard case .writeAttribute(let path, let value) = change, let address = PCIAddress(value) else { return false }
        let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard parts.count == 6, parts[3] == "drivers" else { return false }
        let bound: String?
        do { bound = try driver(of: address) } catch { return false }
        return parts[5] == "bind" ? bound == parts[4] : parts[5] == "unbind" && bound != parts[4]
    }

    /// Undoes changes, last first; returns what could not be undone. A device that is stuck is not touched again: the
    /// kernel holds its lock, and every further write would wait as long.
    private func rollBack(_ done: [PlannedChange], stuck: PCIAddress?) -> [Text] {
        var stuck = Set([stuck].compactMap(\.self))
        var left: [Text] = []
        for change in done.reversed().flatMap(\.inverse) {
            if let device = change.device, stuck.contains(device) {
                left.append(
                    Text(en: "Not undone: \(change.sentence)", zh: "未撤销：\(change.sentence)")
                )
                continue
            }
            if isUndone(change) { continue }
            do {
                try perform(change)
            } catch {
                left.append(error.message)
                if error.isStuck, let device = change.device { stuck.insert(device) }
            }
        }
        return left
    }
}

extension Change {
    /// The function that the change is about; nil for what concerns none, or all.
    fileprivate var device: PCIAddress? {
        switch self {
        case .loadModule: nil
        case .writeAttribute(let path, let value):
            PCIAddress(value) ?? path.split(separator: "/").lazy.compactMap { PCIAddress($0) }.first
        case .writeFile(let path, _): path.split(separator: "/").last.flatMap { PCIAddress($0) }
        }
    }

    /// The change as a shell would write it.
    fileprivate var sentence: String {
        switch self {
        case .loadModule(let name): "modprobe \(name)"
        case .writeAttribute(let path, let value): "echo \(value == "\n" ? "" : value) > \(path)"
        case .writeFile(let path, let content): content == nil ? "rm \(path)" : "> \(path)"
        }
    }
}
