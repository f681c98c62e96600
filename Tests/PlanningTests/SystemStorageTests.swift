import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// Which disks the host keeps.
@Suite struct SystemStorageTests {
    private static let name = "system-storage"
    private static let mounts = "/proc/self/mountinfo"
    private static let root = "20 1 259:3 / / rw - ext4 /dev/nvme0n1p3 rw\n"
    private static let part = "partition sda1 8:1 1000000"

    /// A logical volume on the partition.
    private static let volume = """
        \(part)
        disk dm-0 virtual 252:0 900000
        /sys/devices/virtual/block/dm-0/dm/name = vg-data
        /sys/devices/virtual/block/dm-0/dm/uuid = LVM-abc
        /sys/devices/virtual/block/dm-0/slaves/sda1/
        \(BusyHost.disk)/sda1/holders/dm-0/
        """

    private func levels(_ lines: String, mounts: String, _ texts: [String: String] = [:]) throws -> [GuardLevel] {
        let host = try BusyHost.read(lines, texts.merging([Self.mounts: Self.root + mounts]) { $1 })
        return try BusyHost.levels(Self.name, host, BusyHost.controller)
    }

    @Test func anEmptyDiskMayGo() throws {
        let host = try BusyHost.read("", [Self.mounts: Self.root])
        #expect(try BusyHost.findings(Self.name, host, BusyHost.controller).isEmpty)
        _ = try BusyHost.plan(host, BusyHost.controller)
    }

    @Test(arguments: [
        ("a partition", part, "30 20 8:1 / /srv rw - ext4 /dev/sda1 rw\n"),
        ("a logical volume", volume, "30 20 252:0 / /srv rw - xfs /dev/mapper/vg-data rw\n"),
        (
            "an overlay's upper directory", part,
            "30 20 8:1 / /data rw - ext4 /dev/sda1 rw\n31 20 0:40 / /srv rw - overlay o rw,lowerdir=/etc,upperdir=/data/u,workdir=/data/w\n"
        ),
        (
            "a loop device's file",
            """
            \(part)
            disk loop0 virtual 7:0 1000
            /sys/devices/virtual/block/loop0/loop/backing_file = /data/image
            """,
            "30 20 8:1 / /data rw - ext4 /dev/sda1 rw\n31 20 7:0 / /srv rw - squashfs /dev/loop0 rw\n"
        ),
    ])
    func mountsAreRefused(_ what: String, _ lines: String, _ mounts: String) throws {
        #expect(try levels(lines, mounts: mounts) == [.refuse], "\(what)")
    }

    @Test func swapIsRefused() throws {
        let swaps = "Filename Type Size Used Priority\n/dev/sda1 partition 1000 0 -2\n"
        #expect(try levels(Self.part, mounts: "", ["/proc/swaps": swaps]) == [.refuse])
    }

    /// What nobody can place on a disk may be on any of them.
    @Test func whatCannotBePlacedIsRefused() throws {
        let host = try BusyHost.read("", [Self.mounts: Self.root + "30 20 0:50 / /data rw - ext4 /dev/gone rw\n"])
        let found = try BusyHost.findings(Self.name, host, BusyHost.controller)
        #expect(found.map(\.level) == [.refuse])
        #expect(found.first?.message.en.contains("/data") == true && found.first?.message.zh.contains("/data") == true)
        // A function without any disk is not concerned, nor do mounts of other machines count.
        #expect(try BusyHost.levels(Self.name, host, BusyHost.card).isEmpty)
        #expect(
            try levels(
                "",
                mounts: "30 20 0:50 / /n rw - nfs4 nas:/x rw\n31 20 0:51 / /etc/pve rw - fuse /dev/fuse rw\n"
            ).isEmpty
        )
    }

    @Test func aPoolOnUnknownDisksIsRefused() throws {
        let pool = "30 20 0:50 / /tank rw - zfs tank rw\n"
        #expect(try levels(Self.part, mounts: pool) == [.refuse])
        // udev looked at the disks: this one is a member, that one is not.
        let member = ["/run/udev/data/b8:1": "E:ID_FS_TYPE=zfs_member\n"]
        let other = ["/run/udev/data/b8:1": "S:disk/by-id/x\nE:ID_FS_TYPE=ext4\n"]
        #expect(try levels(Self.part, mounts: pool, member) == [.refuse])
        #expect(try levels(Self.part, mounts: pool, other).isEmpty)
        // A pool of which only a volume is used.
        #expect(try levels("disk zd0 virtual 230:0 1000", mounts: "") == [.refuse])
    }

    @Test func aDiskThatHangsNobodyKnowsWhereIsRefused() throws {
        var host = try BusyHost.read("", [Self.mounts: Self.root])
        #expect(try BusyHost.levels(Self.name, host, BusyHost.controller).isEmpty)
        var lost = BlockDevice(name: "nvme7n1", kind: .disk)
        lost.unknown["functions"] = "no controller shown"
        host.storage?.devices.append(lost)
        #expect(try BusyHost.levels(Self.name, host, BusyHost.controller) == [.refuse])
        #expect(try BusyHost.levels(Self.name, host, BusyHost.card).isEmpty)
    }

    @Test func anAssembledVolumeNeedsConsent() throws {
        let host = try BusyHost.read(Self.volume, [Self.mounts: Self.root])
        let found = try BusyHost.findings(Self.name, host, BusyHost.controller)
        #expect(found.map(\.level) == [.consent])
        #expect(found.first?.message.en.contains("vg-data") == true)
        #expect(throws: Refusal.self) { try BusyHost.plan(host, BusyHost.controller) }
        // The partitions below are asked for by another guard.
        let consents: Set = [
            Consent(guardName: Self.name, token: BusyHost.controller),
            Consent(guardName: "partitioned-disk", token: BusyHost.controller),
        ]
        _ = try BusyHost.plan(host, BusyHost.controller, consents: consents)
    }

    @Test func theControllerOfTheBootStickIsRefused() throws {
        let stick = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0/host7/target7:0:0/7:0:0:0/block/sdb"
        let lines = """
            usb 1-3 - 0781:5581 480 usb-storage Ultra
            /sys/class/block/sdb -> ../../..\(stick)
            \(stick)/size = 1000
            \(stick)/dev = 8:16
            \(stick)/ro = 0
            \(stick)/device/model = Ultra
            """
        let host = try BusyHost.read(lines, [Self.mounts: "20 1 8:16 / / rw - ext4 /dev/sdb rw\n"])
        let found = try BusyHost.findings(Self.name, host, "0000:00:14.0")
        #expect(found.map(\.level) == [.refuse])
        #expect(found.first?.message.en.contains("runs from it") == true)
        let unused = try BusyHost.read(lines, [Self.mounts: Self.root])
        #expect(try BusyHost.findings(Self.name, unused, "0000:00:14.0").isEmpty)
    }

    @Test func aContainersMountIsRefused() throws {
        var host = try BusyHost.read(Self.part, [Self.mounts: Self.root])
        let mount = ForeignMount(pid: 77, command: "dockerd", mountPoint: "/media", number: "8:1")
        host.holders?.foreignMounts = [mount]
        let found = try BusyHost.findings(Self.name, host, BusyHost.controller)
        #expect(found.map(\.level) == [.refuse])
        #expect(found.first?.message.en.contains("dockerd") == true)
        host.holders?.foreignMounts[0].number = "8:99"
        #expect(try BusyHost.findings(Self.name, host, BusyHost.controller).isEmpty)
    }
}
