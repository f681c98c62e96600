/// One pass over a UCI file.
struct UCIReader {
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private(set) var package: String?
    private(set) var sections: [UCIDocument.Section] = []
    private var current: Int?
    private var places: [String: Int] = [:]
    private var optionPlaces: [OptionKey: Int] = [:]

    private struct OptionKey: Hashable {
        let section: Int
        let name: String
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func readAll() throws(UCIError) {
        while index < bytes.count {
            let startLine = line
            let (words, places) = try statement()
            if let first = places.first, let last = places.last {
                try take(words, first.lowerBound..<last.upperBound, value: places.count > 2 ? last : nil, startLine)
            }
        }
    }

    /// isspace() of the C locale.
    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// The words up to the end of the line, a ";" or a comment, and where each stands.
    private mutating func statement() throws(UCIError) -> (words: [[UInt8]], places: [Range<Int>]) {
        var words: [[UInt8]] = []
        var places: [Range<Int>] = []
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") {
                line += 1
                index += 1
                return (words, places)
            } else if isSpace(byte) {
                index += 1
            } else if byte == UInt8(ascii: "#") {
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
                    index += 1
                }
            } else if byte == UInt8(ascii: ";") {
                index += 1
                return (words, places)
            } else {
                let start = index
                words.append(try word())
                places.append(start..<index)
            }
        }
        return (words, places)
    }

    private mutating func word() throws(UCIError) -> [UInt8] {
        var result: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                try quoted(byte, &result)
            case UInt8(ascii: "#"), UInt8(ascii: ";"):
                return result
            case UInt8(ascii: "\\"):
                escape(&result)
            default:
                if isSpace(byte) {
                    return result
                }
                result.append(byte)
                index += 1
            }
        }
        return result
    }

    private mutating func quoted(_ quote: UInt8, _ result: inout [UInt8]) throws(UCIError) {
        let startLine = line
        index += 1
        while index < bytes.count {
            let byte = bytes[index]
            if byte == quote {
                index += 1
                return
            }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                escape(&result)
                continue
            }
            if byte == UInt8(ascii: "\n") {
                line += 1
            }
            // A line's end inside of quotes is one byte, whatever the file has.
            let isLineEnd =
                byte == UInt8(ascii: "\r") && index + 1 < bytes.count
                && bytes[index + 1] == UInt8(ascii: "\n")
            if !isLineEnd {
                result.append(byte)
            }
            index += 1
        }
        throw UCIError(reason: .openQuote, line: startLine)
    }

    /// A backslash: the next byte as it is, or nothing at a line's end.
    private mutating func escape(_ result: inout [UInt8]) {
        index += 1
        if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\r"), bytes[index + 1] == UInt8(ascii: "\n") {
            index += 1
        }
        guard index < bytes.count else { return }
        if bytes[index] == UInt8(ascii: "\n") {
            line += 1
        } else {
            result.append(bytes[index])
        }
        index += 1
    }

    private mutating func take(
        _ words: [[UInt8]],
        _ range: Range<Int>,
        value: Range<Int>?,
        _ line: Int
    ) throws(UCIError) {
        let texts = words.map { String(decoding: $0, as: UTF8.self) }
        switch texts[0] {
        case "package", "p":
            guard words.count == 2 else { throw UCIError(reason: .wrongNumberOfWords, line: line) }
            package = texts[1]
        case "config", "c":
            guard words.count == 2 || words.count == 3 else { throw UCIError(reason: .wrongNumberOfWords, line: line) }
            guard !words[1].isEmpty, words[1].allSatisfy({ (33...126).contains($0) }) else {
                throw UCIError(reason: .badName(printable(words[1])), line: line)
            }
            let name = words.count == 3 && !words[2].isEmpty ? try validName(words[2], line) : nil
            try open(texts[1], name, range, line)
        case "option", "o", "list", "l":
            guard words.count == 2 || words.count == 3 else { throw UCIError(reason: .wrongNumberOfWords, line: line) }
            let name = try validName(words[1], line)
            guard let current else { throw UCIError(reason: .optionOutsideSection, line: line) }
            let text = texts.count == 3 ? texts[2] : ""
            let place = value ?? range.upperBound..<range.upperBound
            add(name, text, isList: texts[0].utf8.first == UInt8(ascii: "l"), range, place, to: current)
        default:
            throw UCIError(reason: .unknownStatement(printable(words[0])), line: line)
        }
    }

    private func validName(_ name: [UInt8], _ line: Int) throws(UCIError) -> String {
        let isValid = name.allSatisfy {
            $0 == UInt8(ascii: "_") || $0 &- UInt8(ascii: "0") < 10 || ($0 | 0x20) &- UInt8(ascii: "a") < 26
        }
        guard isValid, !name.isEmpty else { throw UCIError(reason: .badName(printable(name)), line: line) }
        return String(decoding: name, as: UTF8.self)
    }

    private mutating func open(_ type: String, _ name: String?, _ range: Range<Int>, _ line: Int) throws(UCIError) {
        if let name, let known = places[name] {
            guard sections[known].type == type else { throw UCIError(reason: .typeChanged(name), line: line) }
            sections[known].ranges.append(range)
            current = known
            return
        }
        if let name {
            places[name] = sections.count
        }
        current = sections.count
        sections.append(UCIDocument.Section(type: type, name: name, ranges: [range]))
    }

    private mutating func add(
        _ name: String,
        _ value: String,
        isList: Bool,
        _ range: Range<Int>,
        _ valuePlace: Range<Int>,
        to section: Int
    ) {
        let key = OptionKey(section: section, name: name)
        guard let place = optionPlaces[key] else {
            optionPlaces[key] = sections[section].options.count
            let first = isList ? UCIDocument.Value.list([value]) : .text(value)
            sections[section].options.append(
                UCIDocument.Option(name: name, value: first, ranges: [range], values: [valuePlace])
            )
            return
        }
        sections[section].options[place].ranges.append(range)
        sections[section].options[place].values.append(valuePlace)
        let old = sections[section].options[place].value
        sections[section].options[place].value = .text(value)
        guard isList else { return }
        switch consume old {
        case .text(let text): sections[section].options[place].value = .list([text, value])
        case .list(var items):
            items.append(value)
            sections[section].options[place].value = .list(items)
        }
    }
}
