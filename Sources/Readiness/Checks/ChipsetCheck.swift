import Inventory
import Wording

/// Whether a chipset that is known to have an IOMMU shows it: where it does not, only the firmware's switch can be why.
public enum ChipsetCheck: Check {
    public static let id = "chipset"
    public static let title = Text(en: "Chipset's IOMMU is in use", zh: "芯片组的 IOMMU 已启用")
    public static let importance = Importance.advice

    private static func known(_ host: Host) -> (function: PCIFunction, chipset: HardwareFacts.Chipset)? {
        host.functions.lazy.filter { $0.class.short == 0x0601 }.compactMap { function in
            HardwareFacts.builtIn?.chipset(of: function).map { (function, $0) }
        }.first
    }

    public static func applies(to host: Host) -> Bool { known(host) != nil }

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let (function, chipset) = known(host) else {
            return .unknown(host.pci?.unknown["functions"] ?? "not read")
        }
        var evidence = function.says("\(function.id), \(chipset.name)")
        guard let firmware = host.firmware, firmware.iommuKind != nil || firmware.tables != nil else {
            return .unknown(host.firmware?.unknown["tables"] ?? "not read")
        }
        if let text = chipset.text { evidence = evidence + Text(verbatim: ": ") + text }
        guard firmware.iommuKind == nil else { return .ok(evidence) }
        return .problem(
            evidence + Text(en: "; it has VT-d, and the firmware does not show it", zh: "；它支持 VT-d，但固件没有提供"),
            remedy: Text(
                en: "The firmware has it switched off: see iommu-firmware. No other board is needed.",
                zh: "固件中未开启：参见 iommu-firmware。不需要更换主板。"
            ),
            actor: .firmware
        ).likely
    }
}
