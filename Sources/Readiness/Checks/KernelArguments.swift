import Formats
import Inventory
import Wording

/// Whether the kernel's arguments, booted and saved, do what their owner expects of them.
public enum KernelArguments: Check {
    public static let id = "kernel-arguments"
    public static let title = Text(en: "Kernel arguments are sound", zh: "内核参数没有问题")
    public static let importance = Importance.advice

    private struct Line {
        var file: String
        var arguments: KernelCommandLine
    }

    public static func answer(_ host: Host) -> Finding.Answer {
        var lines: [Line] = []
        if let booted = host.kernel?.arguments { lines.append(Line(file: "/proc/cmdline", arguments: booted)) }
        for saved in host.boot?.lines ?? [] {
            lines.append(Line(file: saved.file, arguments: KernelCommandLine(saved.arguments)))
        }
        guard !lines.isEmpty else {
            let why = host.kernel?.unknown["commandLine"] ?? host.boot?.unknown.values.sorted().first
            return .unknown(why ?? "not read")
        }
        guard let table = ArgumentTable.builtIn else { return .unknown("the table of arguments cannot be read") }
        var found: [(finding: ArgumentFinding, files: [String])] = []
        var undecided: [ArgumentLint.Undecided] = []
        for line in lines {
            let lint = ArgumentLint(line.arguments, on: host, table: table)
            for finding in lint.findings {
                if let known = found.firstIndex(where: { $0.finding == finding }) {
                    if !found[known].files.contains(line.file) { found[known].files.append(line.file) }
                } else {
                    found.append((finding, [line.file]))
                }
            }
            for word in lint.undecided where !undecided.contains(word) { undecided.append(word) }
        }
        if !found.isEmpty { return problem(found) }
        if let word = undecided.first {
            return .unknown(
                Text(
                    en: "whether \(word.word) is of use here could not be measured (\(word.why))",
                    zh: "无法测量 \(word.word) 在这里是否有用（\(Text(reason: word.why).zh)）"
                )
            )
        }
        if let why = host.kernel?.unknown["commandLine"] { return .unknown(why) }
        if let why = host.boot?.unknown.filter({ $0.key != "lines" }).values.sorted().first { return .unknown(why) }
        let files = lines.reduce(into: [String]()) { if !$0.contains($1.file) { $0.append($1.file) } }
        return .ok(Text.list(files) + Text(en: ": nothing to object to", zh: "：没有发现问题"))
    }

    private static func problem(_ found: [(finding: ArgumentFinding, files: [String])]) -> Finding.Answer {
        let evidence = found.map { finding, files in
            Text(verbatim: "\(finding.word): ") + finding.reason
                + (files.contains("/proc/cmdline")
                    ? .empty
                    : Text(verbatim: " (\(files.joined(separator: ", ")))"))
        }
        let remedies = found.compactMap { finding, _ in
            finding.remedy.map { Text(verbatim: "\(finding.word): ") + $0 }
        }
        return .problem(Text.lines(evidence), remedy: Text.lines(remedies), actor: .owner)
    }
}

extension Text {
    /// One line for each text.
    fileprivate static func lines(_ items: [Text]) -> Text {
        Text(
            en: items.map(\.en).joined(separator: "\n"),
            zh: items.map(\.zh).joined(separator: "\n")
        )
    }
}
