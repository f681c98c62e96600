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
        /// The line that it begins on, from 1.
        var line: Int
        /// Its bytes, quotes included.
        var range = 0..<0

        /// The word if it is plain text without any quotes, as keywords are.
        var keyword: String? {
            guard !isQuoted, pieces.count == 1, case .literal(let bytes) = pieces[0] else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }

        /// The word without its quotes; nil if it holds a variable.
        var plain: [UInt8]? {
            var result: [UInt8] = []
            for piece in pieces {
                guard case .literal(let bytes) = piece else { return nil }
                result += bytes
            }
            return result
        }

        /// The word without its quotes, variables as "$name".
        var title: String {
            pieces.map { piece in
                switch piece {
                case .literal(let bytes): String(decoding: bytes, as: UTF8.self)
                case .variable(let name, _): "$" + name
                }
            }.joined()
        }
    }

    indirect enum Statement {
        case command([Word])
        case conditional([(condition: [Statement], body: [Statement])], otherwise: [Statement])
        case entry(header: [Word], body: [Statement], isSubmenu: Bool)
    }

    /// The statements of a script.
    static func parse(_ bytes: [UInt8]) -> [Statement] {
        var parser = Parser(tokens: GRUBLexer.tokens(bytes))
        return parser.all()
    }

    // MARK: Statements

    private struct Parser {
        let tokens: [GRUBLexer.Token]
        var index = 0
        var depth = 0
        /// Deeper nesting than any menu has is not followed: what is left is dropped.
        static let maximumDepth = 64

        init(tokens: [GRUBLexer.Token]) {
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
                if word.keyword == "}" {
                    break
                }
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
