/// The capabilities of a function that matter for passthrough, decoded from its configuration space
/// (PCI Express Base Specification, chapter 7).
public struct PCICapabilities: Sendable, Hashable, Codable {
    public enum PortType: String, Sendable, Codable {
        case endpoint, legacyEndpoint, rootPort, upstreamPort, downstreamPort, pcieToPCIBridge, pciToPCIEBridge
        case rootComplexEndpoint, rootComplexEventCollector
    }

    /// Device/port type of the PCI Express capability; null for a conventional PCI function.
    @Nullable public var portType: PortType?
    /// Function level reset, by the PCI Express or the Advanced Features capability.
    public var flr = false
    public var msi = false
    public var msix = false
    /// Access Control Services: capability and control registers; null when the function has none.
    @Nullable public var acs: ACS?
    public var ats = false
    public var sriov = false
    public var ari = false
    public var pasid = false
    public var resizableBAR = false
    /// What each resizable BAR is now and could be; empty where the function does not say it.
    public var resizableBARs: [ResizableBAR] = []
    /// The function raises a wired interrupt, INTA to INTD (header, byte 3Dh).
    public var interruptPin = false
    /// Whether the function says that its slot has more functions (header type, bit 7).
    public var multifunction = false
    public var extendedReadable = false
    /// Device Serial Number (section 7.9.3), as lspci prints it: `52-54-00-ff-ff-12-34-56`. Null when the function has
    /// none, or one that is a placeholder.
    @Nullable public var serialNumber: String?

    /// What a port can isolate, and what it isolates now.
    public struct ACS: Sendable, Hashable, Codable {
        public var capability: String
        public var control: String
        /// Source validation, request redirect, completion redirect and upstream forwarding are all on.
        public var isolates: Bool
    }

    /// A BAR whose size can be chosen (section 7.8.6).
    public struct ResizableBAR: Sendable, Hashable, Codable {
        public var index: Int
        /// Bytes.
        public var size: UInt64
        /// The largest size that the function supports, in bytes.
        public var largest: UInt64
    }

    public init() {}

    /// Decodes what of the 64, 256 or 4096 bytes is there. Nil when even the header is missing, or when the list of
    /// capabilities lies beyond the bytes that could be read (without root privileges the kernel shows 64).
    public init?(configSpace bytes: [UInt8]) {
        func word(_ offset: Int) -> UInt16? {
            guard offset >= 0, offset + 2 <= bytes.count else { return nil }
            return UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
        }
        func long(_ offset: Int) -> UInt32? {
            guard let low = word(offset), let high = word(offset + 2) else { return nil }
            return UInt32(low) | UInt32(high) << 16
        }
        guard bytes.count >= 64, let status = word(0x06) else { return nil }
        multifunction = bytes[0x0E] & 0x80 != 0
        interruptPin = bytes[0x3D] != 0
        guard status & 0x10 != 0 else { return }
        guard bytes.count > 64 else { return nil }

        var pointer = Int(bytes[0x34] & 0xFC)
        var seen: Set<Int> = []
        while pointer >= 0x40, seen.insert(pointer).inserted, let header = word(pointer) {
            switch header & 0xFF {
            case 0x05: msi = true
            case 0x11: msix = true
            case 0x10:
                if let flags = word(pointer + 2) { portType = Self.portType(flags >> 4 & 0xF) }
                if let device = long(pointer + 4), device & 1 << 28 != 0 { flr = true }
            case 0x13:
                if word(pointer + 2).map({ $0 >> 8 & 0x2 != 0 }) == true { flr = true }
            default: break
            }
            pointer = Int(header >> 8 & 0xFC)
        }

        guard bytes.count >= 0x104 else { return }
        extendedReadable = true
        pointer = 0x100
        seen = []
        while pointer >= 0x100, seen.insert(pointer).inserted, let header = long(pointer), header != 0,
            header != .max
        {
            switch header & 0xFFFF {
            case 0x0003:
                if let low = long(pointer + 4), let high = long(pointer + 8) {
                    serialNumber = Self.serialNumber(low: low, high: high)
                }
            case 0x000D:
                if let capability = word(pointer + 4), let control = word(pointer + 6) {
                    let isolation: UInt16 = 0x1 | 0x4 | 0x8 | 0x10
                    acs = ACS(
                        capability: hex(capability, width: 4),
                        control: hex(control, width: 4),
                        isolates: control & isolation & capability == isolation & capability
                            && capability & isolation != 0
                    )
                }
            case 0x000E: ari = true
            case 0x000F: ats = true
            case 0x0010: sriov = true
            case 0x0015:
                resizableBAR = true
                resizableBARs = Self.resizableBARs(at: pointer, long)
            case 0x001B: pasid = true
            default: break
            }
            pointer = Int(header >> 20 & 0xFFC)
        }
    }

    /// Pairs of registers, the first one of which says in its control how many there are. Bit 4 of a capability register
    /// stands for 1 MB, each further one for twice as much; above 128 TB the sizes stand in the control's upper half.
    private static func resizableBARs(at start: Int, _ long: (Int) -> UInt32?) -> [ResizableBAR] {
        guard let first = long(start + 8) else { return [] }
        return (0..<min(6, Int(first >> 5 & 0x7))).compactMap { number in
            guard let capability = long(start + 4 + 8 * number), let control = long(start + 8 + 8 * number) else {
                return nil
            }
            let exponent = Int(control >> 8 & 0x3F)
            let sizes = UInt64(capability >> 4) | UInt64(control >> 16) << 28
            guard exponent < 43, sizes != 0 else { return nil }
            return ResizableBAR(
                index: Int(control & 0x7),
                size: 1 << UInt64(20 + exponent),
                largest: 1 << UInt64(20 + 63 - sizes.leadingZeroBitCount)
            )
        }
    }

    /// The upper half first, a byte after the other. All zeros or all ones are what unprogrammed hardware says.
    private static func serialNumber(low: UInt32, high: UInt32) -> String? {
        guard low | high != 0, low & high != .max else { return nil }
        let digits = Array(hex(high, width: 8).utf8) + Array(hex(low, width: 8).utf8)
        return stride(from: 0, to: 16, by: 2).map { String(decoding: digits[$0..<($0 + 2)], as: UTF8.self) }
            .joined(separator: "-")
    }

    private static func portType(_ value: UInt16) -> PortType? {
        switch value {
        case 0x0: .endpoint
        case 0x1: .legacyEndpoint
        case 0x4: .rootPort
        case 0x5: .upstreamPort
        case 0x6: .downstreamPort
        case 0x7: .pcieToPCIBridge
        case 0x8: .pciToPCIEBridge
        case 0x9: .rootComplexEndpoint
        case 0xA: .rootComplexEventCollector
        default: nil
        }
    }
}
