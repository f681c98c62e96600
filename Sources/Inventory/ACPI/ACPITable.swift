/// The header that every ACPI system description table begins with (ACPI 6.5, section 5.2.6).
public struct ACPITableHeader: Codable, Sendable, Equatable {
    /// The table's name, four characters such as `DMAR`.
    public var signature: String
    /// The length of the whole table in bytes, header included.
    public var length: UInt32
    /// The revision of the table's layout.
    public var revision: UInt8
    /// The byte that makes the sum of all bytes zero.
    public var checksum: UInt8
    /// True when the sum of all bytes is zero modulo 256.
    public var checksumOK: Bool
    /// Who made the firmware.
    public var oemID: String
    /// The maker's name for this table.
    public var oemTableID: String
    /// The maker's revision of this table.
    public var oemRevision: UInt32
    /// The vendor of the program that made the table.
    public var creatorID: String
    /// The revision of that program.
    public var creatorRevision: UInt32

    /// Bytes in the header.
    static let size = 36

    /// Decodes the header and leaves the reader behind it.
    ///
    /// - Throws: `ACPIError` when there are fewer than 36 bytes, when the signature is not the reader's table, or
    ///   when the stated length is not the number of bytes there are.
    init(_ reader: inout ByteReader, bytes: [UInt8]) throws(ACPIError) {
        if bytes.count < Self.size {
            throw ACPIError(
                table: reader.table,
                offset: bytes.count,
                problem: .truncated(item: .table, needed: Self.size - bytes.count, available: 0)
            )
        }
        signature = try reader.text(4)
        if signature != reader.table {
            throw ACPIError(table: reader.table, offset: 0, problem: .badSignature(found: signature))
        }
        length = try reader.uint32()
        if UInt64(length) != UInt64(bytes.count) {
            throw ACPIError(
                table: reader.table,
                offset: 4,
                problem: .wrongTableLength(stated: length, actual: bytes.count)
            )
        }
        revision = try reader.uint8()
        checksum = try reader.uint8()
        checksumOK = bytes.reduce(0, &+) == 0
        oemID = try reader.text(6)
        oemTableID = try reader.text(8)
        oemRevision = try reader.uint32()
        creatorID = try reader.text(4)
        creatorRevision = try reader.uint32()
    }
}

/// A block of a table that is not decoded because its type is not known; its bytes are passed over.
public struct SkippedBlock: Codable, Sendable, Equatable {
    /// The type that the block states.
    public var type: UInt16
    /// Where it begins in the table, in bytes.
    public var offset: Int
    /// How many bytes it takes.
    public var length: Int
}

/// A PCI address in its usual form: `0000:02:00.0`.
func pciAddress(segment: UInt16, bus: UInt8, device: UInt8, function: UInt8) -> String {
    "\(hexadecimal(segment, width: 4)):\(hexadecimal(bus, width: 2)):\(hexadecimal(device, width: 2)).\(function)"
}

/// The PCI address of a requester: a 16-bit id of bus (8 bits), device (5) and function (3).
func pciAddress(segment: UInt16, requester: UInt16) -> String {
    pciAddress(
        segment: segment,
        bus: UInt8(requester >> 8),
        device: UInt8(requester >> 3 & 0x1f),
        function: UInt8(requester & 7)
    )
}
