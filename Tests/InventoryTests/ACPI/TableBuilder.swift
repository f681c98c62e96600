/// Writes ACPI tables byte by byte, with lengths and checksum filled in.
struct TableBuilder {
    private(set) var body: [UInt8] = []

    mutating func uint8(_ values: UInt8...) { body += values }
    mutating func uint16(_ value: UInt16) { integer(value) }
    mutating func uint32(_ value: UInt32) { integer(value) }
    mutating func uint64(_ value: UInt64) { integer(value) }
    mutating func zeros(_ count: Int) { body += [UInt8](repeating: 0, count: count) }

    /// Text padded with NULs to `width`.
    mutating func text(_ text: String, _ width: Int) {
        body += text.utf8.prefix(width)
        zeros(max(0, width - text.utf8.count))
    }

    private mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { body += $0 }
    }

    /// A remapping structure of a DMAR table: type and length by 16 bits, then `content`.
    mutating func structure(_ type: UInt16, _ content: (inout TableBuilder) -> Void) {
        var inner = TableBuilder()
        content(&inner)
        uint16(type)
        uint16(UInt16(inner.body.count + 4))
        body += inner.body
    }

    /// A device scope entry.
    mutating func scope(
        _ type: UInt8,
        flags: UInt8 = 0,
        id: UInt8 = 0,
        bus: UInt8 = 0,
        _ path: (UInt8, UInt8)...
    ) {
        uint8(type, UInt8(6 + 2 * path.count), flags, 0, id, bus)
        for step in path { uint8(step.0, step.1) }
    }

    /// A block of an IVRS table: type and flags by 8 bits, length by 16, then `content`.
    mutating func block(_ type: UInt8, flags: UInt8, _ content: (inout TableBuilder) -> Void) {
        var inner = TableBuilder()
        content(&inner)
        uint8(type, flags)
        uint16(UInt16(inner.body.count + 4))
        body += inner.body
    }

    /// A whole table around the bytes written so far.
    func table(_ signature: String, revision: UInt8) -> [UInt8] {
        var all = TableBuilder()
        all.text(signature, 4)
        all.uint32(UInt32(36 + body.count))
        all.uint8(revision, 0)
        all.text("PTHRU ", 6)
        all.text("EXAMPLE ", 8)
        all.uint32(1)
        all.text("TEST", 4)
        all.uint32(1)
        var bytes = all.body + body
        bytes[9] = 0 &- bytes.reduce(0, &+)
        return bytes
    }
}

/// Hand-made tables with what the real ones lack. `Tables` holds the same bytes, for iasl.
enum HandMade {
    /// Every remapping structure, a path through two bridges, and a structure of an unknown type at the end.
    static let dmar: [UInt8] = {
        var table = TableBuilder()
        table.uint8(51, 0b111)
        table.zeros(10)
        table.structure(0) {
            $0.uint8(0, 0x01)
            $0.uint16(1)
            $0.uint64(0xc7_ffc0_0000)
            $0.scope(1, bus: 0x80, (0x1c, 7), (0, 0), (3, 1))
            $0.scope(2, bus: 0x80, (0x01, 0))
        }
        table.structure(1) {
            $0.zeros(2)
            $0.uint16(1)
            $0.uint64(0xa_0000_0000)
            $0.uint64(0xa_000f_ffff)
            $0.scope(1, bus: 0x80, (0x14, 0))
            $0.scope(1, bus: 0x80, (0x1c, 7), (0, 0), (3, 1))
        }
        table.structure(2) {
            $0.uint8(1, 0)
            $0.uint16(1)
        }
        table.structure(3) {
            $0.zeros(4)
            $0.uint64(0xc7_ffc0_0000)
            $0.uint32(2)
        }
        table.structure(4) {
            $0.zeros(3)
            $0.uint8(7)
            $0.text("\\_SB.PC00.DEV7", 16)
        }
        table.structure(5) {
            $0.uint8(1, 0)
            $0.uint16(1)
            $0.scope(1, bus: 0x80, (2, 0))
        }
        table.structure(6) {
            $0.zeros(2)
            $0.uint16(1)
            $0.scope(1, flags: 0x1f, bus: 0x80, (2, 0))
        }
        table.structure(0x1234) { $0.zeros(12) }
        return table.table("DMAR", revision: 1)
    }()

    /// Every kind of block and device entry, and a block of an unknown type at the end.
    static let ivrs: [UInt8] = {
        var table = TableBuilder()
        table.uint32(0x0060_3043)
        table.zeros(8)
        // Flags and settings are chosen so that no two bits are the same in all of them.
        table.block(0x10, flags: 0xaa) {
            $0.uint16(0x0002)
            $0.uint16(0x40)
            $0.uint64(0xfeb8_0000)
            $0.uint16(0)
            $0.uint16(0x1305)
            $0.uint32(0x4fff_e045)
            $0.uint8(0x01, 0, 0, 0x55)
            $0.uint8(0x02, 0x10, 0x01, 0x66)
            $0.uint8(0x42, 0x18, 0x01, 0x78, 0, 0x10, 0x01, 0)
            $0.uint8(0x43, 0x00, 0x02, 0, 0, 0x10, 0x01, 0)
            $0.uint8(0x04, 0xff, 0x02, 0)
            $0.uint8(0x46, 0x00, 0x03, 0, 0, 0, 0, 0x80)
            $0.uint8(0x47, 0x00, 0x04, 0, 0, 0, 0, 0)
            $0.uint8(0x04, 0xff, 0x04, 0)
            $0.uint8(0x40, 0, 0, 0, 0, 0, 0, 0)
            $0.uint8(0x48, 0, 0, 0xd7, 0x05, 0xa0, 0x00, 1)
        }
        table.block(0x11, flags: 0xf0) {
            $0.uint16(0x0002)
            $0.uint16(0x40)
            $0.uint64(0xfeb8_0000)
            $0.uint16(0)
            $0.uint16(0)
            $0.uint32(0x0004_0200)
            $0.uint64(0x206d_73ef_2225_4ade)
            $0.uint64(0x10)
            $0.uint8(0x02, 0x10, 0x01, 0)
        }
        table.block(0x40, flags: 0xcc) {
            $0.uint16(0x0002)
            $0.uint16(0x40)
            $0.uint64(0xfeb8_0000)
            $0.uint16(0)
            $0.uint16(0)
            $0.uint32(0x0004_0201)
            $0.uint64(0x206d_73ef_2225_4ade)
            $0.uint64(0x10)
            $0.uint8(0x02, 0x10, 0x01, 0)
            $0.uint8(0xf0, 0xa5, 0x00, 0x40)
            $0.text("AMDI0020", 8)
            $0.zeros(8)
            $0.uint8(0x01, 8)
            $0.uint64(3)
            $0.uint8(0xf0, 0xa6, 0x00, 0x00)
            $0.text("AMDI0040", 8)
            $0.zeros(8)
            $0.uint8(0x02, 9)
            $0.text("\\_SB.EMMC", 9)
        }
        table.block(0x20, flags: 0x05) { $0.memory(0, 0, start: 0x9000_0000, size: 0x1000) }
        table.block(0x21, flags: 0x09) { $0.memory(0x0110, 0, start: 0x9100_0000, size: 0x2000) }
        table.block(0x22, flags: 0x03) { $0.memory(0x0200, 0x02ff, start: 0x9200_0000, size: 0x3000) }
        table.block(0x51, flags: 0x08) { $0.zeros(28) }
        return table.table("IVRS", revision: 2)
    }()
}

extension TableBuilder {
    fileprivate mutating func memory(_ device: UInt16, _ last: UInt16, start: UInt64, size: UInt64) {
        uint16(device)
        uint16(last)
        zeros(8)
        uint64(start)
        uint64(size)
    }
}
