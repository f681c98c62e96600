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
        var digits: [(value: UInt32, count: Int)] = []
        var separators: [UInt8] = []
        var value: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            let digit: UInt32
            switch byte {
            case 0x30...0x39: digit = UInt32(byte) - 0x30
            case 0x41...0x46: digit = UInt32(byte) - 0x41 + 10
            case 0x61...0x66: digit = UInt32(byte) - 0x61 + 10
            case UInt8(ascii: ":"), UInt8(ascii: "."):
                digits.append((value, count))
                separators.append(byte)
                (value, count) = (0, 0)
                continue
            default: return nil
            }
            guard count < 8 else { return nil }
            value = value << 4 | digit
            count += 1
        }
        digits.append((value, count))
        if digits.count == 3 {
            digits.insert((0, 4), at: 0)
            separators.insert(UInt8(ascii: ":"), at: 0)
        }
        guard digits.count == 4, separators == Array("::.".utf8),
            (1...8).contains(digits[0].count), (1...2).contains(digits[1].count),
            (1...2).contains(digits[2].count), digits[3].count == 1,
            digits[2].value < 32, digits[3].value < 8
        else { return nil }
        self.init(
            domain: digits[0].value,
            bus: UInt8(digits[1].value),
            device: UInt8(digits[2].value),
            function: UInt8(digits[3].value)
        )
    }

    /// Domain, bus and device without the function: `0000:02:00`.
    public var slot: String { String(description.dropLast(2)) }

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
