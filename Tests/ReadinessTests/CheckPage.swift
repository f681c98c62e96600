import Inventory
import Wording

@testable import Readiness

/// docs/checks.md, made of the checks and of the hosts on which they find a problem.
enum CheckPage {
    static func text(_ problem: (String) throws -> Finding?) throws -> String {
        var lines = [
            "# Checks",
            "",
            "What `passthru doctor` looks at. Made from `Sources/Readiness/Checks` and the hosts on which the tests find a",
            "problem (`Tests/ReadinessTests/CheckHosts.swift`): run `PASSTHRU_REGENERATE=1 swift test --filter",
            "CheckHostTests` after a change.",
            "",
            "Each check answers ok, problem or unknown; what could not be read is unknown, never ok. Checks of the way decide",
            "whether a host is ready, and with it the exit status; advice does not. One whose question does not arise on a",
            "host says nothing. Verdicts are certain where a file says so, and likely where they follow from what files say.",
            "",
        ]
        for (importance, title) in [(Importance.way, "The way from the firmware to vfio"), (.advice, "Advice")] {
            lines += ["## \(title)", "", "| id | asks | a problem, as it was found | who must act | what to do |"]
            lines.append("| --- | --- | --- | --- | --- |")
            for check in Checks.all where check.importance == importance {
                let found = try problem(check.id)
                let cells = [
                    "`\(check.id)`", check.title.en,
                    (found?.evidence.en ?? "") + (found?.confidence == .likely ? " (likely)" : ""),
                    found?.actor?.rawValue ?? "", found?.remedy?.en ?? "",
                ]
                lines.append("| \(cells.map(cell).joined(separator: " | ")) |")
            }
            lines.append("")
        }
        lines += repairs + (try menus()) + (try facts())
        return lines.joined(separator: "\n") + "\n"
    }

    private static func cell(_ text: String) -> String {
        text.replacing("\n", with: "<br>").replacing("|", with: "\\|")
    }

    private static let repairs = [
        "## What passthru does itself", "",
        "`passthru doctor --fix` shows the plan of the first of these that a problem calls for, with its changes to files,",
        "and carries it out after a yes: `iommu-argument` by `passthru iommu on`, with its trial boot; `other-tools` by",
        "`passthru adopt`. `--dry-run`, `--yes` and `--consent` mean what they mean there.", "",
    ]

    private static func menus() throws -> [String] {
        var lines = ["## Menus of boards", ""]
        lines += [
            "`Sources/CLinux/data/bios-menus.uci`: its head explains it. Where nothing is written, remedies say it in general.",
            "", "| boards | what | menu | source |", "| --- | --- | --- | --- |",
        ]
        for board in try BIOSMenus(CheckData.biosMenus).boards {
            let known = BIOSMenus.Item.allCases.filter { board.paths[$0] != nil }
            if known.isEmpty { lines.append("| \(board.name.en) | | | \(board.source) |") }
            for item in known {
                lines.append("| \(board.name.en) | \(item.rawValue) | \(board.paths[item] ?? "") | \(board.source) |")
            }
        }
        return lines + [""]
    }

    private static func facts() throws -> [String] {
        let facts = try HardwareFacts(CheckData.hardwareFacts, recipes: RecipeData.bytes)
        var lines = ["## Hardware", "", "`Sources/CLinux/data/hardware-facts.uci`.", ""]
        lines += ["| chipset | id | known | source |", "| --- | --- | --- | --- |"]
        for chipset in facts.chipsets {
            let ids = chipset.ids.map { "`\($0)`" }.joined(separator: " ")
            lines.append("| \(chipset.name) | \(ids) | \(chipset.text?.en ?? "VT-d") | \(chipset.source) |")
        }
        lines += ["", "| device | fault | what to do | source |", "| --- | --- | --- | --- |"]
        for fault in facts.faults {
            let names = fault.families.map(\.title.en).joined(separator: ", ")
            lines.append("| \(names) | \(fault.text.en) | \(fault.remedy.en) | \(fault.source) |")
        }
        return lines
    }
}
