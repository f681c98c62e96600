import Formats
import Inventory
import Wording

/// Whether the kernel was told what it needs, and whether that took effect.
public enum IOMMUArgument: Check {
    public static let id = "iommu-argument"
    public static let title = Text(en: "Kernel arguments present and effective", zh: "内核参数已写入并生效")

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let kernel = host.kernel else { return .unknown("not read") }
        guard let arguments = kernel.arguments else { return .unknown(kernel.unknown["commandLine"] ?? "not read") }
        let names = ["intel_iommu", "amd_iommu", "iommu", "intremap"]
        let given = arguments.words.filter { word in names.contains(where: word.isNamed) }.map(\.text)
        let shown = given.isEmpty ? Text(en: "none given", zh: "没有给出") : Text(verbatim: given.joined(separator: " "))
        let evidence = Text(verbatim: "/proc/cmdline: ") + shown
        switch IOMMUDiagnosis(host) {
        case .active:
            return .ok(evidence + Text(en: "; the IOMMU is on", zh: "；IOMMU 已开启"))
        case .obstacle(.switchedOff):
            return .problem(
                evidence,
                remedy: Text(
                    en: "Take the argument that switches it off out of the boot configuration, and reboot.",
                    zh: "请从启动配置中去掉关闭它的参数，然后重启。"
                ),
                actor: .owner
            )
        case .obstacle(.notBooted):
            let kind = host.firmware?.iommuKind
            let file = host.boot?.lines.first { line in kind.map(line.asksForIOMMU) ?? false }?.file
            return .problem(
                evidence
                    + Text(
                        en: "; \(file ?? "the saved configuration") says otherwise",
                        zh: "；而 \(file ?? "保存的配置") 与此不同"
                    ),
                remedy: Text(
                    en: "Reboot; if it stays so, the machine boots from another configuration.",
                    zh: "请重启；如果仍然如此，说明机器是从另一份配置启动的。"
                ),
                actor: .owner
            )
        case .obstacle(.argumentMissing):
            let words = WantedArguments.arguments(for: host).map(\.word).joined(separator: " ")
            return .problem(
                evidence,
                remedy: Text(
                    en: "Add \(words) to the kernel's arguments, and reboot.",
                    zh: "请在内核参数中加入 \(words)，然后重启。"
                ),
                actor: .owner
            ).repaired(by: .kernelArguments)
        case .obstacle, .unknown:
            return .unknown(
                evidence
                    + Text(
                        en: "; whether they would do cannot be seen while the IOMMU is off",
                        zh: "；IOMMU 未开启，无法判断是否足够"
                    )
            )
        }
    }
}
