/// What a block device is made by.
public enum BlockKind: String, Codable, Sendable, Hashable {
    case disk, partition
    /// LVM, dm-crypt, multipath and other device-mapper tables; its UUID's first word says which.
    case deviceMapper
    case md, loop, zram, bcache, other
}

/// A block device (Documentation/ABI/stable/sysfs-block).
public struct BlockDevice: Codable, Sendable, Hashable, BelowFunction {
    public var name: String
    /// Those of the first path when there are several.
    public var functions: [String] = []
    /// For each way to the device its functions, outermost first: two or more for NVMe multipath, none for a device
    /// that hangs below no PCI function.
    public var paths: [[String]] = []
    public var kind: BlockKind = .other
    /// `MAJOR:MINOR`.
    @Nullable public var number: String?
    /// Bytes.
    @Nullable public var size: Int?
    @Nullable public var removable: Bool?
    @Nullable public var rotational: Bool?
    @Nullable public var readOnly: Bool?
    /// One path of an NVMe multipath namespace, which nobody can open.
    public var hidden: Bool = false
    @Nullable public var model: String?
    @Nullable public var serial: String?
    /// World-wide identifier, such as `eui.…`, `naa.…`, `nvme.…`.
    @Nullable public var wwid: String?
    /// For a partition: its disk and its number.
    @Nullable public var disk: String?
    @Nullable public var partitionNumber: Int?
    public var partitions: [String] = []
    /// The devices that this one is part of, and those that it is made of.
    public var holders: [String] = []
    public var slaves: [String] = []
    /// Device mapper: the name under `/dev/mapper`, and the UUID: `LVM-…`, `CRYPT-LUKS2-…`.
    @Nullable public var mapperName: String?
    @Nullable public var mapperUUID: String?
    /// A RAID array's level, such as `raid1`.
    @Nullable public var level: String?
    /// What udev found at its beginning (`ID_FS_TYPE` of blkid(8)): `ext4`, `LVM2_member`, `zfs_member`; null where
    /// udev does not run, or found nothing.
    @Nullable public var signature: String?
    /// A loop device's file.
    @Nullable public var backingFile: String?
    public var unknown: [String: String] = [:]

    public init(name: String, kind: BlockKind = .other) {
        self.name = name
        self.kind = kind
    }

    /// Whether `function` is on any way to the device.
    public func isBelow(_ function: String) -> Bool { paths.contains { $0.contains(function) } }
}

/// One directory that an overlay file system is made of.
public struct OverlayLayer: Codable, Sendable, Hashable {
    public enum Role: String, Codable, Sendable, Hashable { case upper, work, lower }
    public var role: Role
    public var path: String
    /// The mount that holds it.
    @Nullable public var mountPoint: String?
    public var devices: [String] = []
    public var unknown: [String: String] = [:]
}

/// A mounted file system that is kept somewhere: pseudo file systems are left out, unless one is the root.
public struct Mount: Codable, Sendable, Hashable {
    public var mountPoint: String
    public var fileSystem: String
    /// What was mounted, in the kernel's words: a device, a dataset, a server.
    public var source: String
    /// The folder within the file system that is mounted: `/` unless it is a bind mount or a subvolume.
    @Nullable public var root: String?
    public var readOnly: Bool
    /// The block devices directly below; for an overlay those of all its layers.
    public var devices: [String] = []
    public var layers: [OverlayLayer] = []
    public var unknown: [String: String] = [:]

    public init(mountPoint: String, fileSystem: String, source: String, readOnly: Bool = false) {
        self.mountPoint = mountPoint
        self.fileSystem = fileSystem
        self.source = source
        self.readOnly = readOnly
    }
}

/// An area that the kernel swaps to.
public struct SwapArea: Codable, Sendable, Hashable {
    /// The device node or the file.
    public var path: String
    public var isFile: Bool
    /// Bytes.
    public var size: Int
    public var used: Int
    public var devices: [String] = []
    public var unknown: [String: String] = [:]
}

/// Something that the host does with a device.
public struct StorageUse: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable {
        case mount, swap
        /// An assembled volume that is neither mounted nor swapped to: a guest's disk, or nothing.
        case volume
    }
    public var kind: Kind
    /// From the disk up: `nvme0n1`, `nvme0n1p3`, `dm-0`.
    public var chain: [String]
    @Nullable public var mountPoint: String?
    @Nullable public var fileSystem: String?
    /// Whether the host's root file system stands on it.
    public var isRoot: Bool = false
    /// Functions that other parts of the same use hang below: with a mirror, what is left.
    public var otherFunctions: [String] = []
}

/// The machine's block devices and what it does with them.
public struct StorageInventory: Codable, Sendable, Hashable {
    public var devices: [BlockDevice] = []
    public var mounts: [Mount] = []
    public var swaps: [SwapArea] = []
    public var unknown: [String: String] = [:]

    public init() {}

    /// The device of that kernel name.
    public func device(_ name: String) -> BlockDevice? { devices.first { $0.name == name } }

    /// What is mounted at `/` now.
    public var root: Mount? { mounts.last { $0.mountPoint == "/" } }

    /// Mounts, swap areas and ZFS volumes of which it is unknown which devices hold them: each may be below any function.
    public var unplaced: [String] {
        let zfs = mounts.contains { $0.fileSystem == "zfs" && !$0.devices.isEmpty }
        // A volume of a ZFS pool shows nothing of the disks below.
        let volumes = zfs ? [] : devices.filter { Sysfs.isNumbered($0.name, "zd") }.map(\.name)
        return mounts.filter { $0.unknown["devices"] != nil }.map(\.mountPoint)
            + swaps.filter { $0.unknown["devices"] != nil }.map(\.path) + volumes
    }
}
