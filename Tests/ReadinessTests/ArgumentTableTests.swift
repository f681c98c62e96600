import Formats
import Foundation
import Inventory
import Machine
import TestHosts
import Testing
import Wording

@testable import Readiness

/// Every entry of kernel-arguments.uci, tried with its own samples: adding an entry adds its tests.
@Suite struct ArgumentTableTests {
    static let table = ArgumentTable.builtIn
    static let advice = table?.advice ?? []

    @Test func theTableOfThisBinaryCanBeRead() throws {
        let table = try ArgumentTable(ArgumentData.bytes)
        #expect(table.parameters.count > 10)
        #expect(table.advice.count > 20)
        #expect(Set(table.advice.map(\.id)).count == table.advice.count)
        #expect(Set(table.parameters.map(\.name)).count == table.parameters.count)
        for advice in table.advice {
            #expect(!advice.id.isEmpty)
            #expect(!(advice.matches + advice.items).isEmpty, "\(advice.id) is about nothing")
            #expect(!advice.samples.isEmpty && !advice.counters.isEmpty, "\(advice.id) has no samples")
            #expect(advice.reason.en != advice.reason.zh, "\(advice.id)")
            for pattern in advice.matches + advice.items {
                let name = pattern.text.prefix { $0 != "=" }
                #expect(!name.contains("-"), "\(advice.id): names have _ for -")
            }
        }
    }

    @Test(arguments: advice.indices)
    func samplesAreFound(_ index: Int) {
        let advice = Self.advice[index]
        let host = ArgumentSample(advice.conditions).host
        for sample in advice.samples {
            #expect(ArgumentLint.rules(sample, on: host).contains(advice.id), "\(advice.id): \(sample)")
            let before = ArgumentLint.rules("root=/dev/sda2 ro " + sample + " -- init", on: host)
            #expect(before.contains(advice.id), "\(advice.id): … \(sample)")
        }
    }

    @Test(arguments: advice.indices)
    func counterSamplesAreNot(_ index: Int) {
        let advice = Self.advice[index]
        let host = ArgumentSample(advice.conditions).host
        for line in advice.counters + ["", "root=/dev/sda2 ro quiet"] {
            #expect(!ArgumentLint.rules(line, on: host).contains(advice.id), "\(advice.id): \(line)")
        }
    }

    @Test(arguments: advice.indices)
    func otherMachinesAreLeftAlone(_ index: Int) {
        let advice = Self.advice[index]
        for other in ArgumentSample.others(advice.conditions) {
            for sample in advice.samples {
                #expect(!ArgumentLint.rules(sample, on: other.host).contains(advice.id), "\(advice.id): \(other)")
            }
        }
    }

    /// Of a machine that nobody read nothing is claimed that depends on it.
    @Test(arguments: advice.indices)
    func whatWasNotReadDecidesNothing(_ index: Int) throws {
        let advice = Self.advice[index]
        let table = try #require(Self.table)
        let dependent = !ArgumentSample.others(advice.conditions).isEmpty || advice.conditions.isUnwanted
        for sample in advice.samples {
            for host in [Host(), Host.read(TestHost("nothing").machine, Checks.parts)] {
                let lint = ArgumentLint(KernelCommandLine(sample), on: host, table: table)
                let isFound = lint.findings.contains { $0.rule == advice.id }
                #expect(isFound == !dependent, "\(advice.id): \(sample)")
                if dependent { #expect(!lint.undecided.isEmpty, "\(advice.id): \(sample)") }
            }
        }
    }

    @Test func mistakesInTheDataAreNamed() {
        func mistake(_ text: String) -> String {
            do {
                _ = try ArgumentTable(Array(text.utf8))
                return ""
            } catch { return "\(error)" }
        }
        let good = """
            config advice 'a'
            option match 'x'
            option en 'a'
            option zh 'b'
            option remedy_en 'c'
            option remedy_zh 'd'
            option source 'e'
            option kind 'stale'

            """
        #expect(mistake(good) == "")
        #expect(mistake(good + "option kind 'unheard-of'").contains("a: no such kind"))
        #expect(mistake(good + "option kernel_from 'six'").contains("kernel_from cannot be six"))
        #expect(mistake(good + "list platform 'dos'").contains("platform cannot be dos"))
        #expect(mistake(good.replacing("option zh 'b'", with: "")).contains("a: no zh"))
        #expect(mistake("config advice 'a").contains("1"))
    }

    // MARK: The page made of it

    static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/kernel-arguments.md")

    /// `PASSTHRU_REGENERATE=1 swift test --filter ArgumentTableTests` writes the page anew.
    @Test func thePageSaysWhatTheTableSays() throws {
        let text = ArgumentPage.text(try #require(Self.table))
        if ProcessInfo.processInfo.environment["PASSTHRU_REGENERATE"] == "1" {
            try text.write(to: Self.page, atomically: true, encoding: .utf8)
            Issue.record("written anew: run it again without PASSTHRU_REGENERATE")
        }
        #expect(try String(contentsOf: Self.page, encoding: .utf8) == text)
    }
}
