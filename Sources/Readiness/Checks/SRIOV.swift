import Inventory
import Wording

/// Which devices can be split into virtual functions.
public enum SRIOVCheck: Check {
    public static let id = "sriov"
    public static let title = Text(en: "SR-IOV devices", zh: "SR-IOV 设备")
    public static let importance = Importance.advice

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let functions = host.pci?.functions else {
            return .unknown(host.pci?.unknown["functions"] ?? "not read")
        }
        let capable = functions.filter { ($0.details?.sriov?.total ?? 0) > 0 }
        if !capable.isEmpty {
            return .ok(
                .list(
                    capable.map { function in
                        let sriov = function.details?.sriov
                        let total = sriov?.total ?? 0
                        guard let enabled = sriov?.enabled else {
                            let why = function.details?.unknown["sriov_numvfs"] ?? "not read"
                            return Text(
                                en: "\(function.address): of \(total) VFs an unknown number (\(why))",
                                zh: "\(function.address)：\(total) 个 VF 中已启用的数量未知（\(Text(reason: why).zh)）"
                            )
                        }
                        return Text(
                            en: "\(function.address): \(enabled) of \(total) VFs",
                            zh: "\(function.address)：\(total) 个 VF 中已启用 \(enabled) 个"
                        )
                    }
                )
            )
        }
        if host.kernel?.config?["PCI_IOV"] == "n" {
            return .problem(
                Text(en: "the kernel was built without PCI_IOV", zh: "内核编译时没有 PCI_IOV"),
                remedy: Text(
                    en: "Only needed for SR-IOV: use a kernel with CONFIG_PCI_IOV=y.",
                    zh: "仅在需要 SR-IOV 时：请使用 CONFIG_PCI_IOV=y 的内核。"
                ),
                actor: .distribution
            )
        }
        // The capability itself lies beyond byte 256, where a device may hide one that its driver never offered.
        let isHidden = functions.contains { function in
            guard let capabilities = function.details?.capabilities else { return true }
            return capabilities.portType != nil && !capabilities.extendedReadable
        }
        if !functions.isEmpty, !isHidden {
            return .ok(Text(en: "no device here offers virtual functions", zh: "这里没有提供虚拟功能（VF）的设备"))
        }
        return .unknown(
            Text(
                en: "the extended configuration space, where the capability stands, cannot be read",
                zh: "无法读取该能力所在的扩展配置空间"
            )
        )
    }
}
