internal import Formats
internal import Inventory
internal import Wording

extension DomainEdit {
    /// Adds or changes devices.
    ///
    /// - Parameter withoutVideos: Whether the displays leave their places in this edit.
    mutating func devices(_ devices: [GuestDevice], withoutVideos: Bool) throws(DomainError) {
        let own = ownDevices
        let groups = groups(devices, own)
        let keys = Set(devices.map(\.key))
        var slots = GuestSlots(
            document,
            moving: keys.union(groups.flatMap { $0.map(\.key) }),
            withoutVideos: withoutVideos
        )
        for group in groups { try slots.place(group) }
        var new: [XMLNode] = slots.newPorts.map { port in
            done.append(.portAdded(port.index))
            return XMLNode(
                "controller",
                ["type": "pci", "index": "\(port.index)", "model": "pcie-root-port"],
                [XMLNode("alias", ["name": port.alias])]
            )
        }
        for device in devices {
            let old = own.first { $0.key == device.key }
            var facts = DeviceFacts(device)
            if let address = device.placeBesideFunctions { try slots.place(address, device.key) }
            // What was left to libvirt stays as libvirt chose it.
            facts.place = slots.places[device.key] ?? old?.facts.place
            facts.mac = facts.mac ?? old?.facts.mac
            if let old {
                replace(old, with: facts)
            } else {
                new.append(facts.node(alias: device.alias))
                done.append(.added(device.key))
            }
        }
        // Functions that were there already make room for those that join them.
        move(own.filter { !keys.contains($0.key) }, to: slots.places)
        let parent = document.root.children.first { $0.name == "devices" && $0.namespace == nil }
        add(new, to: parent, orMake: XMLNode("devices"))
        removePorts(places: slots.places, without: [])
    }

    /// Takes devices away.
    mutating func removeDevices(_ keys: Set<String>) throws(DomainError) {
        let own = ownDevices
        let gone = own.filter { keys.contains($0.key) }
        for device in gone {
            editor.remove([device.element], from: device.parent)
            done.append(.removed(device.key))
        }
        let hostSlots = Set(gone.compactMap(\.address?.slot))
        let left = own.filter { !keys.contains($0.key) && $0.address.map { hostSlots.contains($0.slot) } == true }
        var slots = GuestSlots(document, moving: keys.union(left.map(\.key)))
        for slot in hostSlots.sorted() {
            try slots.place(left.filter { $0.address?.slot == slot }.compactMap(\.member))
        }
        move(left, to: slots.places)
        removePorts(places: slots.places, without: keys)
    }

    // MARK: Own devices

    /// A device that an earlier edit added.
    struct OwnDevice {
        var key: String
        var element: XMLElement
        var parent: XMLElement
        var facts: DeviceFacts

        /// Of a function that belongs on one slot with others of its device.
        var address: PCIAddress? {
            guard facts.kind == .hostdev, case .pci(let address) = facts.host else { return nil }
            return address
        }

        var member: GuestSlots.Member? {
            address.map { GuestSlots.Member(key: key, host: $0, wanted: nil, current: facts.place) }
        }
    }

    private var ownDevices: [OwnDevice] {
        document.root.children.filter { $0.name == "devices" && $0.namespace == nil }.flatMap { parent in
            parent.children.compactMap { element in
                guard let key = element.ownKey, let facts = DeviceFacts(element) else { return nil }
                return OwnDevice(key: key, element: element, parent: parent, facts: facts)
            }
        }
    }

    /// The functions that this edit places, by the slot of the host that they share.
    private func groups(_ devices: [GuestDevice], _ own: [OwnDevice]) -> [[GuestSlots.Member]] {
        var order: [String] = []
        var groups: [String: [GuestSlots.Member]] = [:]
        for case .pci(let device) in devices {
            let key = GuestDevice.key(of: device.address)
            let slot = device.address.slot
            if groups[slot] == nil { order.append(slot) }
            groups[slot, default: []].append(
                GuestSlots.Member(
                    key: key,
                    host: device.address,
                    wanted: device.guestAddress,
                    current: own.first { $0.key == key }?.facts.place
                )
            )
        }
        for device in own where !devices.contains(where: { $0.key == device.key }) {
            guard let member = device.member, groups[member.host.slot] != nil else { continue }
            groups[member.host.slot, default: []].append(member)
        }
        return order.compactMap { groups[$0] }
    }

    private mutating func move(_ devices: [OwnDevice], to places: [String: DeviceFacts.Place]) {
        for device in devices {
            guard let place = places[device.key] else { continue }
            var moved = device.facts
            moved.place = place
            replace(device, with: moved)
        }
    }

    private mutating func replace(_ old: OwnDevice, with facts: DeviceFacts) {
        guard facts != old.facts else { return }
        editor.replace(old.element, of: old.parent, with: facts.node(alias: DomainMarks.alias + old.key))
        done.append(.changed(old.key))
    }

    /// Takes ports away that were added for functions and hold nothing any more.
    private mutating func removePorts(places: [String: DeviceFacts.Place], without gone: Set<String>) {
        var buses = Set<Int>()
        for case .pci(let address, _) in places.values { buses.insert(address.bus) }
        for device in document.devices {
            if let key = device.ownKey, gone.contains(key) || places[key] != nil { continue }
            if let address = device.guestAddress { buses.insert(address.bus) }
        }
        for parent in document.root.children where parent.name == "devices" && parent.namespace == nil {
            for port in parent.children where port.name == "controller" {
                guard port.alias?.utf8.starts(with: DomainMarks.portAlias.utf8) == true,
                    let index = port.number("index"), !buses.contains(index)
                else { continue }
                editor.remove([port], from: parent)
                done.append(.portRemoved(index))
            }
        }
    }
}

extension GuestDevice {
    /// The mark of the device in a domain.
    var alias: String { DomainMarks.alias + key }

    /// Where a device that is not one of several functions was asked to be.
    fileprivate var placeBesideFunctions: GuestAddress? {
        switch self {
        case .network(let device): device.guestAddress
        case .mediated(let device): device.model == .pci ? device.guestAddress : nil
        case .pci, .usb: nil
        }
    }
}
