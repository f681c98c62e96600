import Inventory
import Wording

extension Finding.Answer {
    /// Several answers as one: one problem makes a problem, and one that could not be measured makes it unknown. Nil for none.
    static func joined(_ answers: [Finding.Answer], shown: Int = .max) -> Finding.Answer? {
        for verdict in [Verdict.problem, .unknown, .ok] {
            let same = answers.filter { $0.verdict == verdict }
            guard let first = same.first else { continue }
            var evidence = first.evidence
            for next in same.prefix(shown).dropFirst() { evidence = evidence + Text(verbatim: "; ") + next.evidence }
            if same.count > shown {
                let rest = same.count - shown
                evidence = evidence + Text(en: "; and \(rest) more", zh: "；另有 \(rest) 个")
            }
            var remedies: [Text] = []
            for remedy in same.compactMap(\.remedy) where !remedies.contains(remedy) { remedies.append(remedy) }
            return Finding.Answer(
                verdict: verdict,
                evidence: evidence,
                remedy: verdict == .problem ? .sentences(remedies) : nil,
                actor: first.actor,
                confidence: same.contains { $0.confidence == .likely } ? .likely : .certain,
                repair: same.lazy.compactMap(\.repair).first
            )
        }
        return nil
    }
}

/// Checks that ask one question of every device of a kind.
enum DeviceAnswers {
    /// How many devices evidence names.
    static let shown = 6

    static func of(
        _ host: Host,
        where isMeant: (PCIFunction) -> Bool,
        ask: (PCIFunction) -> Finding.Answer
    ) -> Finding.Answer {
        guard let functions = host.pci?.functions else {
            return .unknown(host.pci?.unknown["functions"] ?? "not read")
        }
        return Finding.Answer.joined(functions.filter(isMeant).map(ask), shown: shown)
            ?? .ok(Text(en: "no such device here", zh: "这里没有这类设备"))
    }
}

extension PCIFunction {
    /// Whether it is of a kind that people give to guests.
    var isCandidate: Bool {
        self.class.isStorage || self.class.isNetwork || self.class.isDisplay || self.class.isAudio
            || self.class.isUSBController || self.class.base == 0x0D || self.class.base == 0x12
    }

    /// `0000:01:00.0: ` before what is said of it.
    func says(_ text: Text) -> Text { Text(verbatim: "\(address): ") + text }
    func says(_ text: String) -> Text { says(Text(verbatim: text)) }

    /// Why something in its details is not known.
    func whyUnknown(_ key: String) -> String { details?.unknown[key] ?? unknown["details"] ?? "not read" }
}
