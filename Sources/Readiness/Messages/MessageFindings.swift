import Inventory

/// What a text says about passthrough: each message once, the one that the others follow from first.
public struct MessageFindings: Sendable {
    public enum Role: String, Sendable, Codable {
        case root, consequence, benign
    }

    /// A message with all its lines.
    public struct Finding: Sendable {
        public var entry: MessageEntry
        public var role: Role
        /// The device; nil when no line names one.
        public var address: PCIAddress?
        public var hits: [MessageHit]
        /// What it follows from: the id of another finding.
        public var follows: String?
        var place: Int

        /// Whether all its lines ended too early.
        public var isCut: Bool { !hits.isEmpty && hits.allSatisfy(\.isCut) }
        /// What stood in the templates' holes, from the first line that has it.
        public var captures: [String: String] { hits.reduce(into: [:]) { $0.merge($1.captures) { first, _ in first } } }
    }

    public var findings: [Finding]
    public var related: [(number: Int, line: String)]
    public var isIncomplete: Bool

    /// The first root; nil when nothing is wrong, or nothing is known.
    public var root: Finding? { findings.first { $0.role == .root } }

    public init(_ bytes: [UInt8], base: MessageBase) {
        let search = MessageSearch.run(bytes, base: base)
        related = search.related
        isIncomplete = search.isIncomplete
        findings = Self.group(search.hits, base)
        if findings.allSatisfy({ $0.entry.role == .benign }), let asked = Self.question(bytes, base) {
            findings.insert(asked, at: 0)
        }
        join(base)
    }

    /// From so many on a message is one finding for all its devices.
    static let mostFindings = 300

    /// Lines of one message about one device are one finding.
    private static func group(_ hits: [MessageHit], _ base: MessageBase) -> [Finding] {
        var findings: [Finding] = []
        for hit in hits {
            let known = findings.firstIndex { finding in
                finding.place == hit.entry
                    && (finding.address == hit.address || finding.address == nil || hit.address == nil
                        || findings.count >= mostFindings)
            }
            if let known {
                findings[known].hits.append(hit)
                findings[known].address = findings[known].address ?? hit.address
            } else {
                findings.append(
                    Finding(
                        entry: base.entries[hit.entry],
                        role: .root,
                        address: hit.address,
                        hits: [hit],
                        follows: nil,
                        place: hit.entry
                    )
                )
            }
        }
        return findings
    }

    /// A short text that asks something instead of quoting a message.
    private static func question(_ bytes: [UInt8], _ base: MessageBase) -> Finding? {
        guard bytes.count <= 300 else { return nil }
        let asked = bytes.withUnsafeBufferPointer { MessageLine($0).folded }
        for (place, entry) in base.entries.enumerated() where !entry.questions.isEmpty {
            let isAsked = entry.questions.contains { question in
                asked.firstRange(of: MessageLine.folded(Array(question.utf8))) != nil
            }
            if isAsked {
                return Finding(entry: entry, role: .root, address: nil, hits: [], follows: nil, place: place)
            }
        }
        return nil
    }

    // MARK: What follows from what

    private mutating func join(_ base: MessageBase) {
        let hasCause = findings.contains { $0.entry.role == .cause }
        for index in findings.indices {
            if findings[index].entry.role == .benign {
                findings[index].role = .benign
                continue
            }
            let id = findings[index].entry.id
            let reason = findings.first { other in
                other.entry.id != id && other.entry.role != .benign && !other.isCut
                    && other.entry.explains.contains(id) && other.belongs(with: findings[index])
            }
            findings[index].follows = reason?.entry.id
            if reason != nil { findings[index].role = .consequence }
        }
        // Who only says that something failed follows from whatever it was.
        if hasCause {
            for index in findings.indices where findings[index].entry.role == .wrapper {
                findings[index].role = .consequence
            }
        }
        // Two that each name the other as reason: the deeper one, which stands first in the data, stays.
        if !findings.contains(where: { $0.role == .root }),
            let first = findings.indices.filter({ findings[$0].role == .consequence })
                .min(by: { findings[$0].place < findings[$1].place })
        {
            findings[first].role = .root
        }
        sort { _ in 0 }
    }

    /// Puts one root first, then what follows from it, then the other roots with theirs, then what is harmless. `weight`
    /// is what a host's checks say: less is surer.
    public mutating func sort(by weight: (Finding) -> Int) {
        func rank(_ finding: Finding) -> [Int] {
            let follows = findings.contains { $0.role == .consequence && $0.follows == finding.entry.id }
            return [
                finding.isCut ? 1 : 0, weight(finding), follows ? 0 : 1, finding.entry.role == .wrapper ? 1 : 0,
                finding.entry.loudness, finding.hits.first?.number ?? 0, finding.place,
            ]
        }
        let roots = findings.filter { $0.role == .root }.map { ($0, rank($0)) }
            .sorted { $0.1.lexicographicallyPrecedes($1.1) }.map(\.0)
        var rest = findings.filter { $0.role == .consequence }
        var sorted: [Finding] = []
        for root in roots {
            sorted.append(root)
            // What follows from it, and what follows from that.
            var known: Set<String> = [root.entry.id]
            while let next = rest.firstIndex(where: { $0.follows.map(known.contains) == true }) {
                known.insert(rest[next].entry.id)
                sorted.append(rest.remove(at: next))
            }
        }
        findings = sorted + rest + findings.filter { $0.role == .benign }
    }
}

extension MessageFindings.Finding {
    /// Whether the device that it names is a port: what happens there happens to the devices below it.
    private var isAboutPort: Bool { hits.contains { $0.line.utf8.firstRange(of: "pcieport ".utf8) != nil } }

    /// Whether two messages can be about one thing: the same device where both name one, the same group, about the same
    /// time.
    fileprivate func belongs(with other: Self) -> Bool {
        if let address, let theirs = other.address, !isAboutPort, !address.sharesSlot(with: theirs) { return false }
        let groups = (Set(hits.compactMap(\.group)), Set(other.hits.compactMap(\.group)))
        if !groups.0.isEmpty, !groups.1.isEmpty, groups.0.isDisjoint(with: groups.1) { return false }
        var isTold = false
        for hit in hits.prefix(20) {
            for theirs in other.hits.prefix(20) {
                guard let clock = hit.stamp.clock, clock == theirs.stamp.clock else { return true }
                isTold = true
                // What was said at boot holds until the next one.
                if hit.stamp.seconds <= theirs.stamp.seconds + 120 { return true }
            }
        }
        return !isTold
    }
}

extension MessageEntry {
    /// Between messages that have nothing to do with one another: what stops a guest comes before what only might.
    fileprivate var loudness: Int {
        if checks.isEmpty && explains.isEmpty { return 2 }
        return explains.isEmpty ? 1 : 0
    }
}
