import TestHosts
import Testing
import Wording

/// Lines that belong to one table begin their columns at the same place of the terminal, in both languages.
@Suite struct AlignmentTests {
    /// Where each column of a line begins, in terminal columns: after two or more blanks.
    private func columns(_ line: String) -> [Int] {
        var starts: [Int] = []
        var place = 0
        var blanks = 2
        for character in line {
            if character == " " {
                blanks += 1
            } else {
                if blanks >= 2 { starts.append(place) }
                blanks = 0
            }
            place += String(character).displayWidth
        }
        return starts
    }

    private func lines(_ arguments: [String], _ path: String, _ language: String) throws -> [String] {
        try Program.run(arguments + ["--host", path, "--lang", language]).output.split(separator: "\n").map(String.init)
    }

    @Test(arguments: TestHost.names)
    func everyVerbOfEveryMachine(_ name: String) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(.named(name))
        let last = try lines(["devices"], path, "en").last { $0.hasPrefix("  ") }
        let address = try #require(last?.split(separator: " ").first.map(String.init))
        for language in ["en", "zh"] {
            // A name and a value.
            for verb in [[], ["show", "firmware"], ["show", address]] as [[String]] {
                let starts = Set(try lines(verb, path, language).map { columns($0).dropFirst().first ?? 0 })
                #expect(starts.count == 1, "\(verb) \(language): values begin at \(starts.sorted())")
            }
            // Mark, title, evidence; remedies stand below the title, further evidence below the evidence. What is in order has
            // no evidence unless it is asked for.
            let end = language == "en" ? "Ready for passthrough" : "可以直通"
            for (verb, width) in [(["doctor", "--verbose"], 3), (["doctor"], 2)] {
                let findings = try lines(verb, path, language).prefix { !$0.hasPrefix(end) }
                let titles = Set(findings.filter { !$0.hasPrefix(" ") }.map { Array(columns($0).prefix(width)) })
                #expect(titles.count == 1, "\(verb) \(language): \(titles)")
                for line in findings where line.hasPrefix(" ") && width == 3 {
                    let isRemedy = line.contains("→ ")
                    #expect(columns(line).first == titles.first?[isRemedy ? 1 : 2], "\(verb) \(language): \(line)")
                }
            }
            // Address, id, verdict, driver, name.
            let devices = try lines(["devices"], path, language).filter { $0.hasPrefix("  ") }
            let places = Set(devices.map { Array(columns($0).prefix(4)) })
            #expect(places.count == 1, "devices \(language): \(places)")
        }
    }

    @Test func noLineEndsInBlanks() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        for name in TestHost.names {
            let path = try sandbox.write(.named(name), as: name)
            for verb in [[], ["doctor"], ["devices"], ["usb"], ["show", "firmware"]] as [[String]] {
                for language in ["en", "zh"] {
                    for line in try lines(verb, path, language) { #expect(!line.hasSuffix(" "), "\(verb): \(line)") }
                }
            }
        }
    }
}
