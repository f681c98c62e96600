import Changes
import Guests
import Inventory
import Machine
import SystemPackage
import Wording

/// A guest of Proxmox VE: changed by `qm` where it is, else in its file.
struct ProxmoxGuest: GuestEditor {
    let name: String
    private let machine: Machine
    private let number: Int
    private let inside: Machine
    private let place: RunnerPlace?
    /// Nil where the file is edited.
    private let qm: String?
    private let file: String
    private let configuration: ProxmoxConfiguration

    init(
        _ guest: KnownGuest,
        on machine: Machine,
        inside: Machine,
        place: RunnerPlace?,
        file: String?,
        answers: Bool
    ) throws(Failure) {
        guard let number = guest.number else {
            throw Failure(
                .notFound,
                Text(en: "\(guest.name) has no number.", zh: "\(guest.name) 没有编号。")
            )
        }
        name = guest.name
        self.machine = machine
        self.number = number
        self.inside = inside
        self.place = place
        qm = answers ? inside.program("qm") : nil
        let own = guest.configuration ?? guest.source
        let path = qm == nil ? file ?? own : own
        self.file = path
        do {
            configuration = ProxmoxConfiguration(try (qm == nil ? machine : inside).read(path, limit: 1 << 20))
        } catch {
            throw Failure(
                .failed,
                Text(
                    en: "\(path) cannot be read: \(error.description.lowercased()).",
                    zh: "无法读取 \(path)：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
    }

    var shape: GuestShape { configuration.shape }
    var knowsUSBPorts: Bool { true }
    var keys: Set<String> { configuration.deviceKeys }

    func hypervisor(withDevices devices: Bool) -> Hypervisor {
        HypervisorProbe(machine: inside, virsh: nil, emulator: "/usr/bin/kvm").hypervisor(withDevices: devices)
    }

    /// Proxmox VE keeps ROMs in one folder and names them without it.
    func file(_ path: String) throws(Failure) -> [UInt8] {
        try ROMCheck.contents(of: path.contains("/") ? path : "/usr/share/kvm/" + path, on: inside)
    }

    func attaching(
        _ devices: [GuestDevice],
        _ requirements: [GuestRequirement],
        _ hypervisor: Hypervisor,
        without stale: Set<String>
    ) throws(Failure) -> [PlannedChange] {
        var edited = configuration
        var changes: [ProxmoxChange]
        do throws(GuestDeviceError) {
            changes = try edited.attach(devices)
        } catch {
            throw Failure(.refused, Text(verbatim: "\(name): ") + error.message)
        }
        if requirements.contains(.noEmulatedVideo), configuration.shape.hasEmulatedVideo != false {
            changes.append(ProxmoxChange(key: "vga", before: configuration["vga"], after: "none"))
            edited.set("vga", "none")
        }
        return planned(changes, edited)
    }

    func detaching(_ keys: Set<String>) throws(Failure) -> [PlannedChange] {
        var edited = configuration
        let changes = edited.detach(keys) { machine.exists("\(PCIInventory.root)/\($0)") }
        return planned(changes, edited)
    }

    func pluggingIn(_ devices: [GuestDevice], _ hypervisor: Hypervisor) throws(Failure) -> [PlannedChange] {
        throw notLive
    }

    func unplugging(_ keys: Set<String>) throws(Failure) -> [PlannedChange] { throw notLive }

    private var notLive: Failure {
        Failure(
            .refused,
            Text(
                en: "Proxmox VE plugs no PCI device into a guest that runs: leave out --live, and restart \(name).",
                zh: "Proxmox VE 不支持向运行中的虚拟机热插 PCI 设备：请去掉 --live 并重启 \(name)。"
            )
        )
    }

    private func planned(_ changes: [ProxmoxChange], _ edited: ProxmoxConfiguration) -> [PlannedChange] {
        guard !changes.isEmpty else { return [] }
        let reason = Text(en: "the devices of \(name)", zh: "\(name) 的设备")
        guard let qm else {
            return [
                .file(
                    file,
                    before: FileContent(configuration.bytes),
                    after: FileContent(edited.bytes),
                    mode: 0o600,
                    reason: reason
                )
            ]
        }
        return changes.map { change in
            func arguments(_ value: String?) -> [String] {
                ["set", "\(number)"] + (value.map { ["--\(change.key)", $0] } ?? ["--delete", change.key])
            }
            var planned = PlannedChange.program(
                qm,
                arguments(change.after),
                place: place,
                inverse: [.runProgram(path: qm, arguments: arguments(change.before), place: place)],
                expectation: .programSays(
                    path: qm,
                    arguments: ["config", "\(number)"],
                    place: place,
                    contains: change.after.map { ["\(change.key): \($0)"] } ?? [],
                    lacks: change.after == nil ? ["\n\(change.key):"] : []
                ),
                reason: reason
            )
            planned.before = change.before
            planned.after = change.after
            return planned
        }
    }
}
