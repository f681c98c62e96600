/// The part of GRUB's script language that menus are written in (GNU GRUB manual, "Shell-like scripting"): words with
/// quotes and variables, conditions, menu entries. Loops and functions are read and left out.
struct GRUBScript {
    /// A word, before its variables are known.
    struct Word: Equatable {
        enum Piece: Equatable {
            case literal([UInt8])
            case variable(String, isQuoted: Bool)
        }

        var pieces: [Piece] = []
        var isQuoted = false
        var line: Int

        /// The word if it is plain text without any quotes, as keywords are.
        var keyword: String? {
            guard !isQuoted, pieces.count == 1, case .literal(let bytes) = pieces[0] else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    indirect enum Statement {
        case command([Word])
        case conditional([(condition: [Statement], body: [Statement])], otherwise: [Statement])
        case entry(header: [Word], body: [Statement], isSubmenu: Bool)
    }

    private enum Token {
        case word(Word)
        case separator
    }

    /// The statements of a script.
    static func parse(_ bytes: [UInt8]) -> [Statement] {
        var parser = Parser(tokens: Lexer(bytes: bytes).tokens())
        return parser.all()
    }

    // MARK: Words

    private struct Lexer {
        let bytes: [UInt8]
        var index = 0
        var line = 1
        var result: [Token] = []
        var word: Word?
        var literal: [UInt8] = []

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        consuming func tokens() -> [Token] {
            while index < bytes.count {
                step()
            }
            endWord()
            return result
        }

        private mutating func step() {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"):
                endWord()
                result.append(.separator)
                if byte == UInt8(ascii: "\n") {
                    line += 1
                }
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                endWord()
            case UInt8(ascii: "#") where word == nil:
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
                    index += 1
                }
            case UInt8(ascii: "\\"):
                escape()
            case UInt8(ascii: "'"):
                begin()
                word?.isQuoted = true
                while index < bytes.count, bytes[index] != UInt8(ascii: "'") {
                    take()
                }
                index += 1
            case UInt8(ascii: "\""):
                begin()
                word?.isQuoted = true
                quoted()
            case UInt8(ascii: "$"):
                begin()
                variable(isQuoted: false)
            default:
                begin()
                literal.append(byte)
            }
        }

        private mutating func begin() {
            if word == nil {
                word = Word(line: line)
            }
        }

        private mutating func take() {
            if bytes[index] == UInt8(ascii: "\n") {
                line += 1
            }
            literal.append(bytes[index])
            index += 1
        }

        /// A backslash outside of quotes: the next byte means itself, a line's end nothing.
        private mutating func escape() {
            guard index < bytes.count else { return }
            if bytes[index] == UInt8(ascii: "\r"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\n") {
                index += 1
            }
            if bytes[index] == UInt8(ascii: "\n") {
                line += 1
                index += 1
            } else {
                begin()
                word?.isQuoted = true
                take()
            }
        }

        private mutating func quoted() {
            while index < bytes.count {
                let byte = bytes[index]
                if byte == UInt8(ascii: "\"") {
                    index += 1
                    return
                }
                if byte == UInt8(ascii: "$") {
                    index += 1
                    variable(isQuoted: true)
                } else if byte == UInt8(ascii: "\\"), index + 1 < bytes.count,
                    [UInt8(ascii: "$"), UInt8(ascii: "\""), UInt8(ascii: "\\")].contains(bytes[index + 1])
                {
                    index += 1
                    take()
                } else {
                    take()
                }
            }
        }

        /// What stands behind a "$": a name, or a name in braces, or one of "?@*#"; else the "$" means itself.
        private mutating func variable(isQuoted: Bool) {
            func isName(_ byte: UInt8) -> Bool {
                byte == UInt8(ascii: "_") || byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
            }
            var start = index
            var end = index
            var next = index
            if index < bytes.count, bytes[index] == UInt8(ascii: "{") {
                start = index + 1
                end = start
                while end < bytes.count, bytes[end] != UInt8(ascii: "}"), bytes[end] != UInt8(ascii: "\n") {
                    end += 1
                }
                next = min(end + 1, bytes.count)
            } else {
                while end < bytes.count, isName(bytes[end]) {
                    end += 1
                }
                if end == start, end < bytes.count, "?@*#".utf8.contains(bytes[end]) {
                    end += 1
                }
                next = end
            }
            guard end > start else {
                literal.append(UInt8(ascii: "$"))
                return
            }
            endLiteral()
            word?.pieces.append(.variable(bytes[start..<end].text, isQuoted: isQuoted))
            index = next
        }

        private mutating func endLiteral() {
            if !literal.isEmpty {
                word?.pieces.append(.literal(literal))
                literal = []
            }
        }

        private mutating func endWord() {
            endLiteral()
            if let word {
                result.append(.word(word))
            }
            word = nil
        }
    }

    // MARK: Statements

    private struct Parser {
        let tokens: [Token]
        var index = 0
        var depth = 0
        /// Deeper nesting than any menu has is not followed: what is left is dropped.
        static let maximumDepth = 64

        init(tokens: [Token]) {
            self.tokens = tokens
        }

        mutating func all() -> [Statement] {
            var result: [Statement] = []
            while index < tokens.count {
                result += statements(until: [])
                // A stray closing word.
                index += 1
            }
            return result
        }

        private static let closing: Set<String> = ["}", "fi", "done", "then", "else", "elif", "do"]

        /// The statements up to one of the words, which is left where it is.
        private mutating func statements(until stops: Set<String>) -> [Statement] {
            var result: [Statement] = []
            depth += 1
            defer { depth -= 1 }
            if depth > Self.maximumDepth {
                index = tokens.count
            }
            while index < tokens.count {
                guard case .word(let word) = tokens[index] else {
                    index += 1
                    continue
                }
                let keyword = word.keyword
                if let keyword, stops.contains(keyword) || Self.closing.contains(keyword) {
                    return result
                }
                switch keyword {
                case "if": result.append(conditional())
                case "for", "while", "until":
                    index += 1
                    _ = statements(until: ["do"])
                    skip("do")
                    _ = statements(until: ["done"])
                    skip("done")
                default:
                    if let statement = command() {
                        result.append(statement)
                    }
                }
            }
            return result
        }

        private mutating func skip(_ keyword: String) {
            if index < tokens.count, case .word(let word) = tokens[index], word.keyword == keyword {
                index += 1
            }
        }

        private func isAt(_ keyword: String) -> Bool {
            guard index < tokens.count, case .word(let word) = tokens[index] else { return false }
            return word.keyword == keyword
        }

        private mutating func conditional() -> Statement {
            var branches: [(condition: [Statement], body: [Statement])] = []
            var otherwise: [Statement] = []
            repeat {
                // "if" or "elif".
                index += 1
                let condition = statements(until: ["then"])
                skip("then")
                branches.append((condition, statements(until: ["elif", "else", "fi"])))
            } while isAt("elif")
            if isAt("else") {
                index += 1
                otherwise = statements(until: ["fi"])
            }
            skip("fi")
            return .conditional(branches, otherwise: otherwise)
        }

        /// One command, with the block that it opens.
        private mutating func command() -> Statement? {
            var words: [Word] = []
            while index < tokens.count, case .word(let word) = tokens[index] {
                index += 1
                if word.keyword == "{" {
                    let body = statements(until: ["}"])
                    skip("}")
                    switch words.first?.keyword {
                    case "menuentry": return .entry(header: words, body: body, isSubmenu: false)
                    case "submenu": return .entry(header: words, body: body, isSubmenu: true)
                    default: return nil
                    }
                }
                words.append(word)
            }
            return words.isEmpty ? nil : .command(words)
        }
    }
}
