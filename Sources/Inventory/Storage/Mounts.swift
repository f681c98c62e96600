internal import Machine
internal import SystemPackage

/// One line of a mount table.
struct MountTable {
    var number: String?
    var mount: Mount
    var options: [String]

    /// `/proc/self/mountinfo` (proc_pid_mountinfo(5)): `ID PARENT MAJOR:MINOR ROOT POINT OPTIONS … - TYPE SOURCE OPTIONS`.
    init?(mountinfo line: String) {
        let words = Lines.words(line)
        guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 2 else { return nil }
        number = words[2]
        mount = Mount(
            mountPoint: Self.unescape(words[4]),
            fileSystem: words[dash + 1],
            source: Self.unescape(words[dash + 2])
        )
        mount.root = Self.unescape(words[3])
        options = words.count > dash + 3 ? Self.options(words[dash + 3]) : []
        mount.readOnly = Self.options(words[5]).contains("ro") || options.contains("ro")
    }

    /// `/proc/mounts` (fstab(5)).
    init?(mounts line: String) {
        let words = Lines.words(line)
        guard words.count >= 4 else { return nil }
        options = Self.options(words[3])
        mount = Mount(
            mountPoint: Self.unescape(words[1]),
            fileSystem: words[2],
            source: Self.unescape(words[0]),
            readOnly: options.contains("ro")
        )
    }

    private static func options(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: ",")).map { unescape(String(Substring($0))) }
    }

    /// A path in which the kernel wrote blanks and backslashes as `\040` and so on.
    static func unescape(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(UInt8(ascii: "\\")) else { return text }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), index + 3 < bytes.count,
                let code = UInt8(String(decoding: bytes[index + 1...index + 3], as: UTF8.self), radix: 8)
            {
                result.append(code)
                index += 4
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    func option(_ name: String) -> String? {
        options.first { $0.utf8.starts(with: (name + "=").utf8) }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// Whether nothing of it is kept anywhere but in the kernel.
    var isPseudo: Bool { Self.pseudo.contains(mount.fileSystem) }

    private static let pseudo: Set<String> = [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs",
        "fuse.lxcfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "ramfs", "resctrl", "rootfs",
        "rpc_pipefs", "securityfs", "selinuxfs", "smackfs", "sysfs", "tmpfs", "tracefs", "nfsd",
    ]

    private static let network: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph", "afs", "glusterfs", "lustre", "fuse",
    ]

    /// Kept elsewhere, or by a program: Proxmox' `/etc/pve` is plain `fuse`.
    var isRemote: Bool { Self.network.contains(mount.fileSystem) || mount.fileSystem.utf8.starts(with: "fuse.".utf8) }
}

extension StorageInventory {
    mutating func readMounts(_ machine: Machine) {
        var lines: [MountTable] = []
        let path = "/proc/self/mountinfo"
        do throws(Unreadable) {
            lines = try machine.textLines(path).compactMap(MountTable.init(mountinfo:))
        } catch {
            do throws(Unreadable) {
                lines = try machine.textLines("/proc/mounts").compactMap(MountTable.init(mounts:))
            } catch let second {
                unknown["mounts"] = "\(error.reason); \(second.reason)"
                return
            }
        }
        // Pseudo file systems hold layers too, so they stay in the list until the layers are found.
        var all = lines.map(\.mount)
        for (index, line) in lines.enumerated() where !line.isPseudo && line.mount.fileSystem != "overlay" {
            place(&all[index], line, machine)
        }
        // An overlay's layers may lie on the root overlay: the shortest mount points come first.
        let overlays = lines.indices.filter { lines[$0].mount.fileSystem == "overlay" }
        for index in overlays.sorted(by: { all[$0].mountPoint.utf8.count < all[$1].mountPoint.utf8.count }) {
            var others = all
            others.remove(at: index)
            addLayers(to: &all[index], lines[index], others)
        }
        // The initial root stays in the table below the real one.
        let root = lines.lastIndex { $0.mount.mountPoint == "/" }
        for (index, line) in lines.enumerated() where !line.isPseudo || index == root {
            mounts.append(all[index])
        }
    }

    /// Finds the block devices of a mount: by its device number, else by its source's name.
    private func place(_ mount: inout Mount, _ line: MountTable, _ machine: Machine) {
        if let number = line.number, !number.utf8.starts(with: "0:".utf8),
            let device = devices.first(where: { $0.number == number && !$0.hidden })
        {
            mount.devices = [device.name]
            return
        }
        switch mount.fileSystem {
        case "zfs":
            if let devices = poolDevices(mount.source, machine) {
                mount.devices = devices
            } else {
                mount.unknown["devices"] = "the kernel's files do not say which devices a ZFS pool uses"
            }
            return
        case "btrfs":
            let named = resolve(mount.source, machine)
            guard let named else { break }
            mount.devices = [named]
            do throws(Errno) {
                mount.devices = try Self.members(ofBtrfsWith: named, machine) ?? [named]
            } catch {
                mount.unknown["devices"] = "further devices of the file system are not shown: /sys/fs/btrfs"
            }
            return
        default: break
        }
        if mount.source == "/dev/root" || mount.source == "rootfs" {
            if let device = rootDevice(machine) { mount.devices = [device] }
        } else {
            let parts = mount.source.utf8.split(separator: UInt8(ascii: ":")).map { String(Substring($0)) }
            mount.devices = parts.compactMap { resolve($0, machine) }
        }
        if mount.devices.isEmpty && !line.isRemote {
            mount.unknown["devices"] = "no such block device: \(mount.source)"
        }
    }

    /// The devices that `/etc/zfs/zpool.cache` names, if it names the dataset's pool: ZFS writes its pools' whole layout
    /// there (an XDR nvlist), so this may be more than the one pool's devices, never less. Nil when it cannot tell.
    private func poolDevices(_ dataset: String, _ machine: Machine) -> [String]? {
        guard let bytes = try? machine.read("/etc/zfs/zpool.cache") else { return nil }
        let strings = bytes.split { $0 < 0x20 || $0 > 0x7E }.map { String(decoding: $0, as: UTF8.self) }
        let pool = String(dataset.prefix { $0 != "/" })
        guard strings.contains(pool) else { return nil }
        let paths = Set(strings.filter { $0.utf8.starts(with: "/dev/".utf8) })
        let found = Set(paths.compactMap { resolve($0, machine) })
        return found.isEmpty ? nil : found.sorted(by: Sysfs.inOrder)
    }

    /// All devices of the btrfs file system that has `name` among them (Documentation/ABI/testing/sysfs-fs-btrfs).
    private static func members(ofBtrfsWith name: String, _ machine: Machine) throws(Errno) -> [String]? {
        let identifiers = try machine.list("/sys/fs/btrfs")
        guard !identifiers.isEmpty else { throw .noSuchFileOrDirectory }
        for identifier in identifiers {
            let names = try machine.listIfThere("/sys/fs/btrfs/\(identifier)/devices") ?? []
            if names.contains(name) { return names.sorted(by: Sysfs.inOrder) }
        }
        return nil
    }

    /// The device of the command line's `root=`.
    private func rootDevice(_ machine: Machine) -> String? {
        guard let line = machine.textIfAny("/proc/cmdline") else { return nil }
        let root = Lines.words(line).last { $0.utf8.starts(with: "root=".utf8) }
        return root.flatMap { resolve(String($0.dropFirst(5)), machine) }
    }

    /// The directories of an overlay (Documentation/filesystems/overlayfs.rst), each with the mount that holds it.
    private func addLayers(to mount: inout Mount, _ line: MountTable, _ others: [Mount]) {
        var directories: [(OverlayLayer.Role, String)] = []
        if let upper = line.option("upperdir") { directories.append((.upper, upper)) }
        if let work = line.option("workdir") { directories.append((.work, work)) }
        for option in line.options where option.utf8.starts(with: "lowerdir".utf8) {
            guard let equals = option.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = option[option.utf8.index(after: equals)...]
            for part in value.utf8.split(separator: UInt8(ascii: ":")) {
                directories.append((.lower, String(Substring(part))))
            }
        }
        for (role, path) in directories {
            var layer = OverlayLayer(role: role, path: path)
            if let below = layerHolder(path, mount, others) {
                layer.mountPoint = below.mountPoint
                layer.devices = below.devices
                layer.unknown["devices"] = below.unknown["devices"]
            } else {
                layer.unknown["devices"] = "no mount known that holds \(path)"
            }
            for device in layer.devices where !mount.devices.contains(device) { mount.devices.append(device) }
            if let reason = layer.unknown["devices"] { mount.unknown["devices"] = reason }
            mount.layers.append(layer)
        }
        if directories.isEmpty { mount.unknown["devices"] = "its layers are not shown" }
    }

    /// The mount that holds an overlay's layer. Layers are named as they were reached when the overlay was mounted: the
    /// root below OpenWrt's root overlay (`lowerdir=/`) is at `/rom` since.
    private func layerHolder(_ path: String, _ overlay: Mount, _ others: [Mount]) -> Mount? {
        if path == "/" && overlay.mountPoint == "/" {
            if let rom = others.last(where: { $0.mountPoint == "/rom" }) { return rom }
        }
        return holder(of: path, among: others)
    }
}
