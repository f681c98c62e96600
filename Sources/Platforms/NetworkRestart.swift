import Changes
import Inventory
import Machine
import Wording

/// How this system starts its network anew, so that a card that came back gets its addresses and routes again.
public enum NetworkRestart {
    /// The programs to run, in order; none where no known mechanism runs the network.
    public static func changes(on machine: Machine) -> [PlannedChange] {
        commands(on: machine).map { command in
            PlannedChange(
                .runProgram(path: command[0], arguments: Array(command[1...])),
                before: nil,
                after: nil,
                inverse: [],
                reason: Text(en: "the network gets its cards back", zh: "让网络重新使用网卡")
            )
        }
    }

    private static func commands(on machine: Machine) -> [[String]] {
        // OpenWrt's netifd.
        if Platform.isOpenWrt(machine), machine.exists("/etc/init.d/network") {
            return [["/etc/init.d/network", "restart"]]
        }
        // A card gets its name from udev some time after its driver took it.
        let settle =
            machine.exists("/run/udev/control")
            ? machine.program("udevadm").map { [[$0, "settle", "--timeout=10"]] } ?? [] : []
        // ifupdown2, of Proxmox: a restart would take the guests' ports out of the bridges.
        if let ifreload = machine.program("ifreload") { return settle + [[ifreload, "-a"]] }
        if machine.exists("/run/systemd/system"), let systemctl = machine.program("systemctl") {
            // A service that runs has a control group; ifupdown's runs no process and is known by being switched on.
            var units = ["NetworkManager.service", "systemd-networkd.service"].filter {
                machine.exists("/sys/fs/cgroup/system.slice/\($0)")
                    || machine.exists("/sys/fs/cgroup/systemd/system.slice/\($0)")
            }
            if machine.exists("/etc/systemd/system/multi-user.target.wants/networking.service") {
                units.append("networking.service")
            }
            return settle + units.map { [systemctl, "restart", $0] }
        }
        // Debian's ifupdown without systemd.
        if machine.exists("/etc/init.d/networking") { return settle + [["/etc/init.d/networking", "restart"]] }
        return []
    }
}
