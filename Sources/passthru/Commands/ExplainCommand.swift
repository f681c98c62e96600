import ArgumentParser
import Operations

struct ExplainCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "explain",
            abstract: help(
                "Say what an error means, whether it is so on this host, and what to do.",
                "解释错误信息的原因，检查本机是否属实，并说明如何处理。"
            ),
            discussion: help(
                """
                Without a text: this machine's own kernel log, system log, and logs of libvirt and QEMU. Exits 0 when \
                a cause was found, 1 when nothing in the text is wrong with passthrough.
                """,
                """
                不给文本时：读取本机的内核日志、系统日志以及 libvirt 和 QEMU 的日志。找到原因时退出状态为 0；\
                文本中没有直通问题时为 1。
                """
            )
        )
    }
    @Argument(
        help: .text(
            "A file, - for standard input, or the text itself; put -- before a text that begins with a dash.",
            "文件、- 表示标准输入，或文本本身；以短横线开头的文本请在前面加 --。",
            valueName: "file|-|text"
        )
    )
    var words: [String] = []
    @OptionGroup var common: CommonOptions

    func run() throws {
        let explanation = try Explain.run(try common.machine(), words)
        try common.print(explanation) { ExplainView(explain: $0).lines(in: $1) }
        if explanation.status != .ok { throw explanation.status }
    }
}
