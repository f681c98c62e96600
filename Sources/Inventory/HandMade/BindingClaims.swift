public import Machine
internal import SystemPackage

/// Whoever beside passthru keeps a function with vfio-pci. What they bound is theirs.
public enum BindingClaims {
    private static let ruleFolders = [
        "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d",
    ]
    private static let scriptFolders = [
        "/etc/libvirt/hooks", "/etc/libvirt/hooks/qemu.d", "/var/lib/vz/snippets", "/etc/local.d",
    ]

    /// What udev itself carries out when the device appears: the file of driverctl(8), or a rule of somebody else's, that asks
    /// for it; nil where none does. A file that cannot be read counts as one that asks.
    ///
    /// - Parameter own: the rule that passthru made.
    public static func byUdev(_ function: PCIFunction, own: String, on machine: Machine) -> String? {
        let driverctl = "/etc/driverctl.d/pci-\(function.address)"
        if machine.exists(driverctl) { return driverctl }
        return files(in: ruleFolders, machine).first { $0 != own && asks($0, function, machine) }
    }

    /// The same of what is run later: scripts of the start, and hooks of libvirt and Proxmox.
    public static func byScript(_ function: PCIFunction, on machine: Machine) -> String? {
        (["/etc/rc.local", "/etc/rc.d/rc.local"] + files(in: scriptFolders, machine)).first {
            asks($0, function, machine)
        }
    }

    private static func files(in folders: [String], _ machine: Machine) -> [String] {
        folders.flatMap { folder in machine.listIfAny(folder).sorted().map { "\(folder)/\($0)" } }
    }

    /// Whether a text names this function, or its model, and vfio-pci.
    private static func asks(_ path: String, _ function: PCIFunction, _ machine: Machine) -> Bool {
        let bytes: [UInt8]
        do throws(Errno) {
            guard try machine.status(path).kind == .file else { return false }
            bytes = try machine.read(path, limit: 1 << 18)
        } catch {
            return error != .noSuchFileOrDirectory && error != .notDirectory
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
            .filter { $0.first { $0 > 0x20 } != UInt8(ascii: "#") }
            .map { String(decoding: $0, as: UTF8.self) }
        return lines.contains { $0.contains("vfio-pci") } && lines.contains { names(function, $0) }
    }

    private static func names(_ function: PCIFunction, _ line: String) -> Bool {
        // Scripts leave the domain out.
        line.contains(String("\(function.address)".dropFirst(5)))
            || line.contains("\(function.vendor)") && line.contains("\(function.device)")
    }
}
