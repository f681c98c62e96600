import ArgumentParser
import Operations
import Planning
import Wording

struct AdoptCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "adopt",
            abstract: help(
                "Take over what was set up by hand: kernel arguments, ids=, blacklists, scripts, driverctl.",
                "接管手工完成的设置：内核参数、ids=、黑名单、脚本、driverctl。"
            ),
            discussion: help(
                """
                Every device that such a line means becomes an assignment by its address, and the line goes. One plan, shown \
                with its changes to files; `passthru undo` gives every file back.
                """,
                "每一行所指的设备都变成按地址的分配，该行随之去掉。只有一个计划，会显示对文件的更改；`passthru undo` 可恢复每个文件。"
            )
        )
    }

    @Option(
        name: .customLong("with"),
        help: .text("A member of the same IOMMU group that goes along.", "同一 IOMMU 组中一并交出的成员。", valueName: "mate")
    )
    var mates: [String] = []

    @Option(
        help: .text(
            "A device that is left as it is, with the lines that mean it; repeated for each.",
            "保持原样的设备，指向它的行也保留；每个各写一次。",
            valueName: "device"
        )
    )
    var without: [String] = []
    @OptionGroup var writing: WritingOptions
    @OptionGroup var consenting: ConsentOptions
    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.carryOut(writing, consenting, confirming, unsafe: []) { machine, permissions in
            try Adopt.run(machine, mates: mates, without: without, permissions, progress: writing.report)
        }
    }
}
