import Inventory
import Wording

/// Whether graphics cards show all of their memory at once. A guest sees the size that the host has set.
public enum ResizableBARs: Check {
    public static let id = "resizable-bar"
    public static let title = Text(en: "Resizable BAR of graphics cards", zh: "显卡的 Resizable BAR")
    public static let importance = Importance.advice

    private static func isCard(_ function: PCIFunction) -> Bool {
        guard function.class.isDisplay, function.details?.physicalFunction == nil else { return false }
        return function.details?.parents?.isEmpty == false
    }

    public static func applies(to host: Host) -> Bool { host.functions.contains(where: isCard) }

    public static func answer(_ host: Host) -> Finding.Answer {
        DeviceAnswers.of(host, where: isCard) { function in
            let path = "\(PCIInventory.root)/\(function.address)/config"
            guard let capabilities = function.details?.capabilities else {
                return .unknown(function.whyUnknown("capabilities"))
            }
            guard capabilities.extendedReadable else {
                return capabilities.portType == nil
                    ? .ok(function.says(Text(en: "conventional PCI, without it", zh: "传统 PCI，没有该功能")))
                    : .unknown("\(path): no extended configuration space")
            }
            guard capabilities.resizableBAR else {
                return .ok(function.says(Text(en: "the card has none", zh: "该卡没有此功能")))
            }
            guard let bar = capabilities.resizableBARs.max(by: { $0.largest < $1.largest }) else {
                return .unknown("\(path): the capability says no sizes")
            }
            let sizes = "BAR \(bar.index): \(Int(clamping: bar.size).binarySize)"
            guard bar.size < bar.largest else { return .ok(function.says(sizes)) }
            let largest = Int(clamping: bar.largest).binarySize
            return .problem(
                function.says(Text(en: "\(sizes) of \(largest)", zh: "\(sizes)，最大 \(largest)")),
                remedy: Text(
                    en: "For speed only: switch on Above 4G Decoding and Re-Size BAR Support in the BIOS set-up.",
                    zh: "仅影响速度：请在 BIOS 中开启 Above 4G Decoding 和 Re-Size BAR Support。"
                ) + BIOSMenus.hint(.resizableBAR, host),
                actor: .firmware
            )
        }
    }
}
