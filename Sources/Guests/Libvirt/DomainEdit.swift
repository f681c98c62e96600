internal import Formats
internal import Inventory
public import Wording

extension DomainDocument {
    /// Adds devices, or changes those of passthru that are there already; twice is once.
    ///
    /// Functions of one device of the host stay together on one slot of the guest. A device that stands in the document
    /// keeps the address that libvirt gave it, as long as no other is asked for.
    ///
    /// - Parameters:
    ///   - requirements: What the guest must be like for these devices.
    ///   - hypervisor: What runs the guest. Plain devices are written the same way for all versions.
    /// - Returns: What was done, a sentence each.
    public mutating func attach(
        _ devices: [GuestDevice],
        requirements: [GuestRequirement] = [],
        for hypervisor: Hypervisor
    ) throws(DomainError) -> [Text] {
        var wanted: [GuestDevice] = []
        for device in devices {
            wanted.removeAll { $0.key == device.key }
            wanted.append(device)
        }
        try DomainChecks(self, wanted, requirements, hypervisor).run()
        var edit = DomainEdit(self)
        let givesWay = requirements.contains(.noEmulatedVideo)
        try edit.devices(wanted, withoutVideos: givesWay)
        try edit.specials(wanted, hypervisor)
        edit.videos(wanted.map(\.key), areNeeded: givesWay)
        return try finish(edit)
    }

    /// Takes passthru's devices away, with all that was added for them.
    ///
    /// - Parameter keys: `GuestDevice.key` of each; what is not there is passed over.
    /// - Returns: What was done, a sentence each.
    public mutating func detach(_ keys: Set<String>) throws(DomainError) -> [Text] {
        var edit = DomainEdit(self)
        try edit.removeDevices(keys)
        edit.removeSpecials(keys)
        edit.videos(Array(keys), areNeeded: false, areLeaving: true)
        return try finish(edit)
    }

    private mutating func finish(_ edit: DomainEdit) throws(DomainError) -> [Text] {
        let bytes = edit.bytes
        // What cannot be read again, such as a document that has become too long, is not written.
        if bytes != self.bytes { self = try DomainDocument(bytes) }
        return edit.done
    }
}

/// One edit of a document: what passthru's parts shall be, against what they are.
struct DomainEdit {
    let document: DomainDocument
    var editor: XMLEditor
    /// A sentence for each thing done.
    var done: [Text] = []
    /// What `<metadata>` shall keep.
    var kept: KeptParts
    /// Children of the domain that are missing and are made at the end.
    private var wrappers: [XMLNode] = []

    init(_ document: DomainDocument) {
        self.document = document
        let kept = document.keptElement.map(KeptParts.init) ?? KeptParts()
        self.kept = kept
        editor = XMLEditor(document.xml, marks: DomainMarks.comments) { element in
            element.ownKey != nil || element.alias?.utf8.starts(with: DomainMarks.alias.utf8) == true
                || element["alias"]?.utf8.starts(with: DomainMarks.alias.utf8) == true
                || element["value"]?.utf8.starts(with: "device.\(DomainMarks.alias)".utf8) == true
                || element.namespace == DomainMarks.kept
                || element["capability"].map(kept.withoutCapabilities.contains) == true
        }
    }

    /// Adds to a child of the domain, which is made where it is missing.
    mutating func add(_ nodes: [XMLNode], to parent: XMLElement?, orMake wrapper: XMLNode) {
        guard !nodes.isEmpty else { return }
        if let parent { return editor.add(nodes, to: parent) }
        let place = wrappers.firstIndex { $0.name == wrapper.name } ?? wrappers.endIndex
        if place == wrappers.endIndex { wrappers.append(wrapper) }
        wrappers[place].children += nodes
    }

    /// The document with the edit.
    var bytes: [UInt8] {
        var edit = self
        edit.keep()
        for wrapper in edit.wrappers { edit.editor.add(wrapper: wrapper, to: document.root) }
        return edit.editor.bytes
    }

    /// Writes what `<metadata>` shall keep.
    private mutating func keep() {
        let metadata = document.part("metadata")
        let old = document.keptElement
        if kept.isEmpty {
            if let metadata, let old { editor.remove([old], from: metadata, goesWhenEmpty: true) }
        } else if let metadata, let old {
            if KeptParts(old) != kept { editor.replace(old, of: metadata, with: kept.node) }
        } else {
            add([kept.node], to: metadata, orMake: XMLNode("metadata"))
        }
    }
}
