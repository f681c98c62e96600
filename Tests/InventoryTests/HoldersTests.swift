import Machine
import TestHosts
import Testing

@testable import Inventory

/// Who has device nodes open.
@Suite struct HoldersTests {
    private static func tree() throws -> LiveTree {
        let gpu = "../../devices/pci0000:00/0000:00:02.0/drm/card0"
        let host = try Manifest.host(
            "holders",
            text: """
                include i226-router
                /sys/dev/char/226:0 -> \(gpu)
                /sys/devices/pci0000:00/0000:00:02.0/drm/card0/subsystem -> ../../../../../class/drm
                /sys/dev/char/5:1 -> ../../devices/virtual/tty/console
                /sys/devices/virtual/tty/console/subsystem -> ../../../../class/tty
                /sys/dev/block/252:0 -> ../../devices/virtual/block/dm-0
                /sys/devices/virtual/block/dm-0/subsystem -> ../../../../class/block
                /sys/dev/char/240:14 -> ../../devices/virtual/vfio/14
                /sys/devices/virtual/vfio/14/subsystem -> ../../../../class/vfio
                /proc/driver/nvidia/gpus/0000:01:00.0/information = <<
                Model: 		 NVIDIA
                Device Minor: 	 0
                <<
                """
        )
        var tree = LiveTree(host)
        tree.base.put(.symbolicLink("50"), at: "/proc/self")
        tree.process(50, "passthru")
        tree.process(1, "systemd", [("/dev/null", "c 1:3"), ("/dev/console", "c 5:1")])
        return tree
    }

    @Test func nodesLeadToFunctions() throws {
        var tree = try Self.tree()
        tree.process(
            20,
            "Xorg",
            [
                ("/dev/dri/card0", "c 226:0"), ("/dev/dri/card0", "c 226:0"), ("socket:[12]", ""),
                ("/dev/pts/0", "c 136:0"),
            ]
        )
        tree.process(21, "qemu-system-x86", [("/dev/vfio/14", "c 240:14"), ("/dev/dm-0", "b 252:0")])
        tree.process(22, "cuda", [("/dev/nvidia0", "c 195:0"), ("/dev/nvidia1", "c 195:1")])
        // passthru itself.
        tree.process(50, "passthru", [("/dev/dri/card0", "c 226:0")])
        let found = HolderInventory.read(Machine(tree))
        #expect(found.unknown.isEmpty)
        #expect(found.holders.map(\.pid) == [20, 21, 22])
        #expect(found.holders.map(\.command) == ["Xorg", "qemu-system-x86", "cuda"])
        #expect(
            found.holders.flatMap(\.nodes) == [
                HeldNode(path: "/dev/dri/card0", name: "card0", subsystem: "drm", functions: ["0000:00:02.0"]),
                HeldNode(path: "/dev/vfio/14", name: "14", subsystem: "vfio", functions: ["0000:04:00.0"]),
                HeldNode(path: "/dev/dm-0", name: "dm-0", subsystem: "block", functions: []),
                HeldNode(path: "/dev/nvidia0", name: "nvidia0", subsystem: "nvidia", functions: ["0000:01:00.0"]),
            ]
        )
    }

    @Test func processesOfOthersAreUnknown() throws {
        var tree = try Self.tree()
        tree.process(20, "Xorg", [("/dev/dri/card0", "c 226:0")])
        tree.denied = ["/proc/20/fd", "/proc/20/ns/mnt"]
        let found = HolderInventory.read(Machine(tree))
        #expect(found.holders.isEmpty)
        #expect(found.unknown["holders"] == "permission denied: 1 × /proc/PID/fd")
        #expect(found.unknown["foreignMounts"] == "permission denied: 1 × /proc/PID/ns/mnt")
    }

    /// With hidepid= the list of processes is short, and nothing says so but the missing first one.
    @Test func hiddenProcessesAreUnknown() throws {
        var tree = LiveTree(try TestHost.named("i226-router").without("/proc/1"))
        tree.process(50, "passthru")
        #expect(HolderInventory.read(Machine(tree)).unknown["holders"] == "not shown to this user: /proc")
    }

    @Test func aCapturedHostShowsNone() throws {
        let found = HolderInventory.read(try TestHost.named("i226-router").machine)
        #expect(found.unknown["holders"] == HolderInventory.notLive)
    }

    @Test func mountsOfContainers() throws {
        var tree = try Self.tree()
        tree.base.put(.symbolicLink("mnt:[1]"), at: "/proc/self/ns/mnt")
        let mounts = "20 1 259:3 / / rw - ext4 /dev/nvme0n1p3 rw\n"
        tree.base.put(mounts, at: "/proc/50/mountinfo")
        for (pid, namespace) in [(1, 1), (30, 2), (31, 2), (32, 3)] {
            tree.process(pid, "p\(pid)")
            tree.base.put(.symbolicLink("mnt:[\(namespace)]"), at: "/proc/\(pid)/ns/mnt")
        }
        let inside =
            mounts + "30 20 8:1 / /with\\040blank rw - ext4 /dev/sda1 rw\n31 20 0:9 / /proc rw - proc proc rw\n"
        tree.base.put(inside, at: "/proc/30/mountinfo")
        tree.base.put(inside, at: "/proc/32/mountinfo")
        let found = HolderInventory.read(Machine(tree))
        #expect(
            found.foreignMounts == [ForeignMount(pid: 30, command: "p30", mountPoint: "/with blank", number: "8:1")]
        )
    }

    /// The machine that runs the tests: this process holds nothing of note, and others may be closed to it.
    @Test func theLiveMachineIsRead() throws {
        let found = HolderInventory.read(.live)
        #expect(found.holders.allSatisfy { $0.pid > 0 && !$0.command.isEmpty && !$0.nodes.isEmpty })
        let null = try Machine.live.status("/dev/null")
        #expect(null.device == DeviceNumber(major: 1, minor: 3))
    }
}
