/// A part of a text that is replaced; an empty range inserts.
struct ByteChange: Equatable {
    let range: Range<Int>
    let bytes: [UInt8]

    init(_ range: Range<Int>, _ bytes: [UInt8] = []) {
        self.range = range
        self.bytes = bytes
    }

    /// New bytes before the byte at a place.
    static func insertion(_ bytes: [UInt8], at place: Int) -> ByteChange { ByteChange(place..<place, bytes) }
}

extension [UInt8] {
    /// The text with its changes made; what two ranges both take goes once.
    func applying(_ changes: [ByteChange]) -> [UInt8] {
        // Stable by hand: of two at one place the insertion comes first, then the order given.
        let order = changes.enumerated().sorted { left, right in
            let (a, b) = (left.element.range, right.element.range)
            if a.lowerBound != b.lowerBound { return a.lowerBound < b.lowerBound }
            return a.isEmpty == b.isEmpty ? left.offset < right.offset : a.isEmpty
        }
        var result: [UInt8] = []
        result.reserveCapacity(count + 64)
        var position = 0
        for (_, change) in order {
            if change.range.lowerBound > position {
                result += self[position..<change.range.lowerBound]
            }
            result += change.bytes
            position = Swift.max(position, change.range.upperBound)
        }
        return result + self[position...]
    }

    /// The line's end that this text uses, by its first line: "\r\n" or "\n".
    var lineEnd: [UInt8] {
        guard let first = firstIndex(of: UInt8(ascii: "\n")), first > 0, self[first - 1] == UInt8(ascii: "\r") else {
            return [UInt8(ascii: "\n")]
        }
        return [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }

    /// The place behind the end of the line that a place stands on, its "\n" included.
    func endOfLine(from place: Int) -> Int {
        let end = self[Swift.min(place, count)...].firstIndex(of: UInt8(ascii: "\n"))
        return end.map { $0 + 1 } ?? count
    }

    /// The first byte of the line that a place stands on.
    func startOfLine(of place: Int) -> Int {
        let end = self[..<Swift.min(place, count)].lastIndex(of: UInt8(ascii: "\n"))
        return end.map { $0 + 1 } ?? 0
    }

    /// The line that a place stands on, with its end.
    func line(at place: Int) -> Range<Int> { startOfLine(of: place)..<endOfLine(from: place) }

    /// The changes that take whole lines away. If the last line goes and has no end, the end of the line that is then
    /// last goes, too: a text without a final newline stays one.
    func removals(ofLines lines: [Range<Int>]) -> [ByteChange] {
        var joined: [Range<Int>] = []
        for line in lines.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, last.upperBound >= line.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<Swift.max(last.upperBound, line.upperBound)
            } else {
                joined.append(line)
            }
        }
        if let tail = joined.last, tail.upperBound == count, last != UInt8(ascii: "\n"), tail.lowerBound > 0,
            self[tail.lowerBound - 1] == UInt8(ascii: "\n")
        {
            let start = tail.lowerBound - 1
            let hasReturn = start > 0 && self[start - 1] == UInt8(ascii: "\r")
            joined[joined.count - 1] = (hasReturn ? start - 1 : start)..<count
        }
        return joined.map { ByteChange($0) }
    }
}

/// Whether a byte is a space or a tab.
func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

/// Whether a byte may stand in a shell variable's name.
func isNameByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
}
