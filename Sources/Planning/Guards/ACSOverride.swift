import Inventory
import Wording

/// `pcie_acs_override=` makes a patched kernel put devices into groups of their own that the hardware does not keep apart:
/// a guest may reach the host, or another guest, from device to device past the IOMMU.
enum ACSOverride: Guard {
    static let name = "acs-override"
    static let levels = [GuardLevel.refuse, .warn]

    static func findings(_ request: Request) -> [GuardFinding] {
        guard !request.leaving.isEmpty else { return [] }
        let kernel = request.host.kernel
        guard let arguments = kernel?.arguments else {
            let why = kernel?.unknown["commandLine"] ?? "not read"
            return [
                hostFinding(
                    .warn,
                    Text(
                        en: """
                            Whether the kernel was told to make up IOMMU groups (pcie_acs_override) cannot be seen \
                            (\(why)).
                            """,
                        zh: "无法得知内核是否被要求虚构 IOMMU 组（pcie_acs_override）（\(Text(reason: why).zh)）。"
                    )
                )
            ]
        }
        guard let argument = arguments.acsOverride else { return [] }
        guard !request.unsafe.contains(.acsOverride) else {
            return [
                hostFinding(
                    .warn,
                    Text(
                        en: """
                            The kernel runs with \(argument): its IOMMU groups may not be real, and the guest may reach \
                            other devices past the IOMMU.
                            """,
                        zh: "内核以 \(argument) 运行：它的 IOMMU 组可能不真实，虚拟机可能绕过 IOMMU 访问其他设备。"
                    )
                )
            ]
        }
        return [
            hostFinding(
                .refuse,
                Text(
                    en: """
                        The kernel runs with \(argument): its IOMMU groups may not be real, and a guest may reach the \
                        host's memory through other devices. Take the argument away and start anew to see the real \
                        groups. Only if you trust the guest: --\(UnsafeMode.acsOverride.rawValue)
                        """,
                    zh: """
                        内核以 \(argument) 运行：它的 IOMMU 组可能不真实，虚拟机可能通过其他设备访问主机内存。\
                        去掉该参数并重新启动，才能看到真实的分组。仅在信任该虚拟机时使用：\
                        --\(UnsafeMode.acsOverride.rawValue)
                        """
                )
            )
        ]
    }
}
