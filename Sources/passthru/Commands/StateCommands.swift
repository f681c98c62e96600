import ArgumentParser
import Operations
import Planning
import Wording

struct ExportStateCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "state",
            abstract: help(
                "Print what is wanted of this host, to be kept elsewhere; `passthru import` takes it in.",
                "输出本机的期望状态，可存放到别处；`passthru import` 可再导入。"
            )
        )
    }
    @OptionGroup var common: CommonOptions

    func run() throws {
        let state = try ExportState.run(try common.machine(), version: Version.current)
        if common.json { return try common.print(state) { _, _ in [] } }
        Console.write(state.text)
    }
}

struct ImportCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "import",
            abstract: help(
                "Take in what `passthru export state` printed: each device only if it is the very same.",
                "导入 `passthru export state` 的输出：只有完全相同的设备才会被接受。"
            )
        )
    }
    @Argument(help: .text("The file; - for standard input.", "文件；- 表示标准输入。", valueName: "file"))
    var file: String

    @Flag(help: .text("Leave out devices that are not here as they were.", "略去与本机不符的设备。"))
    var partial = false

    @Flag(
        help: .text(
            "Write kernel arguments that the boot loader does not have for good, without a trial boot.",
            "把引导程序中没有的内核参数直接永久写入，不做试启动。"
        )
    )
    var noTrial = false
    @OptionGroup var writing: WritingOptions
    @OptionGroup var consenting: ConsentOptions
    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let wish = Import.Wish(
            name: file,
            bytes: try Import.read(file),
            isPartial: partial,
            writesArguments: noTrial
        )
        try common.carryOut(writing, consenting, confirming, unsafe: []) { machine, permissions in
            try Import.run(machine, wish, permissions, progress: writing.report)
        }
    }
}
