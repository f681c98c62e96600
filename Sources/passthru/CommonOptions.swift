import ArgumentParser
import Inventory
import Machine
import Operations
import Wording

/// What every verb takes.
struct CommonOptions: ParsableArguments {
    @Flag(help: .text("Print one JSON object.", "输出一个 JSON 对象。"))
    var json = false

    @Option(
        help: .text(
            "Look at a captured host instead of this machine: a tar archive, or a folder laid out as its root.",
            "查看捕获的主机而不是本机：tar 归档，或按其根目录布置的文件夹。",
            valueName: "path"
        )
    )
    var host: String?

    @Option(
        help: .text(
            "Language of texts: en or zh. Without it the environment decides; with --json it is en.",
            "文字的语言：en 或 zh。不写时由环境决定；使用 --json 时为 en。",
            valueName: "en|zh"
        )
    )
    var lang: LanguageName?

    /// The machine that the verb looks at.
    func machine() throws -> Machine {
        guard let host else { return .live }
        do {
            return try Machine.captured(at: host)
        } catch {
            throw Failure(.malformed, error.message)
        }
    }

    /// Prints the value as JSON, or as the lines that `view` makes of it.
    func print<Value: Encodable>(_ value: Value, view: (Value, Language) -> [String]) throws {
        if json {
            Console.write(try JSONOutput.bytes(value, in: Console.language))
        } else {
            Console.write(lines: view(value, Console.language))
        }
    }
}

enum LanguageName: String, ExpressibleByArgument, CaseIterable {
    case en, zh
}
