import Changes
import Inventory
import Machine
import Wording

/// Permissions of `/dev/vfio/vfio` and `/dev/vfio/N` now; rules and scripts say the same for nodes to come.
public enum DeviceNodes {
    static let folder = "/dev/vfio"

    /// What gives the nodes to whom they shall be open, those that the same plan brings into being included; and what
    /// gives them back after undo.
    public static func changes(to access: NodeAccess, on machine: Machine) -> (
        now: [PlannedChange], back: [PlannedChange]
    ) {
        let reason = Text(en: "who may open vfio's device nodes", zh: "谁可以打开 vfio 的设备节点")
        let plain = Permissions(owner: "0", group: "0", mode: "0600")
        let wanted =
            switch access {
            case .root: plain
            case .group(let name): Permissions(owner: "0", group: name, mode: "0660")
            case .world: Permissions(owner: "0", group: "0", mode: "0666")
            }
        // All groups' nodes are alike where passthru made them so.
        let numbers = machine.listIfAny(folder).filter { Int($0) != nil }
        let before = numbers.first.flatMap { permissions("\(folder)/\($0)", machine) } ?? plain
        var now = commands(["!", "-name", "vfio"], wanted, machine)
        var back = commands(["!", "-name", "vfio"], before, machine)
        // The container's node opens nothing by itself, and is open to all where there is udev: never less than that.
        if access != .root, let container = permissions("\(folder)/vfio", machine), container.mode != "0666" {
            now += commands(["-name", "vfio"], wanted, machine)
            back += commands(["-name", "vfio"], container, machine)
        }
        func planned(_ changes: [Change]) -> [PlannedChange] {
            changes.map { PlannedChange($0, before: nil, after: nil, inverse: [], reason: reason) }
        }
        return (planned(now), planned(back))
    }

    private struct Permissions: Equatable {
        var owner: String
        var group: String
        var mode: String
    }

    private static func permissions(_ path: String, _ machine: Machine) -> Permissions? {
        guard let status = try? machine.status(path) else { return nil }
        let digits = String(status.mode, radix: 8)
        return Permissions(
            owner: "\(status.owner)",
            group: "\(status.group)",
            mode: String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        )
    }

    /// find(1) instead of the names: nodes come and go with their groups, and one that is gone is no failure.
    private static func commands(_ which: [String], _ permissions: Permissions, _ machine: Machine) -> [Change] {
        guard let find = machine.program("find") else { return [] }
        return [["chown", "\(permissions.owner):\(permissions.group)"], ["chmod", permissions.mode]].map { command in
            .runProgram(path: find, arguments: [folder, "-type", "c"] + which + ["-exec"] + command + ["{}", ";"])
        }
    }

    /// Whether a system has a group of this name; nil where its list cannot be read.
    public static func hasGroup(_ name: String, on machine: Machine) -> Bool? {
        guard let bytes = try? machine.read("/etc/group") else { return nil }
        return bytes.split(separator: UInt8(ascii: "\n")).contains { $0.starts(with: "\(name):".utf8) }
    }

    /// What whoever starts guests here needs of the nodes.
    public static func advice(on machine: Machine) -> Text {
        if machine.exists("/etc/pve") {
            return Text(en: "Proxmox starts guests as root: root is enough.", zh: "Proxmox 以 root 启动虚拟机：root 就够了。")
        }
        if machine.exists("/etc/libvirt/qemu.conf") {
            return Text(
                en: "libvirt gives the nodes to its guests by itself: root is enough.",
                zh: "libvirt 会自己把节点交给它的虚拟机：root 就够了。"
            )
        }
        if machine.exists("/usr/bin/dockerd") {
            return Text(
                en: "Guests in privileged containers run as root: root is enough.",
                zh: "特权容器里的虚拟机以 root 运行：root 就够了。"
            )
        }
        return Text(
            en: "An ordinary user who starts QEMU needs a group that has the nodes: --nodes group=NAME.",
            zh: "普通用户启动 QEMU 时，需要一个拥有这些节点的组：--nodes group=NAME。"
        )
    }
}
