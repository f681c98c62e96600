import Inventory
import Wording

/// The firmware's IOMMU table, a line a unit and a line a reserved region.
struct FirmwareView {
    let firmware: Firmware

    func lines(in language: Language) -> [String] {
        func say(_ english: String, _ chinese: String) -> String { Text(en: english, zh: chinese).string(in: language) }
        func yesNo(_ value: Bool) -> String { value ? say("yes", "是") : say("no", "否") }
        var table = Table()
        for (key, why) in firmware.unknown.sorted(by: { $0.key < $1.key }) {
            table.add(key, say("unknown: \(why)", "未知：\(Text(reason: why).zh)"))
        }
        if let mode = firmware.mode { table.add(say("Firmware", "固件"), mode.rawValue.uppercased()) }
        if let dmar = firmware.dmar {
            table.add("DMAR", "\(dmar.header.oemID) \(dmar.header.oemTableID)")
            table.add(say("Host address width", "主机地址宽度"), "\(dmar.hostAddressWidth)")
            table.add(say("Interrupt remapping", "中断重映射"), yesNo(dmar.interruptRemapping))
            table.add(say("x2APIC opt-out", "x2APIC 退出"), yesNo(dmar.x2APICOptOut))
            table.add(say("DMA control opt-in", "DMA 控制选用"), yesNo(dmar.dmaControlPlatformOptIn))
            for unit in dmar.drhd {
                table.add(
                    say("Remapping unit", "重映射单元"),
                    "0x\(String(unit.registerBase, radix: 16)) \(unit.includePCIAll ? "INCLUDE_PCI_ALL " : "")\(unit.scopes.compactMap(\.bdf).joined(separator: " "))"
                )
            }
            for region in dmar.rmrr {
                table.add(
                    say("Reserved memory", "保留内存"),
                    "0x\(String(region.base, radix: 16))-0x\(String(region.limit, radix: 16)) \(region.scopes.compactMap(\.bdf).joined(separator: " "))"
                )
            }
        }
        if let ivrs = firmware.ivrs {
            table.add("IVRS", "\(ivrs.header.oemID) \(ivrs.header.oemTableID)")
            for unit in ivrs.units {
                table.add(say("Remapping unit", "重映射单元"), "0x\(String(unit.registerBase, radix: 16)) \(unit.bdf)")
            }
            for region in ivrs.ivmd {
                table.add(
                    say("Reserved memory", "保留内存"),
                    "0x\(String(region.start, radix: 16)) +0x\(String(region.length, radix: 16))"
                )
            }
        }
        if firmware.tables != nil && firmware.iommuKind == nil {
            table.add(say("IOMMU table", "IOMMU 表"), say("none (neither DMAR nor IVRS)", "无（没有 DMAR 或 IVRS）"))
        }
        return table.lines
    }
}
