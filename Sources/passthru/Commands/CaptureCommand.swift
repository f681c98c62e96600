import ArgumentParser
import Operations
import Wording

struct CaptureCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "capture",
            abstract: help(
                "Write what passthru can see of this host into a tar archive, for --host and bug reports.",
                "把 passthru 能看到的本机信息写入 tar 归档，供 --host 和问题报告使用。"
            )
        )
    }
    @Argument(help: .text("The archive to write; - for standard output.", "要写入的归档；- 表示标准输出。", valueName: "file"))
    var file: String

    @Flag(
        help: .text(
            "Keep addresses, serial numbers, UUIDs and all arguments as they are.",
            "保留地址、序列号、UUID 和所有参数的原值。"
        )
    )
    var full = false

    @Flag(name: .shortAndLong, help: .text("Write it without asking.", "不询问，直接写入。"))
    var yes = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let canAsk = Console.isTerminal && !Console.isJSON && file != "-"
        guard !full || yes || canAsk else {
            throw Failure(
                .usage,
                Text(
                    en: "--full keeps what identifies you, and nobody is here to ask: add --yes if that is meant.",
                    zh: "--full 会保留能识别出您的信息，而现在无法询问：如果确实需要，请加上 --yes。"
                )
            )
        }
        let capture = try Capture.run(try common.machine(), redacting: !full)
        let contents = capture.contents.map { $0.string(in: Console.language) }
        if canAsk && !yes {
            Console.write(lines: contents)
            let question = Text(en: "Write \(file)? [y/N] ", zh: "写入 \(file) 吗？[y/N] ")
            Console.write(question.string(in: Console.language))
            guard let answer = readLine(), answer.lowercased().hasPrefix("y") else {
                throw Failure(.no, Text(en: "Nothing was written.", zh: "没有写入任何内容。"))
            }
        } else if !Console.isJSON {
            Console.writeError(contents.map { Console.safe($0) }.joined(separator: "\n"))
        }
        if file == "-" { return Console.write(capture.archive) }
        try Capture.write(capture, to: file)
        try common.print(capture.summary(of: file)) { summary, language in
            [
                Text(
                    en: "\(summary.file): \(summary.files) files and \(summary.links) links, \(summary.bytes) bytes",
                    zh: "\(summary.file)：\(summary.files) 个文件、\(summary.links) 个链接，\(summary.bytes) 字节"
                ).string(in: language)
            ]
        }
    }
}
