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
            try AttachmentCheck(machine: machine, host: host, guest: guest, named: named)
                .run(attachment, hasMates: !together.isEmpty)
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
        if isSpecial, hypervisor.properties.isEmpty { warnings.append(Self.unchecked(guest)) }
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
        try Self.refuseForeign(usb.usbDevices, guest, editor, host)
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

    /// A device that the owner put in by another of its names would be there twice. Of a guest that runs it is known what it
    /// has or had in this run, not what its configuration says; libvirt plugs in nothing twice.
    private static func refuseForeign(
        _ devices: [USBDevice],
        _ guest: KnownGuest,
        _ editor: any GuestEditor,
        _ host: Host
    ) throws(Failure) {
        guard guest.isRunning != true else { return }
        let known = editor.keys
        for device in devices where NamedDevice.usb(device).keys(host).keys.isDisjoint(with: known) {
            guard let there = guest.usb.first(where: { $0.matches(device) }) else { continue }
            throw Failure(
                .refused,
                Text(
                    en: """
                        \(device.portPath) is in \(guest.name) already, as \(there): take it out there first, or leave it as it \
                        is.
                        """,
                    zh: "\(device.portPath) 已在 \(guest.name) 中（\(there)）：请先在那里移除，或保持不变。"
                ),
                guardName: LibvirtGuest.alreadyThere
            )
        }
    }

    private static func unchecked(_ guest: KnownGuest) -> Text {
        Text(
            en: """
                The QEMU of \(guest.name) could not be asked what its devices can be told: whether it knows each property is \
                not checked.
                """,
            zh: "无法询问 \(guest.name) 的 QEMU 支持哪些设备属性：未检查各属性是否可用。"
        )
    }
}
