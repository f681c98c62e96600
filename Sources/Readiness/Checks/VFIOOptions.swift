import Inventory
import Wording

/// Options of vfio's modules that do harm, or that guides still tell people to set although nothing needs them.
public enum VFIOOptions: Check {
    public static let id = "vfio-options"
    public static let title = Text(en: "Options of the vfio modules", zh: "vfio 模块的选项")
    public static let importance = Importance.advice

    private static let modules = ["vfio_pci", "vfio_iommu_type1"]

    public static func applies(to host: Host) -> Bool {
        modules.contains { host.kernel?.module($0).isReady == true }
    }

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let kernel = host.kernel else { return .unknown("not read") }
        let loaded = modules.map(kernel.module).filter(\.isReady)
        let answers = loaded.flatMap { module in
            module.parameters.sorted { $0.key < $1.key }.compactMap { judge(module.name, $0.key, $0.value, host) }
        }
        if let found = Finding.Answer.joined(answers) { return found }
        if let why = kernel.unknown["parameters"] { return .unknown(why) }
        return .ok(
            .list(loaded.map(\.name)) + Text(en: ": nothing out of the ordinary", zh: "：没有异常")
        )
    }

    private static func judge(_ module: String, _ name: String, _ value: String, _ host: Host) -> Finding.Answer? {
        let remedy: Text
        switch "\(module).\(name)=\(value)" {
        case "vfio_pci.disable_denylist=Y":
            remedy = Text(
                en: "Take it out: it hands out devices that vfio's authors hold to be unsafe.",
                zh: "请去掉：它会交出 vfio 作者认为不安全的设备。"
            )
        case "vfio_pci.nointxmask=Y":
            remedy = Text(
                en: "Take it out unless a device needs it: no device can share a wired interrupt then.",
                zh: "除非设备需要，请去掉：否则任何设备都不能共享有线中断。"
            )
        case "vfio_pci.enable_sriov=Y":
            remedy = Text(
                en: "Take it out unless a program drives the whole card: virtual functions are trusted to it.",
                zh: "除非由用户态程序驱动整张卡，请去掉：虚拟功能会信任该程序。"
            )
        case "vfio_iommu_type1.allow_unsafe_interrupts=Y":
            // Where interrupts are not remapped, another check says what it means.
            guard host.iommu?.interruptRemapping == true else { return nil }
            remedy = Text(
                en: "Take it out: interrupts are remapped here, and nothing needs it.",
                zh: "请去掉：这里中断重映射已生效，不需要它。"
            )
        default:
            guard module == "vfio_iommu_type1", name == "dma_entry_limit", let limit = Int(value), limit < 65_535 else {
                return nil
            }
            remedy = Text(
                en: "Take it out: guests with several devices need more mappings (the default is 65535).",
                zh: "请去掉：带多个设备的虚拟机需要更多映射（默认 65535）。"
            )
        }
        return .problem(
            Text(verbatim: "/sys/module/\(module)/parameters/\(name): \(value)"),
            remedy: remedy,
            actor: .owner
        )
    }
}
