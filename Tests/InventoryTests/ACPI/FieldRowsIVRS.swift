@testable import Inventory

extension IVRS {
    /// The rows behind the table's header.
    var rows: [FieldRow] {
        var rows = FieldRows(at: 36)
        rows.number(4, "Virtualization Info", info.rebuilt)
        rows.reserved(8)
        return rows.rows + ivhd.flatMap(\.rows) + ivmd.flatMap(\.rows)
    }
}

extension IVRS.Info {
    /// The field put together again from its decoded parts, with the reserved bits as stated.
    fileprivate var rebuilt: UInt32 {
        var value = raw & ~0x007f_ffe3
        value |= efrSupport ? 1 : 0
        value |= prebootDMAProtection ? 2 : 0
        value |= UInt32(gvaSize) << 5
        value |= UInt32(physicalAddressBits) << 8
        value |= UInt32(virtualAddressBits) << 15
        value |= htATSReserved ? 1 << 22 : 0
        return value
    }
}

extension IVRS.IVHD {
    fileprivate var rows: [FieldRow] {
        let mixed = type == 0x40 ? " - Mixed Format" : ""
        var rows = FieldRows(at: offset)
        rows.number(1, "Subtable Type", type, label: "Hardware Definition Block\(mixed) (IVHD)")
        rows.number(1, "Flags (decoded below)", flags)
        rows.bits("HtTunEn", htTunnelEnable)
        rows.bits("PassPW", passPostedWrites)
        rows.bits("ResPassPW", responsePassPostedWrites)
        rows.bits("Isoc Control", isochronous)
        rows.bits("Iotlb Support", iotlbSupport)
        rows.bits("Coherent", coherent)
        // iasl shows these two bits of types 11h and 40h also, which reserve them.
        rows.bits("Prefetch Support", prefetchSupport ?? (flags & 0x40 != 0))
        rows.bits("PPR Support", pprSupport ?? (flags & 0x80 != 0))
        rows.number(2, "Length", length)
        rows.number(2, "DeviceId", deviceID)
        rows.number(2, "Capability Offset", capabilityOffset)
        rows.number(8, "Base Address", registerBase)
        rows.number(2, "PCI Segment Group", segment)
        rows.number(2, "Virtualization Info", iommuInfo)
        rows.number(4, type == 0x10 ? "Feature Reporting" : "Attributes", features)
        if let efr, let efr2 {
            rows.number(8, "EFR Image", efr.wrappedValue)
            rows.number(8, "Reserved", efr2.wrappedValue)
        }
        return rows.rows + devices.flatMap(\.rows)
    }
}

extension IVRS.IVHD.DeviceEntry {
    fileprivate var rows: [FieldRow] {
        var rows = FieldRows(at: offset)
        rows.number(1, "Subtable Type", type, label: label)
        rows.number(2, "Device ID", deviceID)
        rows.number(1, "Data Setting (decoded below)", dataSetting.raw)
        rows.bits("INITPass", dataSetting.initPass)
        rows.bits("EIntPass", dataSetting.eIntPass)
        rows.bits("NMIPass", dataSetting.nmiPass)
        rows.bits("Reserved", dataSetting.raw >> 3 & 1)
        rows.bits("System MGMT", dataSetting.systemManagement)
        rows.bits("LINT0 Pass", dataSetting.lint0Pass)
        rows.bits("LINT1 Pass", dataSetting.lint1Pass)
        if let alias {
            rows.reserved(1)
            rows.number(2, "Source Used Device ID", alias.deviceID)
            rows.reserved(1)
        }
        if let special {
            rows.number(1, "Handle", special.handle)
            rows.number(2, "Source Used Device ID", special.source.deviceID)
            rows.number(1, "Variety", special.variety)
        }
        if let extended {
            rows.number(4, "Extended Data", extended.raw)
        }
        if let acpi {
            rows.text(8, "ACPI HID", acpi.hid)
            rows.number(8, "ACPI CID", acpi.cid.utf8.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
            // iasl shows none of the three when there is no unique id.
            guard acpi.uidLength > 0 else { return rows.rows }
            rows.number(1, "UID Format", acpi.uidFormat)
            rows.number(1, "UID Length", acpi.uidLength)
            if acpi.uidFormat == 1, let number = acpi.uid.flatMap({ UInt64($0) }) {
                rows.number(Int(acpi.uidLength), "UID", number)
            } else if let uid = acpi.uid {
                rows.text(Int(acpi.uidLength), "UID", uid)
            }
        }
        if kind == .padding, length == 8 { rows.reserved(4, "Extended Data") }
        return rows.rows
    }

    /// Where the bytes lie that say that there is no unique id; iasl does not show them.
    var missingUID: Range<Int>? {
        guard let acpi, acpi.uidLength == 0 else { return nil }
        return offset + 20..<offset + 22
    }

    private var label: String {
        switch kind {
        case .padding, .unknown: "Unknown/Reserved Device Entry Type"
        case .all: "Device Entry: Select All Devices"
        case .select: "Device Entry: Select One Device"
        case .rangeStart: "Device Entry: Start of Range"
        case .rangeEnd: "Device Entry: End of Range"
        case .aliasSelect: "Device Entry: Alias Select"
        case .aliasRangeStart: "Device Entry: Alias Start of Range"
        case .extendedSelect: "Device Entry: Extended Select"
        case .extendedRangeStart: "Device Entry: Extended Start of Range"
        case .special: "Device Entry: Special Device"
        case .acpiHID: "Device Entry: ACPI HID Named Device"
        }
    }
}

extension IVRS.IVMD {
    fileprivate var rows: [FieldRow] {
        var rows = FieldRows(at: offset)
        rows.number(1, "Subtable Type", type, label: "Memory Definition Block (IVMD)")
        rows.number(1, "Flags (decoded below)", flags)
        rows.bits("Unity", unityMap)
        rows.bits("Readable", readable)
        rows.bits("Writeable", writable)
        rows.bits("Exclusion Range", exclusionRange)
        rows.number(2, "Length", length)
        rows.number(2, "DeviceId", deviceID)
        rows.number(2, "Auxiliary Data", auxiliaryData)
        // iasl does not know the segment, which takes the first two of eight bytes that were reserved before.
        rows.number(8, "Reserved", segment)
        rows.number(8, "Start Address", start)
        rows.number(8, "Memory Length", size)
        return rows.rows
    }
}
