import Formats
import Inventory
import Wording

/// The words for passthrough that somebody wrote into a kernel line by hand, sorted by whether they do anything here.
/// Words that passthru knows nothing of are in none of the lists.
public struct HandArguments: Sendable, Hashable {
    /// Words that do something, or of which it cannot be told, each once.
    public var useful: [String] = []
    /// Words that go: they do nothing, or are there twice (then once for each one too many).
    public var useless: [String] = []
    /// What is left of useless words of which a part does something.
    public var instead: [String] = []
    /// The values of `vfio-pci.ids=` among the useless.
    public var ids: [String] = []
    /// Why words go, and what is to be said of those that stay.
    public var findings: [ArgumentFinding] = []

    /// Huge pages are counted by the order of the words, and no matter of passthrough alone: they stay where they are.
    private static let left = ["hugepagesz", "hugepages", "default_hugepagesz"]

    public init(_ line: KernelCommandLine, on host: Host) {
        guard let table = ArgumentTable.builtIn else { return }
        let lint = ArgumentLint(line, on: host, table: table)
        for word in line.words {
            let name = word.canonicalName
            let known = lint.findings.filter { $0.word == word.text && $0.kind != .duplicate }
            guard !Self.left.contains(name), !known.isEmpty || table.knows(word.text, name) else { continue }
            for finding in known where !findings.contains(finding) { findings.append(finding) }
            if name == "vfio_pci.ids", let value = word.value {
                ids.append(value)
                useless.append(word.text)
            } else if let finding = known.first(where: { [.noOp, .typo].contains($0.kind) }) {
                useless.append(word.text)
                if finding.kind == .noOp, let rest = Self.rest(of: word, on: host, table), !instead.contains(rest),
                    !useful.contains(rest)
                {
                    instead.append(rest)
                }
            } else if useful.contains(word.text) {
                useless.append(word.text)
            } else {
                useful.append(word.text)
            }
        }
        instead.removeAll(where: useful.contains)
    }

    /// Of a word with several items those that do something; nil where none does.
    private static func rest(of word: KernelCommandLine.Word, on host: Host, _ table: ArgumentTable) -> String? {
        let items = (word.value ?? "").utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
        guard items.count > 1 else { return nil }
        func isUseless(_ text: String) -> Bool {
            ArgumentLint(KernelCommandLine(text), on: host, table: table).findings.contains {
                [.noOp, .typo].contains($0.kind)
            }
        }
        let good = items.filter { !isUseless("\(word.name)=\($0)") }
        let joined = "\(word.name)=\(good.joined(separator: ","))"
        guard let first = good.first else { return nil }
        return isUseless(joined) ? "\(word.name)=\(first)" : joined
    }
}

extension ArgumentTable {
    /// Whether anything is said about such a word, on whatever host.
    fileprivate func knows(_ word: String, _ name: String) -> Bool {
        if parameter(name) != nil { return true }
        let words = ArgumentWords(KernelCommandLine(word))
        return advice.contains { !words.places(of: $0).isEmpty }
    }
}
