import Guests
import Inventory
import Testing

@Suite struct ProxmoxTests {
    /// Shaped like files that Proxmox VE writes, and like those that people edit.
    static let files = [
        "",
        "name: router",
        "agent: 1\nboot: order=scsi0;net0\ncores: 4\nmachine: q35\nmemory: 4096\nname: win11\nscsi0: local-lvm:vm-100-disk-0,size=64G\n",
        "#a comment%3A with hostpci0%3A in it\nargs:  -cpu host,hv_vendor_id=x   -smbios type=0\nmachine: pc-q35-8.1\nname: gpu\n",
        "name: old\r\nmemory: 2048\r\nusb0: host=1-2\r\n",
        "name: 中文\nhostpci0: 0000:03:00,pcie=1\nhostpci2: mapping=card\nusb0: spice\n\n[before]\nhostpci1: 0000:01:00.0\nname: 中文\n",
        "name: gap\nargs: -set device.hostpci0.x-vga=on\n\n\n",
        "name: last line open\n# end",
        "[only]\nname: snapshot\n",
    ]

    static let card = PCIAddress(bus: 1, device: 0, function: 0)
    static var sets: [[GuestDevice]] {
        var second = PCIGuestDevice(PCIAddress(bus: 1, device: 0, function: 1))
        second.isManaged = true
        var graphics = PCIGuestDevice(PCIAddress(bus: 0, device: 2, function: 0))
        graphics.rom = .file("/usr/share/kvm/gop.rom")
        graphics.properties = [
            DeviceProperty("x-igd-opregion", .bool(true)), DeviceProperty("x-igd-gms", .unsigned(2)),
            DeviceProperty("x-igd-legacy-mode", .bool(true)),
        ]
        let stick = USBGuestDevice(.product(vendor: HardwareID(0x1a86), product: HardwareID(0x7523)))
        return [
            [.pci(PCIGuestDevice(card))], [.pci(PCIGuestDevice(card)), .pci(second)], [.pci(graphics)],
            [.usb(stick), .usb(USBGuestDevice(.port(bus: 1, port: "1.4")))],
            [.pci(graphics), .pci(second), .usb(stick)],
        ]
    }

    @Test(arguments: files.indices, sets.indices) func comesAndGoes(file index: Int, devices set: Int) throws {
        let (file, devices) = (Self.files[index], Self.sets[set])
        let original = ProxmoxConfiguration(Array(file.utf8))
        var edited = original
        let changes = try edited.attach(devices)
        #expect(!changes.isEmpty)
        #expect(Set(devices.map(\.key)).isSubset(of: edited.deviceKeys))
        let once = edited
        #expect(try edited.attach(devices).isEmpty)
        #expect(edited == once)
        _ = edited.detach(Set(devices.map(\.key)))
        #expect(String(decoding: edited.bytes, as: UTF8.self) == file)
    }

    @Test func functionsOfOneSlotStayTogether() throws {
        var file = ProxmoxConfiguration(Array("machine: q35\nname: a\n".utf8))
        let changes = try file.attach(Self.sets[1])
        #expect(changes == [ProxmoxChange(key: "hostpci0", before: nil, after: "0000:01:00.0;0000:01:00.1,pcie=1")])
    }

    @Test func whatProxmoxHasNoWordForGoesToQEMU() throws {
        var file = ProxmoxConfiguration(Array("name: a\nargs: -no-hpet\n".utf8))
        _ = try file.attach(Self.sets[2])
        #expect(file["hostpci0"] == "0000:00:02.0,romfile=gop.rom,legacy-igd=1")
        #expect(
            file["args"]
                == "-no-hpet -set device.hostpci0.x-igd-opregion=on -set device.hostpci0.x-igd-gms=2"
        )
    }

    @Test func optionsOfTheOwnerStay() throws {
        var file = ProxmoxConfiguration(Array("machine: q35\nhostpci3: rombar=0,host=01:00.0,device-id=0x1234\n".utf8))
        var device = PCIGuestDevice(Self.card)
        device.rom = .file("card.rom")
        let changes = try file.attach([.pci(device)])
        #expect(changes.map(\.after) == ["0000:01:00.0,device-id=0x1234,pcie=1,romfile=card.rom"])
    }

    @Test func oneFunctionOfTwoGoes() throws {
        var file = ProxmoxConfiguration(Array("hostpci0: 0000:01:00.0;0000:01:00.1,pcie=1\n".utf8))
        #expect(file.detach(["0000-01-00-1"]).map(\.after) == ["0000:01:00.0,pcie=1"])
    }

    @Test func aSlotThatIsNamedAsAWholeIsThereAlready() throws {
        let text = "machine: q35\nhostpci0: host=01:00,pcie=1\n"
        var file = ProxmoxConfiguration(Array(text.utf8))
        _ = try file.attach([.pci(PCIGuestDevice(Self.card))])
        #expect(file["hostpci0"] == "01:00,pcie=1")
    }

    @Test func whatCannotBeSaidIsRefused() throws {
        var odd = PCIGuestDevice(Self.card)
        odd.model = "vfio-pci-nohotplug"
        var elsewhere = PCIGuestDevice(Self.card)
        elsewhere.rom = .file("/root/card.rom")
        var first = PCIGuestDevice(Self.card)
        first.bootOrder = 1
        let devices: [GuestDevice] = [
            .pci(odd), .pci(elsewhere), .pci(first), .usb(USBGuestDevice(.number(bus: 1, device: 4))),
            .network(NetworkGuestDevice(Self.card)),
            .mediated(MediatedGuestDevice("4b20d080-1b54-4048-85b3-a6a62d165c01")),
        ]
        for device in devices {
            var file = ProxmoxConfiguration(Array("name: a\n".utf8))
            #expect(throws: GuestDeviceError.self) { try file.attach([device]) }
            #expect(file.bytes == Array("name: a\n".utf8))
        }
        let full = (0..<16).map { "hostpci\($0): 0000:0\(String($0, radix: 16)):1f.0\n" }.joined()
        var file = ProxmoxConfiguration(Array(full.utf8))
        #expect(throws: GuestDeviceError.self) { try file.attach([.pci(PCIGuestDevice(Self.card))]) }
    }

    @Test func snapshotsAreNotRead() {
        let file = ProxmoxConfiguration(Array(Self.files[5].utf8))
        #expect(!file.deviceKeys.contains("0000-01-00-0"))
        #expect(file.deviceKeys.contains("0000-03-00-7"))
    }

    @Test(arguments: [
        ("machine: q35\n", MachineFamily.q35), ("machine: pc-q35-9.0+pve1\n", .q35),
        ("machine: viommu=intel,type=q35\n", .q35),
        ("machine: pc-i440fx-8.0\n", .i440fx), ("", .i440fx),
    ]) func boards(text: String, machine: MachineFamily) {
        #expect(ProxmoxConfiguration(Array(text.utf8)).shape.machine == machine)
    }
}
