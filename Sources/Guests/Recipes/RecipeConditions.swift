internal import Formats
internal import Inventory

/// Where an entry of the data holds: everything that it names must.
struct RecipeConditions: Sendable {
    var recipes: [String]
    var families: [String]
    var classes: [String]
    var generationFrom: Int?
    var generationBelow: Int?
    var machines: [RecipeMachine]
    var firmwares: [RecipeFirmware]
    var videos: [RecipeVideo]
    var qemuFrom: SoftwareVersion?
    var qemuBelow: SoftwareVersion?
    var isVirtual: Bool?
    var isBootDisplay: Bool?
    var roms: [RecipeROM]
    var romLacks: RecipeROMPart?
    var isIncomplete: Bool?
    var hasPlatformAudio: Bool?
    var hasVirtualFunctions: Bool?
    var hasResizableBARs: Bool?

    init(_ section: UCIDocument.Section) throws {
        recipes = section.list("recipe")
        families = section.type == "family" ? [] : section.list("family")
        classes = section.words("class")
        generationFrom = try section.number("generation_from")
        generationBelow = try section.number("generation_below")
        machines = try section.choices("machine")
        firmwares = try section.choices("firmware")
        videos = try section.choices("video")
        qemuFrom = try section.version("qemu_from")
        qemuBelow = try section.version("qemu_below")
        isVirtual = try section.flag("virtual")
        isBootDisplay = try section.flag("boot_display")
        roms = try section.choices("rom")
        romLacks = section["rom_part"] == nil ? nil : try section.choice("rom_part")
        isIncomplete = try section.flag("left_out")
        hasPlatformAudio = try section.flag("audio")
        hasVirtualFunctions = try section.flag("vfs")
        hasResizableBARs = try section.flag("rebar")
    }

    /// Whether all of them hold; what is not known fulfils none.
    func hold(for facts: RecipeFacts) -> Bool {
        isOf(facts) && isWithin(facts) && fitsGuest(facts) && fitsROM(facts)
            && Self.agrees(isVirtual, facts.isVirtual) && Self.agrees(isBootDisplay, facts.isBootDisplay)
            && Self.agrees(isIncomplete, !facts.leftOut.isEmpty)
            && Self.agrees(hasPlatformAudio, facts.platformAudio != nil)
            && Self.agrees(hasVirtualFunctions, facts.virtualFunctions > 0)
            && Self.agrees(hasResizableBARs, facts.hasResizableBARs)
    }

    private func isOf(_ facts: RecipeFacts) -> Bool {
        (recipes.isEmpty || facts.recipe.map(recipes.contains) == true)
            && (families.isEmpty || families.contains(facts.family.name))
            && (classes.isEmpty || facts.primary.class.begins(with: classes))
    }

    private func isWithin(_ facts: RecipeFacts) -> Bool {
        if let generationFrom { guard let own = facts.family.generation, own >= generationFrom else { return false } }
        if let generationBelow { guard let own = facts.family.generation, own < generationBelow else { return false } }
        if let qemuFrom { guard let own = facts.qemu, own >= qemuFrom else { return false } }
        if let qemuBelow { guard let own = facts.qemu, own < qemuBelow else { return false } }
        return true
    }

    private func fitsGuest(_ facts: RecipeFacts) -> Bool {
        (machines.isEmpty || machines.contains(facts.machine))
            && (firmwares.isEmpty || firmwares.contains(facts.firmware))
            && (videos.isEmpty || videos.contains(facts.video))
    }

    private func fitsROM(_ facts: RecipeFacts) -> Bool {
        guard roms.isEmpty || roms.contains(facts.rom) else { return false }
        switch romLacks {
        case nil: return true
        case .bios: return facts.romContents.map { !$0.images.isEmpty && !$0.hasBIOS } ?? false
        case .efi: return facts.romContents.map { !$0.images.isEmpty && !$0.hasEFI } ?? false
        }
    }

    private static func agrees(_ wanted: Bool?, _ known: Bool?) -> Bool { wanted == nil || wanted == known }
}

enum RecipeMachine: String, Sendable { case q35, i440fx, unknown }
enum RecipeFirmware: String, Sendable { case bios, uefi, unknown }
enum RecipeVideo: String, Sendable { case emulated, none, unknown }
/// Where the ROM that a guest sees comes from.
enum RecipeROM: String, Sendable { case brought, device, none, unknown }
/// A part that a ROM lacks.
enum RecipeROMPart: String, Sendable {
    case bios = "no-bios"
    case efi = "no-efi"
}
