@testable import Inventory

extension DMAR {
    /// The rows behind the table's header.
    var rows: [FieldRow] {
        var rows = FieldRows(at: 36)
        rows.number(1, "Host Address Width", hostAddressWidth - 1)
        rows.number(1, "Flags", flags)
        rows.reserved(10)
        return rows.rows + drhd.flatMap(\.rows) + rmrr.flatMap(\.rows) + atsr.flatMap(\.rows) + rhsa.flatMap(\.rows)
            + andd.flatMap(\.rows) + satc.flatMap(\.rows) + sidp.flatMap(\.rows) + skipped.flatMap(\.dmarRows)
    }
}

private func structure(_ type: UInt16, _ label: String, at offset: Int, length: Int) -> FieldRows {
    var rows = FieldRows(at: offset)
    rows.number(2, "Subtable Type", type, label: label)
    rows.number(2, "Length", length)
    return rows
}

extension DMAR.DRHD {
    fileprivate var rows: [FieldRow] {
        var rows = structure(0, "Hardware Unit Definition", at: offset, length: length)
        rows.number(1, "Flags", includePCIAll ? flags | 1 : flags & 0xfe)
        rows.number(1, "Size (decoded below)", size)
        rows.bits("Size (pages, log2)", (registerSize / 4096).trailingZeroBitCount)
        rows.number(2, "PCI Segment Number", segment)
        rows.number(8, "Register Base Address", registerBase)
        return rows.rows + scopes.flatMap(\.rows)
    }
}

extension DMAR.RMRR {
    fileprivate var rows: [FieldRow] {
        var rows = structure(1, "Reserved Memory Region", at: offset, length: length)
        rows.reserved(2)
        rows.number(2, "PCI Segment Number", segment)
        rows.number(8, "Base Address", base)
        rows.number(8, "End Address (limit)", limit)
        return rows.rows + scopes.flatMap(\.rows)
    }
}

extension DMAR.ATSR {
    fileprivate var rows: [FieldRow] {
        var rows = structure(2, "Root Port ATS Capability", at: offset, length: length)
        rows.number(1, "Flags", allPorts ? flags | 1 : flags & 0xfe)
        rows.reserved(1)
        rows.number(2, "PCI Segment Number", segment)
        return rows.rows + scopes.flatMap(\.rows)
    }
}

extension DMAR.RHSA {
    fileprivate var rows: [FieldRow] {
        var rows = structure(3, "Remapping Hardware Static Affinity", at: offset, length: length)
        rows.reserved(4)
        rows.number(8, "Base Address", registerBase)
        rows.number(4, "Proximity Domain", proximityDomain)
        return rows.rows
    }
}

extension DMAR.ANDD {
    fileprivate var rows: [FieldRow] {
        var rows = structure(4, "ACPI Namespace Device Declaration", at: offset, length: length)
        rows.reserved(3)
        rows.number(1, "Device Number", deviceNumber)
        rows.text(objectName.utf8.count + 1, "Device Name", objectName)
        return rows.rows
    }

    /// Where the padding behind the object's name lies; iasl does not show it.
    var padding: Range<Int> { offset + 8 + objectName.utf8.count + 1..<offset + length }
}

extension DMAR.SATC {
    fileprivate var rows: [FieldRow] {
        var rows = structure(5, "SoC Integrated Address Translation Cache", at: offset, length: length)
        rows.number(1, "Flags", atcRequired ? flags | 1 : flags & 0xfe)
        rows.reserved(1)
        rows.number(2, "PCI Segment Number", segment)
        return rows.rows + scopes.flatMap(\.rows)
    }
}

extension DMAR.SIDP {
    fileprivate var rows: [FieldRow] {
        var rows = structure(6, "SoC Integrated Device Property", at: offset, length: length)
        rows.reserved(2)
        rows.number(2, "PCI Segment Number", segment)
        return rows.rows + scopes.flatMap(\.rows)
    }
}

extension SkippedBlock {
    /// iasl shows type and length of a structure that it does not know; of an IVRS block it shows neither.
    fileprivate var dmarRows: [FieldRow] {
        structure(type, "Unknown Subtable Type", at: offset, length: length).rows
    }
}

extension DeviceScope {
    fileprivate var rows: [FieldRow] {
        let label =
            switch kind {
            case .pciEndpoint: "PCI Endpoint Device"
            case .pciSubHierarchy: "PCI Bridge Device"
            case .ioapic: "IOAPIC Device"
            case .hpet: "Message-capable HPET Device"
            case .acpiNamespace: "Namespace Device"
            case .unknown: "Unknown"
            }
        var rows = FieldRows(at: offset)
        rows.number(1, "Device Scope Type", type, label: label)
        rows.number(1, "Entry Length", length)
        rows.number(1, "Flags", flags)
        rows.reserved(1)
        rows.number(1, "Enumeration ID", enumerationID)
        rows.number(1, "PCI Bus Number", startBus)
        for step in path { rows.step(step) }
        return rows.rows
    }
}
