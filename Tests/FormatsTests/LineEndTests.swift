import Testing

@testable import Formats

/// A carriage return ends no line: it is a part of a line's end only right before "\n".
@Suite struct LineEndTests {
    private func lines(_ text: String) -> [String] { ByteLines(utf8(text)).map(\.text) }

    @Test func linesOfBytes() {
        #expect(lines("a\rb\nc") == ["a\rb", "c"])
        #expect(lines("a\r\nb\r") == ["a", "b"])
        #expect(lines("a\r\r\nb") == ["a\r", "b"])
        #expect(lines("\r\n\n") == ["", ""])
        #expect(lines("\ra") == ["\ra"])
    }

    @Test func uciKeepsOneInsideQuotes() throws {
        func value(_ text: String) throws -> String? {
            try UCIDocument(utf8("config a b\n\toption c \(text)\n")).section(named: "b")?["c"]
        }
        #expect(try value("'x\ry'") == "x\ry")
        #expect(try value("\"x\ry\"") == "x\ry")
        #expect(try value("'x\r'") == "x\r")
        #expect(try value("'x\r\ny'") == "x\ny")
        #expect(try value("\"x\r\ny\"") == "x\ny")
        #expect(try value("'x\r\r\ny'") == "x\r\ny")
        #expect(try value("\"x\\\r\ny\"") == "xy", "a line that goes on")
        #expect(try value("\"x\\\ry\"") == "x\ry", "only a byte")
        #expect(try value("x\\\ry") == "x\ry")
        #expect(try value("x\\\r\ny") == "xy")
        // Outside of quotes it is white space, and no line's end: both statements stand on line 1.
        let error = UCIError(reason: .wrongNumberOfWords, line: 1)
        #expect(throws: error) { try UCIDocument(utf8("config a b\rconfig c d\n")) }
    }

    @Test func theLineEndOfAFile() {
        #expect(utf8("a\r\nb\n").lineEnd == utf8("\r\n"))
        #expect(utf8("a\rb\nc\r\n").lineEnd == utf8("\n"))
        #expect(utf8("\nb\r\n").lineEnd == utf8("\n"))
        #expect(utf8("a\rb").lineEnd == utf8("\n"))
        #expect(utf8("a\rb\nc").line(at: 0) == 0..<4)
    }

    @Test func theLastLineGoesWithTheEndBeforeIt() {
        func without(_ text: String, from place: Int) -> String {
            let bytes = utf8(text)
            return String(decoding: bytes.applying(bytes.removals(ofLines: [bytes.line(at: place)])), as: UTF8.self)
        }
        #expect(without("a\r\nb", from: 3) == "a")
        #expect(without("a\rx\nb", from: 4) == "a\rx")
        #expect(without("a\r\nb\r\n", from: 3) == "a\r\n")
        #expect(without("a\rb\nc\n", from: 0) == "c\n")
    }

    @Test func aKernelsLineTakesOneAsABlank() {
        #expect(KernelCommandLine("a=1\rb=2 c").words.map(\.text) == ["a=1", "b=2", "c"])
    }

    /// A backslash joins two lines in a shell; before a lone carriage return it only quotes that byte.
    @Test func shellAssignments() {
        func value(_ text: String) -> String? { ShellAssignments([utf8(text)])["GRUB_CMDLINE_LINUX"] }
        #expect(value("GRUB_CMDLINE_LINUX=\"a \\\r\nb\"\n") == "a b")
        #expect(value("GRUB_CMDLINE_LINUX=\"a \\\nb\"\n") == "a b")
        #expect(value("GRUB_CMDLINE_LINUX=\"a \\\rb\"\n") == "a \\\rb")
    }
}

/// What UCI takes as a name (libuci, util.c, uci_validate_name: letters, digits and "_").
@Suite struct UCINameTests {
    @Test(arguments: ["a-b", "a.b", "a b", "ä", "a/b", "a@", "[0]", "a\tb", "a\u{7f}"])
    func namesThatAreNone(_ name: String) throws {
        let document = try UCIDocument(utf8("config type 'ok'\n\toption a '1'\n"))
        #expect(throws: UCIEditError.badName(name)) { try document.adding(type: "t", name: name, options: []) }
        #expect(throws: UCIEditError.badName(name)) {
            try document.adding(type: "t", name: "n", options: [(name, .text("v"))])
        }
        #expect(throws: UCIEditError.badName(name)) { try document.setting(name, to: .text("v"), inSection: "ok") }
        #expect(throws: UCIError.self) { try UCIDocument(utf8("config type '\(name)'\n")) }
        #expect(throws: UCIError.self) { try UCIDocument(utf8("config type 'n'\n\toption '\(name)' 'v'\n")) }
    }

    @Test(arguments: ["a", "A9_", "_", "0", "z", "Z", "wan6"])
    func names(_ name: String) throws {
        let added = try UCIDocument([]).adding(type: "t", name: name, options: [(name, .text("v"))])
        #expect(try UCIDocument(added).section(named: name)?[name] == "v")
    }

    @Test func anEmptyNameIsNone() throws {
        #expect(throws: UCIEditError.badName("")) { try UCIDocument([]).adding(type: "t", name: "", options: []) }
        #expect(throws: UCIEditError.badName("")) {
            try UCIDocument(utf8("config a b\n")).setting("", to: .text("v"), inSection: "b")
        }
        // UCI itself takes an empty word behind the type as no name.
        #expect(try UCIDocument(utf8("config t ''\n\toption a 1\n")).sections.map(\.name) == [nil])
        #expect(throws: UCIError.self) { try UCIDocument(utf8("config t n\n\toption '' 1\n")) }
    }

    @Test(arguments: ["a b", "", "a'b", "a\"b", "a#b", "a;b", "a\\b", "ä", "a\tb"])
    func typesThatAreNone(_ type: String) {
        #expect(throws: UCIEditError.badName(type)) { try UCIDocument([]).adding(type: type, name: nil, options: []) }
    }

    @Test(arguments: ["", "\u{1}", "a\u{7f}", "a b"])
    func typesThatTheReaderRefuses(_ type: String) {
        #expect(throws: UCIError.self) { try UCIDocument(utf8("config '\(type)' n\n")) }
    }

    @Test func aNamedSectionOpenedAgainIsOne() throws {
        let document = try UCIDocument(utf8("config a n\n\toption x 1\nconfig a m\nconfig a n\n\toption y 2\n"))
        #expect(document.sections.map(\.name) == ["n", "m"])
        #expect(document.section(named: "n")?["x"] == "1" && document.section(named: "n")?["y"] == "2")
    }
}
