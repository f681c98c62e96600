import Inventory
import Wording

/// vfio's no-IOMMU mode gives a guest all of the host's memory.
public enum NoIOMMUMode: Check {
    public static let id = "no-iommu-mode"
    public static let title = Text(en: "vfio does not run without protection", zh: "vfio 没有在无保护模式下运行")
    public static let importance = Importance.advice

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let kernel = host.kernel else { return .unknown("not read") }
        let vfio = kernel.module("vfio")
        guard let state = vfio.state else { return .unknown(kernel.unknown["modules"] ?? "not read") }
        let parameter = "enable_unsafe_noiommu_mode"
        if vfio.parameters[parameter] == "Y" {
            return .problem(
                Text(verbatim: "/sys/module/vfio/parameters/\(parameter): Y"),
                remedy: Text(
                    en: "Switch it off: a guest with such a device can read and write all of the host's memory.",
                    zh: "请关闭它：拥有这种设备的虚拟机可以读写主机的全部内存。"
                ),
                actor: .owner
            )
        }
        switch state {
        case .loaded, .builtIn:
            if vfio.parameters[parameter] == nil, let why = kernel.unknown["parameters"] { return .unknown(why) }
            return .ok(
                Text(verbatim: "/sys/module/vfio/parameters/\(parameter): ")
                    + (vfio.parameters[parameter].map(Text.init(verbatim:))
                        ?? Text(en: "not in this kernel", zh: "当前内核没有"))
            )
        case .loadable, .absent:
            return .ok(Text(en: "vfio is not loaded", zh: "vfio 未加载"))
        }
    }
}
