import Inventory
import Wording

@testable import Guests

/// docs/recipes.md, made of guest-recipes.uci.
enum RecipePage {
    static func text(_ table: RecipeTable) -> String {
        var lines = [
            "# Recipes",
            "",
            "How `passthru` hands particular devices to a guest, and why. Made from",
            "`Sources/CLinux/data/guest-recipes.uci`: edit that file (its head explains it), then run",
            "`PASSTHRU_REGENERATE=1 swift test --filter RecipeTableTests`.",
            "",
            "The first recipe that fits the device and the guest is taken. A property that the installed QEMU says it",
            "does not have (`-device vfio-pci,help`) is never used.",
        ]
        for recipe in table.recipes {
            lines += ["", "## \(recipe.title.en) (`\(recipe.name)`)", "", recipe.why.en, ""]
            lines.append("- for: " + subjects(recipe, table))
            let place = RecipePlace.text(recipe.conditions, with: false)
            if !place.isEmpty { lines.append("- where: \(place)") }
            if let address = recipe.guestAddress {
                let slot = hex(address.slot, width: 2)
                lines.append("- the guest sees it at \(hex(address.bus, width: 2)):\(slot).\(address.function)")
            }
            if !recipe.requirements.isEmpty {
                lines.append("- the guest must have: " + recipe.requirements.map(name).joined(separator: ", "))
            }
            if recipe.hidesROM { lines.append("- its ROM is hidden unless somebody names a file") }
            lines.append("- source: \(recipe.source)")
            let settings = table.settings.filter { $0.conditions.recipes.contains(recipe.name) }
            let notes = table.notes.filter { $0.conditions.recipes.contains(recipe.name) }
            guard !settings.isEmpty || !notes.isEmpty else { continue }
            lines += ["", "| | where | | source |", "| --- | --- | --- | --- |"]
            for setting in settings {
                let lacking = setting.lacking == .skip ? "" : "; else \(setting.lacking == .warn ? "warns" : "refuses")"
                let place = RecipePlace.text(setting.conditions)
                lines.append(
                    "| `\(setting.property.word)`\(lacking) | \(place) | \(setting.why.en) | \(setting.source) |"
                )
            }
            for note in notes {
                let place = RecipePlace.text(note.conditions)
                lines.append("| \(note.level.rawValue) | \(place) | \(note.text.en) | \(note.source) |")
            }
        }
        lines += ["", "## Properties of QEMU's vfio-pci", "", "| property | since QEMU | meaning | source |"]
        lines.append("| --- | --- | --- | --- |")
        for property in table.properties {
            let since = property.since.map { "\($0.major).\($0.minor)" } ?? "before 5.2"
            lines.append("| `\(property.name)` | \(since) | \(property.meaning.en) | \(property.source) |")
        }
        lines += ["", "## Families", "", "| family | devices | source |", "| --- | --- | --- |"]
        for family in table.families {
            let prefix = family.vendor.map { "\($0):" } ?? ""
            let ids = family.devices.map { prefix + $0 }
            let classes = family.classes.isEmpty ? "" : " of class " + family.classes.joined(separator: ", ")
            lines.append(
                "| \(family.title.en) | \(ids.map { "`\($0)`" }.joined(separator: " "))\(classes) | \(family.source) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func subjects(_ recipe: Recipe, _ table: RecipeTable) -> String {
        guard recipe.conditions.families.isEmpty else {
            let families = table.families.filter { recipe.conditions.families.contains($0.name) }
            return families.map(\.title.en).joined(separator: "; ")
        }
        let from = recipe.conditions.generationFrom
        let below = recipe.conditions.generationBelow
        switch (from, below) {
        case (let from?, let below?): return "Intel graphics of generations \(from) to \(below - 1)"
        case (let from?, nil): return "Intel graphics of generation \(from) and newer"
        default: return "everything"
        }
    }

    static func name(_ requirement: GuestRequirement) -> String {
        switch requirement {
        case .machine(let family): "machine type \(family.rawValue)"
        case .firmware(.bios): "SeaBIOS"
        case .firmware(.uefi): "UEFI"
        case .noEmulatedVideo: "no emulated display"
        }
    }
}

/// Conditions in words.
enum RecipePlace {
    static func text(_ conditions: RecipeConditions, with subject: Bool = true) -> String {
        var parts: [String] = []
        if subject {
            parts +=
                conditions.families.isEmpty ? [] : [conditions.families.map { "`\($0)`" }.joined(separator: " or ")]
            if let from = conditions.generationFrom { parts.append("generation \(from) and newer") }
            if let below = conditions.generationBelow { parts.append("before generation \(below)") }
        }
        if !conditions.classes.isEmpty { parts.append("class " + conditions.classes.joined(separator: ", ")) }
        if !conditions.machines.isEmpty { parts.append(words(conditions.machines.map(\.rawValue), "board")) }
        if !conditions.firmwares.isEmpty { parts.append(words(conditions.firmwares.map(\.rawValue), "firmware")) }
        if !conditions.videos.isEmpty { parts.append(words(conditions.videos.map(\.rawValue), "emulated display")) }
        if let version = conditions.qemuFrom { parts.append("QEMU \(version.major).\(version.minor) and newer") }
        if let version = conditions.qemuBelow { parts.append("before QEMU \(version.major).\(version.minor)") }
        if conditions.isVirtual == true { parts.append("a virtual function") }
        if let boot = conditions.isBootDisplay { parts.append(boot ? "the boot display" : "not the boot display") }
        if !conditions.roms.isEmpty { parts.append(words(conditions.roms.map(\.rawValue), "ROM")) }
        switch conditions.romLacks {
        case .bios?: parts.append("a ROM without a BIOS part")
        case .efi?: parts.append("a ROM without a UEFI part")
        case nil: break
        }
        if conditions.isIncomplete == true { parts.append("functions left out") }
        if conditions.hasPlatformAudio == true { parts.append("the platform has sound") }
        if conditions.hasVirtualFunctions == true { parts.append("with virtual functions") }
        if conditions.hasResizableBARs == true { parts.append("resizable BARs") }
        return parts.joined(separator: "; ")
    }

    private static func words(_ names: [String], _ what: String) -> String {
        "\(what): " + names.joined(separator: " or ")
    }
}
