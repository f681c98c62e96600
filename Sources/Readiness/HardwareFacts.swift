import Formats
import Inventory
import Wording

/// What is known of hardware: `Sources/CLinux/data/hardware-facts.uci`, whose head says what each option means.
struct HardwareFacts: Sendable {
    struct Chipset: Sendable {
        var ids: [String]
        var name: String
        var text: Text?
        var source: String
    }

    struct ResetFault: Sendable {
        var families: [Family]
        /// A kernel module that cures it, with underscores.
        var module: String?
        var text: Text
        var remedy: Text
        var source: String
    }

    /// Devices that are alike, as guest-recipes.uci has them.
    struct Family: Sendable {
        var name: String
        var title: Text
        var vendor: HardwareID?
        var classes: [String]
        /// Patterns for device ids, or for whole ids where they have a colon.
        var devices: [ArgumentPattern]

        func contains(_ function: PCIFunction) -> Bool {
            if let vendor, vendor != function.vendor { return false }
            let code = hex(function.class.code, width: 6)
            guard classes.isEmpty || classes.contains(where: { code.hasPrefix($0) }) else { return false }
            return devices.contains { $0.matches($0.text.contains(":") ? function.id : function.device.description) }
        }
    }

    var chipsets: [Chipset]
    var vmd: [HardwareID]
    var faults: [ResetFault]

    /// The table in this binary, read when it is first needed; nil when it could not be read.
    static let builtIn = try? HardwareFacts(CheckData.hardwareFacts, recipes: RecipeData.bytes)

    init(_ bytes: [UInt8], recipes: [UInt8]) throws {
        let document = try UCIDocument(bytes)
        chipsets = try document.sections(ofType: "chipset").map { section in
            Chipset(
                ids: section.words("id"),
                name: try section.needed("name"),
                text: section["en"].map { Text(en: $0, zh: section["zh"] ?? $0) },
                source: try section.needed("source")
            )
        }
        vmd = document.sections(ofType: "vmd").flatMap { $0.words("device") }
            .compactMap { UInt16($0, radix: 16).map { HardwareID($0) } }
        let families = try UCIDocument(recipes).sections(ofType: "family").map { section in
            Family(
                name: section.name ?? "",
                title: Text(en: try section.needed("en"), zh: try section.needed("zh")),
                vendor: section["vendor"].flatMap { UInt16($0, radix: 16) }.map { HardwareID($0) },
                classes: section.words("class"),
                devices: section.words("device").map { ArgumentPattern($0) }
            )
        }
        faults = try document.sections(ofType: "reset_fault").map { section in
            let names = section.list("family")
            let meant = families.filter { names.contains($0.name) }
            guard meant.count == names.count else {
                throw ArgumentTable.Mistake(description: "there is no family among \(names)")
            }
            return ResetFault(
                families: meant,
                module: section["module"],
                text: Text(en: try section.needed("en"), zh: try section.needed("zh")),
                remedy: Text(en: try section.needed("remedy_en"), zh: try section.needed("remedy_zh")),
                source: try section.needed("source")
            )
        }
    }

    func chipset(of function: PCIFunction) -> Chipset? { chipsets.first { $0.ids.contains(function.id) } }

    func fault(of function: PCIFunction) -> ResetFault? {
        faults.first { $0.families.contains { $0.contains(function) } }
    }
}

extension UCIDocument.Section {
    /// All words of a list, or of an option.
    fileprivate func words(_ option: String) -> [String] {
        let values = list(option).isEmpty ? [self[option]].compactMap(\.self) : list(option)
        return values.flatMap { $0.split(separator: " ").map(String.init) }
    }
}
