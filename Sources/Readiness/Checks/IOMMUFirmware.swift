import Inventory
import Wording

/// Whether the firmware describes an IOMMU: without its table the kernel has nothing to switch on.
public enum IOMMUFirmware: Check {
    public static let id = "iommu-firmware"
    public static let title = Text(en: "IOMMU in the firmware (VT-d / AMD-Vi)", zh: "固件中的 IOMMU（VT-d / AMD-Vi）")

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let firmware = host.firmware else { return .unknown("not read") }
        if let kind = firmware.iommuKind {
            let table = kind == .intel ? "DMAR" : "IVRS"
            if let why = firmware.unknown[table.lowercased()], !why.hasPrefix("/sys/") {
                return .problem(
                    Text(en: "the table \(table) is damaged: \(why)", zh: "\(table) 表已损坏：\(why)"),
                    remedy: Text(en: "Update the firmware (BIOS).", zh: "请更新固件（BIOS）。"),
                    actor: .firmware
                )
            }
            return .ok(Text(en: "\(Firmware.tablesRoot)/\(table) is there", zh: "存在 \(Firmware.tablesRoot)/\(table)"))
        }
        if let why = firmware.unknown["tables"] { return .unknown(why) }
        return .problem(
            Text(
                en: "\(Firmware.tablesRoot) has neither DMAR nor IVRS",
                zh: "\(Firmware.tablesRoot) 中没有 DMAR 或 IVRS"
            ),
            remedy: Text(
                en: """
                    Switch on VT-d (Intel) or AMD-Vi / IOMMU (AMD) in the BIOS set-up, often under Advanced, \
                    North Bridge or AMD CBS, then power off once.
                    """,
                zh: """
                    请在 BIOS 中开启 VT-d（Intel）或 AMD-Vi / IOMMU（AMD），\
                    通常在 Advanced、North Bridge 或 AMD CBS 菜单下，然后断电一次。
                    """
            ) + BIOSMenus.hint(host.cpu?.isAMD == true ? .amdvi : .vtd, host),
            actor: .firmware
        )
    }
}
