public import Machine

/// The file system that holds a boot loader's files, as far as it decides what the loader can do with it.
public struct BootFileSystem: Sendable, Hashable, Codable {
    public var mountPoint: String
    /// `ext4`, `vfat`, `btrfs` …
    public var type: String
    public var isReadOnly: Bool
    /// The block device's name in the kernel, `dm-0`, `md0`, `sda1`; null where it has none or it could not be seen.
    @Nullable public var device: String?

    /// What a path lies on; nil when the mounts could not be read.
    public static func holding(_ path: String, _ machine: Machine) -> BootFileSystem? {
        guard let text = machine.textIfAny("/proc/self/mountinfo") else { return nil }
        var found: BootFileSystem?
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let table = MountTable(mountinfo: String(Substring(line))) else { continue }
            let point = table.mount.mountPoint
            guard path == point || path.hasPrefix(point == "/" ? "/" : point + "/") else { continue }
            // Of two on one folder the later one lies on top.
            if let found, found.mountPoint.utf8.count > point.utf8.count { continue }
            found = BootFileSystem(
                mountPoint: point,
                type: table.mount.fileSystem,
                isReadOnly: table.mount.readOnly,
                device: table.number.flatMap { machine.linkName("/sys/dev/block/\($0)") }
            )
        }
        return found
    }

    /// Why GRUB cannot write its environment block there (GNU GRUB manual, "Environment block": "it is not possible to
    /// save on … LVM, RAID, Btrfs, ZFS …"); nil when it can.
    public var reasonGRUBCannotWrite: String? {
        let unwritable = ["btrfs", "zfs", "f2fs", "squashfs", "iso9660", "overlay", "tmpfs", "bcachefs"]
        if unwritable.contains(type) { return type }
        if let device, device.hasPrefix("dm-") { return "LVM or another device mapper (\(device))" }
        if let device, device.hasPrefix("md") { return "md RAID (\(device))" }
        return nil
    }
}
