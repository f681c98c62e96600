import ArgumentParser
import Operations
import Readiness
import Wording

struct DoctorCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "doctor",
            abstract: help(
                "Check whether devices can be handed over, and say why not and who must act.",
                "检查设备能否交出；不能时说明原因以及该由谁处理。"
            ),
            discussion: help(
                """
                Problems that stand in the way of every device come first, then those of single devices and settings, which \
                do not change the exit status. With --fix the plan of what passthru can do about them is shown, and carried \
                out after a yes.
                """,
                "先列出妨碍所有设备的问题，再列出个别设备和设置的问题，后者不影响退出状态。使用 --fix 时会显示 passthru 能做的处理计划，确认后执行。"
            )
        )
    }

    @Flag(help: .text("A line for every check, with its evidence.", "每项检查各占一行，并显示依据。"))
    var verbose = false

    @Flag(help: .text("Do what passthru can do about the problems.", "处理 passthru 能处理的问题。"))
    var fix = false
    @OptionGroup var writing: WritingOptions
    @OptionGroup var consenting: ConsentOptions
    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        let isAlone = !writing.dryRun && !writing.yes && consenting.consents.isEmpty && confirming.confirmWithin == nil
        guard fix || isAlone else {
            throw ValidationError(
                help(
                    "--dry-run, --yes, --consent and --confirm-within belong to --fix.",
                    "--dry-run、--yes、--consent 和 --confirm-within 只能与 --fix 一起使用。"
                )
            )
        }
    }

    func run() throws {
        let doctor = Doctor.run(try common.machine())
        if fix { return try repair(doctor) }
        try common.print(doctor) { DoctorView(doctor: $0, isVerbose: verbose).lines(in: $1) }
        if doctor.status != .ok { throw doctor.status }
    }

    /// One plan at a time: the next may look otherwise once this one is carried out.
    private func repair(_ doctor: Doctor) throws {
        let problems = doctor.findings.filter { $0.verdict == .problem }
        guard let first = doctor.repairs.first else {
            throw Failure(
                .no,
                problems.isEmpty
                    ? Text(en: "There is nothing to do: no check found a problem.", zh: "无需处理：没有检查发现问题。")
                    : Text(en: "passthru can do nothing about these by itself:", zh: "以下问题 passthru 无法自行处理："),
                details: problems.map { finding in
                    Text(verbatim: "\(finding.id): ") + (finding.remedy ?? finding.evidence)
                }
            )
        }
        try common.carryOut(writing, consenting, confirming, unsafe: []) { machine, permissions in
            try first.run(machine, permissions, progress: writing.report)
        }
    }
}
