internal import Inventory
internal import Wording

/// Finds the recipe for one device, and says what it says.
struct RecipeAdvisor {
    let table: RecipeTable
    let host: Host
    let guest: GuestShape
    let hypervisor: Hypervisor

    /// What the functions of one slot are given as; the one whose family stands first in the data decides.
    func advice(for functions: [PCIFunction], rom: BroughtROM?) -> RecipeAdvice {
        guard let (primary, family) = primary(of: functions) else { return RecipeAdvice(plain: functions) }
        var facts = RecipeFacts(
            functions,
            primary: primary,
            family: family,
            host: host,
            guest: guest,
            hypervisor: hypervisor,
            rom: rom
        )
        guard let recipe = table.recipes.first(where: { $0.conditions.hold(for: facts) }) else {
            return RecipeAdvice(plain: functions)
        }
        facts.recipe = recipe.name
        var advice = RecipeAdvice(id: recipe.name, title: recipe.title, functions: functions.map(\.address))
        advice.family = family.title
        advice.requirements = recipe.requirements
        advice.reasons = [facts.filled(recipe.why)]
        advice.refusals = recipe.requirements.compactMap { RecipePhrases.conflict($0, guest, facts) }
        if let contents = rom?.contents {
            let path = Text(verbatim: (rom?.path ?? "") + ": ")
            advice.refusals += contents.findings.filter { $0.level == .problem }.map { path + $0.text }
            advice.warnings += contents.findings.filter { $0.level == .warning }.map { path + $0.text }
        }
        facts.meet(recipe.requirements)
        let properties = settle(&advice, facts)
        for note in table.notes where note.conditions.hold(for: facts) {
            switch note.level {
            case .reason: advice.reasons.append(facts.filled(note.text))
            case .warning: advice.warnings.append(facts.filled(note.text))
            case .refusal: advice.refusals.append(facts.filled(note.text))
            }
        }
        if advice.refusals.isEmpty {
            advice.devices = functions.map { function in
                var device = PCIGuestDevice(function.address)
                if recipe.hidesROM { device.rom = .hidden }
                guard function.address == primary.address else { return device }
                if let rom { device.rom = .file(rom.path) }
                device.guestAddress = recipe.guestAddress
                device.properties = properties
                return device
            }
        }
        return advice
    }

    private func primary(of functions: [PCIFunction]) -> (PCIFunction, RecipeFamily)? {
        for family in table.families {
            if let function = functions.first(where: { table.family(of: $0)?.name == family.name }) {
                return (function, family)
            }
        }
        return nil
    }

    /// The properties that are set, after a look at what this QEMU has.
    private func settle(_ advice: inout RecipeAdvice, _ facts: RecipeFacts) -> [DeviceProperty] {
        var properties: [DeviceProperty] = []
        for setting in table.settings where setting.conditions.hold(for: facts) {
            guard lacks(setting.property.name) else {
                properties.append(setting.property)
                advice.reasons.append(facts.filled(setting.why))
                continue
            }
            let text = RecipePhrases.lacking(setting.property.name, hypervisor) + facts.filled(setting.why)
            switch setting.lacking {
            case .skip: break
            case .warn: advice.warnings.append(text)
            case .refuse: advice.refusals.append(text)
            }
        }
        return properties
    }

    /// Whether QEMU's device has no such property: as it says itself, else by its version. Of a QEMU that is not known
    /// only what all have is expected.
    private func lacks(_ property: String) -> Bool {
        if let known = hypervisor.properties["vfio-pci"] { return !known.contains(property) }
        guard let since = table.property(property)?.since else { return false }
        return hypervisor.qemu.map { $0 < since } ?? true
    }
}
