import Formats
import Inventory

extension WantedState {
    /// The file's new text.
    ///
    /// - Parameter old: the file as it is, nil when there is none. What in it is the owner's stays as it stands, and so
    ///   does what does not change. A text that cannot be read is replaced.
    public func bytes(replacing old: [UInt8]?) -> [UInt8] {
        var text = EditedText(old ?? [])
        let kept = Set(sections.map(\.key))
        for key in text.document?.sections.compactMap(WantedSection.key(of:)) ?? [] where !kept.contains(key) {
            text.edit { document throws(UCIEditError) in
                guard let index = document.index(of: key) else { return document.bytes }
                return try document.removing(sectionAt: index)
            }
        }
        for section in sections {
            guard text.document?.index(of: section.key) != nil else {
                text.edit { document throws(UCIEditError) in
                    let options = section.options.compactMap { option in option.value.map { (option.name, $0) } }
                    return try document.adding(type: section.type, name: section.name, options: options)
                }
                continue
            }
            for (name, value) in section.options {
                text.edit { document throws(UCIEditError) in
                    guard let index = document.index(of: section.key) else { return document.bytes }
                    let there = document.sections[index]
                    // The one item of a list may stand there as an option, and a truth in other words.
                    if case .list(let items)? = value, there.list(name) == items { return document.bytes }
                    if name == "enabled", case .text(let text)? = value, there.boolean(name) == (text == "1") {
                        return document.bytes
                    }
                    // Written out, it means the same as left out; and who starts the guest is libvirt unless it is said.
                    if name == "when", value == nil, there[name] == "boot" { return document.bytes }
                    if name == "manager", case .text("libvirt")? = value, there[name] == nil, there["when"] != nil {
                        return document.bytes
                    }
                    return try document.setting(name, to: value, inSectionAt: index)
                }
            }
        }
        return text.bytes
    }

    /// Whether a text holds nothing that anybody could miss.
    public static func isEmpty(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { $0 <= 0x20 } }

    private var sections: [WantedSection] {
        var sections: [WantedSection] = []
        if let iommu {
            sections.append(
                WantedSection(
                    type: "iommu",
                    name: "iommu",
                    options: [
                        ("enabled", .text(iommu.isEnabled ? "1" : "0")), ("argument", .list(iommu.arguments)),
                        ("own", .list(iommu.own)),
                    ]
                )
            )
        }
        if let nodes { sections.append(WantedSection(type: "nodes", name: "nodes", options: nodes.access.options)) }
        if !ownFiles.isEmpty {
            sections.append(WantedSection(type: "boot", name: "boot", options: [("own", .list(ownFiles))]))
        }
        return sections + assignments.map(WantedSection.init)
    }
}

extension NodeAccess {
    fileprivate var options: [(String, UCIDocument.Value?)] {
        switch self {
        case .root: [("access", .text("root")), ("group", nil)]
        case .group(let name): [("access", .text("group")), ("group", .text(name))]
        case .world: [("access", .text("world")), ("group", nil)]
        }
    }
}

/// A text that is edited step by step.
private struct EditedText {
    private(set) var bytes: [UInt8]
    private(set) var document: UCIDocument?

    init(_ bytes: [UInt8]) {
        document = try? UCIDocument(bytes)
        self.bytes = document == nil ? [] : bytes
        if document == nil { document = try? UCIDocument([]) }
    }

    /// A step that cannot be made is left out: the names are this file's own.
    mutating func edit(_ step: (UCIDocument) throws(UCIEditError) -> [UInt8]) {
        guard let document, let bytes = try? step(document), let new = try? UCIDocument(bytes) else { return }
        (self.bytes, self.document) = (bytes, new)
    }
}

/// A section as it must be: options that are nil, and lists without items, must not be there.
private struct WantedSection {
    var type: String
    var name: String
    var options: [(name: String, value: UCIDocument.Value?)]

    struct Key: Hashable {
        var type: String
        var name: String
    }

    var key: Key { Key(type: type, name: name) }

    init(type: String, name: String, options: [(String, UCIDocument.Value?)]) {
        self.type = type
        self.name = name
        self.options = options.map { option in
            if case .list(let items)? = option.1, items.isEmpty { return (option.0, nil) }
            return option
        }
    }

    init(_ assignment: WantedState.Assignment) {
        let identity = assignment.identity
        self.init(
            type: "assignment",
            name: assignment.name,
            options: [
                ("address", .text("\(identity.address)")), ("id", .text(identity.id)),
                ("subsystem", identity.subsystem.map { .text($0) }), ("serial", identity.serial.map { .text($0) }),
                ("home", assignment.home.map { .text($0) }), ("guest", assignment.guest.map { .text($0) }),
                ("when", assignment.handOver.map { _ in .text("guest-start") }),
                ("manager", assignment.handOver.map { .text($0.manager.rawValue) }),
                ("consent", assignment.handOver.map { .list($0.consents.map(\.description).sorted()) }),
                ("unsafe", assignment.handOver.map { .list($0.unsafe.map(\.rawValue).sorted()) }),
            ]
        )
    }

    /// Which of these sections one of the file is; nil when it is the owner's own.
    static func key(of section: UCIDocument.Section) -> Key? {
        switch (section.type, section.name) {
        case ("iommu", "iommu"), ("nodes", "nodes"), ("boot", "boot"):
            return Key(type: section.type, name: section.type)
        case ("assignment", let name):
            guard let name = name ?? section["address"].flatMap(PCIAddress.init).map(WantedState.Assignment.name) else {
                return nil
            }
            return Key(type: section.type, name: name)
        default: return nil
        }
    }
}

extension UCIDocument {
    fileprivate func index(of key: WantedSection.Key) -> Int? {
        sections.firstIndex { WantedSection.key(of: $0) == key }
    }
}
