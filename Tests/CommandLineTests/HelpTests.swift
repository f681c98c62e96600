import Foundation
import TestHosts
import Testing

/// Help and usage errors are in the language of the run, all of their lines.
@Suite struct HelpTests {
    private static let verbs: [[String]] = [
        [], ["doctor"], ["explain"],
        ["devices"], ["show"], ["usb"], ["assign"], ["release"], ["guest"], ["guest", "xml"],
        ["export"],
        ["export", "qemu"], ["export", "state"], ["import"], ["adopt"], ["capture"],
    ]

    @Test(arguments: verbs)
    func everyLineOfHelpIsChinese(_ verb: [String]) throws {
        let help = try Program.run(verb + ["--help", "--lang", "zh"])
        #expect(help.status == 0)
        // A line that the parser broke belongs to the one before.
        var entries: [String] = []
        for line in help.output.split(separator: "\n") {
            if line.hasPrefix("          "), let last = entries.popLast() {
                entries.append(last + " " + line.trimmingCharacters(in: .whitespaces))
            } else {
                entries.append(String(line))
            }
        }
        for line in entries {
            let words = line.split(separator: " ")
            // A line that only names an option or a verb, before its text on the next line.
            if words.allSatisfy({ $0.hasPrefix("-") || $0.hasPrefix("<") || $0.hasPrefix("[") }) { continue }
            if words.count == 1, words[0].allSatisfy({ $0.isLowercase && $0.isASCII }) { continue }
            #expect(line.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(verb): \(line)")
        }
    }

    @Test(arguments: verbs)
    func noLineOfEnglishHelpIsChinese(_ verb: [String]) throws {
        let help = try Program.run(verb + ["--help", "--lang", "en"])
        #expect(!help.output.unicodeScalars.contains { (0x3000...0x9FFF).contains($0.value) })
    }

    @Test(arguments: [
        ["nonsense"], ["devices", "--nonsense"], ["show"], ["devices", "--lang", "fr"], ["devices", "x", "y"],
        ["devices", "--host"],
    ])
    func usageErrorsAreChinese(_ arguments: [String]) throws {
        let result = try Program.run(arguments, environment: ["LANG": "zh_CN.UTF-8"])
        #expect(result.status == 64)
        for line in result.error.split(separator: "\n") where !line.hasPrefix(" ") {
            #expect(line.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(arguments): \(line)")
        }
    }

    @Test func theManualOfEveryVerbNamesItsOptions() throws {
        for verb in Self.verbs where verb != ["guest"] && verb != ["export"] {
            let help = try Program.run(verb + ["--help"]).output
            for option in ["--json", "--host", "--lang", "--help"] {
                #expect(help.contains(option), "\(verb): \(option)")
            }
        }
        for verb in ["assign", "release", "adopt", "import"] {
            let help = try Program.run([verb, "--help"]).output
            for option in ["--dry-run", "--yes"] { #expect(help.contains(option), "\(verb): \(option)") }
        }
    }
}
