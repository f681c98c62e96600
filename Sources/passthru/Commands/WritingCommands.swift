import ArgumentParser
import Inventory
import Machine
import Operations
import Planning
import Wording

struct AssignCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "assign",
            abstract: help(
                "Bind devices to vfio-pci, now and at every boot, so that a guest can have them.",
                "把设备绑定到 vfio-pci（现在以及每次启动时），供虚拟机使用。"
            )
        )
    }
    @Argument(help: .text("Devices to hand over.", "要交出的设备。", valueName: "device"))
    var devices: [String]

    @Option(
        name: .customLong("with"),
        help: .text("A member of the same IOMMU group that goes along.", "同一 IOMMU 组中一并交出的成员。", valueName: "mate")
    )
    var mates: [String] = []

    @Flag(
        help: .text(
            "Now only: at the next boot the host has them again.",
            "仅现在：下次启动后设备又归主机。"
        )
    )
    var once = false

    @Option(
        help: .text(
            "The guest that gets them: they go into its configuration, too, where it is known here.",
            "得到这些设备的虚拟机：若在本机已知，设备也会加入其配置。",
            valueName: "name"
        )
    )
    var guest: String?

    @Flag(
        help: .text(
            "The host keeps them until the guest starts, and gets them back when it has stopped: by a hook of libvirt or Proxmox.",
            "虚拟机启动前设备留在主机上，停止后收回：由 libvirt 或 Proxmox 的钩子完成。"
        )
    )
    var atGuestStart = false

    @Option(
        help: .text(
            "Who may open vfio's device nodes: root, or group=NAME. Without it that stays as it is.",
            "谁可以打开 vfio 的设备节点：root 或 group=名称。不写则保持不变。",
            valueName: "root|group=name"
        )
    )
    var nodes: String?

    @Flag(
        help: .text(
            "Open vfio's device nodes to every program on this host, which can then take over any assigned device.",
            "让本机上的任何程序都能打开 vfio 的设备节点：它们将能接管任何已交出的设备。"
        )
    )
    var unsafeWorldNodes = false

    @Flag(
        help: .text(
            "Allow a guest without interrupt remapping, which lets it send interrupts that are not its own.",
            "没有中断重映射也允许交出：虚拟机将能发送不属于它的中断。"
        )
    )
    var unsafeInterrupts = false

    @Flag(
        name: .customLong("unsafe-acs-override"),
        help: .text(
            "Accept IOMMU groups that pcie_acs_override= split although the hardware does not.",
            "接受由 pcie_acs_override= 拆分、而硬件并未隔离的 IOMMU 组。"
        )
    )
    var unsafeACSOverride = false
    @OptionGroup var writing: WritingOptions
    @OptionGroup var consenting: ConsentOptions
    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.carryOut(writing, consenting, confirming, unsafe: unsafe) { machine, permissions in
            try Assign.run(
                machine,
                devices: devices,
                mates: mates,
                once: once,
                guest: guest,
                nodes: try access(),
                atGuestStart: atGuestStart,
                permissions,
                progress: writing.report
            )
        }
    }

    func validate() throws {
        guard atGuestStart, once || guest == nil else { return }
        throw ValidationError(
            once
                ? help("--at-guest-start and --once contradict each other.", "--at-guest-start 与 --once 互相矛盾。")
                : help("--at-guest-start needs --guest NAME.", "--at-guest-start 需要 --guest 名称。")
        )
    }

    private func access() throws -> NodeAccess? {
        guard let nodes else { return nil }
        if nodes == "root" { return .root }
        let name = nodes.hasPrefix("group=") ? String(nodes.dropFirst(6)) : ""
        guard NodeAccess.isGroupName(name) else {
            throw Failure(
                .usage,
                Text(
                    en: "--nodes takes root or group=NAME, not \(nodes).",
                    zh: "--nodes 的取值为 root 或 group=名称，而不是 \(nodes)。"
                )
            )
        }
        return .group(name)
    }

    private var unsafe: Set<UnsafeMode> {
        var modes: Set<UnsafeMode> = []
        if unsafeInterrupts { modes.insert(.unsafeInterrupts) }
        if unsafeACSOverride { modes.insert(.acsOverride) }
        if unsafeWorldNodes { modes.insert(.worldNodes) }
        return modes
    }
}

struct ReleaseCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "release",
            abstract: help("Give devices back to their home drivers.", "把设备还给原来的驱动。")
        )
    }
    @Argument(help: .text("Devices to take back.", "要收回的设备。", valueName: "device"))
    var devices: [String]
    @OptionGroup var writing: WritingOptions
    @OptionGroup var consenting: ConsentOptions
    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.carryOut(writing, consenting, confirming, unsafe: []) { machine, permissions in
            try Release.run(machine, devices: devices, permissions, progress: writing.report)
        }
    }
}

extension CommonOptions {
    /// Plans, shows and asks, and then does exactly what was shown.
    func carryOut(_ writing: WritingOptions, _ verb: (Machine, Permissions) throws -> Outcome) throws {
        let machine = try machine()
        let plan = try verb(machine, Permissions(dryRun: true))
        try finish(writing, plan, Permissions(), on: machine, verb)
    }

    /// The same for what guards may object to.
    func carryOut(
        _ writing: WritingOptions,
        _ consenting: ConsentOptions,
        _ confirming: ConfirmOptions,
        unsafe: Set<UnsafeMode>,
        _ verb: (Machine, Permissions) throws -> Outcome
    ) throws {
        let machine = try machine()
        var permissions = Permissions(dryRun: true, unsafe: unsafe, confirmWithin: confirming.confirmWithin)
        let (plan, consents) = try consenting.withConsents(writing) { consents in
            permissions.consents = consents
            return try verb(machine, permissions)
        }
        permissions.consents = consents
        try finish(writing, plan, permissions, on: machine, verb)
    }

    private func finish(
        _ writing: WritingOptions,
        _ plan: Outcome,
        _ permissions: Permissions,
        on machine: Machine,
        _ verb: (Machine, Permissions) throws -> Outcome
    ) throws {
        if writing.dryRun {
            try print(plan) { OutcomeView(outcome: $0).lines(in: $1) }
            return try end(with: plan.status)
        }
        if plan.changed { try writing.confirm(OutcomeView(outcome: plan).lines(in: Console.language)) }
        var permissions = permissions
        permissions.dryRun = false
        permissions.shown = plan.plan
        let outcome = try verb(machine, permissions)
        try print(outcome) { OutcomeView(outcome: $0).result(in: $1) }
        try end(with: outcome.status)
    }
}
