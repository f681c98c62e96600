import Operations
import Readiness
import Wording

/// A line per check, with the remedy and who must act below what is not in order.
struct DoctorView {
    let doctor: Doctor

    func lines(in language: Language) -> [String] {
        let titleWidth = doctor.findings.map { $0.title.string(in: language).displayWidth }.max() ?? 0
        let markWidth = Verdict.all.map { $0.text.string(in: language).displayWidth }.max() ?? 0
        let indent = String(repeating: " ", count: markWidth + 2)
        var lines: [String] = []
        for finding in doctor.findings {
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
        lines.append("")
        let ready = Text(en: "Ready for passthrough: ", zh: "可以直通：") + doctor.ready.text
        lines.append("\(ready.string(in: language))  \(doctor.reason.sentence.string(in: language))")
        return lines
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
