import Inventory
import Wording

/// Whether the kernel reaches all 4096 bytes of configuration space: ACS and SR-IOV live beyond the first 256.
public enum ConfigSpace: Check {
    public static let id = "config-space"
    public static let title = Text(en: "Full PCI configuration space", zh: "完整的 PCI 配置空间")
    public static let importance = Importance.advice

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let functions = host.pci?.functions else {
            return .unknown(host.pci?.unknown["functions"] ?? "not read")
        }
        let sizes = functions.compactMap { $0.details?.configSize }
        guard !sizes.isEmpty else {
            let why = functions.lazy.compactMap { $0.details?.unknown["configSize"] }.first
            return .unknown(why ?? "no function shows its size")
        }
        if sizes.contains(4096) {
            let count = sizes.count { $0 == 4096 }
            return .ok(
                Text(
                    en: "\(count) of \(sizes.count) functions show 4096 bytes",
                    zh: "\(sizes.count) 个功能中有 \(count) 个显示 4096 字节"
                )
            )
        }
        let express = functions.filter { $0.details?.capabilities?.portType != nil }
        if host.kernel?.config?["PCI_MMCONFIG"] == "n" {
            return .problem(
                Text(
                    en:
                        "every function shows 256 bytes, and \(host.kernel?.configSource ?? "the kernel") is without PCI_MMCONFIG",
                    zh: "所有功能都只显示 256 字节，而且 \(host.kernel?.configSource ?? "内核") 没有 PCI_MMCONFIG"
                ),
                remedy: Text(
                    en:
                        "Use a newer kernel (iStoreOS since 22.03.7 of May 2025, OpenWrt 24.10): groups are too large without it.",
                    zh: "请使用更新的内核（iStoreOS 2025 年 5 月的 22.03.7 起，OpenWrt 24.10）：否则 IOMMU 组会过大。"
                ),
                actor: .distribution
            )
        }
        guard !express.isEmpty else {
            return .unknown(Text(en: "no PCI Express function shows itself", zh: "没有发现 PCI Express 功能"))
        }
        let why = host.kernel?.note(.noExtendedConfiguration).map {
            Text(en: "; the kernel: \($0.text)", zh: "；内核：\($0.text)")
        }
        return .problem(
            Text(
                en: "\(express.count) PCI Express functions show only 256 bytes (\(express[0].address) …)",
                zh: "\(express.count) 个 PCI Express 功能只显示 256 字节（\(express[0].address) …）"
            ) + (why ?? .empty),
            remedy: Text(
                en:
                    "The kernel reads no MMCONFIG: look for MMCONFIG or ECAM in dmesg, or use a kernel that has PCI_MMCONFIG.",
                zh: "内核没有使用 MMCONFIG：请在 dmesg 中查找 MMCONFIG 或 ECAM，或使用带 PCI_MMCONFIG 的内核。"
            ),
            actor: .distribution
        )
    }
}
