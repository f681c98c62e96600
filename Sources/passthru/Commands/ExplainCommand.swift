import ArgumentParser
import Machine
import Operations
import Wording

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
                A pipe or a file on standard input is the text, without - too; an empty one is an empty text. Without a \
                text, that is from a terminal, a socket (ssh) or /dev/null: this machine's own kernel log, system log, \
                and logs of libvirt and QEMU. Exits 0 when a cause was found, 1 when nothing in the text is wrong with \
                passthrough.

                cron and some SSH servers (Dropbear) start programs with a pipe: there, write passthru explain </dev/null \
                for the machine's own logs.
                """,
                """
                标准输入是管道或文件时即为文本，无需写 -；内容为空则视为空文本。没有文本时，即标准输入是终端、套接字（ssh）\
                或 /dev/null：读取本机的内核日志、系统日志以及 libvirt 和 QEMU 的日志。找到原因时退出状态为 0；\
                文本中没有直通问题时为 1。

                cron 和某些 SSH 服务器（Dropbear）用管道启动程序：要读取本机日志，请写 passthru explain </dev/null。
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
        // Asked before anything is opened, which takes the place of a standard input that is closed.
        let isPiped = words.isEmpty && Machine.hasTextOnStandardInput
        let machine = try common.machine()
        if isPiped, !Machine.standardInputAnswers(within: 1_000) {
            let waiting = Text(
                en: "waiting for a text on standard input; for this machine's own logs: passthru explain </dev/null",
                zh: "正在等待标准输入中的文本；要读取本机日志：passthru explain </dev/null"
            )
            Console.writeError("passthru: " + waiting.string(in: Console.language))
        }
        let explanation = try Explain.run(machine, isPiped ? ["-"] : words)
        try common.print(explanation) { ExplainView(explain: $0).lines(in: $1) }
        if explanation.status != .ok { throw explanation.status }
    }
}
