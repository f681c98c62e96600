import Inventory

/// One line of a log or of a text that somebody pasted, in the form in which templates are looked for: without colours
/// and escapes, with plain quotes and single blanks.
struct MessageLine {
    /// For people: letters as they were.
    let plain: [UInt8]
    /// The same bytes in lower case.
    let folded: [UInt8]

    /// The longest line that is looked at whole.
    static let limit = 4096

    init(_ raw: UnsafeBufferPointer<UInt8>) {
        let bytes = Self.unescaped(raw) ?? Array(raw)
        plain = Self.cleaned(bytes)
        folded = Self.lowered(plain)
    }

    /// Two lines of which the second goes on where the first ended.
    init(_ first: MessageLine, _ second: MessageLine, blank: Bool) {
        plain = first.plain + (blank ? [0x20] : []) + second.message
        folded = Self.lowered(plain)
    }

    /// Fixed words of a template in the same form.
    static func folded(_ bytes: [UInt8]) -> [UInt8] { lowered(cleaned(bytes, keepingEnds: true)) }

    private static func lowered(_ bytes: [UInt8]) -> [UInt8] { bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 } }

    /// Without what the logging program put before it.
    var message: ArraySlice<UInt8> { plain[LogStamp(plain).end...] }

    // MARK: Addresses

    /// How long the PCI address at `place` is, `0000:02:00.0` or `02:00.0`; 0 when there is none.
    static func addressLength(in line: UnsafeBufferPointer<UInt8>, at place: Int) -> Int {
        func isHex(_ index: Int) -> Bool {
            guard index < line.count else { return false }
            let byte = line[index] | 0x20
            return line[index] >= 0x30 && line[index] <= 0x39 || byte >= 0x61 && byte <= 0x66
        }
        func short(_ start: Int) -> Bool {
            start + 7 <= line.count && isHex(start) && isHex(start + 1) && line[start + 2] == 0x3A && isHex(start + 3)
                && isHex(start + 4) && line[start + 5] == 0x2E && line[start + 6] >= 0x30 && line[start + 6] <= 0x37
                && !isHex(start + 7)
        }
        for digits in 4...8 where (0..<digits).allSatisfy({ isHex(place + $0) }) {
            if place + digits < line.count, line[place + digits] == 0x3A, short(place + digits + 1) {
                return digits + 8
            }
        }
        return short(place) ? 7 : 0
    }

    /// The first PCI address in the line.
    var address: PCIAddress? {
        plain.withUnsafeBufferPointer { line in
            var place = 0
            while place + 7 <= line.count {
                // Every address has a colon behind two or more digits.
                let isStart = place == 0 || !isAddressByte(line[place - 1])
                if isStart {
                    let length = Self.addressLength(in: line, at: place)
                    if length > 0 {
                        let text = String(decoding: line[place..<place + length], as: UTF8.self)
                        if let address = PCIAddress(text) { return address }
                    }
                }
                place += 1
            }
            return nil
        }
    }

    private func isAddressByte(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x3A || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66
    }
}

extension MessageLine {
    /// Without terminal sequences and entities, all quotes and blanks alike.
    private static func cleaned(_ bytes: [UInt8], keepingEnds: Bool = false) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case 0x1B:
                index = endOfSequence(bytes, index)
                continue
            case UInt8(ascii: "#") where bytes[index...].starts(with: "#033[".utf8):
                index = endOfSequence(bytes, index + 3)
                continue
            case UInt8(ascii: "&"):
                if let (character, length) = entity(bytes, index) {
                    result.append(character)
                    index += length
                    continue
                }
                result.append(byte)
            case 0...0x20, 0x7F: appendBlank(&result, keepingEnds)
            case UInt8(ascii: "`"): result.append(UInt8(ascii: "'"))
            case 0xC2, 0xE2, 0xE3, 0xEF:
                if let (plain, length) = typography(bytes, index) {
                    for character in plain {
                        if character == 0x20 { appendBlank(&result, keepingEnds) } else { result.append(character) }
                    }
                    index += length
                    continue
                }
                result.append(byte)
            default: result.append(byte)
            }
            index += 1
        }
        guard !keepingEnds else { return result }
        while result.last == 0x20 { result.removeLast() }
        // What a program puts where it cut a line off.
        for mark in ["...", " >"] where result.count > 3 && result.suffix(mark.utf8.count).elementsEqual(mark.utf8) {
            result.removeLast(mark.utf8.count)
            while result.last == 0x20 { result.removeLast() }
        }
        return result
    }

    private static func appendBlank(_ result: inout [UInt8], _ keepingEnds: Bool) {
        if result.last != 0x20, !result.isEmpty || keepingEnds { result.append(0x20) }
    }

    /// The byte behind a control sequence (ECMA-48) that begins with the escape character or, in rsyslog's spelling, before `[`.
    private static func endOfSequence(_ bytes: [UInt8], _ start: Int) -> Int {
        var index = start + 1
        guard index < bytes.count else { return index }
        switch bytes[index] {
        case UInt8(ascii: "["):
            index += 1
            while index < bytes.count, bytes[index] < 0x40 || bytes[index] > 0x7E { index += 1 }
            return min(index + 1, bytes.count)
        case UInt8(ascii: "]"):
            while index < bytes.count, bytes[index] != 0x07, bytes[index] != 0x1B { index += 1 }
            return min(index + 1, bytes.count)
        case UInt8(ascii: "("), UInt8(ascii: ")"): return min(index + 2, bytes.count)
        default: return index + 1
        }
    }

    private static let entities: [(name: String, character: UInt8)] = [
        ("&quot;", 0x22), ("&#34;", 0x22), ("&apos;", 0x27), ("&#39;", 0x27), ("&#039;", 0x27), ("&#x27;", 0x27),
        ("&#x22;", 0x22), ("&amp;", 0x26), ("&lt;", 0x3C), ("&gt;", 0x3E), ("&nbsp;", 0x20), ("&#160;", 0x20),
        ("&lsquo;", 0x27), ("&rsquo;", 0x27), ("&ldquo;", 0x22), ("&rdquo;", 0x22), ("&#8216;", 0x27),
        ("&#8217;", 0x27), ("&#8220;", 0x22), ("&#8221;", 0x22), ("&#96;", 0x27),
    ]

    private static func entity(_ bytes: [UInt8], _ index: Int) -> (UInt8, Int)? {
        for (name, character) in entities where bytes[index...].starts(with: name.utf8) {
            return (character, name.utf8.count)
        }
        return nil
    }

    /// Quotes, dashes and blanks of typography, as typewriters have them.
    private static func typography(_ bytes: [UInt8], _ index: Int) -> ([UInt8], Int)? {
        func byte(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
        switch (bytes[index], byte(1), byte(2)) {
        case (0xC2, 0xA0, _): return ([0x20], 2)
        case (0xC2, 0xAB, _), (0xC2, 0xBB, _): return ([0x22], 2)
        case (0xC2, 0xB4, _): return ([0x27], 2)
        case (0xE2, 0x80, 0x98...0x9B), (0xE2, 0x80, 0xB2): return ([0x27], 3)
        case (0xE2, 0x80, 0x9C...0x9F), (0xE2, 0x80, 0xB3): return ([0x22], 3)
        case (0xE2, 0x80, 0x90...0x95), (0xE2, 0x88, 0x92): return ([0x2D], 3)
        case (0xE2, 0x80, 0xA6): return (Array("...".utf8), 3)
        case (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xAF), (0xE3, 0x80, 0x80): return ([0x20], 3)
        case (0xE2, 0x80, 0x8B...0x8F), (0xEF, 0xBB, 0xBF): return ([], 3)
        case (0xEF, 0xBC, 0x9A): return ([0x3A], 3)
        default: return nil
        }
    }

    /// The text of a line in which quotes are escaped as JSON and shells do it; nil for any other line.
    private static func unescaped(_ raw: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var isEscaped = false
        var index = 0
        let isObject = raw.first == UInt8(ascii: "{")
        while index + 1 < raw.count, !isEscaped {
            if raw[index] == 0x5C {
                let next = raw[index + 1]
                isEscaped = next == 0x22 || next == UInt8(ascii: "u") || isObject
            }
            index += 1
        }
        guard isEscaped else { return nil }
        var result: [UInt8] = []
        index = 0
        while index < raw.count {
            guard raw[index] == 0x5C, index + 1 < raw.count else {
                result.append(raw[index])
                index += 1
                continue
            }
            index += 2
            switch raw[index - 1] {
            case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): result.append(0x20)
            case UInt8(ascii: "u"):
                let digits = raw[index..<min(index + 4, raw.count)]
                let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
                guard digits.count == 4, let scalar = value.flatMap(Unicode.Scalar.init) else {
                    result += [0x5C, UInt8(ascii: "u")]
                    continue
                }
                result += Array(String(scalar).utf8)
                index += 4
            default: result.append(raw[index - 1])
            }
        }
        return result
    }
}
