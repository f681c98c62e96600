import Machine
import TestHosts
import Testing

@testable import Inventory

@Suite("A Debian server")
struct ServerTests {
    let machine = HostManifest.machine(serverManifest)

    @Test func bridgeOverVLANOverBond() throws {
        let network = NetworkInventory.read(machine)
        #expect(network.interface("bonding_masters") == nil)
        let bond = try #require(network.interface("bond0"))
        #expect(bond.kind == .bond)
        #expect(bond.bondMode == "802.3ad")
        #expect(bond.lowers == ["eno1", "eno2"])
        let bridge = try #require(network.interface("vmbr0"))
        #expect(bridge.lowers == ["bond0.20", "tap100i0"])
        #expect(bridge.hasDefaultRoute == true)
        let carriers = network.carriers(of: "vmbr0")
        #expect(carriers.interfaces == ["eno1", "eno2"])
        #expect(carriers.unresolved == ["tap100i0": "a program holds its other end"])
        #expect(network.carriers(of: "bond0.20").isResolved)
        #expect(network.interface("eno2")?.speed == nil)
        #expect(network.interface("eno2")?.unknown == [:])
        #expect(network.interface("veth0")?.kind == .veth)
        #expect(network.interface("dummy0")?.kind == .dummy)
        #expect(network.carriers(of: "dummy0") == Carriers())
    }

    @Test func virtualFunctionNamesItsPhysicalFunction() {
        let network = NetworkInventory.read(machine)
        #expect(network.interface("eno1v0")?.physicalFunction == "0000:17:00.0")
        #expect(network.interface("eno1v0")?.driver == "iavf")
        #expect(network.interface("eno1")?.physicalFunction == nil)
        #expect(network.interface("eno1")?.physicalPortName == "p0")
    }

    @Test func whatMayNotBeReadSaysSo() throws {
        let network = NetworkInventory.read(machine)
        let vlan = try #require(network.interface("bond0.20"))
        #expect(vlan.vlanID == nil)
        #expect(vlan.unknown == ["vlanID": "permission denied: /proc/net/vlan/config"])
        #expect(network.unplacedAddresses == ["203.0.113.7"])
    }

    @Test func logicalVolumesOnRAID() throws {
        let storage = StorageInventory.read(machine)
        let disk = try #require(storage.device("nvme0n1"))
        #expect(disk.functions == ["0000:64:00.5", "10000:00:02.0", "10000:01:00.0"])
        #expect(storage.device("md0")?.level == "raid1")
        #expect(storage.device("dm-0")?.mapperName == "vg0-root")
        #expect(storage.disks(below: "dm-0").map(\.name) == ["nvme0n1", "nvme1n1"])
        let uses = storage.uses(ofFunction: "10000:01:00.0")
        let root = try #require(uses.first { $0.mountPoint == "/" })
        #expect(root.chain == ["nvme0n1", "nvme0n1p1", "md0", "dm-0"])
        #expect(root.isRoot)
        #expect(root.otherFunctions == ["0000:65:00.0"])
        #expect(uses.contains { $0.kind == .swap && $0.chain.last == "dm-1" })
        #expect(uses.contains { $0.kind == .volume && $0.chain.last == "dm-2" })
        let image = try #require(uses.first { $0.mountPoint == "/mnt/with blank" })
        #expect(image.chain == ["nvme0n1", "nvme0n1p1", "md0", "dm-0", "loop0"])
        #expect(!image.isRoot)
        // The bridge above the disk takes it away as well, and the other disk's function finds the same uses.
        #expect(storage.uses(ofFunction: "0000:64:00.5") == uses)
        #expect(storage.uses(ofFunction: "0000:65:00.0").count == uses.count)
    }

    @Test func mountsAndSwapAreas() throws {
        let storage = StorageInventory.read(machine)
        #expect(storage.mounts.filter { $0.mountPoint == "/" }.count == 1)
        #expect(storage.root?.source == "/dev/mapper/vg0-root")
        #expect(storage.swaps.map(\.devices) == [["dm-1"], ["dm-0"]])
        #expect(storage.swaps.first?.size == 3_999_996 * 1024)
        #expect(storage.mounts.first { $0.mountPoint == "/nfs" }?.unknown == [:])
        #expect(storage.unplaced == ["/tank"])
    }

    @Test func zfsPoolIsFoundInItsCache() {
        var tree = HostManifest.tree(serverManifest)
        let cache = "\u{0}\u{0}tank\u{0}\u{0}\u{4}path\u{0}/dev/disk/by-id/flash-part1\u{0}\u{1}"
        tree.base.put(cache, at: "/etc/zfs/zpool.cache")
        tree.base.put(.symbolicLink("../../sda1"), at: "/dev/disk/by-id/flash-part1")
        let storage = StorageInventory.read(Machine(tree))
        #expect(storage.mounts.first { $0.mountPoint == "/tank" }?.devices == ["sda1"])
    }

    @Test func btrfsOverTwoDevices() throws {
        var tree = HostManifest.tree(serverManifest)
        tree.base.put("30 28 0:50 /@ /data rw - btrfs /dev/sda1 rw,subvol=/@\n", at: "/proc/self/mountinfo")
        tree.base.put("Filename Type Size Used Priority\n", at: "/proc/swaps")
        let alone = StorageInventory.read(Machine(tree))
        #expect(alone.mounts.first?.devices == ["sda1"])
        #expect(alone.unplaced == ["/data"])
        tree.base.put(.symbolicLink("../../x"), at: "/sys/fs/btrfs/1111-2222/devices/sda1")
        tree.base.put(.symbolicLink("../../x"), at: "/sys/fs/btrfs/1111-2222/devices/dm-2")
        let both = StorageInventory.read(Machine(tree))
        #expect(both.unplaced.isEmpty)
        let use = try #require(both.uses(ofFunction: "0000:65:00.0").first { $0.mountPoint == "/data" })
        #expect(use.chain == ["nvme1n1", "nvme1n1p1", "md0", "dm-2"])
        #expect(use.otherFunctions == ["0000:00:14.0", "10000:01:00.0"])
    }

    @Test func usbDevicesAndWhatUsesThem() throws {
        let usb = USBInventory.read(machine)
        #expect(usb.unknown.isEmpty)
        #expect(usb.devices.map(\.portPath) == ["1-2", "1-4", "1-4.1", "1-4.3", "usb1"])
        let hub = try #require(usb.device("usb1"))
        #expect(hub.isRootHub && hub.children == ["1-2", "1-4"])
        #expect(hub.interfaces.map(\.driver) == ["hub"])
        let stick = try #require(usb.device("1-2"))
        #expect(stick.vendorID == HardwareID(0x0781) && stick.productID == HardwareID(0x5581))
        #expect(stick.serial == "4C530001" && stick.speed == 480)
        #expect(stick.functions == ["0000:00:14.0"])
        #expect(stick.usedBy == [USBUse(kind: "block", name: "sda")])
        #expect(stick.interfaces.first?.driver == "usb-storage")
        #expect(stick.interfaces.first?.classCode == 8 && stick.interfaces.first?.interfaceProtocol == 0x50)
        #expect(usb.device("1-4")?.children == ["1-4.1", "1-4.3"])
        #expect(usb.device("1-4.1")?.parent == "1-4")
        #expect(usb.device("1-4.1")?.speed == 1.5)
        #expect(usb.device("1-4.1")?.usedBy.map(\.name) == ["input5", "input6"])
        #expect(usb.device("1-4.3")?.usedBy == [USBUse(kind: "tty", name: "ttyUSB0")])
        let uses = StorageInventory.read(machine).uses(ofFunction: "0000:00:14.0")
        #expect(uses.map(\.mountPoint) == ["/boot"])
    }

    @Test func displayAndItsConsoles() throws {
        let display = DisplayInventory.read(machine)
        #expect(display.unknown.isEmpty)
        let card = try #require(display.cards.first)
        #expect(card.functions == ["0000:00:02.0"] && card.driver == "i915" && card.bootVGA == true)
        #expect(card.renderNode == "renderD128")
        #expect(card.connectors.map(\.name) == ["DP-1", "HDMI-A-1"])
        #expect(card.connectors.map(\.enabled) == [false, true])
        #expect(display.frameBuffers.map(\.name) == ["fb0"])
        #expect(display.frameBuffers.first?.functions == ["0000:00:02.0"])
        #expect(display.terminalConsoles.map(\.isBound) == [false, true])
        #expect(display.kernelConsoles.map(\.name) == ["tty0", "ttyS4"])
        let boot = try #require(display.bootFrameBuffers.first)
        #expect(boot.name == "BOOTFB" && boot.functions == ["0000:00:02.0"])
        #expect(boot.first == 0x8000_0000 && boot.last == 0x807E_8FFF)
    }

    @Test func aCaptureKeepsOnlyTheFrameBuffersLines() throws {
        let recorder = RecordingTree(machine.tree)
        let display = DisplayInventory.read(Machine(recorder))
        guard case .file(let bytes, _) = try #require(recorder.seen["/proc/iomem"]) else {
            Issue.record("not a file")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self).split(separator: "\n").count == 3)
        var copy = MemoryTree()
        for (path, node) in recorder.seen { copy.put(node, at: path) }
        #expect(DisplayInventory.read(Machine(copy)) == display)
    }

    @Test func inputSoundAndSerial() {
        let input = InputInventory.read(machine)
        #expect(input.devices.map(\.isKeyboard) == [true, false])
        #expect(input.devices.map(\.isMouse) == [false, true])
        #expect(input.devices.map(\.nodes) == [["event3"], ["mouse0"]])
        let sound = SoundInventory.read(machine)
        #expect(sound.cards.map(\.title) == ["PCH"] && sound.cards.map(\.driver) == ["snd_hda_intel"])
        let serial = SerialInventory.read(machine)
        #expect(serial.ports.map(\.name) == ["ttyS4", "ttyUSB0"])
        #expect(serial.ports.map(\.isConsole) == [true, false])
        #expect(serial.ports.first?.functions == ["0000:00:1c.4", "0000:05:00.0"])
    }
}

@Suite("Ways to a device")
struct SysfsTests {
    @Test func addressesInAPath() {
        let path = "/sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0/virtio0/net/eth0"
        #expect(Sysfs.functions(in: path) == ["0000:00:1c.0", "0000:02:00.0"])
        #expect(Sysfs.functionFolder(in: path) == "/sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0")
        #expect(Sysfs.isAddress("10000:e1:00.0"))
        for name in ["0000:02:00.8", "0000:02:00.0:0", "000:02:00.0", "0000:02:00", "0000:0G:00.0", "pci0000:00"] {
            #expect(!Sysfs.isAddress(name), "\(name)")
        }
    }

    @Test func numbersInOrder() {
        #expect(["sda10", "sda2", "sda", "sdb"].sorted(by: Sysfs.inOrder) == ["sda", "sda2", "sda10", "sdb"])
    }

    @Test func addressesAsText() throws {
        let cases = [
            ("20010db8000000000000000000000001", "2001:db8::1"), ("00000000000000000000000000000000", "::"),
            ("20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"),
            ("fe800000000000000000000000000000", "fe80::"), ("20010000000000010000000000000001", "2001:0:0:1::1"),
        ]
        for (digits, text) in cases {
            #expect(IPAddress.text(try #require(IPAddress.bytes6(digits))) == text)
        }
    }

    @Test(arguments: [true, false])
    func multipathNamespaceHasBothControllers(showsHidden: Bool) throws {
        let subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0"
        var manifest = """
            [block \(subsystem)/nvme0n1]
            size = 2048
            dev = 259:0
            [block \(subsystem)/nvme0n1/nvme0n1p1]
            size = 1024
            partition = 1
            dev = 259:1
            [\(subsystem)]
            nvme0 -> ../../../pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0
            nvme1 -> ../../../pci0000:00/0000:00:02.0/0000:02:00.0/nvme/nvme1
            [/proc/self]
            mountinfo = 28 1 259:1 / / rw - ext4 /dev/nvme0n1p1 rw
            [\(subsystem)/nvme0n1]
            device -> ../../nvme-subsys0
            """
        if showsHidden {
            manifest += """

                [block /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0/nvme0c0n1]
                size = 2048
                hidden = 1
                device -> ../../nvme0
                [block /sys/devices/pci0000:00/0000:00:02.0/0000:02:00.0/nvme/nvme1/nvme0c1n1]
                size = 2048
                hidden = 1
                device -> ../../nvme1
                """
        }
        let storage = StorageInventory.read(HostManifest.machine(manifest))
        let disk = try #require(storage.device("nvme0n1"))
        #expect(disk.paths == [["0000:00:01.0", "0000:01:00.0"], ["0000:00:02.0", "0000:02:00.0"]])
        let use = try #require(storage.uses(ofFunction: "0000:02:00.0").first)
        #expect(use.isRoot && use.otherFunctions == ["0000:01:00.0"])
    }
}
