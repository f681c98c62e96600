/// Looks for one template in one line. Every loop is bounded: by the line, by the holes' limits, by a number of steps.
struct TemplateMatcher {
    private let line: UnsafeBufferPointer<UInt8>
    private let template: MessageTemplate
    /// Bytes that may still be compared: a template with many holes in a line made for it ends without an answer
    /// instead of late.
    private var budget = TemplateMatcher.most
    private static let most = 30_000
    /// How many were compared.
    var spent: Int { Self.most - budget }
    private var captures: [MessageTemplate.Match.Capture] = []
    private var matched = 0
    private var end = 0
    /// The best place where the line ended too early.
    private(set) var cut: MessageTemplate.Match?

    init(_ template: MessageTemplate, in line: UnsafeBufferPointer<UInt8>) {
        self.template = template
        self.line = line
    }

    /// The first place where the whole template fits.
    mutating func match() -> MessageTemplate.Match? {
        guard case .words(let first)? = template.pieces.first else { return nil }
        var start = 0
        while let place = find(first, from: start, to: line.count), budget > 0 {
            start = place + 1
            guard begins(first, at: place) else { continue }
            captures = []
            matched = first.count
            if fits(1, at: place + first.count, from: place) {
                return MessageTemplate.Match(range: place..<end, captures: captures, matched: matched)
            }
        }
        // Fixed words that the line's end cuts.
        if cut == nil, first.count > 8 {
            for length in stride(from: min(first.count - 1, line.count), to: 8, by: -1)
            where hasWords(first[..<length], at: line.count - length) && begins(first, at: line.count - length) {
                cut = MessageTemplate.Match(range: line.count - length..<line.count, captures: [], matched: length)
                break
            }
        }
        return nil
    }

    /// Whether the pieces from `index` on fit at `place`.
    private mutating func fits(_ index: Int, at place: Int, from start: Int) -> Bool {
        budget -= 8
        guard budget > 0 else { return false }
        guard index < template.pieces.count else {
            end = place
            return ends(at: place)
        }
        switch template.pieces[index] {
        case .words(let words):
            if hasWords(words[...], at: place) {
                matched += words.count
                if fits(index + 1, at: place + words.count, from: start) { return true }
                matched -= words.count
                return false
            }
            let rest = line.count - place
            if rest < words.count, hasWords(words[..<rest], at: place) { note(rest, from: start) }
            return false
        case .hole(let kind, let name):
            return fill(kind, name, index, at: place, from: start)
        }
    }

    private mutating func fill(
        _ kind: MessageTemplate.Kind,
        _ name: String,
        _ index: Int,
        at place: Int,
        from start: Int
    ) -> Bool {
        switch kind {
        case .bdf, .number, .hex:
            let length = kind == .bdf ? addressLength(at: place) : digits(kind, at: place)
            guard length > 0 else {
                if place == line.count { note(0, from: start) }
                return false
            }
            return take(name, place..<place + length, index, from: start)
        case .word, .path, .quoted, .text:
            let limit = reach(kind, at: place)
            budget -= limit
            guard index + 1 < template.pieces.count, case .words(let next) = template.pieces[index + 1] else {
                let length = kind == .text || kind == .quoted ? limit : trimmed(place, limit)
                return (length > 0 || kind == .text || kind == .quoted)
                    && take(name, place..<place + length, index, from: start)
            }
            // The shortest filling first; a few more, where what follows does not fit there.
            let least = kind == .word || kind == .path ? 1 : 0
            var from = place + least
            for _ in 0..<8 {
                guard let found = find(next, from: from, to: min(line.count, place + limit + next.count)) else { break }
                if found > place + limit { break }
                if take(name, place..<found, index, from: start) { return true }
                from = found + 1
            }
            budget -= next.count
            let rest = partial(next, from: place)
            if line.count - rest <= place + limit { note(rest, from: start) }
            return false
        }
    }

    private mutating func take(_ name: String, _ range: Range<Int>, _ index: Int, from start: Int) -> Bool {
        captures.append(MessageTemplate.Match.Capture(name: name, range: range))
        if fits(index + 1, at: range.upperBound, from: start) { return true }
        captures.removeLast()
        return false
    }

    /// Remembers that the line ended after `more` bytes of the next words.
    private mutating func note(_ more: Int, from start: Int) {
        if matched + more > cut?.matched ?? 0 {
            cut = MessageTemplate.Match(range: start..<line.count, captures: captures, matched: matched + more)
        }
    }

    // MARK: Bytes

    /// How many bytes of `words` the line ends with, behind `place`.
    private func partial(_ words: [UInt8], from place: Int) -> Int {
        for length in stride(from: min(words.count - 1, line.count - place), to: 0, by: -1)
        where hasWords(words[..<length], at: line.count - length) {
            return length
        }
        return 0
    }

    private func hasWords(_ words: ArraySlice<UInt8>, at place: Int) -> Bool {
        guard place >= 0, place + words.count <= line.count else { return false }
        var index = place
        for byte in words {
            guard line[index] == byte else { return false }
            index += 1
        }
        return true
    }

    private mutating func find(_ words: [UInt8], from start: Int, to end: Int) -> Int? {
        guard let first = words.first, end - words.count >= start else { return nil }
        var place = start
        defer { budget -= place - start }
        while place <= end - words.count {
            if line[place] == first, hasWords(words[...], at: place) { return place }
            place += 1
        }
        return nil
    }

    /// Words begin and end where words do.
    private func begins(_ words: [UInt8], at place: Int) -> Bool {
        guard place > 0, let first = words.first, isWord(first) else { return true }
        return !isWord(line[place - 1])
    }

    private func ends(at place: Int) -> Bool {
        guard place < line.count, place > 0, case .words? = template.pieces.last, isWord(line[place - 1]) else {
            return true
        }
        return !isWord(line[place])
    }

    private func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x7A || byte == 0x5F
    }

    private func isHex(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66 }

    private func digits(_ kind: MessageTemplate.Kind, at place: Int) -> Int {
        var index = place
        let last = min(line.count, place + kind.limit)
        if kind == .number {
            if index < last, line[index] == UInt8(ascii: "-") { index += 1 }
            let first = index
            while index < last, line[index] >= 0x30, line[index] <= 0x39 { index += 1 }
            return index > first ? index - place : 0
        }
        if index + 2 < last, line[index] == 0x30, line[index + 1] == UInt8(ascii: "x"), isHex(line[index + 2]) {
            index += 2
        }
        while index < last, isHex(line[index]) { index += 1 }
        return index - place
    }

    private func addressLength(at place: Int) -> Int { MessageLine.addressLength(in: line, at: place) }

    /// How far a hole of this kind may go from here.
    private func reach(_ kind: MessageTemplate.Kind, at place: Int) -> Int {
        let last = min(line.count, place + kind.limit)
        if kind == .path, place < last, line[place] != UInt8(ascii: "/") { return 0 }
        var index = place
        while index < last {
            let byte = line[index]
            let isQuote = byte == 0x22 || byte == 0x27
            switch kind {
            case .word where byte == 0x20, .path where byte == 0x20 || isQuote, .quoted where isQuote:
                return index - place
            default: index += 1
            }
        }
        return index - place
    }

    /// A last word does not take the sentence's end with it.
    private func trimmed(_ place: Int, _ length: Int) -> Int {
        var length = length
        while length > 1, [0x2C, 0x2E, 0x3A, 0x3B, 0x29, 0x22, 0x27].contains(line[place + length - 1]) { length -= 1 }
        return length
    }
}
