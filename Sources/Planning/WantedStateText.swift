import Formats
import Inventory

extension WantedState {
    /// The file's new text.
    ///
    /// - Parameter old: the file as it is, nil when there is none. What in it is the owner's stays as it stands, and so
    ///   does what does not change. A text that cannot be read is replaced.
    public func bytes(replacing old: [UInt8]?) -> [UInt8] {
        guard let old, let document = try? UCIDocument(old) else {
            return Array(sections.map(\.text).joined(separator: "\n").utf8)
        }
        var edits: [(range: Range<Int>, text: String)] = []
        var added: [String] = []
        let known = document.sections.compactMap { section in Section.key(of: section).map { ($0, section) } }
        for section in sections {
            guard let there = known.first(where: { $0.0 == section.key })?.1 else {
                added.append(section.text)
                continue
            }
            edits += section.edits(of: there, in: old)
        }
        let kept = Set(sections.map(\.key))
        for (key, section) in known where !kept.contains(key) {
            edits += section.ranges.map { (wholeLine($0, in: old, withBlankBefore: true), "") }
            edits += section.options.flatMap(\.ranges).map { (wholeLine($0, in: old), "") }
        }
        var bytes = old
        for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            bytes.replaceSubrange(edit.range, with: edit.text.utf8)
        }
        for text in added {
            if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
            if !bytes.isEmpty { bytes.append(UInt8(ascii: "\n")) }
            bytes += text.utf8
        }
        return bytes
    }

    /// Whether a text holds nothing that anybody could miss.
    public static func isEmpty(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { $0 <= 0x20 } }

    private var sections: [Section] {
        var sections: [Section] = []
        if let iommu {
            sections.append(
                Section(
                    type: "iommu",
                    name: "iommu",
                    options: [
                        ("enabled", .text(iommu.isEnabled ? "1" : "0")), ("argument", .list(iommu.arguments)),
                        ("own", .list(iommu.own)),
                    ]
                )
            )
        }
        if let nodes { sections.append(Section(type: "nodes", name: "nodes", options: nodes.access.options)) }
        if !ownFiles.isEmpty {
            sections.append(Section(type: "boot", name: "boot", options: [("own", .list(ownFiles))]))
        }
        return sections + assignments.map(Section.init)
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

/// A section as it must be: options that are nil, and lists without items, must not be there.
private struct Section {
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

    var text: String {
        "config \(type) '\(name)'\n" + options.map { Self.lines($0.name, $0.value) }.joined()
    }

    private static func lines(_ name: String, _ value: UCIDocument.Value?) -> String {
        switch value {
        case .text(let text)?: "\toption \(name) \(quoted(text))\n"
        case .list(let items)?: items.map { "\tlist \(name) \(quoted($0))\n" }.joined()
        case nil: ""
        }
    }

    /// In single quotes nothing is special; a quote itself stands outside of them.
    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            bytes += byte == UInt8(ascii: "'") ? Array("'\\''".utf8) : [byte]
        }
        return "'" + String(decoding: bytes, as: UTF8.self) + "'"
    }

    /// What makes the section of the file say this.
    func edits(of section: UCIDocument.Section, in bytes: [UInt8]) -> [(range: Range<Int>, text: String)] {
        var edits: [(range: Range<Int>, text: String)] = []
        for (name, value) in options {
            let there = section.options.first { $0.name == name }
            // One item of a list may stand there as an option.
            if case .list(let items)? = value, section.list(name) == items { continue }
            guard there?.value != value else { continue }
            edits += (there?.ranges.dropFirst() ?? []).map { (wholeLine($0, in: bytes), "") }
            if let first = there?.ranges.first {
                edits.append((wholeLine(first, in: bytes), Self.lines(name, value)))
            } else if let place = (section.ranges + section.options.flatMap(\.ranges)).map(\.upperBound).max() {
                let end = wholeLine(place..<place, in: bytes).upperBound
                let isOpen = end == bytes.count && bytes.last != UInt8(ascii: "\n")
                edits.append((end..<end, (isOpen ? "\n" : "") + Self.lines(name, value)))
            }
        }
        return edits
    }
}

/// A statement with its line, where it stands alone on it; else the statement only.
///
/// - Parameter withBlankBefore: also an empty line above, as stands before each section but the first.
private func wholeLine(_ range: Range<Int>, in bytes: [UInt8], withBlankBefore: Bool = false) -> Range<Int> {
    let newline = UInt8(ascii: "\n")
    var start = range.lowerBound
    while start > 0, bytes[start - 1] == 0x20 || bytes[start - 1] == 0x09 { start -= 1 }
    guard start == 0 || bytes[start - 1] == newline || range.isEmpty else { return range }
    var end = range.upperBound
    while end < bytes.count, bytes[end] != newline {
        // What follows, a comment too, belongs to the statement; another statement does not.
        if bytes[end] == UInt8(ascii: ";") { return range.lowerBound..<(end + 1) }
        end += 1
    }
    end = min(end + 1, bytes.count)
    if withBlankBefore, start >= 2, bytes[start - 1] == newline, bytes[start - 2] == newline { start -= 1 }
    return start..<end
}
