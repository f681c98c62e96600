extension UCIDocument {
    /// The file with one option of a named section set or, where the value is nil or an empty list, removed. Nothing
    /// else is changed: a value is replaced in place, a new option comes behind the section's last one, indented like
    /// it.
    ///
    /// - Throws: a section that is not there, a name that UCI does not take.
    public func setting(_ option: String, to value: Value?, inSection name: String) throws(UCIEditError) -> [UInt8] {
        guard let index = sections.firstIndex(where: { $0.name == name }) else { throw .noSection(name) }
        return try setting(option, to: value, inSectionAt: index)
    }

    /// The same for any section, by its place in ``sections``.
    public func setting(_ option: String, to value: Value?, inSectionAt index: Int) throws(UCIEditError) -> [UInt8] {
        guard sections.indices.contains(index) else { throw .noSection("@[\(index)]") }
        try Self.check(option)
        let section = sections[index]
        let statements = value.map { Self.statements(option, $0) } ?? []
        guard let old = section.options.first(where: { $0.name == option }) else {
            return bytes.applying(insertion(of: statements.map(\.all), behind: lastStatement(of: section), in: section))
        }
        guard old.value != value else { return bytes }
        // Of several `option` lines with one name the last one counts.
        if case .text = old.value, case .text? = value, let place = old.values.last {
            return bytes.applying([replacement(of: place, by: statements[0].value)])
        }
        var changes: [ByteChange] = []
        // Item by item only where each statement is one item: an `option` before or between makes it anew.
        var items: [String] = []
        if case .list(let old) = old.value { items = old }
        let isList =
            items.count == old.ranges.count
            && old.ranges.allSatisfy { bytes[$0.lowerBound] == UInt8(ascii: "l") }
        var texts: [String] = []
        if isList, case .list(let new)? = value { texts = new }
        let shared = min(old.ranges.count, statements.count)
        for index in 0..<shared {
            if texts.isEmpty {
                changes.append(ByteChange(old.ranges[index], statements[index].all))
            } else if items[index] != texts[index] {
                changes.append(replacement(of: old.values[index], by: statements[index].value))
            }
        }
        changes += removals(of: Array(old.ranges[shared...]))
        if let last = old.ranges.last, statements.count > shared {
            changes += insertion(of: statements[shared...].map(\.all), behind: last, in: section)
        }
        return bytes.applying(changes)
    }

    /// The file with a new section at its end, a blank line before it.
    ///
    /// - Parameters:
    ///   - type: the section's type.
    ///   - name: nil for an anonymous section.
    ///   - options: its options, in order.
    /// - Throws: a name that is taken, or that UCI does not take.
    public func adding(type: String, name: String?, options: [(String, Value)]) throws(UCIEditError) -> [UInt8] {
        guard !type.isEmpty, type.utf8.allSatisfy({ (33...126).contains($0) && !"'\"\\#;".utf8.contains($0) }) else {
            throw .badName(type)
        }
        if let name {
            try Self.check(name)
            guard section(named: name) == nil else { throw .nameTaken(name) }
        }
        var lines = [Array("config \(type)".utf8) + (name.map { Array(" '\($0)'".utf8) } ?? [])]
        for (option, value) in options {
            try Self.check(option)
            lines += Self.statements(option, value).map { [UInt8(ascii: "\t")] + $0.all }
        }
        let text = Array(lines.joined(separator: bytes.lineEnd))
        guard !bytes.isEmpty else { return text + bytes.lineEnd }
        let isEnded = bytes.last == UInt8(ascii: "\n")
        return bytes + bytes.lineEnd + (isEnded ? text + bytes.lineEnd : bytes.lineEnd + text)
    }

    /// The file without a named section: its lines, and the blank line before it. Comments on lines of their own stay.
    ///
    /// - Throws: a section that is not there.
    public func removing(section name: String) throws(UCIEditError) -> [UInt8] {
        guard let index = sections.firstIndex(where: { $0.name == name }) else { throw .noSection(name) }
        return try removing(sectionAt: index)
    }

    /// The same for any section, by its place in ``sections``.
    public func removing(sectionAt index: Int) throws(UCIEditError) -> [UInt8] {
        guard sections.indices.contains(index) else { throw .noSection("@[\(index)]") }
        let section = sections[index]
        var blank: [Range<Int>] = []
        for opening in section.ranges {
            let start = bytes.startOfLine(of: opening.lowerBound)
            guard start > 0 else { continue }
            let before = bytes.line(at: start - 1)
            if bytes[before].allSatisfy({ isBlank($0) || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }) {
                blank.append(before)
            }
        }
        return bytes.applying(removals(of: section.ranges + section.options.flatMap(\.ranges), andLines: blank))
    }

    // MARK: Writing

    /// A value as UCI writes it: in single quotes, one within as `'\''`.
    static func quoted(_ value: String) -> [UInt8] {
        let quote = UInt8(ascii: "'")
        return [quote] + value.utf8.flatMap { $0 == quote ? Array("'\\''".utf8) : [$0] } + [quote]
    }

    private static func statements(_ option: String, _ value: Value) -> [(all: [UInt8], value: [UInt8])] {
        func statement(_ word: String, _ text: String) -> (all: [UInt8], value: [UInt8]) {
            (Array("\(word) \(option) ".utf8) + quoted(text), quoted(text))
        }
        return switch value {
        case .text(let text): [statement("option", text)]
        case .list(let items): items.map { statement("list", $0) }
        }
    }

    private static func check(_ name: String) throws(UCIEditError) {
        guard !name.isEmpty, name.utf8.allSatisfy(isNameByte) else { throw .badName(name) }
    }

    private func replacement(of place: Range<Int>, by value: [UInt8]) -> ByteChange {
        ByteChange(place, (place.isEmpty ? [UInt8(ascii: " ")] : []) + value)
    }

    private func lastStatement(of section: Section) -> Range<Int> {
        (section.ranges + section.options.flatMap(\.ranges)).max { $0.upperBound < $1.upperBound } ?? 0..<0
    }

    /// Statements on lines of their own behind the line on which another one ends.
    private func insertion(of statements: [[UInt8]], behind last: Range<Int>, in section: Section) -> [ByteChange] {
        guard !statements.isEmpty else { return [] }
        let end = bytes.endOfLine(from: last.upperBound)
        if let next = bytes[last.upperBound..<end].first(where: { !isBlank($0) }), next == UInt8(ascii: ";") {
            // More statements on the same line, which may open another section.
            return [.insertion(statements.flatMap { Array("; ".utf8) + $0 }, at: last.upperBound)]
        }
        var indent = [UInt8(ascii: "\t")]
        let lineStart = bytes.startOfLine(of: last.lowerBound)
        let blanks = bytes[lineStart..<last.lowerBound]
        if !section.ranges.contains(last), blanks.allSatisfy(isBlank) {
            indent = Array(blanks)
        }
        let lines = statements.map { indent + $0 }
        let isEnded = end > 0 && bytes[end - 1] == UInt8(ascii: "\n")
        let text = isEnded ? lines.flatMap { $0 + bytes.lineEnd } : lines.flatMap { bytes.lineEnd + $0 }
        return [.insertion(text, at: end)]
    }

    /// The removal of statements: of whole lines, or, if others stand on the line, of the statement alone.
    private func removals(of statements: [Range<Int>], andLines lines: [Range<Int>] = []) -> [ByteChange] {
        var lines = lines
        var changes: [ByteChange] = []
        for statement in statements {
            let start = bytes.startOfLine(of: statement.lowerBound)
            let end = bytes.endOfLine(from: statement.upperBound)
            let next = bytes[statement.upperBound..<end].firstIndex { !isBlank($0) && $0 != UInt8(ascii: "\r") } ?? end
            let isLast = next == end || bytes[next] == UInt8(ascii: "\n") || bytes[next] == UInt8(ascii: "#")
            if isLast, bytes[start..<statement.lowerBound].allSatisfy(isBlank) {
                lines.append(start..<end)
            } else if next < end, bytes[next] == UInt8(ascii: ";") {
                let after = bytes[(next + 1)..<end].firstIndex { !isBlank($0) } ?? end
                changes.append(ByteChange(statement.lowerBound..<after))
            } else {
                changes.append(ByteChange(statement))
            }
        }
        return changes + bytes.removals(ofLines: lines)
    }
}

/// Why a UCI file cannot be changed as asked.
public enum UCIEditError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no such section.
    case noSection(String)
    /// There is a section of this name.
    case nameTaken(String)
    /// UCI takes letters, digits and "_" in names.
    case badName(String)

    /// One sentence.
    public var description: String {
        switch self {
        case .noSection(let name): "There is no section '\(printable(name.utf8))'."
        case .nameTaken(let name): "There is a section '\(printable(name.utf8))' already."
        case .badName(let name): "'\(printable(name.utf8))' is no name that UCI takes."
        }
    }
}
