/// Which device a remapping structure speaks of (VT-d 4.1, section 8.3.1, Device Scope Structure).
public struct DeviceScope: Codable, Sendable, Equatable {
    /// Where the entry begins in the table, in bytes.
    public var offset: Int
    /// How many bytes it takes.
    public var length: Int
    /// The type as stated.
    public var type: UInt8
    /// What the type means.
    public var kind: Kind
    /// Properties of the device; VT-d defines them only inside an SIDP structure.
    public var flags: UInt8
    /// The I/O APIC's id, the HPET's number or the ACPI device number; without meaning for a PCI device.
    public var enumerationID: UInt8
    /// The bus on which the path begins.
    public var startBus: UInt8
    /// The way from the start bus to the device, one step for each bus.
    public var path: [Step]
    /// The device's address when the path is one step, so that no bridge has to be asked for its bus number.
    @Nullable public var bdf: String?

    /// The kinds of device that VT-d names.
    public enum Kind: String, Codable, Sendable {
        /// One PCI function.
        case pciEndpoint
        /// A PCI bridge and everything below it.
        case pciSubHierarchy
        /// An I/O APIC.
        case ioapic
        /// A timer block that raises message signalled interrupts.
        case hpet
        /// A device that only ACPI enumerates; an ANDD structure names it.
        case acpiNamespace
        /// A type that VT-d 4.1 does not define.
        case unknown
    }

    /// One step of a path: a device and function on the bus reached so far.
    public struct Step: Codable, Sendable, Equatable {
        /// The device number on its bus.
        public var device: UInt8
        /// The function number of the device.
        public var function: UInt8
    }

    /// Bytes before the path.
    static let headerSize = 6

    /// The address of the scope's device.
    ///
    /// - Parameters:
    ///   - segment: the PCI segment of the structure that holds the scope.
    ///   - secondaryBus: the bus number behind the bridge at an address, or nil when it is not known.
    /// - Returns: nil when the path is empty or a bridge on it is not known.
    public func bdf(segment: UInt16, secondaryBus: (_ bridge: String) -> UInt8?) -> String? {
        var bus = startBus
        var address: String?
        for step in path {
            if let bridge = address {
                guard let next = secondaryBus(bridge) else { return nil }
                bus = next
            }
            address = pciAddress(segment: segment, bus: bus, device: step.device, function: step.function)
        }
        return address
    }

    /// Decodes the entry at the reader's cursor.
    init(_ outer: inout ByteReader, segment: UInt16) throws(ACPIError) {
        offset = outer.offset
        guard let type = outer.peek(0), let length = outer.peek(1) else {
            throw outer.error(
                .truncated(item: .deviceScope, needed: Self.headerSize, available: outer.remaining)
            )
        }
        var reader = try outer.block(.deviceScope, length: Int(length), minimum: Self.headerSize)
        if !length.isMultiple(of: 2) {
            throw reader.error(.oddPath(length: Int(length)))
        }
        self.type = type
        self.length = Int(length)
        kind =
            switch type {
            case 1: .pciEndpoint
            case 2: .pciSubHierarchy
            case 3: .ioapic
            case 4: .hpet
            case 5: .acpiNamespace
            default: .unknown
            }
        try reader.skip(2)
        flags = try reader.uint8()
        try reader.skip(1)
        enumerationID = try reader.uint8()
        startBus = try reader.uint8()
        path = []
        while !reader.isAtEnd {
            path.append(Step(device: try reader.uint8(), function: try reader.uint8()))
        }
        bdf = nil
        if let only = path.first, path.count == 1 {
            bdf = pciAddress(segment: segment, bus: startBus, device: only.device, function: only.function)
        }
    }

    /// Decodes entries up to the reader's end.
    static func list(_ reader: inout ByteReader, segment: UInt16) throws(ACPIError) -> [DeviceScope] {
        var scopes: [DeviceScope] = []
        while !reader.isAtEnd {
            scopes.append(try DeviceScope(&reader, segment: segment))
        }
        return scopes
    }
}
