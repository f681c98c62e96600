import Inventory
import Wording

/// Whether whoever starts the guests can open vfio's device nodes.
public enum VFIONodes: Check {
    public static let id = "vfio-nodes"
    public static let title = Text(en: "/dev/vfio is usable", zh: "/dev/vfio 可用")

    static func areThere(_ host: Host) -> Bool { host.iommu?.container != nil }

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let iommu = host.iommu else { return .unknown("not read") }
        if let why = iommu.unknown["container"] { return .unknown(why) }
        if let node = iommu.container {
            let evidence = Text(verbatim: "\(node.path): \(node.mode), \(node.owner):\(node.group)")
            let open = (Int(node.mode, radix: 8) ?? 0) & 0o006 == 0o006
            return .ok(
                evidence
                    + (open
                        ? Text(en: " (everyone; the groups' own nodes decide)", zh: "（所有人；由各组自己的节点决定）")
                        : Text(en: " (root; libvirt opens it for its guests)", zh: "（root；libvirt 会替虚拟机打开）"))
            )
        }
        if VFIOModules.state(host) == .missing {
            return .problem(
                Text(en: "no /dev/vfio/vfio: the modules are missing", zh: "没有 /dev/vfio/vfio：缺少模块"),
                remedy: Text(en: "See vfio-modules.", zh: "参见 vfio-modules。"),
                actor: .distribution
            )
        }
        return .unknown(
            Text(
                en: "/dev/vfio/vfio appears when vfio is loaded; `passthru assign` does that",
                zh: "加载 vfio 后才会出现 /dev/vfio/vfio；`passthru assign` 会加载"
            )
        )
    }
}
