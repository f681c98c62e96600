import Inventory

/// One template in one line, or in two that belong together.
extension MessageSearch {
    mutating func attempt(_ entry: Int, _ template: Int, _ place: Int, _ start: Int, _ number: Int) {
        guard counts[entry] < Self.mostHits else { return }
        let end = end(of: place)
        // Of a line without end only what is around the word.
        var window = start..<end
        if end - start > MessageLine.limit { window = max(start, place - 1500)..<min(end, place + 2500) }
        let mark = end - start > MessageLine.limit ? place >> 10 : start
        guard tried[entry][template] != mark else { return }
        tried[entry][template] = mark
        budget -= window.count + 64
        guard budget > 0 else {
            isIncomplete = true
            return
        }
        let line = line(window)
        if record(entry, template, line, number, window.lowerBound) { return }
        // A message may go on in the next line, or have begun in the one before.
        if end < text.count, let following = neighbour(after: end) {
            for blank in [true, false]
            where record(entry, template, MessageLine(line, following, blank: blank), number, window.lowerBound) {
                return
            }
        }
        if start > 0, let before = neighbour(before: start) {
            for blank in [true, false]
            where record(entry, template, MessageLine(before, line, blank: blank), number, window.lowerBound) {
                return
            }
        }
        noteCut(entry, template, line, number, window.lowerBound)
    }

    private mutating func line(_ range: Range<Int>) -> MessageLine {
        if cachedStart == range.lowerBound, let cached { return cached }
        let line = MessageLine(UnsafeBufferPointer(rebasing: text[range]))
        cachedStart = range.lowerBound
        cached = line
        return line
    }

    private mutating func neighbour(after end: Int) -> MessageLine? {
        var start = end + 1
        if start < text.count, text[end] == 0x0D, text[start] == 0x0A { start += 1 }
        guard start < text.count else { return nil }
        let next = self.end(of: start)
        budget -= min(next, start + MessageLine.limit) - start
        return next > start ? MessageLine(UnsafeBufferPointer(rebasing: text[start..<min(next, start + 1000)])) : nil
    }

    private mutating func neighbour(before start: Int) -> MessageLine? {
        var end = start - 1
        if end > 0, text[end] == 0x0A, text[end - 1] == 0x0D { end -= 1 }
        var first = end
        while first > 0, text[first - 1] != 0x0A, text[first - 1] != 0x0D, end - first < 1000 { first -= 1 }
        budget -= end - first
        return end > first ? MessageLine(UnsafeBufferPointer(rebasing: text[first..<end])) : nil
    }

    /// Whether the whole message is in the line; then it is remembered.
    private mutating func record(
        _ entry: Int,
        _ template: Int,
        _ line: MessageLine,
        _ number: Int,
        _ start: Int
    ) -> Bool {
        let known = base.entries[entry]
        let found = line.folded.withUnsafeBufferPointer { bytes -> MessageTemplate.Match? in
            var matcher = TemplateMatcher(known.templates[template], in: bytes)
            guard let match = matcher.match() else { return nil }
            let isExcluded = known.exclusions.contains { exclusion in
                var matcher = TemplateMatcher(exclusion, in: bytes)
                return matcher.match() != nil
            }
            return isExcluded ? nil : match
        }
        guard let found else { return false }
        hitLines.insert(start)
        // One line is one message of an entry, however many of its templates fit.
        if let last = hits.lastIndex(where: { $0.entry == entry }), hits[last].number == number {
            if hits[last].captures.count < found.captures.count {
                hits[last] = hit(entry, found, line, number, false, 1)
            }
            return true
        }
        counts[entry] += 1
        hits.append(hit(entry, found, line, number, false, 1))
        return true
    }

    private mutating func noteCut(_ entry: Int, _ template: Int, _ line: MessageLine, _ number: Int, _ start: Int) {
        let size = base.entries[entry].templates[template].size
        let cut = line.folded.withUnsafeBufferPointer { bytes in
            var matcher = TemplateMatcher(base.entries[entry].templates[template], in: bytes)
            _ = matcher.match()
            return matcher.cut
        }
        // A blank at the line's end was not kept.
        guard let cut, cut.matched >= 10, (cut.matched + 1) * 10 >= size * 6, (cuts[start]?.count ?? 0) < 20 else {
            return
        }
        let share = Double(cut.matched) / Double(max(size, 1))
        cuts[start, default: []].append(hit(entry, cut, line, number, true, share))
    }

    private func hit(
        _ entry: Int,
        _ match: MessageTemplate.Match,
        _ line: MessageLine,
        _ number: Int,
        _ isCut: Bool,
        _ share: Double
    ) -> MessageHit {
        var captures: [String: String] = [:]
        for capture in match.captures {
            captures[capture.name] = String(decoding: line.plain[capture.range], as: UTF8.self)
        }
        return MessageHit(
            entry: entry,
            number: number,
            line: String(decoding: line.plain.prefix(300), as: UTF8.self),
            captures: captures,
            address: captures["bdf"].flatMap { PCIAddress($0) } ?? line.address,
            stamp: LogStamp(line.plain),
            isCut: isCut,
            share: share
        )
    }
}
