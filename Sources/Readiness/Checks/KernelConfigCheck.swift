import Inventory
import Wording

/// Whether the kernel was built with all that handing over devices makes use of.
public enum KernelConfigCheck: Check {
    public static let id = "kernel-config"
    public static let title = Text(en: "Kernel built for passthrough", zh: "内核编译选项支持直通")
    public static let importance = Importance.advice

    static let wanted = ["IRQ_REMAP", "PCI_MMCONFIG", "VFIO", "VFIO_PCI", "VFIO_IOMMU_TYPE1", "KVM"]

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let kernel = host.kernel else { return .unknown("not read") }
        guard let config = kernel.config, let source = kernel.configSource else {
            return .unknown(kernel.unknown["config"] ?? "not read")
        }
        // The kernel's symbols tell only what is built in: of the others the modules themselves are looked at.
        let known = wanted.filter { config[$0] != nil }
        let missing = known.filter { config[$0] == "n" }
        guard missing.isEmpty else {
            return .problem(
                Text(
                    en: "\(source): without \(missing.joined(separator: ", "))",
                    zh: "\(source)：没有 \(missing.joined(separator: "、"))"
                ),
                remedy: Text(
                    en:
                        "Use a kernel that has them: the distribution's general one, not one made for clouds or guests.",
                    zh: "请使用带有这些选项的内核：发行版的通用内核，而不是为云或虚拟机精简的内核。"
                ),
                actor: .distribution
            )
        }
        return .ok(Text(verbatim: "\(source): \(known.map { "\($0)=\(config[$0] ?? "")" }.joined(separator: " "))"))
    }
}
