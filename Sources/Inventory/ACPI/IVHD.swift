extension IVRS {
    /// I/O Virtualization Hardware Definition: one AMD-Vi unit (48882, section 5.2).
    ///
    /// Types 11h and 40h carry more than 10h; 40h alone may name devices by their ACPI ids.
    public struct IVHD: Codable, Sendable, Equatable {
        /// Where the block begins in the table, in bytes.
        public var offset: Int
        /// How many bytes it takes, device entries included.
        public var length: Int
        /// 10h, 11h or 40h.
        public var type: UInt8
        /// The flags byte as stated.
        public var flags: UInt8
        /// HtTunEn: the unit passes HyperTransport's tunnel control.
        public var htTunnelEnable: Bool
        /// PassPW: posted writes may pass.
        public var passPostedWrites: Bool
        /// ResPassPW: responses may pass posted writes.
        public var responsePassPostedWrites: Bool
        /// Isoc: accesses to tables are isochronous.
        public var isochronous: Bool
        /// IotlbSup: the unit serves translation caches of devices.
        public var iotlbSupport: Bool
        /// Coherent: accesses to tables snoop the processors' caches.
        public var coherent: Bool
        /// PreFSup: the unit has a prefetch command; nil in types 11h and 40h, which reserve the bit.
        @Nullable public var prefetchSupport: Bool?
        /// PPRSup: the unit takes page requests; nil in types 11h and 40h, which reserve the bit.
        @Nullable public var pprSupport: Bool?
        /// The requester id of the unit itself.
        public var deviceID: UInt16
        /// The PCI address of the unit itself.
        public var bdf: String
        /// Where the unit's capability lies in its configuration space.
        public var capabilityOffset: UInt16
        /// The physical address of the unit's registers.
        @Hexadecimal public var registerBase: UInt64
        /// The PCI segment of the unit and of the devices that it serves.
        public var segment: UInt16
        /// The IOMMU info field as stated.
        public var iommuInfo: UInt16
        /// MSInum: the MSI message of the unit's event log.
        public var msiNumber: UInt8
        /// UnitID: the unit's HyperTransport id.
        public var unitID: UInt8
        /// The feature reporting field of type 10h, or the attributes of types 11h and 40h, as stated.
        @Hexadecimal public var features: UInt32
        /// PNCounters: performance counters in each bank.
        public var performanceCounters: UInt8
        /// PNBanks: banks of performance counters.
        public var performanceBanks: UInt8
        /// MsiNumPPR: the MSI message of the page request log.
        public var pprMSINumber: UInt8
        /// HATDis: the unit cannot translate host addresses, only remap interrupts; nil in type 10h.
        @Nullable public var hostTranslationDisabled: Bool?
        /// The image of the extended feature register; nil in type 10h.
        @Nullable public var efr: Hexadecimal<UInt64>?
        /// The image of the second extended feature register; nil in type 10h.
        @Nullable public var efr2: Hexadecimal<UInt64>?
        /// XTSup: the unit can deliver interrupts to x2APIC ids.
        public var x2APICSupport: Bool
        /// GTSup: the unit can translate guest addresses.
        public var guestTranslationSupport: Bool
        /// GASup: the unit can deliver interrupts to a virtual APIC.
        public var guestVirtualAPICSupport: Bool
        /// HATS: how many levels a host page table may have; nil for the reserved value.
        @Nullable public var hostPageTableLevels: Int?
        /// GATS: how many levels a guest page table may have; nil for a reserved value.
        @Nullable public var guestPageTableLevels: Int?
        /// The devices that the unit serves.
        public var devices: [DeviceEntry]

        init(_ reader: inout ByteReader) throws(ACPIError) {
            offset = reader.offset
            length = reader.remaining
            let type = try reader.uint8()
            self.type = type
            let flags = try reader.uint8()
            self.flags = flags
            htTunnelEnable = flags & 1 << 0 != 0
            passPostedWrites = flags & 1 << 1 != 0
            responsePassPostedWrites = flags & 1 << 2 != 0
            isochronous = flags & 1 << 3 != 0
            iotlbSupport = flags & 1 << 4 != 0
            coherent = flags & 1 << 5 != 0
            prefetchSupport = type == 0x10 ? flags & 1 << 6 != 0 : nil
            pprSupport = type == 0x10 ? flags & 1 << 7 != 0 : nil
            try reader.skip(2)
            deviceID = try reader.uint16()
            capabilityOffset = try reader.uint16()
            registerBase = try reader.uint64()
            segment = try reader.uint16()
            bdf = pciAddress(segment: segment, requester: deviceID)
            iommuInfo = try reader.uint16()
            msiNumber = UInt8(iommuInfo & 0x1f)
            unitID = UInt8(iommuInfo >> 8 & 0x1f)
            let features = try reader.uint32()
            self.features = features
            performanceCounters = UInt8(features >> 13 & 0xf)
            performanceBanks = UInt8(features >> 17 & 0x3f)
            pprMSINumber = UInt8(features >> 23 & 0x1f)
            hostTranslationDisabled = nil
            efr = nil
            efr2 = nil
            if type == 0x10 {
                x2APICSupport = features & 1 << 0 != 0
                guestTranslationSupport = features & 1 << 2 != 0
                guestVirtualAPICSupport = features & 1 << 6 != 0
                guestPageTableLevels = Self.levels(features >> 28 & 3)
                hostPageTableLevels = Self.levels(features >> 30 & 3)
            } else {
                let image = try reader.uint64()
                hostTranslationDisabled = features & 1 << 0 != 0
                efr = Hexadecimal(wrappedValue: image)
                efr2 = Hexadecimal(wrappedValue: try reader.uint64())
                x2APICSupport = image & 1 << 2 != 0
                guestTranslationSupport = image & 1 << 4 != 0
                guestVirtualAPICSupport = image & 1 << 7 != 0
                hostPageTableLevels = Self.levels(UInt32(image >> 10 & 3))
                guestPageTableLevels = Self.levels(UInt32(image >> 12 & 3))
            }
            devices = []
            while !reader.isAtEnd {
                devices.append(try DeviceEntry(&reader, segment: segment))
            }
        }

        /// The levels of a page table by the two-bit code of HATS and GATS.
        private static func levels(_ code: UInt32) -> Int? {
            code < 3 ? Int(code) + 4 : nil
        }
    }
}
