extension IVRS.IVHD {
    /// Which devices a unit serves, and how (48882, section 5.2, IVHD device entries).
    public struct DeviceEntry: Codable, Sendable, Equatable {
        /// Where the entry begins in the table, in bytes.
        public var offset: Int
        /// How many bytes it takes.
        public var length: Int
        /// The type as stated.
        public var type: UInt8
        /// What the type means.
        public var kind: Kind
        /// The device id field as stated: a requester id where `kind` has one.
        public var deviceID: UInt16
        /// The address of the device, of the first or of the last device of a range; nil where `kind` has none.
        @Nullable public var bdf: String?
        /// How the unit treats interrupts and special messages of the device.
        public var dataSetting: DataSetting
        /// Of an alias: whose requester id the device's accesses carry.
        @Nullable public var alias: Source?
        /// Of a special device: the I/O APIC or HPET.
        @Nullable public var special: SpecialDevice?
        /// Of an extended select: further settings.
        @Nullable public var extended: ExtendedSetting?
        /// Of a device that only ACPI enumerates: its names.
        @Nullable public var acpi: ACPIDevice?

        /// What an entry does.
        public enum Kind: String, Codable, Sendable {
            /// Fills a gap (types 0 and 64).
            case padding
            /// All devices (type 1).
            case all
            /// One device (type 2).
            case select
            /// The first device of a range (type 3).
            case rangeStart
            /// The last device of the range begun before (type 4).
            case rangeEnd
            /// One device that uses another's requester id (type 66).
            case aliasSelect
            /// The first of a range of devices that use another's requester id (type 67).
            case aliasRangeStart
            /// One device with extended settings (type 70).
            case extendedSelect
            /// The first of a range of devices with extended settings (type 71).
            case extendedRangeStart
            /// An I/O APIC or HPET (type 72).
            case special
            /// A device that only ACPI enumerates (type 240).
            case acpiHID
            /// A type that the specification does not define, passed over by the length of its class.
            case unknown
        }

        /// The data setting byte: bits that go into the device's table entry.
        public struct DataSetting: Codable, Sendable, Equatable {
            /// The byte as stated.
            public var raw: UInt8
            /// INITPass: INIT interrupts pass unmapped.
            public var initPass: Bool
            /// EIntPass: external interrupts pass unmapped.
            public var eIntPass: Bool
            /// NMIPass: NMIs pass unmapped.
            public var nmiPass: Bool
            /// SysMgt: which system management messages pass, 0 to 3.
            public var systemManagement: UInt8
            /// Lint0Pass: legacy PIC interrupts pass unmapped.
            public var lint0Pass: Bool
            /// Lint1Pass: legacy PIC NMIs pass unmapped.
            public var lint1Pass: Bool

            init(_ raw: UInt8) {
                self.raw = raw
                initPass = raw & 1 << 0 != 0
                eIntPass = raw & 1 << 1 != 0
                nmiPass = raw & 1 << 2 != 0
                systemManagement = raw >> 4 & 3
                lint0Pass = raw & 1 << 6 != 0
                lint1Pass = raw & 1 << 7 != 0
            }
        }

        /// A requester id that accesses carry.
        public struct Source: Codable, Sendable, Equatable {
            /// The id: bus (8 bits), device (5), function (3).
            public var deviceID: UInt16
            /// The same as a PCI address.
            public var bdf: String
        }

        /// An I/O APIC or HPET.
        public struct SpecialDevice: Codable, Sendable, Equatable {
            /// The I/O APIC's id or the HPET's number.
            public var handle: UInt8
            /// Whose requester id its interrupts carry.
            public var source: Source
            /// The variety as stated.
            public var variety: UInt8
            /// What the variety means.
            public var kind: Kind

            /// The varieties that the specification names.
            public enum Kind: String, Codable, Sendable {
                case ioapic
                case hpet
                case unknown
            }
        }

        /// The extended setting of an entry.
        public struct ExtendedSetting: Codable, Sendable, Equatable {
            /// The field as stated.
            @Hexadecimal public var raw: UInt32
            /// AtsDisabled: requests of the device's translation cache are blocked.
            public var atsDisabled: Bool
        }

        /// The names of a device that only ACPI enumerates.
        public struct ACPIDevice: Codable, Sendable, Equatable {
            /// The hardware id, such as `AMDI0020`.
            public var hid: String
            /// The compatible id; empty when there is none.
            public var cid: String
            /// 0: no unique id; 1: a number; 2: text.
            public var uidFormat: UInt8
            /// How many bytes the unique id takes.
            public var uidLength: UInt8
            /// The unique id, a number in decimal; nil when there is none or its format is not known.
            @Nullable public var uid: String?
        }
    }
}

extension IVRS.IVHD.DeviceEntry {
    /// Bytes before the unique id of a type 240 entry.
    private static let acpiHeaderSize = 22

    /// Decodes the entry at the reader's cursor.
    init(_ outer: inout ByteReader, segment: UInt16) throws(ACPIError) {
        offset = outer.offset
        var ahead = outer
        let type = try ahead.uint8()
        let size = try Self.size(type, outer)
        var reader = try outer.block(.deviceEntry(type), length: size, minimum: 4)
        self.type = type
        kind = Kind(type: type)
        length = size
        try reader.skip(1)
        deviceID = try reader.uint16()
        dataSetting = DataSetting(try reader.uint8())
        bdf = kind.namesDevice ? pciAddress(segment: segment, requester: deviceID) : nil
        alias = nil
        special = nil
        extended = nil
        acpi = nil
        switch kind {
        case .aliasSelect, .aliasRangeStart:
            try reader.skip(1)
            alias = Source(try reader.uint16(), segment: segment)
        case .extendedSelect, .extendedRangeStart:
            let raw = try reader.uint32()
            extended = ExtendedSetting(raw: raw, atsDisabled: raw & 1 << 31 != 0)
        case .special:
            special = try SpecialDevice(&reader, segment: segment)
        case .acpiHID:
            acpi = try ACPIDevice(&reader)
        default:
            break
        }
    }

    /// The size of an entry: by the two top bits of its type, or stated by a type 240 entry.
    ///
    /// The size of types 241 to 255 cannot be known; such an entry takes the rest of its block.
    private static func size(_ type: UInt8, _ reader: ByteReader) throws(ACPIError) -> Int {
        switch type {
        case 0..<0x40: return 4
        case 0x40..<0x80: return 8
        case 0x80..<0xc0: return 16
        case 0xc0..<0xf0: return 32
        case 0xf0:
            guard let uidLength = reader.peek(acpiHeaderSize - 1) else {
                throw reader.error(
                    .truncated(item: .deviceEntry(type), needed: acpiHeaderSize, available: reader.remaining)
                )
            }
            return acpiHeaderSize + Int(uidLength)
        default: return reader.remaining
        }
    }
}

extension IVRS.IVHD.DeviceEntry.Kind {
    fileprivate init(type: UInt8) {
        self =
            switch type {
            case 0x00, 0x40: .padding
            case 0x01: .all
            case 0x02: .select
            case 0x03: .rangeStart
            case 0x04: .rangeEnd
            case 0x42: .aliasSelect
            case 0x43: .aliasRangeStart
            case 0x46: .extendedSelect
            case 0x47: .extendedRangeStart
            case 0x48: .special
            case 0xf0: .acpiHID
            default: .unknown
            }
    }

    /// True when the device id field of such an entry is the address of a device.
    fileprivate var namesDevice: Bool {
        switch self {
        case .padding, .all, .special, .unknown: false
        default: true
        }
    }
}

extension IVRS.IVHD.DeviceEntry.Source {
    fileprivate init(_ deviceID: UInt16, segment: UInt16) {
        self.deviceID = deviceID
        bdf = pciAddress(segment: segment, requester: deviceID)
    }
}

extension IVRS.IVHD.DeviceEntry.SpecialDevice {
    fileprivate init(_ reader: inout ByteReader, segment: UInt16) throws(ACPIError) {
        handle = try reader.uint8()
        source = IVRS.IVHD.DeviceEntry.Source(try reader.uint16(), segment: segment)
        variety = try reader.uint8()
        kind =
            switch variety {
            case 1: .ioapic
            case 2: .hpet
            default: .unknown
            }
    }
}

extension IVRS.IVHD.DeviceEntry.ACPIDevice {
    fileprivate init(_ reader: inout ByteReader) throws(ACPIError) {
        hid = try reader.text(8)
        cid = try reader.text(8)
        uidFormat = try reader.uint8()
        uidLength = try reader.uint8()
        switch (uidFormat, uidLength) {
        case (1, 1...8):
            let number = try reader.take(Int(uidLength)).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            uid = String(number)
        case (2, _): uid = try reader.text(Int(uidLength))
        default: uid = nil
        }
    }
}
