import Machine
import TestHosts
import Testing

@testable import Inventory

@Suite("An OpenWrt router")
struct RouterTests {
    let machine = HostManifest.machine(routerManifest)

    @Test func interfacesAndTheirFunctions() throws {
        let network = NetworkInventory.read(machine)
        #expect(
            network.interfaces.map(\.name) == ["br-lan", "eth0", "eth1", "eth1.2", "eth2", "lo", "pppoe-wan", "wg0"]
        )
        let eth0 = try #require(network.interface("eth0"))
        #expect(eth0.functions == ["0000:00:1c.0", "0000:01:00.0"])
        #expect(eth0.kind == .physical)
        #expect(eth0.driver == "igc")
        #expect(eth0.master == "br-lan")
        #expect(eth0.uppers == ["br-lan"])
        #expect(eth0.speed == 2500)
        #expect(eth0.carrier == true)
        #expect(eth0.physicalPortID == nil)
        #expect(eth0.unknown.isEmpty)
        let kinds = network.interfaces.map(\.kind)
        #expect(kinds == [.bridge, .physical, .physical, .vlan, .physical, .loopback, .ppp, .wireguard])
        #expect(network.interface("eth1.2")?.vlanID == 2)
        #expect(network.interfaces.below("0000:02:00.0").map(\.name) == ["eth1"])
    }

    @Test func whatADownInterfaceDoesNotTellIsUnknown() throws {
        let eth2 = try #require(NetworkInventory.read(machine).interface("eth2"))
        #expect(eth2.carrier == nil)
        #expect(eth2.speed == nil)
        #expect(eth2.unknown == ["carrier": "the interface is down", "speed": "the interface is down"])
        let lo = try #require(NetworkInventory.read(machine).interface("lo"))
        #expect(lo.speed == nil && lo.unknown.isEmpty)
    }

    @Test func carriersAreFoundThroughPPPoEAndVLAN() {
        let network = NetworkInventory.read(machine)
        #expect(network.carriers(of: "pppoe-wan") == Carriers(interfaces: ["eth1"]))
        #expect(network.carriers(of: "br-lan") == Carriers(interfaces: ["eth0", "eth2"]))
        #expect(network.carriers(of: "eth1") == Carriers(interfaces: ["eth1"]))
        #expect(network.carriers(of: "lo") == Carriers())
        let tunnel = network.carriers(of: "wg0")
        #expect(!tunnel.isResolved && tunnel.interfaces.isEmpty)
        #expect(!network.carriers(of: "eth9").isResolved)
    }

    @Test func twoSessionsOverDifferentDevicesFailClosed() {
        var tree = HostManifest.tree(routerManifest)
        tree.base.put(
            "Id Address Device\n01 02:aa:bb:cc:dd:ee eth1.2\n02 02:aa:bb:cc:dd:ef eth2\n",
            at: "/proc/net/pppoe"
        )
        let carriers = NetworkInventory.read(Machine(tree)).carriers(of: "pppoe-wan")
        #expect(carriers.interfaces == ["eth1", "eth2"])
        #expect(carriers.unresolved.keys.sorted() == ["pppoe-wan"])
    }

    @Test func routesAndAddresses() throws {
        let network = NetworkInventory.read(machine)
        let wan = try #require(network.interface("pppoe-wan"))
        #expect(wan.hasDefaultRoute == true)
        #expect(wan.routes.first == Route(destination: "0.0.0.0/0", gateway: "100.64.0.1", table: 254, metric: 0))
        #expect(
            wan.addresses == [
                InterfaceAddress(address: "100.64.0.9", prefixLength: 32, peer: "100.64.0.1", source: .routes)
            ]
        )
        let lan = try #require(network.interface("br-lan"))
        #expect(lan.hasDefaultRoute == false)
        #expect(
            lan.addresses == [
                InterfaceAddress(address: "192.168.100.1", prefixLength: 24, source: .routes),
                InterfaceAddress(address: "fe80::ff:fe00:1", prefixLength: 64, source: .kernel),
            ]
        )
        #expect(lan.routes.map(\.destination) == ["192.168.100.0/24", "fe80::/64"])
        #expect(lan.routes.last?.unknown.keys.sorted() == ["table"])
        #expect(network.otherTables == [])
        #expect(network.unplacedAddresses.isEmpty)
        #expect(network.unknown.keys.sorted() == ["nextHops"])
    }

    @Test func policyRoutingIsKnownToBeUnknown() {
        var tree = HostManifest.tree(routerManifest)
        tree.base.put(
            "Id 100:\n  |-- 0.0.0.0\n     /0 universe UNICAST\nLocal:\n     |-- 10.9.0.2\n        /32 host LOCAL\n",
            at: "/proc/net/fib_trie"
        )
        let network = NetworkInventory.read(Machine(tree))
        #expect(network.otherTables == [100])
        #expect(network.unknown["otherTableRoutes"] != nil)
        #expect(network.interface("pppoe-wan")?.hasDefaultRoute == true)
        #expect(network.interface("eth0")?.hasDefaultRoute == nil)
        #expect(network.interface("eth0")?.unknown.keys.sorted() == ["hasDefaultRoute"])
        #expect(network.interface("pppoe-wan")?.addresses.map(\.address) == ["10.9.0.2"])
    }

    @Test func rootOverlayIsFollowedToTheDisk() throws {
        let storage = StorageInventory.read(machine)
        #expect(storage.devices.map(\.name) == ["nvme0n1", "nvme0n1p1", "nvme0n1p2", "nvme0n1p3"])
        let disk = try #require(storage.device("nvme0n1"))
        #expect(disk.size == 500_118_192 * 512)
        #expect(disk.model == "PRACTICE SSD 256")
        #expect(disk.serial == "S000000000000001")
        #expect(disk.partitions == ["nvme0n1p1", "nvme0n1p2", "nvme0n1p3"])
        #expect(disk.functions == ["0000:00:1d.0", "0000:04:00.0"])
        let root = try #require(storage.root)
        #expect(root.fileSystem == "overlay")
        #expect(Set(root.devices) == ["nvme0n1p2", "nvme0n1p3"])
        #expect(root.layers.map(\.mountPoint) == ["/overlay", "/overlay", "/rom"])
        #expect(storage.unplaced.isEmpty && storage.unknown.isEmpty)
        let uses = storage.uses(ofFunction: "0000:04:00.0")
        #expect(uses.filter(\.isRoot).compactMap(\.mountPoint).sorted() == ["/", "/overlay", "/rom"])
        #expect(uses.first { $0.mountPoint == "/boot" }?.chain == ["nvme0n1", "nvme0n1p1"])
        #expect(uses.contains { $0.mountPoint?.hasSuffix("merged") == true })
        #expect(storage.uses(ofFunction: "0000:01:00.0").isEmpty)
    }

    @Test func aRootThatNobodyNamesIsUnplaced() {
        var tree = HostManifest.tree(routerManifest)
        tree.base.put("root=PARTUUID=ffffffff-02\n", at: "/proc/cmdline")
        let storage = StorageInventory.read(Machine(tree))
        #expect(storage.unplaced.contains("/rom") && storage.unplaced.contains("/"))
    }

    @Test func whatTheKernelLacksIsNone() {
        #expect(USBInventory.read(machine) == USBInventory())
        let display = DisplayInventory.read(machine)
        #expect(display.unknown.isEmpty)
        #expect(display.kernelConsoles == [KernelConsole(name: "tty0", flags: "ECp")])
        #expect(display.activeConsoles == ["tty0"])
        #expect(InputInventory.read(machine) == InputInventory())
        #expect(SerialInventory.read(machine) == SerialInventory())
    }
}

@Suite("An empty host")
struct EmptyHostTests {
    @Test func everythingIsUnknown() {
        let machine = Machine(MemoryTree())
        let network = NetworkInventory.read(machine)
        #expect(network.unknown.keys.sorted() == ["interfaces", "otherTables", "routes", "routes6"])
        #expect(StorageInventory.read(machine).unknown.keys.sorted() == ["devices", "mounts", "swaps"])
        #expect(USBInventory.read(machine).unknown.keys.sorted() == ["devices"])
        #expect(
            DisplayInventory.read(machine).unknown.keys.sorted() == [
                "activeConsoles", "bootFrameBuffers", "cards", "frameBuffers", "kernelConsoles", "terminalConsoles",
            ]
        )
        #expect(InputInventory.read(machine).unknown.keys.sorted() == ["devices"])
        #expect(SoundInventory.read(machine).unknown.keys.sorted() == ["cards"])
        #expect(SerialInventory.read(machine).unknown.keys.sorted() == ["ports"])
    }
}
