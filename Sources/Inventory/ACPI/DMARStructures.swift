extension DMAR {
    /// DMA Remapping Hardware Unit Definition: one VT-d unit (VT-d 4.1, section 8.3).
    public struct DRHD: Codable, Sendable, Equatable {
        /// Where the structure begins in the table, in bytes.
        public var offset: Int
        /// How many bytes it takes.
        public var length: Int
        /// The flags byte as stated.
        public var flags: UInt8
        /// INCLUDE_PCI_ALL: the unit serves every PCI device of the segment that no other unit names.
        public var includePCIAll: Bool
        /// The size byte as stated; its low four bits are N in 2^N pages of 4 KiB.
        public var size: UInt8
        /// The size of the unit's registers in bytes.
        public var registerSize: Int
        /// The PCI segment that the unit serves.
        public var segment: UInt16
        /// The physical address of the unit's registers.
        @Hexadecimal public var registerBase: UInt64
        /// The devices that the unit serves; beside INCLUDE_PCI_ALL, the I/O APICs, HPETs and ACPI devices.
        public var scopes: [DeviceScope]

        init(_ reader: inout ByteReader, _ place: Place) throws(ACPIError) {
            offset = place.offset
            length = place.length
            flags = try reader.uint8()
            includePCIAll = flags & 1 != 0
            size = try reader.uint8()
            registerSize = 4096 << Int(size & 0xf)
            segment = try reader.uint16()
            registerBase = try reader.uint64()
            scopes = try DeviceScope.list(&reader, segment: segment)
        }
    }

    /// Reserved Memory Region Reporting: memory that the firmware shares with the named devices, which must go on
    /// reaching it at its physical address (VT-d 4.1, section 8.4).
    public struct RMRR: Codable, Sendable, Equatable {
        /// Where the structure begins in the table, in bytes.
        public var offset: Int
        /// How many bytes it takes.
        public var length: Int
        /// The PCI segment of the devices.
        public var segment: UInt16
        /// The physical address of the first byte.
        @Hexadecimal public var base: UInt64
        /// The physical address of the last byte.
        @Hexadecimal public var limit: UInt64
        /// The devices that use the memory.
        public var scopes: [DeviceScope]

        init(_ reader: inout ByteReader, _ place: Place) throws(ACPIError) {
            offset = place.offset
            length = place.length
            try reader.skip(2)
            segment = try reader.uint16()
            base = try reader.uint64()
            limit = try reader.uint64()
            scopes = try DeviceScope.list(&reader, segment: segment)
        }
    }

    /// Root Port ATS Capability: root ports that carry address translation requests (VT-d 4.1, section 8.5).
    public struct ATSR: Codable, Sendable, Equatable {
        /// Where the structure begins in the table, in bytes.
        public var offset: Int
        /// How many bytes it takes.
        public var length: Int
        /// The flags byte as stated.
        public var flags: UInt8
        /// ALL_PORTS: every root port of the segment can, and the scopes are empty.
        public var allPorts: Bool
        /// The PCI segment of the root ports.
        public var segment: UInt16
        /// The root ports.
        public var scopes: [DeviceScope]

        init(_ reader: inout ByteReader, _ place: Place) throws(ACPIError) {
            offset = place.offset
            length = place.length
            flags = try reader.uint8()
            allPorts = flags & 1 != 0
            try reader.skip(1)
            segment = try reader.uint16()
            scopes = try DeviceScope.list(&reader, segment: segment)
        }
    }

    /// Remapping Hardware Static Affinity: the NUMA domain of a remapping unit (VT-d 4.1, section 8.6).
    public struct RHSA: Codable, Sendable, Equatable {
        /// Where the structure begins in the table, in bytes.
        public var offset: Int
        /// How many bytes it takes.
        public var length: Int
        /// The register address of the unit meant, as its DRHD gives it.
        @Hexadecimal public var registerBase: UInt64
        /// The proximity domain, as the SRAT table numbers them.
        public var proximityDomain: UInt32

        init(_ reader: inout ByteReader, _ place: Place) throws(ACPIError) {
            offset = place.offset
            length = place.length
            try reader.skip(4)
            registerBase = try reader.uint64()
            proximityDomain = try reader.uint32()
        }
    }

    /// ACPI Name-space Device Declaration: the name behind an ACPI device number (VT-d 4.1, section 8.7).
    public struct ANDD: Codable, Sendable, Equatable {
        /// Where the structure begins in the table, in bytes.
        public var offset: Int
        /// How many bytes it takes.
        public var length: Int
        /// The number that a device scope of kind `acpiNamespace` gives as its enumeration id.
        public var deviceNumber: UInt8
        /// The path of the object in the ACPI name space.
        public var objectName: String

        init(_ reader: inout ByteReader, _ place: Place) throws(ACPIError) {
            offset = place.offset
            length = place.length
            try reader.skip(3)
            deviceNumber = try reader.uint8()
            let unread = reader
            let name = try reader.take(reader.remaining)
            guard name.contains(0) else { throw unread.error(.unterminatedName) }
            objectName = ByteReader.text(name)
        }
    }

    /// SoC Integrated Address Translation Cache: devices of the chip that cache translations (VT-d 4.1, section 8.8).
    public struct SATC: Codable, Sendable, Equatable {
        /// Where the structure begins in the table, in bytes.
        public var offset: Int
        /// How many bytes it takes.
        public var length: Int
        /// The flags byte as stated.
        public var flags: UInt8
        /// ATC_REQUIRED: the devices work only with their translation cache enabled.
        public var atcRequired: Bool
        /// The PCI segment of the devices.
        public var segment: UInt16
        /// The devices.
        public var scopes: [DeviceScope]

        init(_ reader: inout ByteReader, _ place: Place) throws(ACPIError) {
            offset = place.offset
            length = place.length
            flags = try reader.uint8()
            atcRequired = flags & 1 != 0
            try reader.skip(1)
            segment = try reader.uint16()
            scopes = try DeviceScope.list(&reader, segment: segment)
        }
    }

    /// SoC Integrated Device Property: properties of devices of the chip, in the flags of each device scope
    /// (VT-d 4.1, section 8.9).
    public struct SIDP: Codable, Sendable, Equatable {
        /// Where the structure begins in the table, in bytes.
        public var offset: Int
        /// How many bytes it takes.
        public var length: Int
        /// The PCI segment of the devices.
        public var segment: UInt16
        /// The devices, each with its flags.
        public var scopes: [DeviceScope]

        init(_ reader: inout ByteReader, _ place: Place) throws(ACPIError) {
            offset = place.offset
            length = place.length
            try reader.skip(2)
            segment = try reader.uint16()
            scopes = try DeviceScope.list(&reader, segment: segment)
        }
    }
}
