import ArgumentParser
import Machine
import Operations
import Planning
import Wording

struct AssignCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "assign",
            abstract: help(
                "Bind devices to vfio-pci now, so that a guest can have them.",
                "现在就把设备绑定到 vfio-pci，供虚拟机使用。"
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
            "Now only; so far every assignment ends at the next boot, and this leaves out the reminder.",
            "仅现在；目前任何交出都只保持到下次启动，此选项只是不再提醒。"
        )
    )
    var once = false

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
                permissions,
                progress: writing.report
            )
        }
    }

    private var unsafe: Set<UnsafeMode> {
        var modes: Set<UnsafeMode> = []
        if unsafeInterrupts { modes.insert(.unsafeInterrupts) }
        if unsafeACSOverride { modes.insert(.acsOverride) }
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
    fileprivate func carryOut(
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
        if writing.dryRun { return try print(plan) { OutcomeView(outcome: $0).lines(in: $1) } }
        if plan.changed { try writing.confirm(OutcomeView(outcome: plan).lines(in: Console.language)) }
        permissions.dryRun = false
        permissions.consents = consents
        permissions.shown = plan.plan
        try print(verb(machine, permissions)) { OutcomeView(outcome: $0).result(in: $1) }
    }
}
