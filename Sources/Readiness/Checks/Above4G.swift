import Inventory
import Wording

/// Whether the firmware places memory of devices beyond the first 4 GiB of addresses: cards with much of it, and many virtual
/// functions, find no room below.
public enum Above4G: Check {
    public static let id = "above-4g"
    public static let title = Text(en: "Room above 4 GiB for devices' memory", zh: "4 GiB 以上有设备内存空间")
    public static let importance = Importance.advice

    /// Smaller memory fits below 4 GiB on any machine.
    private static let large = UInt64(256) << 20

    public static func applies(to host: Host) -> Bool { host.functions.contains { wants($0) != nil } }

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let functions = host.pci?.functions else {
            return .unknown(host.pci?.unknown["functions"] ?? "not read")
        }
        let lost = functions.compactMap { function in
            function.details?.resources.first { $0.isUnassigned }.map { (function, $0) }
        }
        if let (function, resource) = lost.first {
            let path = "\(PCIInventory.root)/\(function.address)/resource"
            return problem(
                Text(
                    en: "\(path): BAR \(resource.index), \(Int(clamping: resource.size).binarySize), has no address",
                    zh: "\(path)：BAR \(resource.index)（\(Int(clamping: resource.size).binarySize)）没有分配到地址"
                ),
                host
            )
        }
        let above = functions.first { $0.details?.resources.contains(where: \.isAbove4G) == true }
        if let above { return .ok(above.says(Text(en: "placed above 4 GiB", zh: "位于 4 GiB 以上"))) }
        switch host.windows?.reachAbove4G {
        case true?:
            return .ok(Text(en: "/proc/iomem: a root bus reaches above 4 GiB", zh: "/proc/iomem：根总线可达 4 GiB 以上"))
        case nil: return .unknown(host.windows?.unknown["windows"] ?? "not read")
        case false?:
            let list = functions.compactMap { function in wants(function).map { function.says($0) } }
            return problem(
                Text(en: "/proc/iomem: no root bus reaches above 4 GiB; ", zh: "/proc/iomem：没有根总线可达 4 GiB 以上；")
                    + .list(list),
                host
            ).likely
        }
    }

    /// What a function would place there; nil for nothing.
    private static func wants(_ function: PCIFunction) -> Text? {
        guard let details = function.details else { return nil }
        if let largest = details.capabilities?.resizableBARs.map(\.largest).max(), largest > large {
            let size = Int(clamping: largest).binarySize
            return Text(en: "a BAR of up to \(size)", zh: "BAR 最大 \(size)")
        }
        let bar = details.resources.first {
            $0.index < 13 && $0.kind == .memory && ($0.isUnassigned || $0.is64Bit && $0.size >= large)
        }
        return bar.map { Text(verbatim: "BAR \($0.index): \(Int(clamping: $0.size).binarySize)") }
    }

    private static func problem(_ evidence: Text, _ host: Host) -> Finding.Answer {
        .problem(
            evidence,
            remedy: Text(
                en: "Switch on Above 4G Decoding in the BIOS set-up (it needs UEFI boot, without CSM).",
                zh: "请在 BIOS 中开启 Above 4G Decoding（需要 UEFI 启动，关闭 CSM）。"
            ) + BIOSMenus.hint(.above4G, host),
            actor: .firmware
        )
    }
}

extension PCIResource {
    /// The kernel found no address for it: it then shows the size alone, from zero on.
    fileprivate var isUnassigned: Bool { kind == .memory && index < 6 && start == "0x00000000" }

    fileprivate var isAbove4G: Bool {
        kind == .memory && (UInt64(start.dropFirst(2), radix: 16) ?? 0) > UInt64(UInt32.max)
    }
}
