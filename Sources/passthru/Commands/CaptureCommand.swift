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
            "Keep serial numbers, MAC and IP addresses as they are.",
            "保留序列号、MAC 和 IP 地址的原值。"
        )
    )
    var full = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        let capture = try Capture.run(try common.machine(), redacting: !full)
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
