import Foundation
import Testing
import Wording

/// Everything that a user reads comes in Chinese too: found by looking at every pair of words in the sources.
@Suite struct ChineseTests {
    static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    /// An English text and the Chinese beside it.
    struct Pair: Sendable, CustomStringConvertible {
        var english: String
        var chinese: String
        var place: String
        var description: String { "\(place): \(english) | \(chinese)" }
    }

    static let pairs: [Pair] = {
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.allObjects ?? []
        return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
            .flatMap { file -> [Pair] in
                guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
                return SwiftLiterals.pairs(in: text).map { found in
                    Pair(
                        english: found.english,
                        chinese: found.chinese,
                        place: "\(file.lastPathComponent):\(found.line)"
                    )
                }
            }
    }()

    @Test func theScannerFindsWhatThereIs() {
        #expect(Self.pairs.count > 250, "only \(Self.pairs.count) pairs were found")
        // Each call by itself, and the text of more than one line.
        let sample = #"""
            let a = Text(en: "one \(x ?? "y") two", zh: "一")
            let b = help("three", "三")
            let c = say("unknown: \(why)", "未知")
            @Flag(help: .text("five.", "五。", valueName: "path"))
            let d = Text(
                en: """
                    six \
                    seven
                    """,
                zh: "六"
            )
            add("Address", "地址", value)
            // Text(en: "not this", zh: "not this")
            """#
        let found = SwiftLiterals.pairs(in: sample)
        #expect(
            found.map(\.english) == [
                "one \\(x ?? \"y\") two", "three", "unknown: \\(why)", "five.", "six seven", "Address",
            ]
        )
        #expect(found.map(\.chinese) == ["一", "三", "未知", "五。", "六", "地址"])
    }

    @Test func everyPairHasChineseOfItsOwn() {
        for pair in Self.pairs {
            #expect(pair.english != pair.chinese, "\(pair): the same in both languages; Text(verbatim:) says so")
            #expect(pair.chinese.hasHan, "\(pair): no Chinese in it")
            #expect(!pair.english.hasHan, "\(pair): Chinese in the English")
            #expect(!pair.english.isEmpty, "\(pair)")
        }
    }

    /// What is filled in is the same on both sides.
    @Test func bothSidesSayTheSameNames() {
        for pair in Self.pairs {
            func commands(_ text: String) -> Set<String> {
                Set(
                    text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
                )
            }
            #expect(commands(pair.english) == commands(pair.chinese), "\(pair)")
        }
    }

    /// A text that is made of two halves at run time hides from the scanner: all of them go through Text.
    @Test func noTextIsPrintedPastTheLanguages() throws {
        let allowed: Set<String> = ["Console.swift"]
        let files = FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil)?.allObjects ?? []
        for file in files.compactMap({ $0 as? URL }) where file.pathExtension == "swift" {
            guard !allowed.contains(file.lastPathComponent) else { continue }
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            for line in lines where !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                #expect(
                    !line.contains(" print(\"") && !line.contains(" print(text"),
                    "\(file.lastPathComponent): \(line)"
                )
            }
        }
    }
}

extension String {
    /// Whether any character is Han (Unicode property Script, blocks of CJK ideographs).
    var hasHan: Bool {
        unicodeScalars.contains {
            (0x4E00...0x9FFF).contains($0.value) || (0x3400...0x4DBF).contains($0.value)
                || (0x20000...0x3FFFF).contains($0.value)
        }
    }
}
