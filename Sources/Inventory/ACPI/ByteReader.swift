/// A little-endian cursor over part of a table, which never reads past its end.
///
/// Offsets are absolute in the table, so that an error names the byte a hex dump shows.
struct ByteReader {
    private let bytes: [UInt8]
    /// The next byte to read.
    private(set) var offset: Int
    /// The first byte that may no longer be read.
    let end: Int
    /// What is being read, for errors.
    let item: ACPIError.Item
    /// The table's signature, for errors.
    let table: String

    /// Reads all of `bytes`.
    init(_ bytes: [UInt8], table: String) {
        self.init(bytes, from: 0, to: bytes.count, item: .table, table: table)
    }

    private init(_ bytes: [UInt8], from offset: Int, to end: Int, item: ACPIError.Item, table: String) {
        self.bytes = bytes
        self.offset = offset
        self.end = end
        self.item = item
        self.table = table
    }

    /// How many bytes are left.
    var remaining: Int { end - offset }

    /// True when everything has been read.
    var isAtEnd: Bool { offset >= end }

    /// The byte `distance` ahead of the cursor, or nil when it lies past the end. The cursor stays.
    func peek(_ distance: Int = 0) -> UInt8? {
        distance >= 0 && distance < remaining ? bytes[offset + distance] : nil
    }

    mutating func uint8() throws(ACPIError) -> UInt8 {
        try need(1)
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func uint16() throws(ACPIError) -> UInt16 {
        UInt16(try integer(2))
    }

    mutating func uint32() throws(ACPIError) -> UInt32 {
        UInt32(try integer(4))
    }

    mutating func uint64() throws(ACPIError) -> UInt64 {
        try integer(8)
    }

    /// The next `count` bytes.
    mutating func take(_ count: Int) throws(ACPIError) -> ArraySlice<UInt8> {
        try need(count)
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    /// Passes over `count` reserved bytes.
    mutating func skip(_ count: Int) throws(ACPIError) {
        try need(count)
        offset += count
    }

    /// The next `count` bytes as text, as `text(_:)` reads it.
    mutating func text(_ count: Int) throws(ACPIError) -> String {
        Self.text(try take(count))
    }

    /// A reader over the next `length` bytes, which this reader then passes over.
    ///
    /// - Parameters:
    ///   - length: what the item itself states.
    ///   - minimum: the size of the item's fixed part.
    mutating func block(
        _ item: ACPIError.Item,
        length: Int,
        minimum: Int
    ) throws(ACPIError) -> ByteReader {
        if length == 0 { throw error(.zeroLength(item)) }
        if length < minimum { throw error(.tooShort(item, stated: length, minimum: minimum)) }
        if length > remaining { throw error(.tooLong(item, stated: length, available: remaining)) }
        defer { offset += length }
        return ByteReader(bytes, from: offset, to: offset + length, item: item, table: table)
    }

    /// An error at the cursor.
    func error(_ problem: ACPIError.Problem) -> ACPIError {
        ACPIError(table: table, offset: offset, problem: problem)
    }

    private func need(_ count: Int) throws(ACPIError) {
        if count > remaining {
            throw error(.truncated(item: item, needed: count, available: remaining))
        }
    }

    private mutating func integer(_ size: Int) throws(ACPIError) -> UInt64 {
        try take(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// ASCII up to the first NUL, without trailing blanks; a byte that is not printable becomes `?`.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        var printable = bytes.prefix { $0 != 0 }.map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }
        while printable.last == UInt8(ascii: " ") { printable.removeLast() }
        return String(decoding: printable, as: UTF8.self)
    }
}
