import Inventory

/// Looks for everything that is known in a text, once through it. The work is bounded whatever the bytes are.
public struct MessageSearch {
    let base: MessageBase
    let text: UnsafeBufferPointer<UInt8>

    public internal(set) var hits: [MessageHit] = []
    /// Lines about passthrough that say that something failed and that no entry knows, at most 20.
    public private(set) var related: [(number: Int, line: String)] = []
    /// Whether a part of the text was not looked at because it would have taken too long.
    public internal(set) var isIncomplete = false

    /// Lines that are not empty, up to a few.
    var filledLines = 0
    var contexts: Set<Int> = []
    var topics: [(start: Int, end: Int, number: Int)] = []
    var hitLines: Set<Int> = []
    var counts: [Int]
    /// For each template, by entry, the line in which it was tried last.
    var tried: [[Int]]
    var cuts: [Int: [MessageHit]] = [:]
    /// Bytes that may still be looked at by templates.
    var budget = 200 << 20
    /// The lines that were cleaned last, and which of them goes next.
    var lines: [(range: Range<Int>, line: MessageLine)] = []
    var oldestLine = 0
    var knownEnd = (start: -1, end: -1, isWhole: false)
    var knownPrevious = (start: -1, range: 0..<0)

    /// More lines of one message than anybody reads.
    static let mostHits = 50
    /// More lines that were cut off than a log has.
    static let mostCuts = 1000

    /// Looks through `bytes`; see ``MessageSearch/hits``.
    public static func run(_ bytes: [UInt8], base: MessageBase) -> MessageSearch {
        let bytes = withoutColours(bytes)
        return bytes.withUnsafeBufferPointer { text in
            var search = MessageSearch(base, text)
            search.scan()
            search.finish()
            return search
        }
    }

    private init(_ base: MessageBase, _ text: UnsafeBufferPointer<UInt8>) {
        self.base = base
        self.text = text
        counts = Array(repeating: 0, count: base.entries.count)
        tried = base.entries.map { Array(repeating: -1, count: $0.templates.count) }
    }

    /// `grep --color` and journals put sequences into the middle of words.
    private static func withoutColours(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x1B) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x1B, index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "[") else {
                result.append(bytes[index])
                index += 1
                continue
            }
            index += 2
            let limit = min(index + 32, bytes.count)
            while index < limit, bytes[index] < 0x40 || bytes[index] > 0x7E { index += 1 }
            index += 1
        }
        return result
    }

    // MARK: Once through the text

    private mutating func scan() {
        let index = base.index
        let lower: [UInt8] = (0...255).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        // Plain pointers: this loop runs for every byte.
        lower.withUnsafeBufferPointer { lower in
            index.table.withUnsafeBufferPointer { table in
                index.chain.withUnsafeBufferPointer { chain in scan(lower, table, chain) }
            }
        }
    }

    private mutating func scan(
        _ lower: UnsafeBufferPointer<UInt8>,
        _ table: UnsafeBufferPointer<UInt16>,
        _ chain: UnsafeBufferPointer<MessageIndex.Link>
    ) {
        let count = text.count
        var place = 0
        var start = 0
        var number = 1
        var isFilled = false
        var gram: UInt32 = 0
        while place < count {
            let byte = text[place]
            if byte == 0x0A || byte == 0x0D {
                if byte == 0x0A { number &+= 1 }
                if isFilled { filledLines &+= 1 }
                isFilled = false
                start = place &+ 1
            } else if byte != 0x20 {
                isFilled = true
            }
            gram = gram << 8 | UInt32(truncatingIfNeeded: lower[Int(truncatingIfNeeded: byte)])
            let hash = (gram &* MessageIndex.factor) >> MessageIndex.shift
            var link = table[Int(truncatingIfNeeded: hash)]
            while link != 0 {
                let key = Int(link) &- 1
                if chain[key].gram == gram { look(key, place, start, number) }
                link = chain[key].next
            }
            place &+= 1
        }
        if isFilled { filledLines += 1 }
    }

    /// The first four bytes of a key end at `place`.
    private mutating func look(_ number: Int, _ place: Int, _ start: Int, _ line: Int) {
        let key = base.index.keys[number]
        guard place - 3 >= start, isThere(key.bytes, from: place - 3) else { return }
        for target in key.targets {
            switch target {
            case .context(let word): contexts.insert(word)
            case .topic:
                if topics.last?.start != start, topics.count < 2000 { topics.append((start, end(of: place), line)) }
            case .template(let entry, let template): attempt(entry, template, place, start, line)
            }
        }
    }

    private func isThere(_ bytes: [UInt8], from start: Int) -> Bool {
        guard start >= 0, start + bytes.count <= text.count else { return false }
        for index in bytes.indices {
            let byte = text[start + index]
            guard (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == bytes[index] else { return false }
        }
        return true
    }

    /// The end of the line in which `place` is, or a place that is far enough behind it.
    func end(of place: Int) -> Int {
        var index = place
        let last = min(text.count, place + MessageLine.limit)
        while index < last, text[index] != 0x0A, text[index] != 0x0D { index += 1 }
        return index
    }

    // MARK: After the last byte

    private mutating func finish() {
        // A line in which a whole message stands is not the beginning of another one.
        for (start, found) in cuts where !hitLines.contains(start) {
            let best = found.map(\.share).max() ?? 0
            var entries: Set<Int> = []
            for hit in found.sorted(by: { $0.share > $1.share }) where hit.share >= best * 0.8 {
                if entries.insert(hit.entry).inserted { hits.append(hit) }
            }
            hitLines.insert(start)
        }
        hits.sort { ($0.number, -$0.share, $0.entry) < ($1.number, -$1.share, $1.entry) }
        let isShort = filledLines <= 3
        var isThere: [String: Bool] = [:]
        hits = hits.filter { hit in
            let entry = base.entries[hit.entry]
            let words = entry.needs.isEmpty ? (isShort ? [] : entry.context) : entry.needs
            return words.isEmpty || words.contains { word in hasContext(word, &isThere) }
        }
        for line in topics where !hitLines.contains(line.start) && related.count < 20 {
            let cleaned = MessageLine(
                UnsafeBufferPointer(rebasing: text[line.start..<min(line.end, line.start + MessageLine.limit)])
            )
            if cleaned.saysThatSomethingFailed {
                related.append((line.number, String(decoding: cleaned.plain.prefix(300), as: UTF8.self)))
            }
        }
    }

    private func hasContext(_ word: String, _ known: inout [String: Bool]) -> Bool {
        if let answer = known[word] { return answer }
        var answer = false
        if let place = base.index.contexts.firstIndex(of: word) {
            answer = contexts.contains(place)
        } else {
            let bytes = MessageLine.folded(Array(word.utf8))
            var place = 0
            while place + bytes.count <= text.count, !answer {
                answer = isThere(bytes, from: place)
                place += 1
            }
        }
        known[word] = answer
        return answer
    }
}

extension MessageLine {
    private static let failures = [
        "error", "fail", "cannot", "can't", "could not", "couldn't", "unable", "denied", "refus", "invalid",
        "unsupported",
        "not supported", "not permitted", "no such", "missing", "timed out", "timeout", "doesn't", "does not", "reject",
        "abort", "broken", "bug", "not found", "not available", "busy",
    ]

    fileprivate var saysThatSomethingFailed: Bool {
        let text = String(decoding: folded, as: UTF8.self)
        return Self.failures.contains { text.utf8.firstRange(of: $0.utf8) != nil }
    }
}
