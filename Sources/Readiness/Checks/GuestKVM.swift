import Inventory
import Wording

/// Whether a container that runs guests has /dev/kvm.
public enum GuestKVM: Check {
    public static let id = "guest-kvm"
    public static let title = Text(en: "Containers with guests have /dev/kvm", zh: "运行虚拟机的容器有 /dev/kvm")

    public static func applies(to host: Host) -> Bool { ContainedRunners.arise(host) }

    public static func answer(_ host: Host) -> Finding.Answer {
        ContainedRunners.answer(host) { runner, view, _ in
            guard let container = runner.container, let node = view.kvm else {
                return .unknown(view.unknown["kvm"] ?? "not read")
            }
            if node.isRight { return .ok(Text(verbatim: "/dev/kvm")) }
            guard node.hostNumber != nil else { return .unknown("no such file: /dev/kvm") }
            return .problem(
                node.number == nil
                    ? Text(en: "no /dev/kvm there, though the host has it", zh: "其中没有 /dev/kvm，而主机有")
                    : Text(en: "its /dev/kvm has another device's number", zh: "其 /dev/kvm 的设备号属于别的设备"),
                remedy: ContainedRunners.restart(container)
                    + (container.isPrivileged == true
                        ? .empty
                        : Text(
                            en: " It must have been made with `--device /dev/kvm` or `--privileged`.",
                            zh: "创建它时必须带有 `--device /dev/kvm` 或 `--privileged`。"
                        )),
                actor: .owner
            )
        }
    }
}
