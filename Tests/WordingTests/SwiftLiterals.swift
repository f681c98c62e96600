/// Finds pairs of string literals in Swift source: `Text(en: "…", zh: "…")`, and any call whose first two arguments are
/// literals of which the second has a Han character or which is known to take an English and a Chinese text.
enum SwiftLiterals {
    struct Found {
        var english: String
        var chinese: String
        var line: Int
    }

    private static let calls: Set<String> = ["help", "text", "say", "add"]

    static func pairs(in source: String) -> [Found] {
        var reader = Reader(Array(source.utf8))
        var found: [Found] = []
        while !reader.isAtEnd {
            if reader.skipCommentOrLiteral() { continue }
            let before = reader.index
            guard let word = reader.word() else {
                reader.index += 1
                continue
            }
            // `.text(…)` alone is a help text; `folder.text(…)` and `table.add(…)` are other functions.
            let isMember = reader.isMember(before)
            guard reader.peek() == UInt8(ascii: "(") else { continue }
            let line = reader.line
            var ahead = reader
            ahead.index += 1
            if word == "Text" {
                guard ahead.label("en"), let english = ahead.expression(), ahead.comma(), ahead.label("zh"),
                    let chinese = ahead.expression()
                else { continue }
                // What is no literal was a pair somewhere else.
                if let english = english.literal, let chinese = chinese.literal {
                    found.append(Found(english: english, chinese: chinese, line: line))
                }
            } else if calls.contains(word), isMember == (word == "text" ? .implicit : .none) {
                guard let english = ahead.literal(), ahead.comma(), let chinese = ahead.literal() else { continue }
                found.append(Found(english: english, chinese: chinese, line: line))
            }
        }
        return found
    }

    struct Expression {
        /// Its text, when the whole of it is one literal.
        var literal: String?
    }

    struct Reader {
        let bytes: [UInt8]
        var index = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { index >= bytes.count }
        var line: Int { bytes[..<min(index, bytes.count)].count { $0 == UInt8(ascii: "\n") } + 1 }

        func peek(_ ahead: Int = 0) -> UInt8? { index + ahead < bytes.count ? bytes[index + ahead] : nil }

        enum Membership { case none, implicit, explicit }

        /// Whether a dot stands before the word at `start`, and something before the dot.
        func isMember(_ start: Int) -> Membership {
            guard start > 0, bytes[start - 1] == UInt8(ascii: ".") else { return .none }
            guard start > 1 else { return .implicit }
            let last = bytes[start - 2]
            return last == 0x20 || last == UInt8(ascii: "(") ? .implicit : .explicit
        }

        func starts(_ text: String) -> Bool { bytes[index...].starts(with: text.utf8) }

        mutating func skipBlanks() {
            while let byte = peek() {
                if byte == 0x20 || byte == 0x0A || byte == 0x09 {
                    index += 1
                } else if starts("//") {
                    while let byte = peek(), byte != 0x0A { index += 1; _ = byte }
                } else {
                    return
                }
            }
        }

        mutating func skipCommentOrLiteral() -> Bool {
            if starts("//") {
                while let byte = peek(), byte != UInt8(ascii: "\n") { index += 1 }
                return true
            }
            if peek() == UInt8(ascii: "\"") { return literal() != nil }
            return false
        }

        /// A name; a dot before it does not matter.
        mutating func word() -> String? {
            let start = index
            while let byte = peek(), Self.isName(byte) { index += 1 }
            return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
        }

        private static func isName(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }

        mutating func label(_ name: String) -> Bool {
            skipBlanks()
            guard starts(name + ":") else { return false }
            index += name.utf8.count + 1
            return true
        }

        mutating func comma() -> Bool {
            skipBlanks()
            guard peek() == UInt8(ascii: ",") else { return false }
            index += 1
            return true
        }

        /// A literal as it stands in the source, without the marks around it; lines that end in a backslash are joined.
        mutating func literal() -> String? {
            skipBlanks()
            guard peek() == UInt8(ascii: "\"") else { return nil }
            let long = starts("\"\"\"")
            index += long ? 3 : 1
            let start = index
            while let byte = peek() {
                if byte == UInt8(ascii: "\\") {
                    if peek(1) == UInt8(ascii: "(") {
                        index += 2
                        skipInterpolation()
                    } else {
                        index += 2
                    }
                } else if byte == UInt8(ascii: "\""), !long || starts("\"\"\"") {
                    let text = String(decoding: bytes[start..<index], as: UTF8.self)
                    index += long ? 3 : 1
                    return long ? Self.joined(text) : text
                } else {
                    index += 1
                }
            }
            return nil
        }

        /// Behind `\(`, up to the bracket that belongs to it.
        private mutating func skipInterpolation() {
            var depth = 1
            while depth > 0, let byte = peek() {
                if byte == UInt8(ascii: "\"") {
                    _ = literal()
                    continue
                }
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                index += 1
            }
        }

        private static func joined(_ text: String) -> String {
            let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
            var result = ""
            for (number, line) in lines.enumerated() {
                if line.hasSuffix("\\") {
                    result += line.dropLast()
                } else {
                    result += line + (number == lines.count - 1 ? "" : "\n")
                }
            }
            return result
        }

        /// An argument up to the comma or bracket that ends it.
        mutating func expression() -> Expression? {
            skipBlanks()
            let before = index
            if let literal = literal() {
                skipBlanks()
                if peek() == UInt8(ascii: ",") || peek() == UInt8(ascii: ")") { return Expression(literal: literal) }
            }
            index = before
            var depth = 0
            while let byte = peek() {
                if byte == UInt8(ascii: "\"") {
                    _ = literal()
                    continue
                }
                if depth == 0, byte == UInt8(ascii: ",") || byte == UInt8(ascii: ")") {
                    return Expression(literal: nil)
                }
                if [UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{")].contains(byte) { depth += 1 }
                if [UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}")].contains(byte) { depth -= 1 }
                index += 1
            }
            return nil
        }
    }
}
