import Formats
internal import Machine

/// A container for guests that iStoreOS' store set up: what its own settings say, so that its guests are known while it does
/// not run.
struct StoppedContainer {
    var kind: GuestRunner.Kind
    /// The name that its start script gives it.
    var name: String
    /// The folder of its guests' configurations, as it sees it and on the host.
    var configuration: String
    var hostConfiguration: String?
    /// Why its guests are not known.
    var unreadable: String?

    /// Those whose folders are there.
    static func all(_ machine: Machine) -> [StoppedContainer] {
        var found: [StoppedContainer] = []
        // webvirtcloud.sh mounts $config_path/libvirt at /etc/libvirt.
        if let path = configPath("webvirtcloud", machine) {
            let folder = path + "/libvirt/qemu"
            if machine.exists(folder) {
                found.append(
                    StoppedContainer(
                        kind: .libvirt,
                        name: "webvirtcloud",
                        configuration: "/etc/libvirt/qemu",
                        hostConfiguration: folder
                    )
                )
            }
        }
        // pve.sh mounts $config_path/pve-cluster at /var/lib/pve-cluster; pmxcfs shows what is in the database there as
        // /etc/pve.
        if let path = configPath("pve", machine) {
            let database = path + "/pve-cluster/config.db"
            if machine.exists(database) {
                found.append(
                    StoppedContainer(
                        kind: .proxmox,
                        name: "pve",
                        configuration: "/etc/pve/qemu-server",
                        unreadable: "its guests are in a database while the container does not run: \(database)"
                    )
                )
            }
        }
        return found
    }

    /// `uci get NAME.@main[0].config_path`
    private static func configPath(_ name: String, _ machine: Machine) -> String? {
        guard let bytes = try? machine.read("/etc/config/\(name)", limit: 1 << 20),
            let path = (try? UCIDocument(bytes))?.sections(ofType: "main").first?["config_path"],
            path.utf8.first == UInt8(ascii: "/")
        else { return nil }
        return path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
    }
}
