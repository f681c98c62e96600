import Foundation
import TestHosts
import Testing

@testable import Formats

@Suite struct GRUBMenuDocumentTests {
    static let added = [
        "intel_iommu=sp_off", "iommu=nopt", "dyndbg=\"file a.c +p\"", "odd=$1;{x}#&|<>", "vfio-pci.ids=8086:1,8086:2",
        "#x", "panic=30",
    ]
    static let choices: [(name: String, chosen: @Sendable (GRUBMenuDocument.Entry) -> Bool)] = [
        ("all", { _ in true }),
        ("none", { _ in false }),
        ("top level", { !$0.isInSubmenu && !$0.isOutside }),
        (
            "no recovery",
            { $0.titles.last?.contains("recovery") != true && $0.titles.last?.contains("failsafe") != true }
        ),
    ]

    @Test func theCorpusIsLargeEnough() {
        let kinds = ["grub.cfg", "entry.conf", "cmdline", "default-grub", "grubenv", "kernelstub.json"]
        let good = kinds.map { LoaderFile.all($0).count }
        #expect(good.reduce(0, +) >= 40)
        #expect(good.allSatisfy { $0 > 0 } && good[0] >= 20)
        #expect(LoaderFile.all("grub.cfg", in: "broken").count >= 9)
    }

    @Test(arguments: LoaderFile.all("grub.cfg"))
    func edits(_ file: LoaderFile) throws {
        let document = try GRUBMenuDocument(file.bytes)
        let judge = Judge.find("grub-script-check", package: "grub-common")
        let before = linuxLines(file.bytes)
        #expect(!before.isEmpty)
        // The evaluator and the document see the same lines, but for those in loops and functions.
        let lines = document.entries.flatMap { entry in entry.linuxLines.map { (entry: entry, line: $0) } }
        #expect(Set(before.keys).isSubset(of: Set(lines.map(\.line.lineNumber))))
        #expect(try document.edited(ArgumentEdit(), where: { _ in true }) == file.bytes)
        for (name, chosen) in Self.choices {
            let edit = ArgumentEdit(add: Self.added)
            let after = try document.edited(edit, where: chosen)
            let again = try GRUBMenuDocument(after)
            #expect(try again.edited(edit, where: chosen) == after, "twice, \(name)")
            #expect(try again.edited(ArgumentEdit(remove: Self.added), where: chosen) == file.bytes, "back, \(name)")
            let touched = Set(
                lines.filter { chosen($0.entry) }.map { file.bytes.lineAndColumn(of: $0.line.lastKernelByte).line }
            )
            #expect(differingLines(file.bytes, after) == touched, "lines, \(name)")
            let meant = Set(lines.filter { chosen($0.entry) }.map(\.line.lineNumber))
            let seen = linuxLines(after)
            for (number, line) in before {
                let expected = line.words.map(\.text) + (meant.contains(number) ? Self.kernelTexts : [])
                #expect(seen[number]?.words.map(\.text) == expected, "line \(number), \(name)")
                #expect(seen[number]?.initWords.map(\.text) == line.initWords.map(\.text))
            }
            if let judge {
                #expect(try withFolder { try judge.takes(after, in: $0) }, "grub-script-check, \(name)")
            }
        }
    }

    /// ``added`` as GRUB hands them to the kernel.
    private static let kernelTexts = added.map { $0.hasPrefix("dyndbg") ? "\"dyndbg=file a.c +p\"" : $0 }

    /// What the evaluator says of each line.
    private func linuxLines(_ bytes: [UInt8]) -> [Int: KernelCommandLine] {
        let lines = GRUBMenu(bytes).entries.flatMap(\.linux)
        return Dictionary(lines.map { ($0.lineNumber, $0.commandLine) }, uniquingKeysWith: { first, _ in first })
    }

    @Test(arguments: [
        ("open-single-quote", LoaderFileError(.openQuote, line: 2, column: 21)),
        ("open-double-quote", LoaderFileError(.openQuote, line: 2, column: 13)),
        ("missing-brace", LoaderFileError(.unclosedBlock("{"), line: 2, column: 21)),
        ("brace-too-much", LoaderFileError(.strayWord("}"), line: 4, column: 1)),
        ("missing-fi", LoaderFileError(.unclosedBlock("if"), line: 1, column: 1)),
        ("fi-without-if", LoaderFileError(.strayWord("fi"), line: 2, column: 1)),
        ("brace-in-argument", LoaderFileError(.strayWord("b"), line: 2, column: 27)),
        ("two-commands-joined", LoaderFileError(.strayWord("&"), line: 1, column: 26)),
        ("cut-off", LoaderFileError(.openLine, line: 2, column: 37)),
    ])
    func brokenFiles(name: String, expected: LoaderFileError) throws {
        let bytes = try LoaderFile.named(name + ".grub.cfg", in: "broken/")
        #expect(throws: expected) { try GRUBMenuDocument(bytes) }
        #expect(expected.description.hasPrefix("Line \(expected.line), column \(expected.column): "))
        if let judge = Judge.find("grub-script-check", package: "grub-common") {
            #expect(try withFolder { try !judge.takes(bytes, in: $0) })
        }
    }

    @Test func entriesAndTheirPlaces() throws {
        let bytes = try LoaderFile.named("custom.grub.cfg")
        let document = try GRUBMenuDocument(bytes)
        #expect(
            document.entries.map(\.titles) == [
                ["Windows"], ["Its mine: \"GPU\" {test}"], ["Old kernels", "5.10"], ["Old kernels", "deeper", "4.19"],
            ]
        )
        #expect(document.entries.map(\.id) == [nil, "own-gpu", nil, nil])
        #expect(document.entries.map(\.isInSubmenu) == [false, false, true, true])
        let mine = document.entries[1]
        #expect(bytes[mine.header].text.hasPrefix("menuentry 'It''s") && bytes[mine.header].text.hasSuffix("own-gpu "))
        #expect(bytes[mine.body].text.hasPrefix("\n\tset opts") && bytes[mine.body].text.hasSuffix("-amd64\n"))
        let line = try #require(mine.linuxLines.first)
        #expect(line.command == "linux" && line.kernel == "/vmlinuz-6.1.0-40-amd64")
        #expect(
            line.words == [
                "root=/dev/sda2", "ro", "$opts", "dyndbg=\"file drivers/pci/* +p\"", "systemd.unit=rescue.target", "--",
                "single",
            ]
        )
        #expect(line.lineNumber == 8 && line.column == 2 && mine.lineNumber == 6)
        #expect(bytes[line.arguments].text.hasPrefix("root=") && bytes[line.arguments].text.hasSuffix("-- single"))
        #expect(document.entries.flatMap(\.linuxLines).map(\.command) == ["linux", "linux16", "linuxefi"])
        let debian = try GRUBMenuDocument(LoaderFile.named("debian-12-two-kernels.grub.cfg"))
        #expect(debian.entries.count == 5 && debian.entries[0].id?.hasPrefix("gnulinux-simple-") == true)
        #expect(debian.entries.allSatisfy { $0.linuxLines.count == 1 })
        let atOnce = try GRUBMenuDocument(LoaderFile.named("boots-at-once.grub.cfg"))
        #expect(atOnce.entries.map(\.isOutside) == [true] && atOnce.entries[0].linuxLines.count == 1)
    }

    @Test func removalIsByWhatTheKernelGets() throws {
        let document = try GRUBMenuDocument(LoaderFile.named("custom.grub.cfg"))
        let edit = ArgumentEdit(
            remove: ["dyndbg=\"file drivers/pci/* +p\"", "root=/dev/sda2", "ro", "$opts", "single", "nothing"]
        )
        let text = String(decoding: try document.edited(edit) { _ in true }, as: UTF8.self)
        #expect(
            text.contains(
                "\tlinux   /vmlinuz-6.1.0-40-amd64 \t$opts \\\n\t        systemd.unit=rescue.target   -- single\n"
            )
        )
        #expect(text.contains("linux16 /vmlinuz-5.10 ; initrd16"))
        #expect(text.contains("linuxefi /vmlinuz-4.19\n"))
    }

    @Test func theGuidesWordsGoOneByOne() throws {
        let document = try GRUBMenuDocument(LoaderFile.named("istoreos-edited-after-the-guide.grub.cfg"))
        let first = try #require(document.entries.first?.linuxLines.first)
        let once = try document.edited(ArgumentEdit(remove: ["intel_iommu=on"])) { !$0.isOutside }
        let words = try #require(GRUBMenuDocument(once).entries.first?.linuxLines.first?.words)
        #expect(words == first.words.enumerated().filter { $0.offset != 6 }.map(\.element))
        #expect(first.words[6] == "intel_iommu=on" && words.contains("intel_iommu=on"))
        // What is there already is not added again, whatever its spelling.
        let same = ArgumentEdit(add: ["intel-iommu=on", "iommu=pt"])
        let after = try document.edited(same) { $0.titles == ["iStoreOS"] }
        #expect(after == document.bytes)
    }

    @Test func argumentsThatGRUBCannotHandOver() throws {
        let document = try GRUBMenuDocument(utf8("\nmenuentry x {\n\tlinux /k a\n}\n"))
        for word in ["a=it's", "b=\"c\"d\"e f\"", "c=\\d"] {
            #expect(throws: LoaderFileError(.unpassableArgument(word), line: 3, column: 8)) {
                try document.edited(ArgumentEdit(add: [word])) { _ in true }
            }
        }
        let escaped = try document.edited(ArgumentEdit(add: ["a=\\x20", "b=\"\"", "\"c d\""])) { _ in true }
        #expect(String(decoding: escaped, as: UTF8.self).contains("linux /k a a=\"\\\\x20\" b= \"c d\"\n"))
        let line = try #require(GRUBMenu(escaped).entries.first?.linux.first?.commandLine)
        #expect(line.last(of: "a") == "\\x20" && line.last(of: "b")?.isEmpty == true && line.contains("c d"))
    }

    @Test(arguments: LoaderFile.all("grub.cfg"))
    func copies(_ file: LoaderFile) throws {
        let document = try GRUBMenuDocument(file.bytes)
        let judge = Judge.find("grub-script-check", package: "grub-common")
        for entry in document.entries where !entry.isOutside {
            let edit = ArgumentEdit(remove: ["quiet"], add: ["panic=30"])
            let text = try document.copy(of: entry, title: "It's a \"trial\" {1}", id: "passthru-trial", edit: edit)
            let copy = try #require(GRUBMenuDocument(text).entries.first)
            #expect(copy.titles == ["It's a \"trial\" {1}"] && copy.id == "passthru-trial")
            #expect(copy.words.kept.map { text[$0.range].text } == entry.words.kept.map { file.bytes[$0.range].text })
            #expect(copy.linuxLines.count == entry.linuxLines.count)
            for (new, old) in zip(copy.linuxLines, entry.linuxLines) {
                #expect(Set(new.words) == Set(old.words).subtracting(["quiet"]).union(["panic=30"]))
            }
            #expect(!text.starts(with: utf8("\n")) && text.last == UInt8(ascii: "\n"))
            if let judge {
                #expect(try withFolder { try judge.takes(text, in: $0) })
            }
        }
    }

    /// Whatever a file holds: we take it if and only if GRUB's own parser does.
    @Test func strictnessAgreesWithGRUB() throws {
        let files = LoaderFile.all("grub.cfg").filter { $0.bytes.count < 2500 }
        var random = FixedSeed(state: 11)
        guard let judge = Judge.find("grub-script-check", package: "grub-common") else { return }
        var taken = 0
        try withFolder { folder in
            for round in 0..<600 {
                var text = files[round % files.count].bytes.filter { $0 != UInt8(ascii: "\r") }
                for _ in 0..<Int.random(in: 1...2, using: &random) {
                    let place = Int.random(in: 0..<text.count, using: &random)
                    let bytes = Array("\"'{}$\\;\n# |if".utf8)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: text[place] = bytes.randomElement(using: &random) ?? 0
                    case 1: text.insert(bytes.randomElement(using: &random) ?? 0, at: place)
                    default: text.remove(at: place)
                    }
                }
                let isTaken = (try? GRUBMenuDocument(text)) != nil
                let isJudged = try judge.takes(text, in: folder)
                #expect(isTaken == isJudged, "round \(round): \(String(decoding: text, as: UTF8.self))")
                taken += isTaken ? 1 : 0
            }
        }
        #expect((100..<550).contains(taken))
    }

    @Test func hostileFilesEnd() {
        let start = ContinuousClock.now
        #expect(throws: LoaderFileError.self) {
            try GRUBMenuDocument(utf8(String(repeating: "submenu x {\n", count: 50_000)))
        }
        #expect(throws: LoaderFileError.self) {
            try GRUBMenuDocument(utf8(String(repeating: "if ", count: 50_000)))
        }
        #expect(throws: LoaderFileError(.zeroByte, line: 1, column: 6)) { try GRUBMenuDocument(utf8("linux\0 /k\n")) }
        let many = utf8((0..<20_000).map { "menuentry \($0) { linux /k a=\($0); }\n" }.joined())
        let after = (try? GRUBMenuDocument(many).edited(ArgumentEdit(add: ["x"])) { _ in true }) ?? []
        #expect(after.count == many.count + 40_000)
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}

extension GRUBMenuDocument.Line {
    /// A byte of the word behind which a new argument comes.
    fileprivate var lastKernelByte: Int {
        let words = parsed.prefix { $0.plain != Array("--".utf8) }
        return (words.last?.range.upperBound ?? 1) - 1
    }
}
