import Inventory
import Wording

/// Whether the control group of a container lets its guests open vfio's nodes.
public enum GuestDeviceAccess: Check {
    public static let id = "guest-device-access"
    public static let title = Text(
        en: "Containers with guests may open /dev/vfio",
        zh: "运行虚拟机的容器可以打开 /dev/vfio"
    )

    public static func applies(to host: Host) -> Bool { ContainedRunners.arise(host) }

    public static func answer(_ host: Host) -> Finding.Answer {
        ContainedRunners.answer(host) { runner, view, _ in
            guard let container = runner.container else { return .unknown("not read") }
            if container.isPrivileged == true { return .ok(Text(verbatim: "--privileged")) }
            guard let devices = view.devices else { return .unknown(view.unknown["devices"] ?? "not read") }
            guard case .only = devices else { return .ok(Text(en: "every device", zh: "所有设备")) }
            guard let nodes = view.vfio else { return .unknown(view.unknown["vfio"] ?? "not read") }
            let there = nodes.filter { $0.hostNumber != nil }
            guard !there.isEmpty else {
                return .unknown(Text(en: "there is no node in /dev/vfio yet", zh: "/dev/vfio 中还没有节点"))
            }
            let refused = there.filter { node in node.hostNumber.map { !devices.allows($0) } == true }
            guard let first = refused.first, let number = first.hostNumber else {
                return .ok(.list(there.map { "/dev/vfio/\($0.name)" }))
            }
            let major = number.prefix { $0 != ":" }
            return .problem(
                Text(en: "may not open ", zh: "不能打开 ") + .list(refused.map { "/dev/vfio/\($0.name)" }),
                remedy: Text(
                    en: """
                        Make the container \(container.name) anew with `--device-cgroup-rule 'c \(major):* rwm'` \
                        or `--privileged`.
                        """,
                    zh: "请用 `--device-cgroup-rule 'c \(major):* rwm'` 或 `--privileged` 重新创建容器 \(container.name)。"
                ),
                actor: .owner
            )
        }
    }
}
