internal import Formats
internal import Inventory

/// Which of passthru's devices stands where on the guest's PCI buses.
///
/// Functions of one device of the host stay together on one slot of the guest, so that the guest's drivers find them as
/// they are used to: on a port of its own where the buses are PCI Express, on a free slot of bus 0 where they are not.
/// Each keeps its function number, but the lowest becomes 0 if 0 is missing. A device alone is left to libvirt.
struct GuestSlots {
    /// A PCI device that this edit is about.
    struct Member {
        var key: String
        var host: PCIAddress
        /// Where it was asked to be.
        var wanted: GuestAddress?
        /// Where it stands in the document.
        var current: DeviceFacts.Place?
    }

    private let document: DomainDocument
    /// Slots of devices that are not members of any group here, with their lines.
    private var taken: [GuestAddress: Int] = [:]
    private var highestBus: Int

    /// The place of each member, by key; nil leaves it to libvirt.
    private(set) var places: [String: DeviceFacts.Place] = [:]
    /// Bus numbers of new ports, by their aliases.
    private(set) var newPorts: [(alias: String, index: Int)] = []

    /// - Parameter moving: The keys of devices whose places are decided here or that go.
    init(_ document: DomainDocument, moving: Set<String>, withoutVideos: Bool = false) {
        self.document = document
        highestBus = 0
        for device in document.devices {
            if device.name == "controller", device["type"] == "pci" {
                highestBus = max(highestBus, device.number("index") ?? 0)
            }
            guard let address = device.guestAddress else { continue }
            highestBus = max(highestBus, address.bus)
            if withoutVideos && device.name == "video" || device.ownKey.map(moving.contains) == true { continue }
            let slot = address.inFirstFunction
            taken[slot] = taken[slot] ?? device.line
        }
    }

    /// Decides where the functions of one device of the host go.
    mutating func place(_ members: [Member]) throws(DomainError) {
        let members = members.sorted { $0.host < $1.host }
        var used: [GuestAddress: String] = [:]
        for member in members {
            guard let wanted = member.wanted else { continue }
            try reserve(wanted)
            guard used[wanted] == nil else { throw DomainError(.addressTaken(wanted)) }
            used[wanted] = member.key
        }
        let free = members.filter { $0.wanted == nil }
        let slot: GuestAddress?
        if let wanted = members.lazy.compactMap(\.wanted).first {
            slot = members.count > 1 ? wanted : nil
        } else if members.count > 1 {
            slot = try commonSlot(of: members)
        } else {
            slot = nil
            if case .pci(var address, _)? = members.first?.current, taken[address.inFirstFunction] == nil {
                // Functions beside it that are gone leave it in their slot, where it must be the first.
                address.function = 0
                used[address] = members.first?.key
            }
        }
        if let slot {
            let numbers = Self.functions(of: free, beside: Set(used.keys.filter { $0.isSlot(slot) }.map(\.function)))
            for (member, number) in zip(free, numbers) {
                used[GuestAddress(bus: slot.bus, slot: slot.slot, function: number)] = member.key
            }
        }
        for (address, key) in used {
            let neighbours = used.keys.filter { $0.isSlot(address) }
            guard neighbours.contains(where: { $0.function == 0 }) else {
                throw DomainError(.noFirstFunction(address))
            }
            places[key] = .pci(address, isMultifunction: address.function == 0 && neighbours.count > 1)
        }
        for address in used.keys { taken[address.inFirstFunction] = 0 }
        for member in members where places[member.key] == nil { places[member.key] = member.current }
    }

    /// Gives a device that is no function of several the place it was asked to have.
    mutating func place(_ address: GuestAddress, _ key: String) throws(DomainError) {
        try reserve(address)
        guard address.function == 0 else { throw DomainError(.noFirstFunction(address)) }
        taken[address] = 0
        places[key] = .pci(address, isMultifunction: false)
    }

    /// Refuses an address that cannot be given.
    private func reserve(_ address: GuestAddress) throws(DomainError) {
        guard (0...255).contains(address.bus), (0..<32).contains(address.slot), (0..<8).contains(address.function)
        else {
            throw DomainError(.invalid(.noGuestAddress(address)))
        }
        if let line = taken[address.inFirstFunction] {
            throw DomainError(.addressTaken(address), line: line)
        }
        // The machine's own: its host bridge, and its ISA bridge with what belongs to that.
        let own: Set<Int> =
            switch document.pciRoot {
            case .express?: [0, 31]
            case .conventional?: [0, 1]
            case nil: [0]
            }
        if address.bus == 0, own.contains(address.slot) { throw DomainError(.addressTaken(address)) }
    }

    /// Where several functions go that were not asked to be anywhere.
    private mutating func commonSlot(of members: [Member]) throws(DomainError) -> GuestAddress {
        for case .pci(let address, _)? in members.map(\.current) {
            let slot = address.inFirstFunction
            if taken[slot] == nil { return slot }
        }
        switch document.pciRoot {
        case .express?:
            guard let first = members.first else { throw DomainError(.noFreePlace) }
            let alias = Self.portAlias(first.host)
            if let port = document.devices.first(where: { $0.alias == alias }), let index = port.number("index"),
                taken[GuestAddress(bus: index, slot: 0)] == nil
            {
                return GuestAddress(bus: index, slot: 0)
            }
            guard highestBus < 255 else { throw DomainError(.noFreePlace) }
            highestBus += 1
            newPorts.append((alias, highestBus))
            return GuestAddress(bus: highestBus, slot: 0)
        case .conventional?:
            // 0 and 1 are the machine's own, 2 is where libvirt puts the display.
            guard let slot = (3..<32).first(where: { taken[GuestAddress(bus: 0, slot: $0)] == nil }) else {
                throw DomainError(.noFreePlace)
            }
            return GuestAddress(bus: 0, slot: slot)
        case nil: throw DomainError(.unknownBuses(machine: document.machine))
        }
    }

    /// Function numbers of members in the order of the host's.
    private static func functions(of members: [Member], beside used: Set<Int>) -> [Int] {
        var numbers: [Int] = []
        var used = used
        let hasFirst = used.contains(0) || members.contains { $0.host.function == 0 }
        for (index, member) in members.enumerated() {
            let own = index == 0 && !hasFirst ? 0 : Int(member.host.function)
            let number = used.contains(own) ? (0..<8).first { !used.contains($0) } ?? own : own
            used.insert(number)
            numbers.append(number)
        }
        return numbers
    }

    static func portAlias(_ host: PCIAddress) -> String {
        DomainMarks.portAlias + String(GuestDevice.key(of: host).dropLast(2))
    }
}

extension GuestAddress {
    /// Its slot's first function, which stands for the slot.
    var inFirstFunction: GuestAddress { GuestAddress(bus: bus, slot: slot) }

    func isSlot(_ other: GuestAddress) -> Bool { bus == other.bus && slot == other.slot }
}
