import Changes
import Inventory
import Machine
import SystemPackage
import Wording

/// One step that failed.
struct StepFailure: Error {
    var message: Text
    /// Whether the kernel did not come back: what waits inside a driver cannot be stopped.
    var isStuck = false
    /// Why a file could not be written; nil for other failures.
    var error: Errno?
}

/// Makes single changes, reads back what they did, and takes them back.
struct StepRunner {
    let machine: Machine
    /// Milliseconds that a write to sysfs may take. Drivers need seconds to let go of busy hardware.
    let deadline: Int
    /// Milliseconds until an expectation must hold: probing may go on after the write has returned.
    let settling: Int
    /// Is told which program is about to begin; when it throws, the program does not.
    var announce: ((RunningProgram) throws(Errno) -> Void)?

    /// Whether the device for which a plan was made still has its address.
    func isPresent(_ identity: Identity) -> Bool {
        let path = "\(PCIInventory.root)/\(identity.address)"
        return readID("\(path)/vendor") == identity.vendor.value
            && readID("\(path)/device") == identity.device.value
    }

    /// Whether that can be seen: a device that is gone can, one whose driver never comes back need not.
    func isReadable(_ identity: Identity) -> Bool {
        let path = "\(PCIInventory.root)/\(identity.address)"
        return !machine.exists(path) || readID("\(path)/vendor") != nil && readID("\(path)/device") != nil
    }

    private func readID(_ path: String) -> UInt16? {
        guard let bytes = try? machine.readWithDeadline(path, milliseconds: 2_000) else { return nil }
        let text = String(decoding: bytes.trimmed, as: UTF8.self)
        return UInt16(text.hasPrefix("0x") ? String(text.dropFirst(2)) : text, radix: 16)
    }

    func perform(_ change: Change) throws(StepFailure) {
        switch change {
        case .loadModule(let name): try load(name)
        case .runProgram(let path, let arguments, let input, let place):
            try run(path, arguments, input: input, place: place)
        case .writeDocument(let document, let content): try give(content, to: document)
        case .writeAttribute(let path, let value):
            guard path.hasPrefix("/sys/") else { throw failure(.invalidArgument, writing: value, to: path) }
            do {
                try machine.tree.write(path, bytes: Array(value.utf8), milliseconds: deadline)
            } catch {
                throw failure(error, writing: value, to: path)
            }
        case .writeFile(let path, let content, let mode): try write(content, mode, to: path)
        case .writeLink(let path, let target):
            do {
                try machine.tree.putLink(target, at: path)
            } catch {
                throw Self.unwritable(path, error)
            }
        }
    }

    private func write(_ content: FileContent?, _ mode: UInt32, to path: String) throws(StepFailure) {
        do {
            guard let content else { return try machine.keep(nil, at: path) }
            var file = try machine.tree.snapshot(path) ?? FileSnapshot(bytes: [], mode: mode)
            file.content = content
            file.modified = nil
            try machine.keep(file, at: path)
        } catch {
            throw Self.unwritable(path, error)
        }
    }

    static func unwritable(_ path: String, _ error: Errno) -> StepFailure {
        StepFailure(
            message: Text(
                en: "\(path) could not be written: \(error.description.lowercased()).",
                zh: "无法写入 \(path)：\(Text(reason: error.description.lowercased()).zh)。"
            ),
            error: error
        )
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
        try run(modprobe, [name])
    }

    func verify(_ expectation: Expectation?) throws(StepFailure) {
        guard let expectation else { return }
        var waited = 0
        while true {
            guard let seen = try observe(expectation) else { return }
            guard waited < settling else { throw StepFailure(message: seen) }
            machine.pause(milliseconds: 100)
            waited += 100
        }
    }

    /// Whether an expectation is seen to hold, without waiting for it.
    func holds(_ expectation: Expectation?) -> Bool {
        guard let expectation else { return true }
        return (try? observe(expectation)) == .some(.none)
    }

    /// Whether a program was asked and says that the expectation does not hold.
    func denies(_ expectation: Expectation?) -> Bool {
        guard case .programSays(let path, let arguments, let place, let contains, let lacks)? = expectation else {
            return false
        }
        guard let answer = try? answer(path, arguments, input: nil, place: place), answer.status == 0 else {
            return false
        }
        return !contains.allSatisfy { self.contains(answer.output, $0) }
            || lacks.contains { self.contains(answer.output, $0) }
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
        case .attribute(let path, let wanted):
            guard let bytes = try? machine.readWithDeadline(path, milliseconds: 2_000) else {
                return Text(en: "\(path) cannot be read back.", zh: "无法读回 \(path)。")
            }
            let now = String(decoding: bytes.trimmed, as: UTF8.self)
            if now == wanted { return nil }
            return Text(en: "\(path) reads \(now) after it was written.", zh: "写入后 \(path) 的内容为 \(now)。")
        case .deviceDriver(let folder, let wanted):
            let now = machine.linkName(folder + "/driver")
            if now == wanted { return nil }
            return Text(
                en: "\(folder) should have the driver \(wanted ?? "-") now, but has \(now ?? "-").",
                zh: "\(folder) 现在的驱动应为 \(wanted ?? "-")，实际为 \(now ?? "-")。"
            )
        case .fileContains(let path, let wanted):
            guard let bytes = try? machine.read(path) else {
                return Text(en: "\(path) cannot be read back.", zh: "无法读回 \(path)。")
            }
            if contains(bytes, wanted) { return nil }
            return Text(
                en: "\(path) does not have \(wanted) after it was written anew.",
                zh: "重新生成后 \(path) 中没有 \(wanted)。"
            )
        case .programSays(let path, let arguments, let place, let contains, let lacks):
            return try says(path, arguments, place, contains: contains, lacks: lacks)
        case .moduleLoaded(let name):
            if machine.exists("/sys/module/\(name)") { return nil }
            return Text(
                en: "The module \(name) is not there after modprobe said it was loaded.",
                zh: "modprobe 报告成功，但模块 \(name) 并未加载。"
            )
        }
    }

    func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard !wanted.isEmpty else { return true }
        return bytes.indices.contains { bytes[$0...].starts(with: wanted) }
    }

    /// Waits for a console of the terminals that comes back with its display, which may take a while.
    func awaitConsole(_ path: String) {
        guard path.hasPrefix("/sys/class/vtconsole/") else { return }
        var waited = 0
        while !machine.exists(path), waited < settling {
            machine.pause(milliseconds: 100)
            waited += 100
        }
    }

    func driver(of address: PCIAddress) throws(StepFailure) -> String? {
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
}
