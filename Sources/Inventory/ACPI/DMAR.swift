/// The DMA Remapping Reporting table: what the firmware of an Intel machine says of its VT-d units
/// (VT-d 4.1, section 8.1).
public struct DMAR: Codable, Sendable, Equatable {
    /// The table's header.
    public var header: ACPITableHeader
    /// How many bits a DMA address may have on this machine.
    public var hostAddressWidth: Int
    /// The flags byte as stated.
    public var flags: UInt8
    /// INTR_REMAP: the machine can remap interrupts.
    public var interruptRemapping: Bool
    /// X2APIC_OPT_OUT: the firmware asks the system not to use x2APIC mode.
    public var x2APICOptOut: Bool
    /// DMA_CTRL_PLATFORM_OPT_IN: the firmware guards itself against DMA and asks the system to go on doing so.
    public var dmaControlPlatformOptIn: Bool
    /// Remapping units.
    public var drhd: [DRHD]
    /// Memory that named devices go on reaching untranslated.
    public var rmrr: [RMRR]
    /// Root ports that can carry address translation requests.
    public var atsr: [ATSR]
    /// To which NUMA node a remapping unit belongs.
    public var rhsa: [RHSA]
    /// Names of devices that only ACPI enumerates.
    public var andd: [ANDD]
    /// Devices of the chip that have an address translation cache.
    public var satc: [SATC]
    /// Properties of devices of the chip.
    public var sidp: [SIDP]
    /// Structures of a type that VT-d 4.1 does not define.
    public var skipped: [SkippedBlock]

    /// Decodes a whole table.
    ///
    /// - Parameter bytes: the table's bytes, as `/sys/firmware/acpi/tables/DMAR` holds them.
    /// - Throws: `ACPIError`, naming the byte at which the table contradicts itself or ends.
    public init(_ bytes: [UInt8]) throws(ACPIError) {
        var reader = ByteReader(bytes, table: "DMAR")
        header = try ACPITableHeader(&reader, bytes: bytes)
        hostAddressWidth = Int(try reader.uint8()) + 1
        flags = try reader.uint8()
        interruptRemapping = flags & 1 << 0 != 0
        x2APICOptOut = flags & 1 << 1 != 0
        dmaControlPlatformOptIn = flags & 1 << 2 != 0
        try reader.skip(10)
        drhd = []
        rmrr = []
        atsr = []
        rhsa = []
        andd = []
        satc = []
        sidp = []
        skipped = []
        while !reader.isAtEnd {
            try decodeStructure(&reader)
        }
    }

    private mutating func decodeStructure(_ reader: inout ByteReader) throws(ACPIError) {
        var ahead = reader
        let type = try ahead.uint16()
        let length = Int(try ahead.uint16())
        let place = Place(offset: reader.offset, length: length)
        var body = try reader.block(.remappingStructure(type), length: length, minimum: Self.minimumLength(type))
        try body.skip(4)
        switch type {
        case 0: drhd.append(try DRHD(&body, place))
        case 1: rmrr.append(try RMRR(&body, place))
        case 2: atsr.append(try ATSR(&body, place))
        case 3: rhsa.append(try RHSA(&body, place))
        case 4: andd.append(try ANDD(&body, place))
        case 5: satc.append(try SATC(&body, place))
        case 6: sidp.append(try SIDP(&body, place))
        default: skipped.append(SkippedBlock(type: type, offset: place.offset, length: place.length))
        }
    }

    /// Where a structure lies in its table.
    struct Place {
        let offset: Int
        let length: Int
    }

    /// The size of the fixed part of a structure, its four header bytes included.
    private static func minimumLength(_ type: UInt16) -> Int {
        switch type {
        case 0: 16
        case 1: 24
        case 2, 5, 6: 8
        case 3: 20
        case 4: 9
        default: 4
        }
    }
}

extension DMAR {
    /// The RMRRs that name each device, by the device's address.
    ///
    /// A device behind a bridge that `secondaryBus` does not know is left out.
    ///
    /// - Parameter secondaryBus: the bus number behind the bridge at an address, or nil when it is not known.
    public func reservedMemoryByDevice(
        secondaryBus: (_ bridge: String) -> UInt8? = { _ in nil }
    ) -> [String: [RMRR]] {
        var regions: [String: [RMRR]] = [:]
        for region in rmrr {
            var seen: Set<String> = []
            for scope in region.scopes where scope.kind == .pciEndpoint || scope.kind == .pciSubHierarchy {
                guard let bdf = scope.bdf(segment: region.segment, secondaryBus: secondaryBus) else { continue }
                if seen.insert(bdf).inserted { regions[bdf, default: []].append(region) }
            }
        }
        return regions
    }
}
