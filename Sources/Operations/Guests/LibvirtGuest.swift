import Changes
import Guests
import Inventory
import Machine
import SystemPackage
import Wording

/// A domain of libvirt: changed through `virsh` where its daemon answers, else in its file.
struct LibvirtGuest: GuestEditor {
    static let connection = "qemu:///system"
    /// What stands in the way when the owner has put a device in already.
    static let alreadyThere = "already-there"
    /// What stands in the way when too little is known of the guest to write what a device needs.
    static let unknown = "guest-unknown"
    /// What virsh is given to read, by a name that needs no link in `/dev`.
    private static let input = "/proc/self/fd/0"
    /// Milliseconds that virsh may take to print or take a document.
    private static let deadline = 30_000

    let name: String
    /// Where virsh is: the host, or a container from the inside.
    private let inside: Machine
    private let place: RunnerPlace?
    /// Nil where the file is edited.
    private let virsh: String?
    /// The file with the domain, by its path on the host.
    private let file: String
    private let document: DomainDocument
    private let isRunning: Bool

    /// - Parameters:
    ///   - file: the domain's file by its path on the host; nil where it cannot be reached from there.
    ///   - answers: whether the daemon runs.
    init(
        _ guest: KnownGuest,
        on machine: Machine,
        inside: Machine,
        place: RunnerPlace?,
        file: String?,
        answers: Bool
    ) throws(Failure) {
        name = guest.name
        self.inside = inside
        self.place = place
        self.file = file ?? guest.source
        isRunning = guest.isRunning == true
        let bytes: [UInt8]
        if answers {
            guard let virsh = inside.program("virsh") else {
                throw Failure(
                    .missing,
                    Text(
                        en: "libvirt runs\(Self.where(place).en), but there is no virsh to change \(guest.name) with.",
                        zh: "libvirt\(Self.where(place).zh)正在运行，但没有 virsh，无法更改 \(guest.name)。"
                    )
                )
            }
            self.virsh = virsh
            bytes = try Self.dump(guest.name, inside, virsh, place)
        } else {
            virsh = nil
            guard let file else {
                throw Failure(
                    .missing,
                    Text(
                        en: "\(guest.name) is in\(Self.where(place).en), which does not run: start it first.",
                        zh: "\(guest.name) 位于未运行的容器\(Self.where(place).zh)中：请先启动它。"
                    )
                )
            }
            do {
                bytes = try machine.read(file, limit: 8 << 20)
            } catch {
                throw Failure(
                    .failed,
                    Text(
                        en: "\(file) cannot be read: \(error.description.lowercased()).",
                        zh: "无法读取 \(file)：\(Text(reason: error.description.lowercased()).zh)。"
                    )
                )
            }
        }
        do throws(DomainError) {
            document = try DomainDocument(bytes)
        } catch {
            throw Failure(.malformed, Text(verbatim: "\(virsh == nil ? self.file : guest.name): ") + error.text)
        }
        // virsh takes a name that is a number for the number of a running domain.
        guard document.name == guest.name else {
            throw Failure(
                .refused,
                Text(
                    en: "virsh takes \(guest.name) for the domain \(document.name): rename it first.",
                    zh: "virsh 把 \(guest.name) 当成了域 \(document.name)：请先重命名。"
                )
            )
        }
    }

    private static func `where`(_ place: RunnerPlace?) -> Text {
        place.map { Text(en: " in the container \($0.container)", zh: "（容器 \($0.container)）") } ?? .empty
    }

    private static func dump(
        _ name: String,
        _ inside: Machine,
        _ virsh: String,
        _ place: RunnerPlace?
    ) throws(Failure) -> [UInt8] {
        let call = ProgramCall(virsh, readArguments(name), milliseconds: deadline)
        let answer: ProgramAnswer
        do {
            answer = try inside.run(call)
        } catch {
            throw Failure(
                error == .timedOut ? .busy : .failed,
                Text(
                    en: "virsh\(Self.where(place).en) does not answer: \(error.description.lowercased()).",
                    zh: "virsh\(Self.where(place).zh)没有响应：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
        guard answer.status == 0, !answer.isCut else {
            throw Failure(
                .failed,
                Text(
                    en: "virsh does not print \(name): \(answer.complaint)",
                    zh: "virsh 没有输出 \(name)：\(answer.complaint)"
                )
            )
        }
        return answer.output
    }

    /// With the passwords, which would be lost otherwise.
    private static func readArguments(_ name: String) -> [String] {
        ["-c", connection, "dumpxml", "--inactive", "--security-info", "--domain", name]
    }

    // MARK: What it is

    var shape: GuestShape { document.shape }
    var knowsUSBPorts: Bool { false }
    var keys: Set<String> { Set(document.hostDevices.compactMap(\.key)) }

    func hypervisor(withDevices devices: Bool) -> Hypervisor {
        HypervisorProbe(machine: inside, virsh: virsh ?? inside.program("virsh"), emulator: document.emulator)
            .hypervisor(withDevices: devices)
    }

    func file(_ path: String) throws(Failure) -> [UInt8] { try ROMCheck.contents(of: path, on: inside) }

    // MARK: From the next start on

    func attaching(
        _ devices: [GuestDevice],
        _ requirements: [GuestRequirement],
        _ hypervisor: Hypervisor,
        without stale: Set<String>
    ) throws(Failure) -> [PlannedChange] {
        var edited = document
        do throws(DomainError) {
            if !stale.isEmpty { _ = try edited.detach(stale) }
            _ = try edited.attach(devices, requirements: requirements, for: hypervisor)
        } catch {
            throw failure(error)
        }
        return changes(to: edited, reason: Text(en: "gives \(name) the devices", zh: "把设备加入 \(name)"))
    }

    func detaching(_ keys: Set<String>) throws(Failure) -> [PlannedChange] {
        var edited = document
        do throws(DomainError) {
            _ = try edited.detach(keys)
        } catch {
            throw failure(error)
        }
        return changes(to: edited, reason: Text(en: "takes the devices from \(name)", zh: "从 \(name) 移除设备"))
    }

    private func failure(_ error: DomainError) -> Failure {
        var failure = Failure(.refused, Text(verbatim: "\(name): ") + error.text)
        switch error.reason {
        case .alreadyThere: failure.guardName = Self.alreadyThere
        case .unknownVersion, .unknownBuses: failure.guardName = Self.unknown
        default: break
        }
        return failure
    }

    private func changes(to edited: DomainDocument, reason: Text) -> [PlannedChange] {
        guard edited.bytes != document.bytes else { return [] }
        guard let virsh else {
            return [
                .file(
                    file,
                    before: FileContent(document.bytes),
                    after: FileContent(edited.bytes),
                    mode: 0o600,
                    reason: reason
                )
            ]
        }
        let kept = ProgramDocument(
            name: "domain \(name)",
            program: virsh,
            reading: Self.readArguments(name),
            writing: ["-c", Self.connection, "define", Self.input],
            place: place
        )
        return [
            .document(kept, before: FileContent(document.bytes), after: FileContent(edited.bytes), reason: reason)
        ]
    }

    // MARK: Now

    func pluggingIn(_ devices: [GuestDevice], _ hypervisor: Hypervisor) throws(Failure) -> [PlannedChange] {
        let (virsh, now) = try running()
        var changes: [PlannedChange] = []
        for device in devices {
            if case .pci(let function) = device, !function.properties.isEmpty || function.model != nil {
                throw Failure(
                    .refused,
                    Text(
                        en: """
                            \(function.address) needs properties of QEMU's device that libvirt sets at the guest's start only: \
                            leave out --live, and restart \(name).
                            """,
                        zh: """
                            \(function.address) 所需的 QEMU 设备属性只能在虚拟机启动时由 libvirt 设置：请去掉 --live 并重启 \(name)。
                            """
                    )
                )
            }
            let element: [UInt8]
            do throws(DomainError) {
                element = Array(try HostDeviceElements([device]).xml.utf8)
            } catch {
                throw failure(error)
            }
            guard now.element(device.key) == nil else { continue }
            changes.append(
                live(
                    virsh,
                    now,
                    "attach-device",
                    inverse: "detach-device",
                    element,
                    device.key,
                    reason: Text(en: "plugs \(device.key) into \(name)", zh: "把 \(device.key) 热插入 \(name)")
                )
            )
        }
        return changes
    }

    func unplugging(_ keys: Set<String>) throws(Failure) -> [PlannedChange] {
        let (virsh, now) = try running()
        var changes: [PlannedChange] = []
        for device in now.hostDevices {
            guard let key = device.key, keys.contains(key), let element = now.element(key) else { continue }
            guard !now.hasSpecials(of: key) else {
                throw Failure(
                    .refused,
                    Text(
                        en: """
                            \(key) has properties of QEMU's device in \(name), which it would not get again: leave out --live \
                            and shut it down.
                            """,
                        zh: "\(key) 在 \(name) 中带有 QEMU 设备属性，热拔出后无法恢复：请去掉 --live 并关机。"
                    )
                )
            }
            if let address = device.guestAddress, address.function != 0 || now.sharesSlot(device) {
                throw Failure(
                    .refused,
                    Text(
                        en: """
                            \(key) shares a slot of \(name) with another function: libvirt unplugs neither while the guest \
                            runs. Leave out --live and shut it down.
                            """,
                        zh: "\(key) 在 \(name) 中与另一个功能同在一个插槽：虚拟机运行时 libvirt 不能热拔出。请去掉 --live 并关机。"
                    )
                )
            }
            changes.append(
                live(
                    virsh,
                    now,
                    "detach-device",
                    inverse: "attach-device",
                    element,
                    key,
                    reason: Text(en: "unplugs \(key) from \(name)", zh: "从 \(name) 热拔出 \(key)")
                )
            )
        }
        return changes
    }

    /// What the running guest has now.
    private func running() throws(Failure) -> (virsh: String, now: DomainDocument) {
        guard isRunning, let virsh else {
            throw Failure(
                .no,
                Text(
                    en: "\(name) does not run: leave out --live, and it has the devices at its next start.",
                    zh: "\(name) 没有运行：去掉 --live，它下次启动时就会有这些设备。"
                )
            )
        }
        let call = ProgramCall(virsh, Self.liveArguments(name), milliseconds: Self.deadline)
        guard let answer = try? inside.run(call), answer.status == 0, let now = try? DomainDocument(answer.output)
        else {
            throw Failure(
                .failed,
                Text(en: "virsh does not say what \(name) has now.", zh: "virsh 没有说明 \(name) 现在有哪些设备。")
            )
        }
        return (virsh, now)
    }

    private static func liveArguments(_ name: String) -> [String] {
        ["-c", connection, "dumpxml", "--security-info", "--domain", name]
    }

    private func live(
        _ virsh: String,
        _ now: DomainDocument,
        _ verb: String,
        inverse: String,
        _ element: [UInt8],
        _ key: String,
        reason: Text
    ) -> PlannedChange {
        func arguments(_ verb: String) -> [String] {
            ["-c", Self.connection, verb, "--domain", name, "--file", Self.input, "--live"]
        }
        // The number of this run: once the guest was stopped there is nothing to take back.
        let run = now.runningID.map { ["<domain type='\(now.type ?? "")' id='\($0)'"] } ?? []
        let alias = "<alias name='ua-passthru-\(key)'"
        return .program(
            virsh,
            arguments(verb),
            input: FileContent(element),
            place: place,
            inverse: [
                .runProgram(path: virsh, arguments: arguments(inverse), input: FileContent(element), place: place)
            ],
            expectation: .programSays(
                path: virsh,
                arguments: Self.liveArguments(name),
                place: place,
                contains: verb == "attach-device" ? run + [alias] : run,
                lacks: verb == "attach-device" ? [] : [alias]
            ),
            reason: reason
        )
    }
}

extension DomainDocument {
    /// Whether the domain says more about a device than libvirt's own element.
    fileprivate func hasSpecials(of key: String) -> Bool {
        specials.contains { String(decoding: $0, as: UTF8.self).contains("ua-passthru-\(key)") }
    }

    /// Whether the guest has another device of the host in the same slot.
    fileprivate func sharesSlot(_ device: DomainHostDevice) -> Bool {
        guard let place = device.guestAddress else { return false }
        return hostDevices.contains { other in
            guard let address = other.guestAddress, address != place else { return false }
            return address.bus == place.bus && address.slot == place.slot
        }
    }
}
