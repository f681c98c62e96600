/// A class code: base class, subclass and programming interface (PCI Code and ID Assignment specification).
public struct PCIClass: Sendable, Hashable {
    public let code: UInt32

    public init(code: UInt32) {
        self.code = code & 0xFF_FFFF
    }

    public var base: UInt8 { UInt8(truncatingIfNeeded: code >> 16) }
    public var subclass: UInt8 { UInt8(truncatingIfNeeded: code >> 8) }
    public var interface: UInt8 { UInt8(truncatingIfNeeded: code) }

    /// Base class and subclass, as `lspci -n` prints them.
    public var short: UInt16 { UInt16(truncatingIfNeeded: code >> 8) }

    public var isStorage: Bool { base == 0x01 }
    public var isNetwork: Bool { base == 0x02 || short == 0x0D11 || short == 0x0280 }
    public var isDisplay: Bool { base == 0x03 }
    public var isAudio: Bool { base == 0x04 }
    public var isUSBController: Bool { short == 0x0C03 }
    public var isHostBridge: Bool { short == 0x0600 }

    /// Whether a bus lies behind the function: it has a type 1 header, and vfio-pci refuses it.
    public var isBridge: Bool { short == 0x0604 || short == 0x0609 || short == 0x0607 }

    /// Why the host can never give this function away, whatever the user wants; nil when it can.
    public var platformRole: PlatformRole? {
        switch short {
        case 0x0600: .hostBridge
        case 0x0601, 0x0602, 0x0603: .isaBridge
        case 0x0604, 0x0607, 0x0609: .bridge
        case 0x0605, 0x0606, 0x0608, 0x060A, 0x0680: .otherBridge
        case 0x0C05: .smbus
        case 0x0806: .iommu
        case 0x0800...0x0804, 0x0880: .systemPeripheral
        case 0x0500, 0x0580: .memoryController
        default: nil
        }
    }

    /// A function that the platform itself needs.
    public enum PlatformRole: String, Sendable, Codable {
        case hostBridge, isaBridge, bridge, otherBridge, smbus, iommu, systemPeripheral, memoryController
    }
}

extension PCIClass: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let code = UInt32(text, radix: 16) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(text) is not a class code")
            )
        }
        self.init(code: code)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex(code, width: 6))
    }
}

/// A 16-bit PCI or USB id, coded as four hexadecimal digits.
public struct HardwareID: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    public let value: UInt16

    public init(_ value: UInt16) {
        self.value = value
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = UInt16(text, radix: 16) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(text) is not an id")
            )
        }
        self.value = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public var description: String {
        String(unsafeUninitializedCapacity: 4) { buffer in
            for place in 0..<4 {
                let digit = UInt8(truncatingIfNeeded: value >> (12 - 4 * place)) & 0xF
                buffer[place] = digit < 10 ? 0x30 + digit : 0x57 + digit
            }
            return 4
        }
    }

    public static func < (left: HardwareID, right: HardwareID) -> Bool { left.value < right.value }
}

/// Lower-case hexadecimal digits, at least `width` of them.
public func hex(_ value: some FixedWidthInteger, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
