@testable import Inventory

/// One field of a table: where it lies, what it is called, what it says.
struct FieldRow: Equatable, CustomStringConvertible {
    /// What a field says.
    enum Value: Equatable {
        case number(UInt64)
        case text(String)
        case bytes([UInt8])
        case path(UInt8, UInt8)
        /// Our decode passes over these bytes.
        case reserved
    }

    let offset: Int
    /// Bytes that the field takes; 0 for bits of the field before.
    let size: Int
    let name: String
    let value: Value
    /// What iasl says that the value means.
    var label: String?

    var isBit: Bool { size == 0 }
    var key: String { "\(offset)+\(size) \(name)" }
    var description: String { "[\(offset)+\(size)] \(name): \(value) \(label ?? "")" }
}

/// Collects rows while walking over a table.
struct FieldRows {
    private(set) var rows: [FieldRow] = []
    private(set) var offset: Int

    init(at offset: Int) { self.offset = offset }

    mutating func number(_ size: Int, _ name: String, _ value: some BinaryInteger, label: String? = nil) {
        add(size, name, .number(UInt64(value)), label)
    }

    mutating func text(_ size: Int, _ name: String, _ value: String) {
        add(size, name, .text(value), nil)
    }

    mutating func reserved(_ size: Int, _ name: String = "Reserved") {
        add(size, name, .reserved, nil)
    }

    /// A step of a path, two bytes.
    mutating func step(_ step: DeviceScope.Step) {
        add(2, "PCI Path", .path(step.device, step.function), nil)
    }

    /// Bits of the field added last.
    mutating func bits(_ name: String, _ value: some BinaryInteger) {
        guard let last = rows.last(where: { !$0.isBit }) else { return }
        rows.append(FieldRow(offset: last.offset, size: 0, name: name, value: .number(UInt64(value))))
    }

    mutating func bits(_ name: String, _ value: Bool) {
        bits(name, value ? 1 : 0)
    }

    private mutating func add(_ size: Int, _ name: String, _ value: FieldRow.Value, _ label: String?) {
        rows.append(FieldRow(offset: offset, size: size, name: name, value: value, label: label))
        offset += size
    }
}

extension Decoded {
    /// The decode as rows under the names that iasl gives to the fields, built from decoded values alone.
    var rows: [FieldRow] {
        switch self {
        case .dmar(let table): table.header.rows + table.rows
        case .ivrs(let table): table.header.rows + table.rows
        }
    }
}

extension ACPITableHeader {
    fileprivate var rows: [FieldRow] {
        var rows = FieldRows(at: 0)
        rows.text(4, "Signature", signature)
        rows.number(4, "Table Length", length)
        rows.number(1, "Revision", revision)
        rows.number(1, "Checksum", checksum)
        rows.text(6, "Oem ID", oemID)
        rows.text(8, "Oem Table ID", oemTableID)
        rows.number(4, "Oem Revision", oemRevision)
        rows.text(4, "Asl Compiler ID", creatorID)
        rows.number(4, "Asl Compiler Revision", creatorRevision)
        return rows.rows
    }
}
