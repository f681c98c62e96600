/// Parts a GRUB script into words, as grub-core/script/yylex.l does: quotes, backslashes, variables; "{" and "}" are
/// words of their own; a carriage return is as if it were not there, as for GRUB's file reader.
struct GRUBLexer {
    enum Token {
        case word(GRUBScript.Word)
        /// A byte that ends a command, and where it stands: a line's end, ";", and what GRUB refuses: "&", "|", "<", ">".
        case end(UInt8, at: Int)
    }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var result: [Token] = []
    private var word: GRUBScript.Word?
    private var wordStart = 0
    private var wordEnd = 0
    private var literal: [UInt8] = []
    /// The first thing that GRUB would refuse, and where.
    private var problem: (reason: LoaderFileError.Reason, offset: Int)?

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The tokens of any text, however broken.
    static func tokens(_ bytes: [UInt8]) -> [Token] {
        var lexer = GRUBLexer(bytes)
        lexer.readAll()
        return lexer.result
    }

    /// The tokens of a text that GRUB takes.
    static func strictTokens(_ bytes: [UInt8]) throws(LoaderFileError) -> [Token] {
        if let zero = bytes.firstIndex(of: 0) {
            throw LoaderFileError(.zeroByte, at: zero, in: bytes)
        }
        var lexer = GRUBLexer(bytes)
        lexer.readAll()
        if let problem = lexer.problem {
            throw LoaderFileError(problem.reason, at: problem.offset, in: bytes)
        }
        return lexer.result
    }

    private mutating func readAll() {
        while index < bytes.count {
            step()
        }
        endWord()
    }

    private mutating func note(_ reason: LoaderFileError.Reason, at offset: Int) {
        if problem == nil {
            problem = (reason, offset)
        }
    }

    private mutating func step() {
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "<"),
            UInt8(ascii: ">"):
            endWord()
            result.append(.end(byte, at: index))
            line += byte == UInt8(ascii: "\n") ? 1 : 0
            index += 1
        case UInt8(ascii: "{"), UInt8(ascii: "}"):
            endWord()
            begin()
            literal = [byte]
            index += 1
            wordEnd = index
            endWord()
        case UInt8(ascii: " "), UInt8(ascii: "\t"):
            endWord()
            index += 1
        case UInt8(ascii: "\r"):
            index += 1
        case UInt8(ascii: "#") where word == nil:
            while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
                index += 1
            }
        default:
            readPart(byte)
        }
    }

    /// A part of a word.
    private mutating func readPart(_ byte: UInt8) {
        let start = index
        switch byte {
        case UInt8(ascii: "\\"):
            escape()
            return
        case UInt8(ascii: "'"):
            begin()
            word?.isQuoted = true
            index += 1
            while index < bytes.count, bytes[index] != byte {
                take()
            }
            endQuote(openedAt: start)
        case UInt8(ascii: "\""):
            begin()
            quoted()
        case UInt8(ascii: "$"):
            begin()
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
                // A translated text.
                quoted()
            } else {
                variable(isQuoted: false)
            }
        default:
            begin()
            literal.append(byte)
            index += 1
        }
        wordEnd = index
    }

    private mutating func begin() {
        if word == nil {
            word = GRUBScript.Word(line: line)
            wordStart = index
        }
    }

    /// The next byte, as it is.
    private mutating func take() {
        if bytes[index] == UInt8(ascii: "\n") {
            line += 1
        }
        if bytes[index] != UInt8(ascii: "\r") {
            literal.append(bytes[index])
        }
        index += 1
    }

    private mutating func endQuote(openedAt start: Int) {
        if index < bytes.count {
            index += 1
        } else {
            note(.openQuote, at: start)
        }
    }

    /// Skips a line's end, or nothing.
    private mutating func skipLineEnd() -> Bool {
        var end = index
        while end < bytes.count, bytes[end] == UInt8(ascii: "\r") {
            end += 1
        }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\n") else { return false }
        line += 1
        index = end + 1
        return true
    }

    /// A backslash outside of quotes: the next byte means itself, a line's end nothing.
    private mutating func escape() {
        let start = index
        index += 1
        if skipLineEnd() {
            if index == bytes.count {
                note(.openLine, at: start)
            }
            return
        }
        index -= 1
        begin()
        index += 1
        guard index < bytes.count else { return note(.openLine, at: start) }
        word?.isQuoted = true
        take()
        wordEnd = index
    }

    private mutating func quoted() {
        let start = index
        word?.isQuoted = true
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            let byte = bytes[index]
            if byte == UInt8(ascii: "$") {
                index += 1
                variable(isQuoted: true)
            } else if byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
                index += 1
                if !skipLineEnd() {
                    if !"$\"\\".utf8.contains(bytes[index]) {
                        literal.append(byte)
                    }
                    take()
                }
            } else {
                take()
            }
        }
        endQuote(openedAt: start)
    }

    /// What stands behind a "$": a name, a number, one of "?@*#", each also in braces; else the "$" means itself, which
    /// GRUB refuses.
    private mutating func variable(isQuoted: Bool) {
        let isBraced = index < bytes.count && bytes[index] == UInt8(ascii: "{")
        let start = isBraced ? index + 1 : index
        var end = start
        if end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10 {
            while end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10 {
                end += 1
            }
        } else {
            while end < bytes.count, isNameByte(bytes[end]) {
                end += 1
            }
        }
        if end == start, end < bytes.count, "?@*#".utf8.contains(bytes[end]) {
            end += 1
        }
        let isClosed = !isBraced || end < bytes.count && bytes[end] == UInt8(ascii: "}")
        guard end > start, isClosed else {
            note(.badVariable, at: index - 1)
            literal.append(UInt8(ascii: "$"))
            return
        }
        endLiteral()
        word?.pieces.append(.variable(bytes[start..<end].text, isQuoted: isQuoted))
        index = isBraced ? end + 1 : end
    }

    private mutating func endLiteral() {
        if !literal.isEmpty {
            word?.pieces.append(.literal(literal))
            literal = []
        }
    }

    private mutating func endWord() {
        endLiteral()
        if var word {
            word.range = wordStart..<max(wordEnd, wordStart)
            result.append(.word(word))
        }
        word = nil
    }
}
