import Foundation
import Inventory
import TestHosts
import Testing
import Wording

@testable import Guests

/// Every entry of guest-recipes.uci; adding one adds its tests.
@Suite struct RecipeTableTests {
    static let table = RecipeTable.builtIn
    static let families = table?.families ?? []

    @Test func theTableOfThisBinaryCanBeRead() throws {
        let table = try RecipeTable(RecipeData.bytes)
        #expect(table.families.count > 30 && table.recipes.count > 15 && table.notes.count > 40)
        #expect(Set(table.families.map(\.name)).count == table.families.count)
        #expect(Set(table.recipes.map(\.name)).count == table.recipes.count)
        #expect(Set(table.properties.map(\.name)).count == table.properties.count)
        var texts = table.families.map(\.title) + table.recipes.map(\.title) + table.recipes.map(\.why)
        texts += table.settings.map(\.why) + table.notes.map(\.text) + table.properties.map(\.meaning)
        for text in texts {
            #expect(text.en != text.zh)
            #expect(!text.en.utf8.contains { $0 > 0x7F }, "\(text.en)")
            #expect(text.zh.utf8.contains { $0 > 0x7F }, "\(text.zh)")
            // What is filled in is filled in in both.
            for name in ["{device}", "{id}", "{family}", "{qemu}", "{rom}", "{left_out}", "{audio}", "{vfs}"] {
                #expect(text.en.contains(name) == text.zh.contains(name), "\(name): \(text.en)")
            }
        }
        // A version that is not known cannot be named.
        for note in table.notes where note.text.en.contains("{qemu}") {
            #expect(note.conditions.qemuFrom != nil || note.conditions.qemuBelow != nil, "\(note.text.en)")
        }
    }

    /// `vendor:device` or `vendor:device/class`, a display where no class is given.
    static func function(_ sample: String) throws -> PCIFunction {
        let parts = sample.split { ":/".contains($0) }
        let numbers = parts.compactMap { UInt32($0, radix: 16) }
        try #require(numbers.count == parts.count && (2...3).contains(parts.count), "\(sample)")
        return PCIFunction(
            address: PCIAddress(bus: 1, device: 0, function: 0),
            vendor: HardwareID(UInt16(numbers[0])),
            device: HardwareID(UInt16(numbers[1])),
            class: PCIClass(code: numbers.count > 2 ? numbers[2] : 0x030000)
        )
    }

    @Test(arguments: families.indices) func samplesBelongAndOthersDoNot(_ index: Int) throws {
        let family = Self.families[index]
        let table = try #require(Self.table)
        #expect(!family.samples.isEmpty, "\(family.name) has no samples")
        for sample in family.samples {
            #expect(table.family(of: try Self.function(sample))?.name == family.name, "\(family.name): \(sample)")
        }
        for counter in family.counters {
            #expect(!family.contains(try Self.function(counter)), "\(family.name): \(counter)")
        }
    }

    /// No id stands in two families, where the later one would never be found.
    @Test func familiesDoNotOverlap() throws {
        var seen: [String: String] = [:]
        for family in Self.families where family.vendor != nil {
            for device in family.devices where !device.contains("*") && !device.contains("?") {
                let id = "\(family.vendor?.description ?? ""):\(device) \(family.classes.joined())"
                #expect(seen.updateValue(family.name, forKey: id) == nil, "\(id): \(family.name)")
            }
        }
        #expect(seen.count > 300)
    }

    /// Every generation of Intel's graphics finds a recipe, whatever the guest is.
    @Test func everyFamilyHasARecipe() throws {
        for family in Self.families {
            let sample = try #require(family.samples.first)
            let function = try Self.function(sample)
            var host = Host()
            host.pci = nil
            for machine in [nil, MachineFamily.q35, .i440fx] {
                for firmware in [nil, GuestFirmware.bios, .uefi] {
                    for video in [nil, true, false] {
                        let advice = GuestRecipes.advice(
                            for: [function],
                            on: host,
                            guest: GuestShape(machine: machine, firmware: firmware, hasEmulatedVideo: video)
                        )
                        let first = try #require(advice.first)
                        #expect(advice.count == 1 && first.family == family.title, "\(family.name)")
                        #expect(first.devices.isEmpty == !first.refusals.isEmpty, "\(family.name)")
                        #expect(!first.reasons.isEmpty, "\(family.name)")
                        #expect(!first.reasons.contains { $0.en.contains("{") }, "\(first.reasons)")
                    }
                }
            }
        }
    }

    @Test func mistakesInTheDataAreNamed() {
        func mistake(_ text: String) -> String {
            do {
                _ = try RecipeTable(Array(text.utf8))
                return ""
            } catch { return "\(error)" }
        }
        let family = """
            config family 'f'
            option en 'a'
            option zh 'b'
            list device '*'
            option source 's'

            """
        let recipe = """
            config recipe 'r'
            option en 'a'
            option zh 'b'
            option why_en 'c'
            option why_zh 'd'
            option source 'e'
            list family 'f'

            """
        let note = """
            config note
            option level 'reason'
            option en 'a'
            option zh 'b'
            option source 's'
            list recipe 'r'

            """
        #expect(mistake(family + recipe + note) == "")
        #expect(mistake(recipe).contains("there is no family f"))
        #expect(mistake(family + note).contains("there is no recipe r"))
        #expect(mistake(family + recipe + note + "option level 'loud'").contains("level cannot be loud"))
        #expect(mistake(family + recipe + note + "option qemu_from 'ten'").contains("qemu_from cannot be ten"))
        #expect(mistake(family + recipe + note + "list machine 'vax'").contains("machine cannot be vax"))
        #expect(mistake(family + recipe + "option guest_address 'here'").contains("guest_address cannot be here"))
        #expect(mistake(family + recipe + "list requires 'luck=good'").contains("requires cannot be luck=good"))
        #expect(mistake(family.replacing("list device '*'", with: "")).contains("f: no device"))
        #expect(mistake(family.replacing("option zh 'b'", with: "")).contains("f: no zh"))
        #expect(mistake("config family 'f").contains("1"))
    }

    // MARK: The page made of it

    static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/recipes.md")

    /// `PASSTHRU_REGENERATE=1 swift test --filter RecipeTableTests` writes the page anew.
    @Test func thePageSaysWhatTheTableSays() throws {
        let text = RecipePage.text(try #require(Self.table))
        if ProcessInfo.processInfo.environment["PASSTHRU_REGENERATE"] == "1" {
            try text.write(to: Self.page, atomically: true, encoding: .utf8)
            Issue.record("written anew: run it again without PASSTHRU_REGENERATE")
        }
        #expect(try String(contentsOf: Self.page, encoding: .utf8) == text)
    }
}
