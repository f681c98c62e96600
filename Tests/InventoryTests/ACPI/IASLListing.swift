/// What `iasl -d` wrote about a data table.
struct IASLListing {
    /// The fields in the order of the listing; bits carry the offset of their field.
    private(set) var rows: [FieldRow] = []
    /// The types of blocks that iasl says it does not know, in order.
    private(set) var unknownTypes: [UInt64] = []
    /// The table's bytes as iasl read them.
    private(set) var bytes: [UInt8] = []
    /// Lines that this parser could not place.
    private(set) var strays: [String] = []

    init(_ text: String) {
        var inComment = false
        for line in text.split(whereSeparator: \.isNewline).map(trimmed) where !line.isEmpty {
            if line.hasPrefix("/*") { inComment = true }
            if inComment {
                if line.hasSuffix("*/") { inComment = false }
            } else if line.hasPrefix("Raw Table Data:") {
                continue
            } else if line.hasPrefix("**** Unknown") {
                parseUnknown(line)
            } else if line.hasPrefix("[") {
                parseField(line)
            } else if let hex = Self.dumpBytes(line) {
                bytes += hex
            } else {
                parseBits(line)
            }
        }
    }

    /// `[04Bh 0075 001h] Name : value`
    private mutating func parseField(_ line: String) {
        guard let close = line.firstIndex(of: "]") else { return strays.append(line) }
        let place = line[line.index(after: line.startIndex)..<close].split(separator: " ")
        guard place.count == 3, let offset = Int(place[1]), let hexOffset = Int(place[0].dropLast(), radix: 16),
            offset == hexOffset, let size = Int(place[2].dropLast(), radix: 16), size > 0,
            let (name, value, label) = Self.nameAndValue(String(line[line.index(after: close)...]))
        else { return strays.append(line) }
        rows.append(FieldRow(offset: offset, size: size, name: name, value: value, label: label))
    }

    /// `Name : value`, bits of the field before.
    private mutating func parseBits(_ line: String) {
        guard let last = rows.last, let (name, value, label) = Self.nameAndValue(line) else {
            return strays.append(line)
        }
        rows.append(FieldRow(offset: last.offset, size: 0, name: name, value: value, label: label))
    }

    /// `**** Unknown IVRS subtable type 0x51`
    private mutating func parseUnknown(_ line: String) {
        guard let word = line.split(separator: " ").last, word.hasPrefix("0x"),
            let type = UInt64(word.dropFirst(2), radix: 16)
        else { return strays.append(line) }
        unknownTypes.append(type)
    }

    /// `0010: 41 6D 64 // AMD`
    private static func dumpBytes(_ line: String) -> [UInt8]? {
        guard let colon = line.firstIndex(of: ":"), line[..<colon].utf8.count == 4,
            UInt16(line[..<colon], radix: 16) != nil
        else { return nil }
        let words = line[line.index(after: colon)...].split(separator: " ").prefix(while: { $0 != "//" })
        let bytes = words.compactMap { UInt8($0, radix: 16) }
        return bytes.count == words.count ? bytes : nil
    }

    private static func nameAndValue(_ text: String) -> (String, FieldRow.Value, String?)? {
        guard let separator = text.firstRange(of: " : ") else { return nil }
        let name = trimmed(text[..<separator.lowerBound])
        var value = trimmed(text[separator.upperBound...])
        var label: String?
        if value.hasSuffix("]"), let open = value.lastIndex(of: "[") {
            label = String(value[value.index(after: open)...].dropLast())
            value = trimmed(value[..<open])
        }
        if value.hasPrefix("\""), value.hasSuffix("\""), value.utf8.count >= 2 {
            var inner = Substring(value.dropFirst().dropLast())
            while inner.hasSuffix(" ") { inner.removeLast() }
            return (name, .text(String(inner)), label)
        }
        let words = value.split(separator: " ")
        if words.count > 1 {
            let bytes = words.compactMap { UInt8($0, radix: 16) }
            return bytes.count == words.count ? (name, .bytes(bytes), label) : nil
        }
        let halves = value.split(separator: ",")
        if halves.count == 2, let device = UInt8(halves[0], radix: 16), let function = UInt8(halves[1], radix: 16) {
            return (name, .path(device, function), label)
        }
        return UInt64(value, radix: 16).map { (name, .number($0), label) }
    }
}

private func trimmed(_ text: some StringProtocol) -> String {
    let kept = text.drop(while: \.isWhitespace)
    return String(kept.reversed().drop(while: \.isWhitespace).reversed())
}
