import Formats
import Inventory
import Wording

/// Reads a kernel command line and says what of it does nothing here, is misspelt, doubled, contradictory, out of date
/// or unsafe.
public struct ArgumentLint: Sendable {
    public var findings: [ArgumentFinding] = []
    /// Words of which it cannot be told whether something is to be said, with the reason.
    public var undecided: [Undecided] = []

    /// A word that would be found if what could not be read is so.
    public struct Undecided: Sendable, Hashable {
        public var word: String
        public var why: String
    }

    /// What is to be said about a line of this host, in the order of its words.
    public static func findings(_ line: KernelCommandLine, on host: Host) -> [ArgumentFinding] {
        ArgumentTable.builtIn.map { ArgumentLint(line, on: host, table: $0).findings } ?? []
    }

    init(_ line: KernelCommandLine, on host: Host, table: ArgumentTable) {
        let words = ArgumentWords(line)
        var found: [(word: Int, finding: ArgumentFinding)] = []
        for advice in table.advice {
            let places = words.places(of: advice)
            for (index, place) in places.enumerated() {
                let next = index + 1 < places.count ? places[index + 1].position : nil
                guard advice.conditions.hold(at: place, next: next, on: words) else { continue }
                let word = line.words[place.word].text
                switch advice.conditions.hold(for: place.text, on: host) {
                case .no: continue
                case .unknown(let why): undecided.append(Undecided(word: word, why: why))
                case .yes:
                    let finding = ArgumentFinding(
                        word: word,
                        kind: advice.kind,
                        rule: advice.id,
                        reason: advice.reason,
                        remedy: advice.remedy
                    )
                    found.append((place.word, finding))
                }
            }
        }
        for (index, word) in line.words.enumerated() {
            if let finding = Self.misspelling(of: word, in: table) { found.append((index, finding)) }
            for finding in Self.unknownOptions(of: word, in: table) { found.append((index, finding)) }
        }
        found += Self.duplicates(in: line, words, table)
        found.sort { $0.word < $1.word }
        for (_, finding) in found where !findings.contains(finding) { findings.append(finding) }
    }

    // MARK: The same word twice

    private static func duplicates(
        in line: KernelCommandLine,
        _ words: ArgumentWords,
        _ table: ArgumentTable
    ) -> [(word: Int, finding: ArgumentFinding)] {
        var first: [String: Int] = [:]
        var counts: [String: Int] = [:]
        for place in words.words {
            let name = line.words[place.word].canonicalName
            guard table.parameter(name)?.isPositional != true else { continue }
            if first[place.text] == nil { first[place.text] = place.word }
            counts[place.text, default: 0] += 1
        }
        return counts.filter { $0.value > 1 }.compactMap { text, count in
            first[text].map { index in
                let finding = ArgumentFinding(
                    word: line.words[index].text,
                    kind: .duplicate,
                    rule: "duplicate",
                    reason: Text(
                        en: "stands \(count) times on the line: harmless, once is enough",
                        zh: "在命令行中出现了 \(count) 次：无害，一次即可"
                    ),
                    remedy: Text(en: "Keep one of them.", zh: "只保留一个。")
                )
                return (index, finding)
            }
        }
    }
}
