import Foundation
import Planning
import Testing

/// docs/safety.md names every guard with the levels that it has, and says of each what it sees and what it does not.
@Suite struct SafetyDocumentTests {
    private struct Row {
        var name: String
        var levels: Set<String>
        var cells: [String]
    }

    /// The rows of the table below `## Guards`.
    private static let rows: [Row] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/safety.md")
        let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
        let section = text.components(separatedBy: "\n## ").first { $0.hasPrefix("Guards\n") } ?? ""
        return section.components(separatedBy: "\n").filter { $0.hasPrefix("| `") }.map { line in
            let cells = line.components(separatedBy: "|").dropFirst().dropLast().map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            return Row(
                name: (cells.first ?? "").trimmingCharacters(in: ["`"]),
                levels: Set((cells.count > 1 ? cells[1] : "").components(separatedBy: ", ")),
                cells: Array(cells)
            )
        }
    }()

    @Test func everyGuardHasItsRow() {
        for guardRule in Guards.summary {
            let row = Self.rows.first { $0.name == guardRule.name }
            #expect(row != nil, "\(guardRule.name) is not in docs/safety.md")
            #expect(row.map(\.levels) == Set(guardRule.levels.map(\.rawValue)), "\(guardRule.name)")
        }
    }

    @Test func everyRowHasItsGuard() {
        let names = Guards.summary.map(\.name)
        #expect(Self.rows.count == Set(Self.rows.map(\.name)).count)
        for row in Self.rows { #expect(names.contains(row.name), "docs/safety.md: there is no guard \(row.name)") }
    }

    @Test func everyCellSaysSomething() {
        #expect(!Self.rows.isEmpty)
        for row in Self.rows {
            #expect(row.cells.count == 4, "\(row.name)")
            for cell in row.cells { #expect(!cell.isEmpty && cell != "-", "\(row.name)") }
        }
    }

    /// A guard that nobody could name in a consent, or that has no level, would be a mistake of the registry.
    @Test func namesAreUniqueAndHaveLevels() {
        #expect(Set(Guards.summary.map(\.name)).count == Guards.summary.count)
        for guardRule in Guards.summary {
            #expect(!guardRule.levels.isEmpty, "\(guardRule.name)")
            #expect(Set(guardRule.levels).count == guardRule.levels.count, "\(guardRule.name)")
        }
    }
}
