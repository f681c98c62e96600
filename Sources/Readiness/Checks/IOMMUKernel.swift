import Inventory
import Wording

/// Whether the kernel has a driver for the machine's IOMMU.
public enum IOMMUKernel: Check {
    public static let id = "iommu-kernel"
    public static let title = Text(en: "IOMMU driver in the kernel", zh: "内核中的 IOMMU 驱动")

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let kernel = host.kernel else { return .unknown("not read") }
        if host.isIOMMUActive == true {
            return .ok(
                Text(
                    en: "it runs: \(host.iommu?.units?.joined(separator: ", ") ?? "")",
                    zh: "正在运行：\(host.iommu?.units?.joined(separator: "、") ?? "")"
                )
            )
        }
        if kernel.config == nil, host.iommu?.hasGroupsFolder == false {
            return .problem(
                Text(
                    en: "there is no /sys/kernel/iommu_groups: the kernel was built without IOMMU support",
                    zh: "没有 /sys/kernel/iommu_groups：内核编译时没有 IOMMU 支持"
                ),
                remedy: remedy,
                actor: .distribution
            )
        }
        guard let config = kernel.config, let source = kernel.configSource else {
            return .unknown(kernel.unknown["config"] ?? "not read")
        }
        let options: [String] =
            switch host.firmware?.iommuKind {
            case .intel?: ["INTEL_IOMMU"]
            case .amd?: ["AMD_IOMMU"]
            case nil: ["INTEL_IOMMU", "AMD_IOMMU"]
            }
        let missing = options.filter { config[$0] != "y" }
        guard missing.count == options.count || host.firmware?.iommuKind != nil, !missing.isEmpty else {
            return .ok(
                Text(verbatim: "\(source): " + options.map { "\($0)=\(config[$0] ?? "n")" }.joined(separator: " "))
            )
        }
        return .problem(
            Text(
                en: "\(source): \(missing.joined(separator: ", ")) is not built in",
                zh: "\(source)：没有编入 \(missing.joined(separator: "、"))"
            ),
            remedy: remedy,
            actor: .distribution
        )
    }

    private static let remedy = Text(
        en: """
            Use a kernel that has it: on Debian linux-image-amd64 instead of the cloud kernel, \
            on iStoreOS a release after February 2024 (22.03.6) or 24.10.
            """,
        zh: """
            请使用包含它的内核：Debian 用 linux-image-amd64 而不是 cloud 内核，\
            iStoreOS 用 2024 年 2 月之后的版本（22.03.6）或 24.10。
            """
    )
}
