/// The I/O Virtualization Reporting Structure: what the firmware of an AMD machine says of its AMD-Vi units
/// (AMD I/O Virtualization Technology Specification, 48882, section 5.2).
public struct IVRS: Codable, Sendable, Equatable {
    /// The table's header.
    public var header: ACPITableHeader
    /// What all units of the machine have in common.
    public var info: Info
    /// Units; one unit often appears as several blocks of different types.
    public var ivhd: [IVHD]
    /// Memory with a rule of its own, the counterpart of an RMRR.
    public var ivmd: [IVMD]
    /// Blocks of a type that the specification does not define.
    public var skipped: [SkippedBlock]

    /// The IVinfo field (48882, section 5.2).
    public struct Info: Codable, Sendable, Equatable {
        /// The field as stated.
        @Hexadecimal public var raw: UInt32
        /// EFRSup: the extended feature register images in IVHD blocks 11h and 40h are valid.
        public var efrSupport: Bool
        /// DmaRemapSup: the firmware guards itself against DMA and asks the system to go on doing so.
        public var prebootDMAProtection: Bool
        /// GVASize as stated.
        public var gvaSize: UInt8
        /// How many bits a guest virtual address may have; nil for a reserved GVASize.
        @Nullable public var guestVirtualAddressBits: Int?
        /// PASize: how many bits a physical address may have.
        public var physicalAddressBits: Int
        /// VASize: how many bits a virtual address may have.
        public var virtualAddressBits: Int
        /// HtAtsResv: the address range of HyperTransport is closed to translated requests.
        public var htATSReserved: Bool

        init(_ raw: UInt32) {
            self.raw = raw
            efrSupport = raw & 1 << 0 != 0
            prebootDMAProtection = raw & 1 << 1 != 0
            gvaSize = UInt8(raw >> 5 & 0x7)
            guestVirtualAddressBits = gvaSize == 2 ? 48 : nil
            physicalAddressBits = Int(raw >> 8 & 0x7f)
            virtualAddressBits = Int(raw >> 15 & 0x7f)
            htATSReserved = raw & 1 << 22 != 0
        }
    }

    /// Decodes a whole table.
    ///
    /// - Parameter bytes: the table's bytes, as `/sys/firmware/acpi/tables/IVRS` holds them.
    /// - Throws: `ACPIError`, naming the byte at which the table contradicts itself or ends.
    public init(_ bytes: [UInt8]) throws(ACPIError) {
        var reader = ByteReader(bytes, table: "IVRS")
        header = try ACPITableHeader(&reader, bytes: bytes)
        info = Info(try reader.uint32())
        try reader.skip(8)
        ivhd = []
        ivmd = []
        skipped = []
        while !reader.isAtEnd {
            try decodeBlock(&reader)
        }
    }

    private mutating func decodeBlock(_ reader: inout ByteReader) throws(ACPIError) {
        var ahead = reader
        let type = try ahead.uint8()
        try ahead.skip(1)
        let length = Int(try ahead.uint16())
        let offset = reader.offset
        let minimum =
            switch type {
            case 0x10: 24
            case 0x11, 0x40: 40
            case 0x20...0x22: 32
            default: 4
            }
        var body = try reader.block(.block(type), length: length, minimum: minimum)
        switch type {
        case 0x10, 0x11, 0x40: ivhd.append(try IVHD(&body))
        case 0x20...0x22: ivmd.append(try IVMD(&body))
        default: skipped.append(SkippedBlock(type: UInt16(type), offset: offset, length: length))
        }
    }
}

extension IVRS {
    /// One block for each unit: the one of the newest type, which says the most.
    ///
    /// Units are told apart by segment and requester id, and come in the order of the table.
    public var units: [IVHD] {
        var newest: [IVHD] = []
        for block in ivhd {
            let same = newest.firstIndex { $0.segment == block.segment && $0.deviceID == block.deviceID }
            if let same {
                if block.type > newest[same].type { newest[same] = block }
            } else {
                newest.append(block)
            }
        }
        return newest
    }

    /// The memory definitions that apply to a requester.
    ///
    /// - Parameters:
    ///   - segment: the requester's PCI segment.
    ///   - requester: its id: bus (8 bits), device (5), function (3).
    public func reservedMemory(segment: UInt16, requester: UInt16) -> [IVMD] {
        ivmd.filter { $0.segment == segment && $0.covers(requester) }
    }
}

extension IVRS {
    /// Whether a unit serves the I/O APIC of the south bridge, which bears the address 00:14.0 on every AMD machine. Without
    /// that entry the kernel remaps no interrupts (check_ioapic_information() in drivers/iommu/amd/init.c).
    public var namesSouthBridgeIOAPIC: Bool {
        ivhd.contains { unit in
            unit.devices.contains { $0.special?.kind == .ioapic && $0.special?.source.deviceID == 0x00A0 }
        }
    }
}
