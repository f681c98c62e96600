public import Inventory
internal import Wording

/// What is known of handing over particular devices: `Sources/CLinux/data/guest-recipes.uci`, whose head says what each
/// option means.
public enum GuestRecipes {
    /// How the configuration of a guest should hand over functions, and why.
    ///
    /// - Parameters:
    ///   - functions: what the guest gets; the more of their details were read, the more is known.
    ///   - host: the machine that has them, with all its PCI functions.
    ///   - guest: what the guest is; what it does not say the recipe is free to choose.
    ///   - hypervisor: what runs it. A property that this QEMU is known to lack is not used.
    ///   - rom: an expansion ROM for the display among the functions, or for the only device. Its contents should have been
    ///     judged for that device and for no particular firmware.
    /// - Returns: an advice for each device, functions of one slot together and virtual functions alone, in the order of
    ///   their addresses.
    public static func advice(
        for functions: [PCIFunction],
        on host: Host,
        guest: GuestShape = GuestShape(),
        hypervisor: Hypervisor = Hypervisor(),
        rom: BroughtROM? = nil
    ) -> [RecipeAdvice] {
        let slots = slots(of: functions)
        guard let table = RecipeTable.builtIn else {
            return slots.map { slot in
                var advice = RecipeAdvice(plain: slot)
                advice.warnings.append(RecipePhrases.noRecipes)
                return advice
            }
        }
        let advisor = RecipeAdvisor(table: table, host: host, guest: guest, hypervisor: hypervisor)
        let owner = rom == nil ? nil : romOwner(slots)
        var advice = slots.enumerated().map { index, slot in
            advisor.advice(for: slot, rom: index == owner ? rom : nil)
        }
        if let rom, owner == nil, !advice.isEmpty { advice[0].refuse(RecipePhrases.whoseROM(rom.path)) }
        return apart(advice)
    }

    /// The function that a ROM is for which somebody brought along with these; nil when that is not clear.
    public static func romOwner(among functions: [PCIFunction]) -> PCIFunction? {
        let slots = slots(of: functions)
        guard let owner = romOwner(slots) else { return nil }
        return slots[owner].first(where: \.class.isDisplay) ?? slots[owner].first
    }

    private static func slots(of functions: [PCIFunction]) -> [[PCIFunction]] {
        var slots: [[PCIFunction]] = []
        for function in functions.sorted(by: { $0.address < $1.address }) {
            let isVirtual = function.details?.physicalFunction != nil
            if let last = slots.last?.first, !isVirtual, last.details?.physicalFunction == nil,
                last.address.sharesSlot(with: function.address)
            {
                slots[slots.count - 1].append(function)
            } else {
                slots.append([function])
            }
        }
        return slots
    }

    private static func romOwner(_ slots: [[PCIFunction]]) -> Int? {
        let displays = slots.indices.filter { slots[$0].contains(where: \.class.isDisplay) }
        if displays.count == 1 { return displays.first }
        return slots.count == 1 ? 0 : nil
    }

    /// Two devices cannot stand in one place of the guest.
    private static func apart(_ advice: [RecipeAdvice]) -> [RecipeAdvice] {
        var taken: [GuestAddress: PCIAddress] = [:]
        return advice.map { advice in
            var advice = advice
            for device in advice.devices {
                guard let place = device.guestAddress else { continue }
                if let other = taken[place] { advice.refuse(RecipePhrases.samePlace(place, other)) }
                taken[place] = device.address
            }
            return advice
        }
    }
}

extension RecipeAdvice {
    /// Functions as they are, with nothing known of them.
    init(plain functions: [PCIFunction]) {
        self.init(id: "generic", title: RecipePhrases.device, functions: functions.map(\.address))
        devices = self.functions.map { PCIGuestDevice($0) }
    }

    fileprivate mutating func refuse(_ text: Text) {
        refusals.append(text)
        devices = []
    }
}

extension [RecipeAdvice] {
    /// What the guest must be like for all of them.
    public var requirements: [GuestRequirement] {
        var found: [GuestRequirement] = []
        for requirement in flatMap(\.requirements) where !found.contains(requirement) { found.append(requirement) }
        return found
    }
}
