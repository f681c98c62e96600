internal import Formats
internal import Wording

extension DomainEdit {
    /// Passes on what libvirt's elements cannot say, and takes away what was passed on before and is not asked for now.
    mutating func specials(_ devices: [GuestDevice], _ hypervisor: Hypervisor) throws(DomainError) {
        let all = devices.map { (device: $0, specials: DeviceSpecials($0)) }
        guard all.contains(where: { !$0.specials.isEmpty }) else { return removeSpecials(Set(devices.map(\.key))) }
        guard let libvirt = hypervisor.libvirt else {
            let first = all.lazy.flatMap(\.specials.properties).first?.name ?? ""
            throw DomainError(.unknownVersion("libvirt", feature: first))
        }
        let form = SpecialsForm(libvirt)
        var overrides: [String: DeviceSpecials] = [:]
        var settings: [String: [String]] = [:]
        for (device, specials) in all {
            overrides[device.key] = form == .override && !specials.isEmpty ? specials : nil
            settings[device.key] = form == .override ? [] : specials.settings(alias: device.alias)
        }
        write(overrides, of: devices.map(\.key))
        write(settings, order: devices.map(\.key))
        if case .set(let names) = form { removeCapabilities(names) }
        returnCapabilities(settingsLeft: settings)
    }

    /// Takes away what was passed on for devices.
    mutating func removeSpecials(_ keys: Set<String>) {
        write([:], of: keys.sorted())
        let none = Dictionary(uniqueKeysWithValues: keys.map { ($0, [String]()) })
        write(none, order: keys.sorted())
        returnCapabilities(settingsLeft: none)
    }

    // MARK: Overrides

    /// Makes the `<qemu:device>` of each key say what is given, or go.
    private mutating func write(_ overrides: [String: DeviceSpecials], of keys: [String]) {
        var written: Set<String> = []
        let parents = document.qemuParts("override")
        for parent in parents {
            for element in parent.children where element.localName == "device" {
                guard let key = element["alias"].flatMap(Self.ownKey), keys.contains(key) else { continue }
                guard let wanted = overrides[key], written.insert(key).inserted else {
                    editor.remove([element], from: parent, goesWhenEmpty: true)
                    continue
                }
                if DeviceSpecials(override: element) != wanted {
                    editor.replace(
                        element,
                        of: parent,
                        with: wanted.override(alias: DomainMarks.alias + key, prefix: parent.prefix)
                    )
                }
            }
        }
        let new = keys.filter { overrides[$0] != nil && !written.contains($0) }
        guard !new.isEmpty else { return }
        let (wrapper, prefix) = document.qemuWrapper("override", among: parents)
        let nodes = new.compactMap { overrides[$0]?.override(alias: DomainMarks.alias + $0, prefix: prefix) }
        add(nodes, to: parents.first, orMake: wrapper)
    }

    /// The key in an alias of passthru's.
    private static func ownKey(_ alias: String) -> String? {
        guard alias.utf8.starts(with: DomainMarks.alias.utf8) else { return nil }
        return String(decoding: alias.utf8.dropFirst(DomainMarks.alias.utf8.count), as: UTF8.self)
    }

    // MARK: Arguments

    /// A `-set` and its argument in `<qemu:commandline>`.
    private struct Setting {
        var key: String
        var value: String
        var elements: [XMLElement]
    }

    private func settings(in parent: XMLElement) -> [Setting] {
        let arguments = parent.children.filter { $0.localName == "arg" && $0.namespace == DomainMarks.qemu }
        return zip(arguments, arguments.dropFirst()).compactMap { option, argument in
            let start = "device.\(DomainMarks.alias)"
            guard option["value"] == "-set", let value = argument["value"], value.utf8.starts(with: start.utf8) else {
                return nil
            }
            let key = value.utf8.dropFirst(start.utf8.count).prefix { $0 != UInt8(ascii: ".") }
            return Setting(key: String(decoding: key, as: UTF8.self), value: value, elements: [option, argument])
        }
    }

    /// Makes the arguments of each key those given.
    private mutating func write(_ settings: [String: [String]], order: [String]) {
        let parents = document.qemuParts("commandline")
        var missing = settings
        for parent in parents {
            for setting in self.settings(in: parent) {
                guard let wanted = missing[setting.key] else { continue }
                if let place = wanted.firstIndex(of: setting.value) {
                    missing[setting.key]?.remove(at: place)
                } else {
                    editor.remove(setting.elements, from: parent, goesWhenEmpty: true)
                }
            }
        }
        let new = order.flatMap { missing[$0] ?? [] }
        guard !new.isEmpty else { return }
        let (wrapper, prefix) = document.qemuWrapper("commandline", among: parents)
        let name = prefix.map { "\($0):arg" } ?? "arg"
        let nodes = new.flatMap { [XMLNode(name, ["value": "-set"]), XMLNode(name, ["value": $0])] }
        add(nodes, to: parents.first, orMake: wrapper)
    }

    // MARK: Capabilities

    /// Takes capabilities of QEMU away from the domain that its owner has left it.
    private mutating func removeCapabilities(_ names: [String]) {
        let parents = document.qemuParts("capabilities")
        let there = parents.flatMap(\.children).filter { $0.localName == "del" }.compactMap { $0["capability"] }
        let new = names.filter { !there.contains($0) }
        guard !new.isEmpty else { return }
        let (wrapper, prefix) = document.qemuWrapper("capabilities", among: parents)
        let nodes = new.map { XMLNode(prefix.map { "\($0):del" } ?? "del", ["capability": $0]) }
        add(nodes, to: parents.first, orMake: wrapper)
        kept.withoutCapabilities += new.filter { !kept.withoutCapabilities.contains($0) }
    }

    /// Gives capabilities back that were taken away for arguments, once none is left.
    private mutating func returnCapabilities(settingsLeft: [String: [String]]) {
        guard !kept.withoutCapabilities.isEmpty else { return }
        let others = document.qemuParts("commandline").flatMap(settings).contains { settingsLeft[$0.key] == nil }
        guard !others, settingsLeft.values.allSatisfy(\.isEmpty) else { return }
        for parent in document.qemuParts("capabilities") {
            let own = parent.children.filter {
                $0.localName == "del" && $0["capability"].map(kept.withoutCapabilities.contains) == true
            }
            editor.remove(own, from: parent, goesWhenEmpty: true)
        }
        kept.withoutCapabilities = []
    }
}

extension DomainDocument {
    /// The children of the domain of that name in QEMU's namespace, whatever its prefix.
    func qemuParts(_ name: String) -> [XMLElement] {
        root.children.filter { $0.namespace == DomainMarks.qemu && $0.localName == name }
    }

    /// A new one, where there is none, with the prefix for its children.
    ///
    /// The namespace is declared on the new element unless the domain declares it, so that the domain's start tag stays.
    func qemuWrapper(_ name: String, among parts: [XMLElement]) -> (node: XMLNode, prefix: String?) {
        if let part = parts.first { return (XMLNode(part.name), part.prefix) }
        let declared = root.attributes.filter {
            $0.value == DomainMarks.qemu && $0.key.utf8.starts(with: "xmlns:".utf8)
        }
        .keys.map { String(decoding: $0.utf8.dropFirst(6), as: UTF8.self) }.min()
        if let declared { return (XMLNode("\(declared):\(name)"), declared) }
        return (XMLNode("qemu:\(name)", ["xmlns:qemu": DomainMarks.qemu]), "qemu")
    }
}
