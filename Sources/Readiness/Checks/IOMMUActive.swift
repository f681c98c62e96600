import Inventory
import Wording

/// Whether there are IOMMU groups: the only proof that devices are isolated.
public enum IOMMUActive: Check {
    public static let id = "iommu-groups"
    public static let title = Text(en: "IOMMU groups exist", zh: "存在 IOMMU 组")

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let iommu = host.iommu else { return .unknown("not read") }
        guard let active = host.isIOMMUActive else {
            return .unknown(iommu.unknown["groups"] ?? iommu.unknown["units"] ?? "not read")
        }
        let real = (iommu.groups ?? []).filter(\.isReal)
        let units = (iommu.units ?? []).joined(separator: ", ")
        if active {
            let types = Set(real.compactMap(\.type)).sorted().joined(separator: ", ")
            return .ok(
                Text(
                    en: "\(real.count) groups (\(types)), units: \(units)",
                    zh: "\(real.count) 个组（\(types)），单元：\(units)"
                )
            )
        }
        let cause: Text =
            switch IOMMUDiagnosis(host) {
            case .obstacle(let reason): reason.sentence
            case .active, .unknown:
                Text(
                    en: "Why cannot be told from here: look for DMAR or AMD-Vi in dmesg.",
                    zh: "从这里看不出原因：请在 dmesg 中查找 DMAR 或 AMD-Vi。"
                )
            }
        let fake = (iommu.groups ?? []).count - real.count
        return .problem(
            Text(
                en:
                    "/sys/kernel/iommu_groups: \(real.count) groups\(fake > 0 ? " (and \(fake) vfio-noiommu)" : ""), /sys/class/iommu: \(units.isEmpty ? "empty" : units)",
                zh:
                    "/sys/kernel/iommu_groups：\(real.count) 个组\(fake > 0 ? "（另有 \(fake) 个 vfio-noiommu）" : "")，/sys/class/iommu：\(units.isEmpty ? "空" : units)"
            ),
            remedy: cause,
            actor: IOMMUDiagnosis(host).actor
        )
    }
}

extension IOMMUDiagnosis {
    fileprivate var actor: Actor {
        switch self {
        case .obstacle(.firmwareOff): .firmware
        case .obstacle(.kernelWithout): .distribution
        default: .owner
        }
    }
}
