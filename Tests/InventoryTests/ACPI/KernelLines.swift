@testable import Inventory

/// What Linux prints while it reads a table: an oracle that is neither ours nor iasl's.
///
/// The formats are those of `drivers/iommu/intel/dmar.c` and `drivers/iommu/amd/init.c` of Linux 6.1 and 6.12, which
/// print the same; the latter prints only with `amd_iommu_dump=1` on the command line. Blanks count as one space.
func kernelLines(_ table: DMAR) -> [String] {
    var lines: [(offset: Int, text: String)] = []
    lines += table.drhd.map { ($0.offset, "DRHD base: \(address($0.registerBase)) flags: \(flags($0.flags))") }
    lines += table.rmrr.map { ($0.offset, "RMRR base: \(address($0.base)) end: \(address($0.limit))") }
    lines += table.atsr.map { ($0.offset, "ATSR flags: \(flags($0.flags))") }
    lines += table.rhsa.map {
        let domain = hexadecimal($0.proximityDomain, width: 1)
        return ($0.offset, "RHSA base: \(address($0.registerBase)) proximity domain: 0x\(domain)")
    }
    lines += table.andd.map {
        ($0.offset, "ANDD device: \(hexadecimal($0.deviceNumber, width: 1)) name: \($0.objectName)")
    }
    lines += table.satc.map { ($0.offset, "SATC flags: \(flags($0.flags))") }
    lines.sort { $0.offset < $1.offset }
    return (["Host address width \(table.hostAddressWidth)"] + lines.map(\.text)).map { "DMAR: \($0)" }
}

/// The same for an IVRS table; the kernel goes through the blocks of the newest type of the first unit.
func kernelLines(_ table: IVRS) -> [String] {
    guard let first = table.ivhd.first,
        let type = table.ivhd.filter({ $0.deviceID == first.deviceID }).map(\.type).max()
    else { return [] }
    let units = table.ivhd.filter { $0.type == type }
    var lines = ["Using IVHD type \(flags(type))"]
    var lastID: [UInt16: UInt16] = [:]
    for unit in units {
        lines.append(
            "device: \(unit.bdf) cap: \(hexadecimal(unit.capabilityOffset, width: 4)) "
                + "flags: \(hexadecimal(unit.flags, width: 1)) info \(hexadecimal(unit.iommuInfo, width: 4))"
        )
        lines.append("mmio-addr: \(hexadecimal(unit.registerBase, width: 16))")
        if lastID[unit.segment] == nil {
            let last = units.filter { $0.segment == unit.segment }.flatMap(\.devices).map(\.lastID).max() ?? 0
            lastID[unit.segment] = last
            let segment = hexadecimal(unit.segment, width: 1)
            lines.append("PCI segment : 0x\(segment), last bdf : 0x\(hexadecimal(last, width: 4))")
        }
        lines += unit.devices.flatMap { $0.kernelLines(segment: unit.segment) }
    }
    if let unit = units.first {
        let known = table.info.efrSupport
        let images = [unit.efr, unit.efr2].map { hexadecimal(known ? $0?.wrappedValue ?? 0 : 0, width: 1) }
        lines.append("Using global IVHD EFR:0x\(images[0]), EFR2:0x\(images[1])")
    }
    lines += table.ivmd.filter { $0.unityMap || $0.exclusionRange }.map {
        $0.kernelLine(lastID: lastID[$0.segment] ?? 0)
    }
    return lines.map { "AMD-Vi: \($0)" }
}

/// The lines of a kernel's log that decode a table, without time stamps, with blanks as one space.
///
/// All other lines of the IOMMU drivers, such as complaints about missing hardware, are left out.
func kernelTableLines(inLog log: String) -> [String] {
    let wanted = [
        "DMAR: Host address width", "DMAR: DRHD base:", "DMAR: RMRR base:", "DMAR: ATSR flags:", "DMAR: RHSA base:",
        "DMAR: ANDD device:", "DMAR: SATC flags:", "AMD-Vi: Using IVHD type", "AMD-Vi: device:", "AMD-Vi: mmio-addr:",
        "AMD-Vi: PCI segment :", "AMD-Vi: DEV_", "AMD-Vi: ivrs, add hid:", "AMD-Vi: Using global IVHD EFR:",
        "AMD-Vi: IVMD_TYPE",
    ]
    return log.split(whereSeparator: \.isNewline).compactMap { line in
        var words = line.split(whereSeparator: \.isWhitespace)
        if let mark = words.firstIndex(where: { $0 == "DMAR:" || $0 == "AMD-Vi:" }) { words.removeFirst(mark) }
        if words.starts(with: ["AMD-Vi:", "AMD-Vi:"]) { words.removeFirst() }
        let text = words.joined(separator: " ")
        return wanted.contains(where: text.hasPrefix) ? text : nil
    }
}

/// `%#016llx`: sixteen characters, the prefix included.
private func address(_ value: UInt64) -> String {
    "0x" + hexadecimal(value, width: 14)
}

/// `%#x`
private func flags(_ value: UInt8) -> String {
    "0x" + hexadecimal(value, width: 1)
}

extension IVRS.IVHD.DeviceEntry {
    /// The highest requester id that the kernel takes from the entry.
    fileprivate var lastID: UInt16 {
        switch kind {
        case .all: .max
        case .select, .rangeEnd, .aliasSelect, .extendedSelect: deviceID
        default: 0
        }
    }

    fileprivate func kernelLines(segment: UInt16) -> [String] {
        let device = "devid: \(pciAddress(segment: segment, requester: deviceID))"
        let setting = "flags: \(hexadecimal(dataSetting.raw, width: 2))"
        let data = extended.map { "ext: \(hexadecimal($0.raw, width: 8))" } ?? ""
        let source = alias?.bdf ?? ""
        switch kind {
        case .padding, .unknown: return []
        case .all: return ["DEV_ALL flags: \(hexadecimal(dataSetting.raw, width: 2))"]
        case .select: return ["DEV_SELECT \(device) \(setting)"]
        case .rangeStart: return ["DEV_SELECT_RANGE_START \(device) \(setting)"]
        case .rangeEnd: return ["DEV_RANGE_END \(device)"]
        case .aliasSelect: return ["DEV_ALIAS \(device) \(setting) devid_to: \(source.dropFirst(5))"]
        case .aliasRangeStart: return ["DEV_ALIAS_RANGE \(device) \(setting) devid_to: \(source)"]
        case .extendedSelect: return ["DEV_EXT_SELECT \(device) \(setting) \(data)"]
        case .extendedRangeStart: return ["DEV_EXT_SELECT_RANGE \(device) \(setting) \(data)"]
        case .special:
            guard let special else { return [] }
            let name = special.kind == .ioapic ? "IOAPIC" : special.kind == .hpet ? "HPET" : "UNKNOWN"
            return ["DEV_SPECIAL(\(name)[\(special.handle)]) devid: \(special.source.bdf)"]
        case .acpiHID:
            guard let acpi else { return [] }
            return [
                "DEV_ACPI_HID(\(acpi.hid)[\(acpi.uid ?? "")]) \(device)",
                "ivrs, add hid:\(acpi.hid), uid:\(acpi.uid ?? ""), rdevid:\(deviceID & ~7)",
            ]
        }
    }
}

extension IVRS.IVMD {
    /// The kernel maps whole pages and prints the first address behind them.
    fileprivate func kernelLine(lastID: UInt16) -> String {
        let name = type == 0x20 ? "IVMD_TYPE_ALL" : type == 0x22 ? "IVMD_TYPE_RANGE" : "IVMD_TYPEi"
        let first = type == 0x20 ? 0 : deviceID
        let last = type == 0x20 ? lastID : type == 0x22 ? auxiliaryData : deviceID
        let begin = Self.pageAligned(start)
        let end = begin &+ Self.pageAligned(size)
        return "\(name) devid_start: \(pciAddress(segment: segment, requester: first)) "
            + "devid_end: \(pciAddress(segment: segment, requester: last)) "
            + "range_start: \(hexadecimal(begin, width: 16)) range_end: \(hexadecimal(end, width: 16)) "
            + "flags: \(hexadecimal(flags, width: 1))"
    }

    private static func pageAligned(_ value: UInt64) -> UInt64 {
        (value &+ 0xfff) & ~0xfff
    }
}
