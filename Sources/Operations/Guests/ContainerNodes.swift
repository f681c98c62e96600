import Inventory
import Machine
import Readiness
import Wording

/// The device nodes in the container of a guest. Docker makes them when the container starts: what is bound or plugged in later
/// has none there, and libvirt refuses it.
enum ContainerNodes {
    /// What to do before the guest can have the devices.
    ///
    /// - Throws: 77 for a guest that shall get them while it runs.
    static func advice(
        _ machine: Machine,
        _ host: Host,
        _ guest: KnownGuest,
        _ functions: [PCIFunction],
        _ usb: [USBDevice],
        isLive: Bool
    ) throws(Failure) -> [Text] {
        guard let runner = host.guests?.runner(of: guest), let container = runner.container, runner.isRunning == true
        else { return [] }
        let missing = groups(functions, runner.view) + nodes(usb, runner, machine)
        guard !missing.isEmpty else { return [] }
        let list = missing.joined(separator: ", ")
        let restart = ContainedRunners.restart(container)
        guard isLive else {
            return [
                Text(
                    en: "The container \(container.name) does not see \(list) before it is started anew. \(restart.en)",
                    zh: "容器 \(container.name) 重启后才能看到 \(list)。\(restart.zh)"
                )
            ]
        }
        throw Failure(
            .refused,
            Text(
                en: """
                    The container \(container.name) does not see \(list): it made its device nodes when it was started. Leave out \
                    --live, shut \(guest.name) down, and restart the container.
                    """,
                zh: """
                    容器 \(container.name) 看不到 \(list)：它的设备节点是在启动时创建的。请去掉 --live，关闭 \(guest.name)，\
                    然后重启该容器。
                    """
            ),
            guardName: "container-nodes"
        )
    }

    /// The nodes of groups that the container has not, or not yet.
    private static func groups(_ functions: [PCIFunction], _ view: RunnerView?) -> [String] {
        guard let view, view.sharesNodes != true, view.vfio != nil else { return [] }
        return Set(functions.compactMap(\.group)).sorted().filter { view.node("\($0)")?.isRight != true }
            .map { "/dev/vfio/\($0)" }
    }

    private static func nodes(_ devices: [USBDevice], _ runner: GuestRunner, _ machine: Machine) -> [String] {
        guard !devices.isEmpty, let inside = try? runner.machine(machine) else { return [] }
        func digits(_ number: Int) -> String {
            String(repeating: "0", count: max(0, 3 - "\(number)".count)) + "\(number)"
        }
        return devices.compactMap { device in
            guard let bus = device.bus, let number = device.number else { return nil }
            let path = "/dev/bus/usb/\(digits(bus))/\(digits(number))"
            return inside.exists(path) ? nil : path
        }
    }
}
