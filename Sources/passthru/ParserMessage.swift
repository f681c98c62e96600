import Wording

/// The argument parser's own words in the language of this run.
enum ParserMessage {
    /// Headings and fixed phrases of help and usage errors.
    private static let phrases: [(english: String, chinese: String)] = [
        ("OVERVIEW: ", "概述："), ("USAGE: ", "用法："), ("ARGUMENTS:", "参数："), ("OPTIONS:", "选项："),
        ("SUBCOMMANDS:", "子命令："), ("Usage: ", "用法："), ("Error: ", "错误："), ("Help:  ", "帮助：  "),
        ("Show the version.", "显示版本。"), ("Show help information.", "显示帮助。"),
        ("Show subcommand help information.", "显示子命令的帮助。"),
        ("See '", "参见 '"), ("' for more information.", "'。"), ("' for detailed help.", "' 的详细帮助。"),
        ("(see above)", "（见上）"), ("Unknown option '", "未知选项 '"), ("Unexpected argument '", "多余的参数 '"),
        (" unexpected arguments: ", " 个多余的参数："), ("Missing expected argument '", "缺少参数 '"),
        ("Missing value for '", "缺少值：'"), ("The value '", "值 '"), ("' is invalid for '", "' 不适用于 '"),
        ("Did you mean '", "是否想写 '"), ("'. Please provide one of ", "'。请使用其中之一："),
        ("Please provide one of", "请使用其中之一："), (" and ", " 和 "), ("Missing one of: ", "缺少其中之一："),
        ("(values: ", "（可选值："), ("(default: ", "（默认："),
    ]

    static func localized(_ message: String, in language: Language) -> String {
        guard language == .chinese else { return message }
        return phrases.reduce(message) { text, phrase in
            text.split(separator: phrase.english, omittingEmptySubsequences: false).joined(separator: phrase.chinese)
        }
    }
}
