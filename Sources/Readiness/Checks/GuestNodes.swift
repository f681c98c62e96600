import Inventory
import Wording

/// Whether a container that runs guests sees vfio's nodes: Docker makes a container's nodes when it is started, and a group
/// that is bound later has none there.
public enum GuestNodes: Check {
    public static let id = "guest-nodes"
    public static let title = Text(en: "Containers with guests see /dev/vfio", zh: "运行虚拟机的容器能看到 /dev/vfio")

    public static func applies(to host: Host) -> Bool { ContainedRunners.arise(host) }

    public static func answer(_ host: Host) -> Finding.Answer {
        ContainedRunners.answer(host) { runner, view, guests in
            guard let container = runner.container else { return .unknown("not read") }
            if let why = view.unknown["vfio"] { return .unknown(why) }
            guard let functions = host.pci?.functions else {
                return .unknown(host.pci?.unknown["functions"] ?? "not read")
            }
            let groups = groups(functions, runner, guests)
            guard !groups.isEmpty else { return nothingYet(view) }
            let nodes = (["vfio"] + groups.map { "\($0)" }).map { name in
                view.node(name) ?? NodeView(name: name, number: nil, hostNumber: nil)
            }
            // Another binding of the function, such as to /dev/vfio/devices alone, has no node of its group.
            let wanted = nodes.filter { $0.hostNumber != nil }
            guard !wanted.isEmpty else { return .unknown("no such file: /dev/vfio/vfio") }
            let missing = wanted.filter { !$0.isRight }
            guard missing.isEmpty else { return problem(missing, container) }
            return .ok(.list(wanted.map { "/dev/vfio/\($0.name)" }))
        }
    }

    /// The groups of what is bound to vfio-pci, but for what only guests of others are given.
    private static func groups(
        _ functions: [PCIFunction],
        _ runner: GuestRunner,
        _ guests: GuestInventory
    ) -> [Int] {
        let bound = functions.filter { function in
            guard function.driver == "vfio-pci" else { return false }
            let owners = guests.guests(with: function.address)
            return owners.isEmpty || owners.contains { $0.container == runner.container }
        }
        return Set(bound.compactMap(\.group)).sorted()
    }

    private static func nothingYet(_ view: RunnerView) -> Finding.Answer {
        let nothing = Text(en: "no device is bound to vfio-pci yet", zh: "还没有设备绑定到 vfio-pci")
        return .ok(
            view.sharesNodes == true
                ? nothing
                : nothing
                    + Text(
                        en: "; one that is bound now would be seen after a restart of the container",
                        zh: "；此后绑定的设备要重启容器才能看到"
                    )
        )
    }

    private static func problem(_ missing: [NodeView], _ container: GuestContainer) -> Finding.Answer {
        let list = missing.map { node in
            node.number == nil
                ? Text(verbatim: "/dev/vfio/\(node.name)")
                : Text(
                    en: "/dev/vfio/\(node.name) (another device's number)",
                    zh: "/dev/vfio/\(node.name)（设备号属于别的设备）"
                )
        }
        // Without even the first node it may be that a restart does not help.
        let isBare = missing.contains { $0.name == "vfio" && $0.number == nil } && container.isPrivileged != true
        return .problem(
            Text(en: "not there: ", zh: "没有 ") + .list(list),
            remedy: ContainedRunners.restart(container)
                + (isBare
                    ? Text(
                        en: " It must have been made with `--privileged`, or with /dev/vfio of the host in it.",
                        zh: "创建它时必须带有 `--privileged`，或者挂载主机的 /dev/vfio。"
                    ) : .empty),
            actor: .owner
        )
    }
}
