import ArgumentParser
import Operations
import Wording

/// What every writing verb takes.
struct WritingOptions: ParsableArguments {
    @Flag(help: .text("Print the plan and change nothing.", "只显示计划，不做任何更改。"))
    var dryRun = false

    @Flag(help: .text("Answer the plan's question with yes.", "对计划的询问回答“是”。"))
    var yes = false

    /// Shows the plan and asks, unless `--yes` or `--json` was given.
    func confirm(_ plan: Outcome, in language: Language) throws {
        guard !yes, plan.changed else { return }
        guard Console.isTerminal else {
            throw Failure(
                .usage,
                Text(en: "Nobody is here to ask: add --yes, or --dry-run.", zh: "无法询问：请加上 --yes 或 --dry-run。")
            )
        }
        Console.write(OutcomeView(outcome: plan).lines(in: language).map { $0 + "\n" }.joined())
        Console.write(Text(en: "Go ahead? [y/N] ", zh: "继续吗？[y/N] ").string(in: language))
        guard let answer = readLine(), answer.lowercased().hasPrefix("y") else {
            throw Failure(.no, Text(en: "Nothing was changed.", zh: "未做任何更改。"))
        }
    }

    func report(_ step: Text) {
        if !Console.isJSON { Console.write("  " + step.string(in: Console.language) + "\n") }
    }
}

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

    @Flag(help: .text("Now only, not at the next boot.", "仅现在，不包括下次启动。"))
    var once = false
    @OptionGroup var writing: WritingOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let machine = try common.machine()
        let plan = try Assign.run(machine, devices: devices, mates: mates, once: once, dryRun: true) { _ in }
        if writing.dryRun { return try common.print(plan) { OutcomeView(outcome: $0).lines(in: $1) } }
        try writing.confirm(plan, in: Console.language)
        let done = try Assign.run(
            machine,
            devices: devices,
            mates: mates,
            once: once,
            dryRun: false,
            progress: writing.report
        )
        try common.print(done) { OutcomeView(outcome: $0).result(in: $1) }
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
    @OptionGroup var common: CommonOptions

    func run() throws {
        let machine = try common.machine()
        let plan = try Release.run(machine, devices: devices, dryRun: true) { _ in }
        if writing.dryRun { return try common.print(plan) { OutcomeView(outcome: $0).lines(in: $1) } }
        try writing.confirm(plan, in: Console.language)
        let done = try Release.run(machine, devices: devices, dryRun: false, progress: writing.report)
        try common.print(done) { OutcomeView(outcome: $0).result(in: $1) }
    }
}
