/// Where a PCI function sits: domain, bus, device (slot) and function, printed as `0000:02:00.0` ("BDF").
///
/// A domain may be longer than four digits: functions behind an Intel VMD are `10000:e1:00.0`.
public struct PCIAddress: Sendable, Hashable {
    public let domain: UInt32
    public let bus: UInt8
    public let device: UInt8
    public let function: UInt8

    public init(domain: UInt32 = 0, bus: UInt8, device: UInt8, function: UInt8) {
        self.domain = domain
        self.bus = bus
        self.device = device
        self.function = function
    }

    /// Reads `0000:02:00.0`, or `02:00.0` in domain 0; nil for anything else.
    public init?(_ text: some StringProtocol) {
        // The fields are shifted in from the right, so that one left out leaves the domain as it is here.
        var fields: (domain: Field, bus: Field, device: Field, function: Field) = (Field(), Field(), Field(), Field())
        var colons = 0
        var dots = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: ":") where dots == 0: colons += 1
            case UInt8(ascii: "."): dots += 1
            default:
                guard fields.function.append(byte) else { return nil }
                continue
            }
            guard colons <= 2, dots <= 1 else { return nil }
            fields = (fields.bus, fields.device, fields.function, Field())
        }
        guard dots == 1, colons == 2 ? (1...8).contains(fields.domain.count) : colons == 1,
            (1...2).contains(fields.bus.count), (1...2).contains(fields.device.count), fields.function.count == 1,
            fields.device.value < 32, fields.function.value < 8
        else { return nil }
        self.init(
            domain: fields.domain.value,
            bus: UInt8(fields.bus.value),
            device: UInt8(fields.device.value),
            function: UInt8(fields.function.value)
        )
    }

    /// A number of an address, as far as it was read.
    private struct Field {
        var value: UInt32 = 0
        var count = 0

        /// Takes one more hexadecimal digit; false for anything else, and for a ninth.
        mutating func append(_ byte: UInt8) -> Bool {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: return false
            }
            value = value << 4 | UInt32(digit)
            count += 1
            return count <= 8
        }
    }

    /// Domain, bus and device without the function: `0000:02:00`.
    public var slot: String { String(description.dropLast(2)) }

    /// Whether both are at one bus.
    public func sharesBus(with other: PCIAddress) -> Bool { domain == other.domain && bus == other.bus }

    /// Whether both are functions of one device.
    public func sharesSlot(with other: PCIAddress) -> Bool {
        domain == other.domain && bus == other.bus && device == other.device
    }
}

extension PCIAddress: CustomStringConvertible {
    public var description: String {
        String(unsafeUninitializedCapacity: 16) { buffer in
            var end = 0
            func put(_ byte: UInt8) {
                buffer[end] = byte
                end += 1
            }
            func hex(_ value: UInt32, _ width: Int) {
                for shift in stride(from: (width - 1) * 4, through: 0, by: -4) {
                    let digit = UInt8(truncatingIfNeeded: value >> UInt32(shift) & 0xF)
                    put(digit < 10 ? 0x30 + digit : 0x57 + digit)
                }
            }
            hex(domain, domain > 0xFFFF ? (35 - domain.leadingZeroBitCount) / 4 : 4)
            put(UInt8(ascii: ":"))
            hex(UInt32(bus), 2)
            put(UInt8(ascii: ":"))
            hex(UInt32(device), 2)
            put(UInt8(ascii: "."))
            hex(UInt32(function), 1)
            return end
        }
    }
}

extension PCIAddress: Comparable {
    public static func < (left: PCIAddress, right: PCIAddress) -> Bool {
        left.sortKey < right.sortKey
    }

    private var sortKey: UInt64 {
        UInt64(domain) << 32 | UInt64(bus) << 16 | UInt64(device) << 8 | UInt64(function)
    }
}

extension PCIAddress: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let address = PCIAddress(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is not a PCI address")
        }
        self = address
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
