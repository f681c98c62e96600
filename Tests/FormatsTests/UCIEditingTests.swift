import TestHosts
import Testing

@testable import Formats

@Suite struct UCIEditingTests {
    private let text = """

        config iommu 'iommu'
        \toption enabled '0'
        #\toption cmdline 'intel_iommu=on iommu=pt'

        config cmdline
            option enabled '0'   # off
            option  cmdline  "a=1"
            list tag x
            list tag 'y'

        config cmdline 'last'
        \toption comment "it's"
        """

    private func edited(_ text: String? = nil, _ change: (UCIDocument) throws -> [UInt8]) throws -> String {
        String(decoding: try change(UCIDocument(utf8(text ?? self.text))), as: UTF8.self)
    }

    @Test func valuesInPlace() throws {
        #expect(
            try edited { try $0.setting("enabled", to: .text("1"), inSection: "iommu") }
                == text.replacing("'iommu'\n\toption enabled '0'", with: "'iommu'\n\toption enabled '1'")
        )
        #expect(
            try edited { try $0.setting("cmdline", to: .text("it's \\ b"), inSectionAt: 1) }
                == text.replacing("\"a=1\"", with: "'it'\\''s \\ b'")
        )
        #expect(try edited { try $0.setting("comment", to: .text("it's"), inSection: "last") } == text)
        #expect(
            try edited { try $0.setting("tag", to: .list(["x", "z", "w"]), inSectionAt: 1) }
                == text.replacing("list tag 'y'", with: "list tag 'z'\n    list tag 'w'")
        )
        #expect(
            try edited { try $0.setting("tag", to: .list(["x"]), inSectionAt: 1) }
                == text.replacing("    list tag 'y'\n", with: "")
        )
        #expect(
            try edited { try $0.setting("tag", to: .text("q"), inSectionAt: 1) }
                == text.replacing("    list tag x\n    list tag 'y'", with: "    option tag 'q'")
        )
        #expect(
            try edited { try $0.setting("enabled", to: .list(["p", "q"]), inSectionAt: 1) }
                == text.replacing(
                    "    option enabled '0'   # off",
                    with: "    list enabled 'p'   # off\n    list enabled 'q'"
                )
        )
    }

    @Test func newAndGoneOptions() throws {
        #expect(
            try edited { try $0.setting("cmdline", to: .text("x"), inSection: "iommu") }
                == text.replacing(
                    "'iommu'\n\toption enabled '0'\n",
                    with: "'iommu'\n\toption enabled '0'\n\toption cmdline 'x'\n"
                )
        )
        #expect(
            try edited { try $0.setting("note", to: .text("n"), inSectionAt: 1) }
                == text.replacing("    list tag 'y'\n", with: "    list tag 'y'\n    option note 'n'\n")
        )
        #expect(
            try edited { try $0.setting("enabled", to: .text("1"), inSection: "last") } == text
                + "\n\toption enabled '1'"
        )
        #expect(
            try edited { try $0.setting("enabled", to: nil, inSectionAt: 1) }
                == text.replacing("    option enabled '0'   # off\n", with: "")
        )
        #expect(
            try edited { try $0.setting("comment", to: nil, inSection: "last") }.hasSuffix("\n\nconfig cmdline 'last'")
        )
        #expect(try edited { try $0.setting("nothing", to: nil, inSection: "last") } == text)
        let line = "config a b; option c d; option e f; config g h"
        #expect(
            try edited(line) { try $0.setting("x", to: .text("y"), inSection: "b") }
                == "config a b; option c d; option e f; option x 'y'; config g h"
        )
        #expect(
            try edited(line) { try $0.setting("c", to: nil, inSection: "b") } == "config a b; option e f; config g h"
        )
        #expect(
            try edited("config a b\n") { try $0.setting("x", to: .text(""), inSection: "b") }
                == "config a b\n\toption x ''\n"
        )
        #expect(
            try edited("config a b\n option x") { try $0.setting("x", to: .text("1"), inSection: "b") }
                == "config a b\n option x '1'"
        )
    }

    @Test func sections() throws {
        let options: [(String, UCIDocument.Value)] = [("enabled", .text("1")), ("cmdline", .list(["a b", "c"]))]
        for file in [
            text, text + "\n", text.replacing("\n", with: "\r\n"), text.replacing("\n", with: "\r\n") + "\r\n",
        ] {
            let added = try edited(file) { try $0.adding(type: "cmdline", name: "passthru", options: options) }
            let lineEnd = file.utf8.contains(0x0D) ? "\r\n" : "\n"
            #expect(
                added.contains(
                    "\n\nconfig cmdline 'passthru'\n\toption enabled '1'\n\tlist cmdline 'a b'\n\tlist cmdline 'c'"
                        .replacing("\n", with: lineEnd)
                )
            )
            #expect(try edited(added) { try $0.removing(section: "passthru") } == file)
        }
        #expect(try edited("") { try $0.adding(type: "a", name: nil, options: []) } == "config a\n")
        #expect(
            try edited { try $0.removing(section: "iommu") }.hasPrefix(
                "#\toption cmdline 'intel_iommu=on iommu=pt'\n\nconfig cmdline\n"
            )
        )
        #expect(
            try edited { try $0.removing(sectionAt: 1) }
                == text.replacing(
                    "\nconfig cmdline\n    option enabled '0'   # off\n    option  cmdline  \"a=1\"\n    list tag x\n    list tag 'y'\n",
                    with: ""
                )
        )
        #expect(try edited { try $0.removing(section: "last") }.hasSuffix("    list tag 'y'"))
    }

    @Test func refusals() throws {
        let document = try UCIDocument(utf8(text))
        #expect(throws: UCIEditError.noSection("no")) { try document.removing(section: "no") }
        #expect(throws: UCIEditError.noSection("no")) { try document.setting("a", to: nil, inSection: "no") }
        #expect(throws: UCIEditError.noSection("@[9]")) { try document.removing(sectionAt: 9) }
        #expect(throws: UCIEditError.badName("a-b")) { try document.setting("a-b", to: .text(""), inSection: "last") }
        #expect(throws: UCIEditError.nameTaken("last")) { try document.adding(type: "x", name: "last", options: []) }
        #expect(throws: UCIEditError.badName("x y")) { try document.adding(type: "x y", name: nil, options: []) }
    }

    /// On any file that UCI takes: what was asked for is there, all else reads as before.
    @Test func randomFiles() throws {
        var random = FixedSeed(state: 41)
        let lines = [
            "config a", "config a 'b'", "\toption c 'd'", "  option e \"f\\\"g\"", "list l 1", "\tlist l '2' # x",
            "# y", "",
            "option c 'two\nlines'; option z 1", "list c 3",
        ]
        var edits = 0
        for round in 0..<4000 {
            let lineEnd = Bool.random(using: &random) ? "\n" : "\r\n"
            var file = (0..<8).map { _ in lines.randomElement(using: &random) ?? "" }.joined(separator: lineEnd)
            file += Bool.random(using: &random) ? lineEnd : ""
            guard let document = try? UCIDocument(utf8(file)), document.section(named: "b") != nil else { continue }
            let value: UCIDocument.Value? =
                [.text("n'w"), .list(["1", "n'w"]), .list(["7", "8", "9"]), nil][round % 4]
            for option in ["c", "l", "new"] {
                edits += 1
                let after = try UCIDocument(document.setting(option, to: value, inSection: "b"))
                let found = after.section(named: "b")?.options.first { $0.name == option }?.value
                #expect(found == value, "\(file)")
                #expect(values(of: after, but: option) == values(of: document, but: option), "\(file)")
                if let added = try? UCIDocument(document.adding(type: "t", name: "n", options: [("o", .text("v"))])) {
                    #expect(try added.removing(section: "n") == document.bytes)
                }
            }
            let less = try UCIDocument(document.removing(section: "b"))
            #expect(less.section(named: "b") == nil)
        }
        #expect(edits > 1000)
    }

    private func values(of document: UCIDocument, but option: String) -> [String] {
        document.sections.flatMap { section in
            ["\(section.type) \(section.name ?? "-")"]
                + section.options.filter { section.name != "b" || $0.name != option }
                .map { "\($0.name) \($0.value)" }
        }
    }
}
