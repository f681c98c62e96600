/// One strict pass over a grub.cfg by the grammar of grub-core/script/parser.y: commands that end at a line's end or
/// ";", `if`, `for`, `while`, `until`, `function`, and commands with a block in braces.
struct GRUBMenuStructure {
    private let bytes: [UInt8]
    private let tokens: [GRUBLexer.Token]
    private var index = 0
    private var depth = 0
    private var titles: [String] = []
    private var entries: [GRUBMenuDocument.Entry] = []
    private var lines: [GRUBMenuDocument.Line] = []

    private static let deepest = 100
    /// Words that the grammar keeps for itself: no command begins with one.
    private static let reserved: Set<String> = [
        "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "in", "select", "then",
    ]

    init(_ bytes: [UInt8]) throws(LoaderFileError) {
        self.bytes = bytes
        tokens = try GRUBLexer.strictTokens(bytes)
    }

    /// The entries, then what stands outside of them.
    var allEntries: [GRUBMenuDocument.Entry] {
        lines.isEmpty
            ? entries
            : entries + [
                GRUBMenuDocument.Entry(
                    titles: [],
                    id: nil,
                    header: 0..<0,
                    body: 0..<bytes.count,
                    lineNumber: 1,
                    linuxLines: lines,
                    words: []
                )
            ]
    }

    mutating func readAll() throws(LoaderFileError) {
        _ = try readCommands(until: [])
        if index < tokens.count {
            throw stray()
        }
    }

    // MARK: Tokens

    private var word: GRUBScript.Word? {
        guard index < tokens.count, case .word(let word) = tokens[index] else { return nil }
        return word
    }

    private var end: UInt8? {
        guard index < tokens.count, case .end(let byte, _) = tokens[index] else { return nil }
        return byte
    }

    private var keyword: String? { word?.keyword }

    private func failure(_ reason: LoaderFileError.Reason, at offset: Int) -> LoaderFileError {
        LoaderFileError(reason, at: offset, in: bytes)
    }

    /// What stands here has no place.
    private func stray() -> LoaderFileError {
        guard index < tokens.count else { return failure(.strayWord(""), at: bytes.count) }
        switch tokens[index] {
        case .word(let word): return failure(.strayWord(bytes[word.range].text), at: word.range.lowerBound)
        case .end(let byte, let place):
            let text = byte == UInt8(ascii: "\n") ? "\\n" : String(decoding: [byte], as: UTF8.self)
            return failure(.strayWord(text), at: place)
        }
    }

    private mutating func skipLineEnds() {
        while end == UInt8(ascii: "\n") {
            index += 1
        }
    }

    /// Takes a keyword that must stand here; at the file's end the block that waits for it is what is wrong.
    private mutating func take(_ wanted: String, of opener: GRUBScript.Word) throws(LoaderFileError) {
        guard index < tokens.count else {
            throw failure(.unclosedBlock(bytes[opener.range].text), at: opener.range.lowerBound)
        }
        guard keyword == wanted else { throw stray() }
        index += 1
    }

    /// Takes the name of a function or of a loop's variable.
    private mutating func takeName() throws(LoaderFileError) {
        guard let name = keyword?.utf8, let first = name.first, first &- UInt8(ascii: "0") >= 10,
            name.allSatisfy(isNameByte)
        else { throw stray() }
        index += 1
    }

    // MARK: Grammar

    /// Commands up to one of the words, which is left where it is, or the end of the file; how many.
    private mutating func readCommands(until stops: Set<String>) throws(LoaderFileError) -> Int {
        var count = 0
        while true {
            skipLineEnds()
            guard index < tokens.count else { return count }
            if let keyword, stops.contains(keyword) {
                return count
            }
            try readCommand()
            count += 1
            if end == UInt8(ascii: "\n") || end == UInt8(ascii: ";") {
                index += 1
            } else if index < tokens.count, keyword != "}" || !stops.contains("}") {
                throw stray()
            }
        }
    }

    /// Commands of a block, at least one, up to its closing word.
    private mutating func readBlock(of opener: GRUBScript.Word, until stops: Set<String>) throws(LoaderFileError) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw failure(.tooLarge, at: opener.range.lowerBound) }
        let count = try readCommands(until: stops)
        guard let word else {
            throw failure(.unclosedBlock(bytes[opener.range].text), at: opener.range.lowerBound)
        }
        guard count > 0 else { throw failure(.emptyBlock, at: word.range.lowerBound) }
    }

    private mutating func readCommand() throws(LoaderFileError) {
        guard let first = word else { throw stray() }
        switch first.keyword {
        case "if": try readCondition(first)
        case "for":
            index += 1
            try takeName()
            try take("in", of: first)
            while word != nil {
                index += 1
            }
            guard end == UInt8(ascii: "\n") || end == UInt8(ascii: ";") else { throw stray() }
            index += 1
            try readLoop(first)
        case "while", "until":
            index += 1
            try readBlock(of: first, until: ["do"])
            try readLoop(first)
        case "function":
            index += 1
            try takeName()
            skipLineEnds()
            guard let brace = word, brace.keyword == "{" else { throw stray() }
            index += 1
            try readBlock(of: brace, until: ["}"])
            try take("}", of: brace)
        case let keyword? where Self.reserved.contains(keyword): throw stray()
        default: try readSimple()
        }
    }

    private mutating func readCondition(_ opener: GRUBScript.Word) throws(LoaderFileError) {
        repeat {
            index += 1
            try readBlock(of: opener, until: ["then"])
            try take("then", of: opener)
            try readBlock(of: opener, until: ["elif", "else", "fi"])
        } while keyword == "elif"
        if keyword == "else" {
            index += 1
            try readBlock(of: opener, until: ["fi"])
        }
        try take("fi", of: opener)
    }

    private mutating func readLoop(_ opener: GRUBScript.Word) throws(LoaderFileError) {
        skipLineEnds()
        try take("do", of: opener)
        try readBlock(of: opener, until: ["done"])
        try take("done", of: opener)
    }

    /// A command with its words and, for menus, its block.
    private mutating func readSimple() throws(LoaderFileError) {
        var words: [GRUBScript.Word] = []
        while let word, word.keyword != "}" {
            if word.keyword == "{" {
                return try readEntry(words, brace: word)
            }
            words.append(word)
            index += 1
        }
        take(words)
    }

    private mutating func readEntry(_ words: [GRUBScript.Word], brace: GRUBScript.Word) throws(LoaderFileError) {
        index += 1
        let heading = words.heading
        let outer = (titles, lines)
        let isEntry = words.first?.keyword == "menuentry"
        if isEntry || words.first?.keyword == "submenu" {
            titles.append(heading.title)
        }
        if isEntry {
            lines = []
        }
        let place = entries.count
        try readBlock(of: brace, until: ["}"])
        let bodyEnd = word?.range.lowerBound ?? bytes.count
        try take("}", of: brace)
        if isEntry {
            let entry = GRUBMenuDocument.Entry(
                titles: titles,
                id: heading.id,
                header: (words.first?.range.lowerBound ?? 0)..<brace.range.lowerBound,
                body: brace.range.upperBound..<bodyEnd,
                lineNumber: words.first?.line ?? 1,
                linuxLines: lines,
                words: words
            )
            entries.insert(entry, at: place)
            lines = outer.1
        }
        titles = outer.0
    }

    private mutating func take(_ words: [GRUBScript.Word]) {
        guard words.count > 1, let command = words[0].keyword,
            ["linux", "linuxefi", "linux16"].contains(command)
        else { return }
        let start = words.count > 2 ? words[2].range.lowerBound : words[1].range.upperBound
        lines.append(
            GRUBMenuDocument.Line(
                command: command,
                kernel: bytes[words[1].range].text,
                words: words.dropFirst(2).map { bytes[$0.range].text },
                arguments: start..<(words.last?.range.upperBound ?? start),
                lineNumber: words[0].line,
                column: bytes.column(of: words[0].range.lowerBound),
                parsed: Array(words.dropFirst())
            )
        )
    }
}
