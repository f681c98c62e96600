import Inventory

/// One template in one line, or in two that belong together.
extension MessageSearch {
    mutating func attempt(_ entry: Int, _ template: Int, _ place: Int, _ start: Int, _ number: Int) {
        guard counts[entry] < Self.mostHits else { return }
        guard budget > 0 else {
            isIncomplete = true
            return
        }
        let end = lineEnd(start, place)
        let isWhole = end == text.count || text[end] == 0x0A || text[end] == 0x0D
        // Of a line without end only what is around the word.
        var window = start..<end
        let isLong = !isWhole || end - start > MessageLine.limit
        if isLong { window = max(start, place - 1500)..<min(end, place + 2500) }
        let mark = isLong ? place >> 10 : start
        guard tried[entry][template] != mark else { return }
        tried[entry][template] = mark
        budget -= 64
        let before = previous(start)
        let mayBegin = (here: canBegin(entry, template, window), before: canBegin(entry, template, before))
        guard mayBegin.here || mayBegin.before else { return }
        let line = line(window)
        let here = mayBegin.here ? matched(entry, template, line) : (match: nil, cut: nil)
        if let match = here.match { return record(entry, match, line, number, window.lowerBound) }
        // A message may go on in the next line, or have begun in the one before.
        if here.cut != nil, isWhole, end < text.count, let following = neighbour(after: end),
            recordJoined(entry, template, line, following, number, window.lowerBound)
        {
            return
        }
        if mayBegin.before {
            let before = self.line(before)
            if matched(entry, template, before).cut != nil,
                recordJoined(entry, template, before, line, number, window.lowerBound)
            {
                return
            }
        }
        if let cut = here.cut { noteCut(entry, template, cut, line, number, window.lowerBound) }
    }

    /// Whether the first word of a template is in these bytes, as they are before any cleaning.
    private mutating func canBegin(_ entry: Int, _ template: Int, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        let lead = base.templates[entry][template].lead
        return lead.withUnsafeBufferPointer { lead in
            guard let first = lead.first else { return true }
            var place = range.lowerBound
            let last = range.upperBound - lead.count
            budget -= range.count / 4
            while place <= last {
                if lower(place) == first {
                    var length = 1
                    while length < lead.count, lower(place + length) == lead[length] { length += 1 }
                    if length == lead.count { return true }
                }
                place += 1
            }
            return false
        }
    }

    private func lower(_ place: Int) -> UInt8 {
        let byte = text[place]
        return byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// ``end(of:)`` of a line in which several words are found.
    private mutating func lineEnd(_ start: Int, _ place: Int) -> Int {
        if knownEnd.start == start, place + 2500 <= knownEnd.end || place <= knownEnd.end && knownEnd.isWhole {
            return knownEnd.end
        }
        let end = end(of: place)
        knownEnd = (start, end, end == text.count || text[end] == 0x0A || text[end] == 0x0D)
        return end
    }

    /// The line before the one that begins at `start`, or its last 1,000 bytes.
    private mutating func previous(_ start: Int) -> Range<Int> {
        guard start > 0 else { return 0..<0 }
        if knownPrevious.start == start { return knownPrevious.range }
        var end = start - 1
        if end > 0, text[end] == 0x0A, text[end - 1] == 0x0D { end -= 1 }
        var first = end
        while first > 0, text[first - 1] != 0x0A, text[first - 1] != 0x0D, end - first < 1000 { first -= 1 }
        knownPrevious = (start, first..<end)
        return first..<end
    }

    /// The cleaned bytes of a range; several templates ask for the same lines.
    private mutating func line(_ range: Range<Int>) -> MessageLine {
        if let known = lines.first(where: { $0.range == range }) { return known.line }
        let line = MessageLine(UnsafeBufferPointer(rebasing: text[range]))
        if lines.count < 4 {
            lines.append((range, line))
        } else {
            lines[oldestLine] = (range, line)
            oldestLine = (oldestLine + 1) % 4
        }
        return line
    }

    private mutating func neighbour(after end: Int) -> MessageLine? {
        var start = end + 1
        if start < text.count, text[end] == 0x0D, text[start] == 0x0A { start += 1 }
        guard start < text.count else { return nil }
        var next = start
        while next < text.count, next - start < 1000, text[next] != 0x0A, text[next] != 0x0D { next += 1 }
        budget -= next - start
        return next > start ? line(start..<next) : nil
    }

    /// Whether the whole message is in the line, or its beginning is at the line's end.
    private mutating func matched(
        _ entry: Int,
        _ template: Int,
        _ line: MessageLine
    ) -> (match: MessageTemplate.Match?, cut: MessageTemplate.Match?) {
        line.folded.withUnsafeBufferPointer { bytes in
            var matcher = TemplateMatcher(base.templates[entry][template], in: bytes)
            defer { budget -= matcher.spent }
            guard let match = matcher.match() else { return (nil, matcher.cut) }
            let isExcluded = base.entries[entry].exclusions.contains { exclusion in
                var matcher = TemplateMatcher(exclusion, in: bytes)
                return matcher.match() != nil
            }
            return (isExcluded ? nil : match, nil)
        }
    }

    private mutating func recordJoined(
        _ entry: Int,
        _ template: Int,
        _ first: MessageLine,
        _ second: MessageLine,
        _ number: Int,
        _ start: Int
    ) -> Bool {
        for blank in [true, false] {
            let line = MessageLine(first, second, blank: blank)
            if let match = matched(entry, template, line).match {
                record(entry, match, line, number, start)
                return true
            }
        }
        return false
    }

    private mutating func record(
        _ entry: Int,
        _ match: MessageTemplate.Match,
        _ line: MessageLine,
        _ number: Int,
        _ start: Int
    ) {
        hitLines.insert(start)
        // One line is one message of an entry, however many of its templates fit.
        if let last = hits.lastIndex(where: { $0.entry == entry }), hits[last].number == number {
            if hits[last].captures.count < match.captures.count {
                hits[last] = hit(entry, match, line, number, false, 1)
            }
            return
        }
        counts[entry] += 1
        hits.append(hit(entry, match, line, number, false, 1))
    }

    private mutating func noteCut(
        _ entry: Int,
        _ template: Int,
        _ cut: MessageTemplate.Match,
        _ line: MessageLine,
        _ number: Int,
        _ start: Int
    ) {
        let size = base.templates[entry][template].size
        // A blank at the line's end was not kept.
        guard cut.matched >= 10, (cut.matched + 1) * 10 >= size * 6, cuts.count < Self.mostCuts,
            (cuts[start]?.count ?? 0) < 20
        else { return }
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
