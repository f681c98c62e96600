import Operations
import Readiness
import Wording

/// The root first, with what the checks of this host say and what to do; then what follows from it and what is harmless.
struct ExplainView {
    let explain: Explain

    func lines(in language: Language) -> [String] {
        var lines: [String] = []
        func say(_ english: String, _ chinese: String) -> String { Text(en: english, zh: chinese).string(in: language) }
        for source in explain.sources {
            if let why = source.unknown { lines.append("\(source.name): \(why.string(in: language))") }
        }
        if explain.incomplete {
            lines.append(
                say("Not all of the text was looked at: it would have taken too long.", "文本过于庞大，未能全部查看。")
            )
        }
        let roots = explain.causes.filter { $0.role == .root }
        if roots.isEmpty {
            lines.append(
                !explain.related.isEmpty
                    ? say("No cause is known of what this says.", "这里所说的问题，passthru 还不知道原因。")
                    : explain.causes.isEmpty
                        ? say("Nothing here is about passthrough.", "这里没有与直通有关的内容。")
                        : say("Nothing here is wrong with passthrough.", "这里没有直通方面的问题。")
            )
        }
        for cause in explain.causes {
            if !lines.isEmpty { lines.append("") }
            lines += block(cause, language)
        }
        if !explain.related.isEmpty {
            if !lines.isEmpty { lines.append("") }
            lines.append(
                say("About passthrough, but not known to passthru:", "与直通有关，但 passthru 还不认识：")
            )
            lines += explain.related.map { "  \($0.number): \($0.text)" }
        }
        return lines
    }

    private func block(_ cause: Explain.Cause, _ language: Language) -> [String] {
        let heading: Text =
            switch cause.role {
            case .root where cause.lines.isEmpty: Text(en: "Question", zh: "问题")
            case .root: Text(en: "Cause", zh: "原因")
            case .consequence: Text(en: "Follows from it", zh: "由此引起")
            case .benign: Text(en: "Harmless", zh: "无害")
            }
        var lines = ["\(heading.string(in: language)): \(cause.cause.string(in: language))"]
        let place = cause.bdf.map { "\($0)  " } ?? ""
        lines.append(
            "  \(place)[\(cause.id)]\(cause.cut ? Text(en: " the line is cut off", zh: " 该行不完整").string(in: language) : "")"
        )
        for (number, line) in zip(cause.numbers, cause.lines).prefix(3) { lines.append("  \(number): \(line)") }
        if cause.lines.count > 3 {
            lines.append(
                "  "
                    + Text(en: "and \(cause.lines.count - 3) more lines", zh: "另有 \(cause.lines.count - 3) 行").string(
                        in: language
                    )
            )
        }
        guard cause.role != .consequence else { return lines }
        if cause.role == .root {
            let asked = Text(en: "What this host says (yes: found here):", zh: "本机检查结果（“是”表示存在该情况）：")
            lines.append("  \((cause.lines.isEmpty ? asked : cause.confirmed.text).string(in: language))")
            for check in cause.checks {
                let mark = check.confirmed.mark.string(in: language)
                for (index, line) in check.evidence.string(in: language).split(separator: "\n").enumerated() {
                    lines.append(index == 0 ? "    \(mark) \(check.id): \(line)" : "      \(line)")
                }
            }
        }
        let who = cause.actor.text.string(in: language)
        let steps = cause.remedy.string(in: language).split(separator: "\n")
        lines.append("  → \(who): \(steps.first ?? "")")
        lines += steps.dropFirst().map { "  → \($0)" }
        return lines
    }
}

extension Confirmed {
    fileprivate var text: Text {
        switch self {
        case .yes: Text(en: "Confirmed on this host:", zh: "在本机得到证实：")
        case .no: Text(en: "Not so on this host now:", zh: "本机目前并非如此：")
        case .unknown: Text(en: "Could not be confirmed on this host:", zh: "无法在本机证实：")
        }
    }

    fileprivate var mark: Text {
        switch self {
        case .yes: Text(en: "yes", zh: "是")
        case .no: Text(en: "no", zh: "否")
        case .unknown: Text(verbatim: "?")
        }
    }
}
