import Changes
import Formats
import Guests
import Inventory
import Machine
import Planning
import Wording

/// How a guest shall get its devices.
public struct GuestAttachment: Sendable {
    /// What manages guests binds the devices at its start, and gives them back at its stop.
    public var isManaged = false
    /// The guest that runs gets them now, too.
    public var isLive = false
    /// An expansion ROM, by its path where the guest runs.
    public var rom: String?
    /// No expansion ROM at all.
    public var hidesROM = false
    /// The place of the first device in the order of booting.
    public var bootOrder: Int?
    /// Of a virtual function of a network card.
    public var mac: String?
    public var vlan: Int?
    /// Whether the guest starts without its USB devices.
    public var startupPolicy = USBGuestDevice.StartupPolicy.mandatory
    /// Whether a recipe may add what the devices need.
    public var usesRecipe = true

    public init() {}
}

/// `passthru guest attach`: puts devices into a guest's configuration, and binds those that are not managed.
public enum GuestAttach {
    public static func run(
        _ machine: Machine,
        guest name: String,
        devices names: [String],
        mates: [String] = [],
        _ attachment: GuestAttachment,
        _ permissions: Permissions,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        try Execution.carryOut(on: machine, verb: "guest-attach", permissions, progress: progress) {
            () throws(Failure) -> Intention in
            var host = Host.read(machine, Assign.parts)
            let guest = try GuestCatalog(machine, host.guests).guest(name)
            let named = try NamedDevices(names, on: host)
            let together = try NamedDevices(mates, on: host).functions
            try check(attachment, named, guest, hasMates: !together.isEmpty, machine)
            var plan = Plan()
            if !named.functions.isEmpty {
                host.readDetails(of: named.functions + together, from: machine)
                let conflicts = try others(host.fresh(named.functions), host, guest)
                if try HandOvers.wait(named.functions + together, for: guest, on: machine) {
                    // The hook binds them when the guest starts, and asks the guards then.
                    plan = Plan(identities: host.fresh(named.functions).map(Identity.init))
                } else {
                    plan =
                        try attachment.isManaged
                        ? judged(host.fresh(named.functions), host, permissions)
                        : Assign.plan(
                            machine,
                            host,
                            named.functions,
                            with: together,
                            guest: guest.qualifiedName,
                            nil,
                            permissions
                        )
                }
                plan.warnings = conflicts + plan.warnings
            }
            let usb = try judgedUSB(named.usbDevices, host, guest, permissions)
            plan.warnings += usb.warnings
            plan.needsConfirmation = plan.needsConfirmation || usb.needsConfirmation
            let functions = host.fresh(named.functions)
            let addition = try GuestAddition(
                machine,
                host,
                guest,
                functions,
                NamedDevices(host: host, all: named.usbDevices.map { .usb($0) }),
                attachment
            )
            plan.changes += addition.changes
            plan.warnings = addition.reasons + plan.warnings + addition.warnings
            return Intention(plan: plan, devices: (functions + host.fresh(together)).map(\.address))
        }
    }

    /// What cannot be meant together.
    private static func check(
        _ attachment: GuestAttachment,
        _ named: NamedDevices,
        _ guest: KnownGuest,
        hasMates: Bool,
        _ machine: Machine
    ) throws(Failure) {
        func refuse(_ en: String, _ zh: String) -> Failure { Failure(.usage, Text(en: en, zh: zh)) }
        if attachment.isManaged {
            guard guest.manager == .libvirt else {
                throw refuse("--managed is for guests of libvirt.", "--managed 只用于 libvirt 的虚拟机。")
            }
            guard !hasMates else {
                throw refuse(
                    "--managed binds nothing that no guest gets: assign the --with devices first.",
                    "--managed 不会绑定不交给虚拟机的设备：请先用 assign 处理 --with 的设备。"
                )
            }
            let state = try WantedFile.read(machine).state
            if let function = named.functions.first(where: { state.assignment(of: $0.address) != nil }) {
                throw refuse(
                    "\(function.address) is assigned, and bound at every boot: release it first, or leave out --managed.",
                    "\(function.address) 已被 assign，每次启动都会绑定：请先 release，或去掉 --managed。"
                )
            }
        }
        if let order = attachment.bootOrder, !(1...999).contains(order) {
            throw refuse("--boot takes 1 to 999, not \(order).", "--boot 的取值为 1 到 999，而不是 \(order)。")
        }
        if let vlan = attachment.vlan, !(1...4094).contains(vlan) {
            throw refuse("--vlan takes 1 to 4094, not \(vlan).", "--vlan 的取值为 1 到 4094，而不是 \(vlan)。")
        }
        if let mac = attachment.mac, !isUnicast(mac) {
            throw refuse(
                "--mac takes the address of one card, such as 52:54:00:12:34:56, not \(printable(mac.utf8)).",
                "--mac 的取值为单播地址，如 52:54:00:12:34:56，而不是 \(printable(mac.utf8))。"
            )
        }
        guard attachment.mac != nil || attachment.vlan != nil else { return }
        guard let function = named.functions.first, named.functions.count == 1, function.class.isNetwork,
            function.details?.physicalFunction != nil
                || machine.exists("\(PCIInventory.root)/\(function.address)/physfn")
        else {
            throw refuse(
                "--mac and --vlan are for one virtual function of a network card.",
                "--mac 和 --vlan 只用于网卡的一个虚拟功能（VF）。"
            )
        }
    }

    /// Six bytes in hexadecimal, not a group's address, not all zero.
    private static func isUnicast(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.count == 2 ? UInt8(Substring($0), radix: 16) : nil }
        guard parts.count == 6, bytes.count == 6 else { return false }
        return bytes[0] & 1 == 0 && bytes.contains { $0 != 0 }
    }

    /// What other guests, stopped ones included, have of these.
    private static func others(
        _ functions: [PCIFunction],
        _ host: Host,
        _ guest: KnownGuest
    ) throws(Failure) -> [Text] {
        var warnings: [Text] = []
        for function in functions {
            for other in host.guests?.guests(with: function.address) ?? []
            where other.qualifiedName != guest.qualifiedName {
                guard other.isRunning != true else {
                    throw Failure(
                        .refused,
                        Text(
                            en: "\(function.address) belongs to \(other.qualifiedName), a guest that runs now.",
                            zh: "\(function.address) 属于正在运行的虚拟机 \(other.qualifiedName)。"
                        ),
                        guardName: "guest-devices"
                    )
                }
                warnings.append(
                    Text(
                        en: """
                            \(function.address) is configured for \(other.qualifiedName), too: only one of them can have it.
                            """,
                        zh: "\(function.address) 也配置给了 \(other.qualifiedName)：只有一个虚拟机能使用它。"
                    )
                )
            }
        }
        return warnings
    }

    /// The guards are asked although libvirt binds: at the guest's start nobody asks them.
    private static func judged(
        _ functions: [PCIFunction],
        _ host: Host,
        _ permissions: Permissions
    ) throws(Failure) -> Plan {
        let findings = Guards.findings(Request(functions, on: host, unsafe: permissions.unsafe))
        if let refusal = Refusal(findings, consents: permissions.consents) { throw Failure(refusal) }
        var plan = Plan(identities: functions.map(Identity.init))
        plan.warnings = findings.filter { $0.level == .warn }.map(\.message)
        return plan
    }

    private static func judgedUSB(
        _ devices: [USBDevice],
        _ host: Host,
        _ guest: KnownGuest,
        _ permissions: Permissions
    ) throws(Failure) -> (warnings: [Text], needsConfirmation: Bool) {
        let findings = devices.flatMap { USBDeviceGuards.findings($0, on: host) }
        if let refusal = Refusal(findings, consents: permissions.consents) { throw Failure(refusal) }
        var warnings = findings.filter { $0.level == .warn }.map(\.message)
        for device in devices {
            let others = (host.guests?.guests ?? []).filter { other in
                other.qualifiedName != guest.qualifiedName && other.usb.contains { $0.matches(device) }
            }
            for other in others {
                guard other.isRunning != true else {
                    throw Failure(
                        .refused,
                        Text(
                            en: "\(device.portPath) belongs to \(other.qualifiedName), a guest that runs now.",
                            zh: "\(device.portPath) 属于正在运行的虚拟机 \(other.qualifiedName)。"
                        ),
                        guardName: "guest-devices"
                    )
                }
                warnings.append(
                    Text(
                        en:
                            "\(device.portPath) is configured for \(other.qualifiedName), too: only one of them can have it.",
                        zh: "\(device.portPath) 也配置给了 \(other.qualifiedName)：只有一个虚拟机能使用它。"
                    )
                )
            }
        }
        return (warnings, findings.contains { $0.level == .consent })
    }
}

/// What a guest's configuration gets, with the reasons for it.
struct GuestAddition {
    var changes: [PlannedChange] = []
    /// Why the devices are given in the way in which they are.
    var reasons: [Text] = []
    var warnings: [Text] = []

    init(
        _ machine: Machine,
        _ host: Host,
        _ guest: KnownGuest,
        _ functions: [PCIFunction],
        _ usb: NamedDevices,
        _ attachment: GuestAttachment
    ) throws(Failure) {
        let editor = try GuestCatalog(machine, host.guests).editor(guest)
        warnings += try ContainerNodes.advice(
            machine,
            host,
            guest,
            functions,
            usb.usbDevices,
            isLive: attachment.isLive
        )
        var devices: [GuestDevice] = []
        var requirements: [GuestRequirement] = []
        // A recipe asks what this QEMU's devices can be told.
        let isSpecial = functions.contains { $0.class.isDisplay || attachment.rom != nil }
        let hypervisor = editor.hypervisor(withDevices: isSpecial)
        var rom: BroughtROM?
        if let path = attachment.rom {
            let owner = GuestRecipes.romOwner(among: functions)
            rom = BroughtROM(path: path, contents: ROMVerdict(try editor.file(path), for: owner))
        }
        if attachment.usesRecipe {
            let advices = GuestRecipes.advice(
                for: functions,
                on: host,
                guest: editor.shape,
                hypervisor: hypervisor,
                rom: rom
            )
            let advised = Set(advices.flatMap(\.functions))
            devices += functions.filter { !advised.contains($0.address) }.map { .pci(PCIGuestDevice($0.address)) }
            for advice in advices {
                if let refusal = advice.refusals.first {
                    throw Failure(.refused, refusal, guardName: "recipe", details: Array(advice.refusals.dropFirst()))
                }
                reasons += advice.reasons
                warnings += advice.warnings
                requirements += advice.requirements
                devices += advice.devices.map { .pci($0) }
            }
        } else {
            devices += functions.map { .pci(PCIGuestDevice($0.address)) }
        }
        var isFirst = true
        devices = devices.map { device in
            guard case .pci(var function) = device else { return device }
            function.isManaged = attachment.isManaged
            if attachment.hidesROM { function.rom = .hidden }
            if isFirst {
                if let rom = attachment.rom, !attachment.usesRecipe { function.rom = .file(rom) }
                function.bootOrder = attachment.bootOrder
            }
            isFirst = false
            guard attachment.mac != nil || attachment.vlan != nil else { return .pci(function) }
            var network = NetworkGuestDevice(function.address)
            network.mac = attachment.mac
            network.vlan = attachment.vlan
            network.isManaged = attachment.isManaged
            network.bootOrder = function.bootOrder
            return .network(network)
        }
        do throws(GuestDeviceError) {
            for (device, warning) in try usb.usbGuestDevices(byPort: editor.knowsUSBPorts) {
                var device = device
                device.startupPolicy = attachment.startupPolicy
                devices.append(.usb(device))
                warnings += [warning].compactMap(\.self)
            }
        } catch {
            throw Failure(.failed, error.message)
        }
        let stale = GuestDetach.stale(Set(devices.map(\.key)), editor.keys, host)
        changes = try editor.attaching(devices, requirements, hypervisor, without: stale)
        if attachment.isLive { changes += try editor.pluggingIn(devices, hypervisor) }
        if guest.isRunning == true, !attachment.isLive, !changes.isEmpty {
            warnings.append(
                Text(
                    en: "\(guest.name) runs: it has the devices after it was shut down and started anew.",
                    zh: "\(guest.name) 正在运行：关机并重新启动后才会有这些设备。"
                )
            )
        }
    }
}
