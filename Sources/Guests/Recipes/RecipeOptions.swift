internal import Formats
internal import Inventory
internal import Wording

/// Options of the data's sections as values.
extension UCIDocument.Section {
    func mistake(_ what: String) -> RecipeTable.Mistake {
        RecipeTable.Mistake(description: "\(name ?? self["property"] ?? self["en"] ?? type): \(what)")
    }

    /// An option that has to be there.
    func needed(_ option: String) throws -> String {
        guard let text = self[option], !text.isEmpty else { throw mistake("no \(option)") }
        return text
    }

    /// `en` and `zh`, or the same behind a prefix.
    func text(_ prefix: String) throws -> Text {
        Text(en: try needed(prefix + "en"), zh: try needed(prefix + "zh"))
    }

    /// All words of a list's items.
    func words(_ option: String) -> [String] {
        list(option).flatMap { $0.split(separator: " ").map(String.init) }
    }

    func number(_ option: String) throws -> Int? {
        try self[option].map { text in
            guard let number = Int(text) else { throw mistake("\(option) cannot be \(text)") }
            return number
        }
    }

    func version(_ option: String) throws -> SoftwareVersion? {
        try self[option].map { text in
            guard let version = SoftwareVersion(text) else { throw mistake("\(option) cannot be \(text)") }
            return version
        }
    }

    /// 1 or 0.
    func flag(_ option: String) throws -> Bool? {
        try self[option].map { text in
            guard let flag = boolean(option) else { throw mistake("\(option) cannot be \(text)") }
            return flag
        }
    }

    func choice<Choice: RawRepresentable<String>>(_ option: String) throws -> Choice {
        let text = try needed(option)
        guard let choice = Choice(rawValue: text) else { throw mistake("\(option) cannot be \(text)") }
        return choice
    }

    func choices<Choice: RawRepresentable<String>>(_ option: String) throws -> [Choice] {
        try list(option).map { text in
            guard let choice = Choice(rawValue: text) else { throw mistake("\(option) cannot be \(text)") }
            return choice
        }
    }
}

extension GuestRequirement {
    /// `machine=q35`, `firmware=uefi`, `video=none`.
    init(recipe text: String, _ section: UCIDocument.Section) throws {
        let parts = text.split(separator: "=").map(String.init)
        switch (parts.first, parts.last) {
        case ("machine", let name?):
            guard let machine = MachineFamily(rawValue: name) else { throw section.mistake("no machine \(name)") }
            self = .machine(machine)
        case ("firmware", let name?):
            guard let firmware = GuestFirmware(rawValue: name) else { throw section.mistake("no firmware \(name)") }
            self = .firmware(firmware)
        case ("video", "none"): self = .noEmulatedVideo
        default: throw section.mistake("requires cannot be \(text)")
        }
    }
}

extension PCIClass {
    /// Whether the code begins with one of these digits.
    func begins(with digits: [String]) -> Bool {
        let code = hex(code, width: 6)
        return digits.contains { code.hasPrefix($0) }
    }
}
