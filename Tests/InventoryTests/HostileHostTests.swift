import Machine
import TestHosts
import Testing

@testable import Inventory

/// Hosts that no kernel would make: an answer or an unknown, never a crash.
@Suite("A hostile host")
struct HostileHostTests {
    @Test func linksInACircle() {
        let machine = HostManifest.machine(
            """
            /dev/a -> b
            /dev/b -> a
            [/proc]
            mounts <<
            /dev/a / ext4 rw 0 0
            /dev/root /rom squashfs ro 0 0
            .
            cmdline = root=UUID=../../a
            """
        )
        let storage = StorageInventory.read(machine)
        #expect(storage.unplaced == ["/", "/rom"])
    }

    @Test func devicesOnTopOfThemselves() {
        let machine = HostManifest.machine(
            """
            [block /sys/devices/pci0000:00/0000:00:01.0/block/sda]
            size = 9223372036854775807
            dev = 8:0
            holders/dm-0/
            slaves/dm-0/
            [block /sys/devices/virtual/block/dm-0]
            size = -5
            dev = 253:0
            holders/dm-0/
            holders/sda/
            slaves/sda/
            slaves/dm-0/
            [block /sys/devices/virtual/block/loop0]
            size = 8
            dev = 7:0
            loop/backing_file = /x/image
            [/proc/self]
            mountinfo <<
            1 1 7:0 / /x rw - ext4 /dev/loop0 rw
            2 1 253:0 / /y rw
            3 1 253:0 / /z rw -
            .
            [/proc]
            swaps <<
            Filename Type Size Used Priority
            /dev/sda partition 9223372036854775807 0 -1
            /dev/sda partition -1 -1 -1
            .
            """
        )
        let storage = StorageInventory.read(machine)
        #expect(storage.device("sda")?.size == nil && storage.device("sda")?.unknown["size"] != nil)
        #expect(storage.device("dm-0")?.size == nil)
        #expect(storage.swaps.isEmpty)
        #expect(storage.mounts.map(\.mountPoint) == ["/x"])
        #expect(storage.disks(below: "dm-0").isEmpty)
        #expect(storage.disks(below: "loop0").isEmpty)
        #expect(storage.uses(ofFunction: "0000:00:01.0").allSatisfy { $0.kind == .volume })
    }

    @Test func interfacesOnTopOfEachOther() {
        var network = NetworkInventory()
        for number in 0..<20_000 {
            var interface = NetworkInterface(name: "v\(number)", kind: .vlan)
            interface.lowers = ["v\(number == 0 ? 9 : number - 1)", "gone"]
            network.interfaces.append(interface)
        }
        network.interfaces.removeFirst(19_000)
        #expect(network.carriers(of: "v19999").unresolved.keys.sorted() == ["gone", "v18999"])
        network.interfaces[0].lowers = ["v19999"]
        #expect(network.carriers(of: "v19999").unresolved.keys.sorted() == ["gone"])
    }

    /// Every file of the practice hosts cut off in the middle, and filled with rubbish.
    @Test(arguments: [routerManifest, serverManifest])
    func damagedFiles(manifest: String) throws {
        let whole = HostManifest.tree(manifest).base
        let recorder = RecordingTree(whole)
        let reference = read(Machine(recorder))
        #expect(reference > 0)
        var checked = 0
        for (index, path) in recorder.seen.keys.sorted().enumerated() {
            guard case .file(let bytes, let mode) = recorder.seen[path], !bytes.isEmpty else { continue }
            let rubbish: [UInt8] = [0xFF, 0x00, 0x3A, 0x20, 0x2D, 0x20, 0x5C, 0x39, 0x0A]
            let damages = [Array(bytes.prefix(bytes.count / 2)), rubbish + bytes, bytes.reversed()]
            var tree = whole
            tree.put(.file(damages[index % damages.count], mode: mode), at: path)
            checked += read(Machine(tree)) > 0 ? 1 : 0
        }
        #expect(checked > 80)
    }

    /// Reads everything; how many things there are.
    private func read(_ machine: Machine) -> Int {
        let network = NetworkInventory.read(machine)
        for interface in network.interfaces { _ = network.carriers(of: interface.name) }
        let storage = StorageInventory.read(machine)
        for device in storage.devices {
            _ = storage.disks(below: device.name)
            for function in device.functions { _ = storage.uses(ofFunction: function) }
        }
        return network.interfaces.count + storage.devices.count + USBInventory.read(machine).devices.count
            + DisplayInventory.read(machine).cards.count + InputInventory.read(machine).devices.count
            + SoundInventory.read(machine).cards.count + SerialInventory.read(machine).ports.count
    }
}
