/// Expansion ROMs put together by the specification, and spoilt on purpose.
public enum SyntheticROM {
    public enum Kind: UInt8, Sendable {
        case bios = 0
        case openFirmware = 1
        case efi = 3
    }

    /// One image, filled with its own device id.
    public static func image(
        _ kind: Kind,
        vendor: UInt16,
        device: UInt16,
        otherDevices: [UInt16] = [],
        blocks: Int = 4,
        isLast: Bool = true,
        machine: UInt16 = 0x8664
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: device), count: blocks * 512)
        func put(_ value: UInt16, _ offset: Int) {
            bytes[offset] = UInt8(value & 0xFF)
            bytes[offset + 1] = UInt8(value >> 8)
        }
        put(0xAA55, 0)
        let structure = 0x40
        for offset in 2..<(structure + 0x40) { bytes[offset] = 0 }
        put(UInt16(structure), 0x18)
        switch kind {
        case .bios: bytes[2] = UInt8(truncatingIfNeeded: blocks)
        case .efi:
            put(UInt16(blocks), 2)
            put(0x0EF1, 4)
            put(11, 8)
            put(machine, 0x0A)
            put(1, 0x0C)
            put(0x80, 0x16)
        case .openFirmware: break
        }
        for (index, byte) in "PCIR".utf8.enumerated() { bytes[structure + index] = byte }
        put(vendor, structure + 4)
        put(device, structure + 6)
        put(0x1C, structure + 0x0A)
        bytes[structure + 0x0C] = otherDevices.isEmpty ? 0 : 3
        bytes[structure + 0x0F] = 3
        put(UInt16(blocks), structure + 0x10)
        bytes[structure + 0x14] = kind.rawValue
        bytes[structure + 0x15] = isLast ? 0x80 : 0
        if !otherDevices.isEmpty {
            put(0x1C, structure + 8)
            for (index, other) in otherDevices.enumerated() { put(other, structure + 0x1C + 2 * index) }
        }
        if kind == .bios { repair(&bytes) }
        return bytes
    }

    /// Sets the last byte so that all add up to 0.
    public static func repair(_ bytes: inout [UInt8]) {
        bytes[bytes.count - 1] = 0
        bytes[bytes.count - 1] = 0 &- bytes.reduce(0) { $0 &+ $1 }
    }

    /// What NVIDIA's update files begin with.
    public static let nvidiaHeader: [UInt8] = Array("NVGI".utf8) + [UInt8](repeating: 0x10, count: 0x5FC)
}
