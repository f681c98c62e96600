internal import Formats
internal import Inventory
internal import Wording

/// `Sources/CLinux/data/guest-recipes.uci`, whose head says what each option means.
struct RecipeTable: Sendable {
    var families: [RecipeFamily]
    var recipes: [Recipe]
    var settings: [RecipeSetting]
    var notes: [RecipeNote]
    var properties: [RecipeProperty]

    /// The table in this binary, read when it is first needed; nil when it could not be read.
    static let builtIn = try? RecipeTable(RecipeData.bytes)

    /// A mistake in the data: the section or its option.
    struct Mistake: Error, CustomStringConvertible {
        var description: String
    }

    init(_ bytes: [UInt8]) throws {
        let document = try UCIDocument(bytes)
        families = try document.sections(ofType: "family").map { try RecipeFamily($0) }
        recipes = try document.sections(ofType: "recipe").map { try Recipe($0) }
        settings = try document.sections(ofType: "setting").map { try RecipeSetting($0) }
        notes = try document.sections(ofType: "note").map { try RecipeNote($0) }
        properties = try document.sections(ofType: "property").map { try RecipeProperty($0) }
        try checkNames()
    }

    /// A condition that names nothing would never hold, and nobody would notice.
    private func checkNames() throws {
        let families = Set(families.map(\.name))
        let recipes = Set(recipes.map(\.name))
        let conditions = self.recipes.map(\.conditions) + settings.map(\.conditions) + notes.map(\.conditions)
        for condition in conditions {
            for name in condition.families where !families.contains(name) {
                throw Mistake(description: "there is no family \(name)")
            }
            for name in condition.recipes where !recipes.contains(name) {
                throw Mistake(description: "there is no recipe \(name)")
            }
        }
        for setting in settings where !properties.contains(where: { $0.name == setting.property.name }) {
            throw Mistake(description: "there is no property \(setting.property.name)")
        }
    }

    /// The first family that a device belongs to.
    func family(of function: PCIFunction) -> RecipeFamily? { families.first { $0.contains(function) } }

    func property(_ name: String) -> RecipeProperty? { properties.first { $0.name == name } }
}

/// Devices that are alike.
struct RecipeFamily: Sendable {
    var name: String
    var title: Text
    /// Nil for those of all vendors.
    var vendor: HardwareID?
    /// Beginnings of class codes; empty for all classes.
    var classes: [String]
    /// Patterns for device ids, or for whole ids where they have a colon.
    var devices: [String]
    /// Of Intel's graphics.
    var generation: Int?
    var source: String
    var samples: [String]
    var counters: [String]

    init(_ section: UCIDocument.Section) throws {
        name = section.name ?? ""
        title = try section.text("")
        vendor = try section["vendor"].map { text in
            guard let id = UInt16(text, radix: 16) else { throw section.mistake("vendor cannot be \(text)") }
            return HardwareID(id)
        }
        classes = section.words("class")
        devices = section.words("device")
        guard !devices.isEmpty else { throw section.mistake("no device") }
        generation = try section.number("generation")
        source = try section.needed("source")
        samples = section.list("sample")
        counters = section.list("counter")
    }

    func contains(_ function: PCIFunction) -> Bool {
        if let vendor, vendor != function.vendor { return false }
        guard classes.isEmpty || function.class.begins(with: classes) else { return false }
        return devices.contains { pattern in
            let id = pattern.contains(":") ? function.id : function.device.description
            return ModuleAliases.matches(pattern: Array(pattern.utf8), name: Array(id.utf8))
        }
    }
}

/// How a device is given away.
struct Recipe: Sendable {
    var name: String
    var title: Text
    var why: Text
    var conditions: RecipeConditions
    var guestAddress: GuestAddress?
    var requirements: [GuestRequirement]
    var hidesROM: Bool
    var source: String

    init(_ section: UCIDocument.Section) throws {
        name = section.name ?? ""
        title = try section.text("")
        why = try section.text("why_")
        conditions = try RecipeConditions(section)
        guestAddress = try section["guest_address"].map { text in
            guard let address = PCIAddress(text) else { throw section.mistake("guest_address cannot be \(text)") }
            return GuestAddress(bus: Int(address.bus), slot: Int(address.device), function: Int(address.function))
        }
        requirements = try section.list("requires").map { try GuestRequirement(recipe: $0, section) }
        hidesROM = section["rom_default"] == "hidden"
        source = try section.needed("source")
    }
}

/// A property of QEMU's device that a recipe sets.
struct RecipeSetting: Sendable {
    /// What to do if QEMU lacks the property.
    enum Lacking: String, Sendable { case skip, warn, refuse }

    var property: DeviceProperty
    var lacking: Lacking
    var why: Text
    var conditions: RecipeConditions
    var source: String

    init(_ section: UCIDocument.Section) throws {
        let value = try section.needed("value")
        property = DeviceProperty(
            try section.needed("property"),
            value == "on" || value == "off" ? .bool(value == "on") : UInt(value).map { .unsigned($0) } ?? .string(value)
        )
        lacking = try section.choice("lacking")
        why = try section.text("")
        conditions = try RecipeConditions(section)
        source = try section.needed("source")
    }
}

/// Something to say.
struct RecipeNote: Sendable {
    enum Level: String, Sendable { case reason, warning, refusal }

    var level: Level
    var text: Text
    var conditions: RecipeConditions
    var source: String

    init(_ section: UCIDocument.Section) throws {
        level = try section.choice("level")
        text = try section.text("")
        conditions = try RecipeConditions(section)
        source = try section.needed("source")
    }
}

/// What is known of a property of vfio-pci.
struct RecipeProperty: Sendable {
    var name: String
    /// The first QEMU that has it; nil when it is older than any that counts.
    var since: SoftwareVersion?
    var meaning: Text
    var source: String

    init(_ section: UCIDocument.Section) throws {
        name = try section.needed("name")
        since = try section.version("qemu_from")
        meaning = try section.text("")
        source = try section.needed("source")
    }
}
