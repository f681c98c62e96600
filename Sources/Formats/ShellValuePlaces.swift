/// Where a shell file of plain assignments, such as /etc/default/grub, sets one variable, byte for byte: each byte of
/// the value with the bytes of the file that make it. No program is run.
struct ShellValuePlaces {
    /// The quotes around a byte.
    enum Quotes {
        case none, single, double
    }

    /// One byte of a value.
    struct Element {
        let byte: UInt8
        /// The bytes of the file that stand for it, a backslash before it included.
        let range: Range<Int>
        let quotes: Quotes
    }

    /// The value that the variable has at the end of the file; another variable in it is `${name}`.
    private(set) var elements: [Element] = []
    /// The last assignment's value as written; nil if there is none.
    private(set) var lastValue: Range<Int>?

    private let bytes: [UInt8]
    private let name: String
    private var index = 0
    /// Open `if`, `case`, `for`, `while` and `{`; more than none at the end is a broken file.
    private(set) var depth = 0
    /// Whether the words are those of `export` and the like.
    private var isDeclaring = false
    private var problem: LoaderFileError?
    private static let longest = 65536

    /// - Throws: an open quote, or a value that a program or a condition decides.
    init(of name: String, in bytes: [UInt8]) throws(LoaderFileError) {
        self.bytes = bytes
        self.name = name
        try readAll()
        if let problem {
            throw problem
        }
    }

    private func failure(_ reason: LoaderFileError.Reason, at offset: Int) -> LoaderFileError {
        LoaderFileError(reason, at: offset, in: bytes)
    }

    private func isEnd(_ byte: UInt8) -> Bool { "\n;&|()<>".utf8.contains(byte) }

    private mutating func skipLine() {
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
            index += 1
        }
    }

    private mutating func readAll() throws(LoaderFileError) {
        // Whether a command may begin here.
        var isFirst = true
        while index < bytes.count {
            let byte = bytes[index]
            if isBlank(byte) || byte == UInt8(ascii: "\r") {
                index += 1
            } else if byte == UInt8(ascii: "#") {
                skipLine()
            } else if isEnd(byte) {
                isFirst = byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">")
                isDeclaring = isDeclaring && !isFirst
                index += 1
            } else if isFirst {
                isFirst = try readFirstWord()
            } else {
                _ = try readValue()
            }
        }
    }

    /// A word at which a command may begin; whether one may still begin behind it.
    private mutating func readFirstWord() throws(LoaderFileError) -> Bool {
        let start = index
        var end = index
        while end < bytes.count, isNameByte(bytes[end]) {
            end += 1
        }
        let isAppended = bytes[end...].starts(with: "+=".utf8)
        if end > start, bytes[start] &- UInt8(ascii: "0") >= 10, isAppended || bytes[end...].first == UInt8(ascii: "=")
        {
            index = end + (isAppended ? 2 : 1)
            try readAssignment(isWanted: bytes[start..<end].elementsEqual(name.utf8), isAppended, at: start)
            return true
        }
        let text = try bytes[readValue().range].text
        switch text {
        case "if", "case", "for", "while", "until", "{": depth += 1
        case "fi", "esac", "done", "}": depth = max(0, depth - 1)
        default: break
        }
        isDeclaring = isDeclaring || ["export", "readonly", "declare", "local"].contains(text)
        return isDeclaring || ["if", "while", "until", "then", "else", "elif", "do", "{", "!"].contains(text)
    }

    private mutating func readAssignment(
        isWanted: Bool,
        _ isAppended: Bool,
        at start: Int
    ) throws(LoaderFileError) {
        let before = problem
        let value = try readValue(isWanted: isWanted)
        guard isWanted else {
            problem = before
            return
        }
        lastValue = value.range
        if isAppended {
            elements += value.elements
        } else {
            if !value.isContinued {
                // What the file said before does not count any more; what this value holds does.
                problem = value.problem
            }
            elements = value.elements
        }
        guard elements.count <= Self.longest else { throw failure(.tooLarge, at: start) }
        problem = problem ?? value.problem
        if depth > 0 {
            problem = failure(.conditional(name), at: start)
        }
    }

    private struct Value {
        var elements: [Element] = []
        var range = 0..<0
        /// Whether the variable's own value before goes into it.
        var isContinued = false
        var problem: LoaderFileError?
    }

    /// A word, up to a blank or an operator outside of quotes.
    private mutating func readValue(isWanted: Bool = false) throws(LoaderFileError) -> Value {
        let start = index
        var value = Value()
        var quotes = Quotes.none
        var openedAt = index
        while index < bytes.count {
            let byte = bytes[index]
            let place = index
            switch (byte, quotes) {
            case (UInt8(ascii: "'"), .none), (UInt8(ascii: "\""), .none):
                quotes = byte == UInt8(ascii: "'") ? .single : .double
                openedAt = index
                index += 1
            case (UInt8(ascii: "'"), .single), (UInt8(ascii: "\""), .double):
                quotes = .none
                index += 1
            case (UInt8(ascii: "\\"), .none), (UInt8(ascii: "\\"), .double):
                readEscape(&value, quotes)
            case (UInt8(ascii: "$"), .none), (UInt8(ascii: "$"), .double):
                try readVariable(&value, quotes)
            case (UInt8(ascii: "`"), .none), (UInt8(ascii: "`"), .double):
                index += 1
                while index < bytes.count, bytes[index] != byte {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                index += 1
                value.problem = value.problem ?? failure(.programOutput(name), at: place)
            default:
                if quotes == .none, isBlank(byte) || byte == UInt8(ascii: "\r") || isEnd(byte) {
                    value.range = start..<index
                    return value
                }
                value.elements.append(Element(byte: byte, range: index..<index + 1, quotes: quotes))
                index += 1
            }
        }
        guard quotes == .none, index <= bytes.count else { throw failure(.openQuote, at: openedAt) }
        value.range = start..<index
        return value
    }

    private mutating func readEscape(_ value: inout Value, _ quotes: Quotes) {
        let start = index
        index += 1
        guard index < bytes.count else { return }
        if bytes[index] == UInt8(ascii: "\n") {
            index += 1
        } else if bytes[index...].starts(with: "\r\n".utf8) {
            index += 2
        } else if quotes == .double, !"$`\"\\".utf8.contains(bytes[index]) {
            value.elements.append(Element(byte: bytes[start], range: start..<index, quotes: quotes))
        } else {
            value.elements.append(Element(byte: bytes[index], range: start..<index + 1, quotes: quotes))
            index += 1
        }
    }

    /// What a "$" begins: the variable itself stands for what it was, another one for `${name}`.
    private mutating func readVariable(_ value: inout Value, _ quotes: Quotes) throws(LoaderFileError) {
        let start = index
        index += 1
        let isBraced = bytes[index...].first == UInt8(ascii: "{")
        if bytes[index...].first == UInt8(ascii: "(") {
            var open = 0
            repeat {
                open += bytes[index] == UInt8(ascii: "(") ? 1 : bytes[index] == UInt8(ascii: ")") ? -1 : 0
                index += 1
            } while open > 0 && index < bytes.count
            value.problem = value.problem ?? failure(.programOutput(name), at: start)
            return
        }
        index += isBraced ? 1 : 0
        let nameStart = index
        while index < bytes.count, isNameByte(bytes[index]) {
            index += 1
        }
        let variable = bytes[nameStart..<index]
        var isPlain = !isBraced
        if isBraced {
            isPlain = bytes[index...].first == UInt8(ascii: "}")
            while index < bytes.count, bytes[index] != UInt8(ascii: "}") {
                index += 1
            }
            guard index < bytes.count else { throw failure(.openQuote, at: start) }
            index += 1
        }
        if variable.elementsEqual(name.utf8), isPlain || isBraced {
            value.isContinued = true
            value.elements += elements
            return
        }
        let text = variable.isEmpty ? Array("${?}".utf8) : Array("${".utf8) + variable + [UInt8(ascii: "}")]
        value.elements += text.map { Element(byte: $0, range: start..<index, quotes: quotes) }
    }
}
