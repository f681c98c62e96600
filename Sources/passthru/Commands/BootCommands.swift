import ArgumentParser
import Machine
import Operations
import Wording

struct IOMMUCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "iommu",
            abstract: help(
                "Switch the IOMMU on or off by the kernel's arguments; the next boot tries it first.",
                "通过内核参数开启或关闭 IOMMU；先在下次启动时试用。"
            ),
            discussion: help(
                """
                Where the boot loader can, the next boot alone has the new arguments. They become permanent with `passthru \
                confirm`, or by themselves when the machine is well for some minutes; else the boot after it is as before.
                """,
                "若引导程序支持，只有下一次启动带有新参数。执行 `passthru confirm` 或机器正常若干分钟后永久生效；否则再下一次启动恢复原样。"
            )
        )
    }

    enum Position: String, ExpressibleByArgument, CaseIterable { case on, off }

    @Argument(help: .text("on or off.", "on 或 off。", valueName: "on|off"))
    var position: Position

    @Option(
        name: .customLong("argument"),
        help: .text(
            "A further word for the kernel's line, such as initcall_blacklist=sysfb_init; repeated for each.",
            "另外加入内核命令行的一个词，例如 initcall_blacklist=sysfb_init；每个各写一次。",
            valueName: "word"
        )
    )
    var arguments: [String] = []

    @Option(
        help: .text(
            "Minutes for which the trial boot must be well before it is kept (1 to 120).",
            "试启动须保持正常多少分钟才保留（1 到 120）。",
            valueName: "minutes"
        )
    )
    var trialMinutes = IOMMUSwitch.Wish.usualMinutes

    @Flag(help: .text("Write it for good at once, without a trial boot.", "立即永久写入，不做试启动。"))
    var noTrial = false

    @Flag(
        help: .text(
            "Leave OpenWrt's failsafe entry of the menu without the arguments, where the menu itself is edited.",
            "在直接编辑菜单的系统上，不修改 OpenWrt 的 failsafe 启动项。"
        )
    )
    var cleanFailsafe = false
    @OptionGroup var writing: WritingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard !(1...120).contains(trialMinutes) else { return }
        throw ValidationError(help("--trial-minutes takes 1 to 120.", "--trial-minutes 的取值为 1 到 120。"))
    }

    func run() throws {
        let wish = IOMMUSwitch.Wish(
            isOn: position == .on,
            arguments: arguments,
            leavesFailsafeAlone: cleanFailsafe,
            trialMinutes: noTrial ? nil : trialMinutes
        )
        try common.carryOut(writing) { machine, permissions in
            try IOMMUSwitch.run(machine, wish, permissions, progress: writing.report)
        }
    }
}

struct VerifyCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "verify",
            abstract: help(
                "Compare what is wanted with what the boot loader has, and with what was booted.",
                "比较期望状态、引导程序中的配置与本次启动的实际状态。"
            )
        )
    }
    @OptionGroup var common: CommonOptions

    func run() throws {
        let verify = try Verify.run(try common.machine())
        try common.print(verify) { VerifyView(verify: $0).lines(in: $1) }
        if verify.status != .ok { throw verify.status }
    }
}

/// What the boot service runs.
struct BootCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "boot",
            abstract: help(
                "What every boot does: put back, look after a trial, bind devices; for the boot service.",
                "每次启动时的工作：恢复、照看试启动、绑定设备；供开机服务使用。"
            )
        )
    }

    @Flag(help: .text("Bind only, before the disks are mounted.", "只绑定设备，在磁盘挂载之前。"))
    var early = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let boot = try Boot.run(try common.machine(), isEarly: early)
        try common.print(boot) { BootView(boot: $0).lines(in: $1) }
        if boot.status != .ok { throw boot.status }
    }
}

/// The process that judges a trial boot; nobody starts it by hand.
struct WatchTrialCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "watch-trial", shouldDisplay: false)
    }
    @Argument var transaction: Int

    func run() throws { try TrialBoot.watch(.live, transaction: transaction) }
}
