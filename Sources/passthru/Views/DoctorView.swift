import Operations
import Readiness
import Wording

/// What stands in the way first, then advice, each with its remedy and who must act; what is in order in one line.
struct DoctorView {
    let doctor: Doctor
    /// Whether every check has a line of its own.
    var isVerbose = false

    func lines(in language: Language) -> [String] {
        let shown = isVerbose ? doctor.findings : doctor.findings.filter(isWorthALine).sorted { rank($0) < rank($1) }
        let titleWidth = shown.map { $0.title.string(in: language).displayWidth }.max() ?? 0
        let markWidth = Verdict.all.map { $0.text.string(in: language).displayWidth }.max() ?? 0
        let indent = String(repeating: " ", count: markWidth + 2)
        var lines: [String] = []
        for finding in shown {
            let mark = finding.verdict.text.string(in: language).padded(to: markWidth)
            let title = finding.title.string(in: language).padded(to: titleWidth)
            let below = indent + String(repeating: " ", count: titleWidth + 2)
            let evidence = finding.evidence.string(in: language).split(separator: "\n")
            lines.append("\(mark)  \(title)  \(evidence.first ?? "")")
            lines += evidence.dropFirst().map { below + $0 }
            if let remedy = finding.remedy {
                let who = finding.actor.map { "\($0.text.string(in: language)): " } ?? ""
                let steps = remedy.string(in: language).split(separator: "\n")
                lines.append("\(indent)→ \(who)\(steps.first ?? "")")
                lines += steps.dropFirst().map { "\(indent)→ \($0)" }
            }
        }
        if !isVerbose {
            for verdict in [Verdict.unknown, .ok] {
                let ids = doctor.findings.filter { $0.verdict == verdict && !isWorthALine($0) }.map(\.id)
                guard !ids.isEmpty else { continue }
                let mark = verdict.text.string(in: language).padded(to: markWidth)
                lines.append("\(mark)  \(Text.list(ids).string(in: language))")
            }
        }
        lines.append("")
        let ready = Text(en: "Ready for passthrough: ", zh: "可以直通：") + doctor.ready.text
        lines.append("\(ready.string(in: language))  \(doctor.reason.sentence.string(in: language))")
        if !isVerbose {
            lines.append(
                Text(
                    en: "Every check with its evidence: passthru doctor --verbose",
                    zh: "查看每项检查及依据：passthru doctor --verbose"
                )
                .string(in: language)
            )
        }
        if !doctor.repairs.isEmpty {
            lines.append(
                Text(
                    en: "What passthru can do about it: passthru doctor --fix",
                    zh: "passthru 可以处理其中一部分：passthru doctor --fix"
                )
                .string(in: language)
            )
        }
        return lines
    }

    /// Advice that could not be had is named, and no more.
    private func isWorthALine(_ finding: Doctor.Item) -> Bool {
        switch finding.verdict {
        case .problem: true
        case .unknown: finding.importance == .way
        case .ok: finding.remedy != nil
        }
    }

    private func rank(_ finding: Doctor.Item) -> Int {
        switch (finding.verdict, finding.importance) {
        case (.problem, .way): 0
        case (.unknown, _): 1
        case (.ok, _): 2
        case (.problem, .advice): 3
        }
    }
}

extension Verdict {
    static let all: [Verdict] = [.ok, .problem, .unknown]

    var text: Text {
        switch self {
        case .ok: Text(en: "ok", zh: "正常")
        case .problem: Text(en: "problem", zh: "问题")
        case .unknown: Text(en: "unknown", zh: "未知")
        }
    }
}

extension Actor {
    var text: Text {
        switch self {
        case .firmware: Text(en: "you, in the BIOS", zh: "由您在 BIOS 中处理")
        case .passthru: Text(en: "passthru", zh: "由 passthru 处理")
        case .distribution: Text(en: "your distribution", zh: "由发行版处理")
        case .owner: Text(en: "you, on this host", zh: "由您在本机处理")
        }
    }
}
