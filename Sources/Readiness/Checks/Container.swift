import Inventory
import Wording

/// Inside a container the devices can be seen but not handed over.
public enum ContainerCheck: Check {
    public static let id = "container"
    public static let title = Text(en: "Runs on the host itself", zh: "运行在主机上")

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let container = host.container, let isContainer = container.isContainer else {
            return .unknown(host.container?.unknown["isContainer"] ?? "not read")
        }
        guard isContainer else { return .ok(Text(en: "no sign of a container", zh: "没有发现容器的迹象")) }
        let kind = container.kind ?? "container"
        return .problem(
            Text(en: "this is a container (\(kind))", zh: "这里是容器（\(kind)）"),
            remedy: Text(
                en: "Run passthru on the host: modules, drivers and groups belong to its kernel.",
                zh: "请在主机上运行 passthru：模块、驱动和 IOMMU 组都属于主机的内核。"
            ),
            actor: .owner
        )
    }
}
