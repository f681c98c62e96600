extension IVRS {
    /// I/O Virtualization Memory Definition: memory that named devices go on reaching at its physical address, or that
    /// the unit leaves alone (48882, section 5.2).
    public struct IVMD: Codable, Sendable, Equatable {
        /// Where the block begins in the table, in bytes.
        public var offset: Int
        /// How many bytes it takes.
        public var length: Int
        /// 20h: all devices; 21h: one device; 22h: a range of devices.
        public var type: UInt8
        /// The flags byte as stated.
        public var flags: UInt8
        /// Unity: the memory must be mapped at its physical address.
        public var unityMap: Bool
        /// IR: the devices may read it.
        public var readable: Bool
        /// IW: the devices may write it.
        public var writable: Bool
        /// ExclRange: the unit does not translate accesses to it.
        public var exclusionRange: Bool
        /// The requester id of the device, or of the first of the range; without meaning for type 20h.
        public var deviceID: UInt16
        /// The requester id of the range's last device; meant only for type 22h.
        public var auxiliaryData: UInt16
        /// The PCI segment of the devices.
        public var segment: UInt16
        /// The physical address of the first byte.
        @Hexadecimal public var start: UInt64
        /// The size in bytes.
        @Hexadecimal public var size: UInt64
        /// The address of the only or first device; nil for type 20h.
        @Nullable public var firstBDF: String?
        /// The address of the only or last device; nil for type 20h.
        @Nullable public var lastBDF: String?

        init(_ reader: inout ByteReader) throws(ACPIError) {
            offset = reader.offset
            length = reader.remaining
            type = try reader.uint8()
            flags = try reader.uint8()
            unityMap = flags & 1 << 0 != 0
            readable = flags & 1 << 1 != 0
            writable = flags & 1 << 2 != 0
            exclusionRange = flags & 1 << 3 != 0
            try reader.skip(2)
            deviceID = try reader.uint16()
            auxiliaryData = try reader.uint16()
            segment = try reader.uint16()
            try reader.skip(6)
            start = try reader.uint64()
            size = try reader.uint64()
            firstBDF = type == 0x20 ? nil : pciAddress(segment: segment, requester: deviceID)
            lastBDF =
                switch type {
                case 0x21: firstBDF
                case 0x22: pciAddress(segment: segment, requester: auxiliaryData)
                default: nil
                }
        }

        /// True when the definition applies to a requester of its segment.
        public func covers(_ requester: UInt16) -> Bool {
            switch type {
            case 0x20: true
            case 0x22: deviceID <= requester && requester <= auxiliaryData
            default: deviceID == requester
            }
        }
    }
}
