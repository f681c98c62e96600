import Foundation
import Guests
import Inventory
import TestHosts
import Testing
import Wording

/// What stands in the way of an edit.
@Suite struct LibvirtRefusalTests: LibvirtBench {
    @Test func devicesThatAreThere() throws {
        let cases: [(String, GuestDevice, Int)] = [
            ("hostdev-pci", DeviceSet.pci("01:00.1"), 20), ("interface-hostdev", DeviceSet.pci("03:10.0"), 13),
            ("interface-hostdev", DeviceSet.network("03:10.0"), 13), ("nvme-disk", DeviceSet.pci("06:00.0"), 13),
            ("hostdev-mdev", .mediated(MediatedGuestDevice("c2177883-f1bb-47f0-914d-32a22e3a8804")), 17),
            (
                "hostdev-usb",
                .usb(USBGuestDevice(.product(vendor: HardwareID(0x1a86), product: HardwareID(0x7523)))), 13
            ),
            ("hostdev-usb", .usb(USBGuestDevice(.number(bus: 3, device: 3))), 19),
            (
                "hostdev-usb",
                .usb(
                    USBGuestDevice(.exact(vendor: HardwareID(0x1a86), product: HardwareID(0x7523), bus: 1, device: 2))
                ), 13
            ),
        ]
        for (name, device, line) in cases {
            #expect(
                try error([DeviceSet.pci("09:00.0"), device], in: name)
                    == DomainError(.alreadyThere(key: device.key), line: line)
            )
        }
        // An equal device at another place is another device.
        let twin = USBGuestDevice(
            .exact(vendor: HardwareID(0x0403), product: HardwareID(0x6001), bus: 3, device: 4)
        )
        #expect(try error([.usb(twin)], in: "hostdev-usb") == nil)
    }

    @Test func addressesThatAreTaken() throws {
        func at(_ bus: Int, _ slot: Int, _ function: Int = 0) -> GuestDevice {
            DeviceSet.pci("01:00.0") { $0.guestAddress = GuestAddress(bus: bus, slot: slot, function: function) }
        }
        let second = GuestAddress.integratedGraphics
        #expect(try error([at(0, 2)], in: "slot-2-taken") == DomainError(.addressTaken(second), line: 13))
        #expect(try error([at(0, 2)], in: "slot-2-video") == DomainError(.addressTaken(second), line: 14))
        // The display gives way.
        #expect(try error([at(0, 2)], in: "slot-2-video", [.noEmulatedVideo]) == nil)
        #expect(try error([at(0, 0)], in: "tabs")?.reason.isAddressTaken == true)
        #expect(try error([at(0, 1)], in: "slot-2-video")?.reason.isAddressTaken == true)
        #expect(
            try error([at(0, 3, 1)], in: "tabs")?.reason == .noFirstFunction(GuestAddress(bus: 0, slot: 3, function: 1))
        )
        #expect(try error([at(0, 32)], in: "tabs")?.word == "invalid")
        let same = DeviceSet.pci("01:00.1") { $0.guestAddress = GuestAddress(bus: 0, slot: 5) }
        #expect(try error([at(0, 5), same], in: "tabs")?.reason.isAddressTaken == true)
        let other = DeviceSet.pci("02:00.0") { $0.guestAddress = GuestAddress(bus: 0, slot: 5) }
        #expect(try error([at(0, 5), other], in: "tabs")?.reason.isAddressTaken == true)
    }

    @Test func bootOrders() throws {
        let device = DeviceSet.pci("01:00.0") { $0.bootOrder = 1 }
        #expect(try error([device], in: "boot-order") == DomainError(.bootOrderTaken(1), line: 9))
        #expect(try error([device], in: "boot-list") == DomainError(.bootListPresent, line: 6))
        let same = DeviceSet.pci("02:00.0") { $0.bootOrder = 1 }
        #expect(try error([device, same], in: "tabs")?.reason == .bootOrderTaken(1))
        #expect(try error([device], in: "tabs") == nil)
    }

    @Test func requirements() throws {
        let device = [DeviceSet.pci("01:00.0")]
        #expect(try error(device, in: "tabs", [.machine(.q35)]) == nil)
        #expect(
            try error(device, in: "tabs", [.machine(.i440fx)])
                == DomainError(.machine(wanted: .i440fx, found: "q35"), line: 5)
        )
        #expect(
            try error(device, in: "no-machine", [.machine(.q35)])
                == DomainError(.machine(wanted: .q35, found: nil), line: 5)
        )
        #expect(
            try error(device, in: "tabs", [.firmware(.uefi)])
                == DomainError(.firmware(wanted: .uefi, found: .bios), line: 4)
        )
        #expect(
            try error(device, in: "bios-loader", [.firmware(.uefi)])?.reason == .firmware(wanted: .uefi, found: nil)
        )
        #expect(try error(device, in: "windows-10-hyperv", [.firmware(.uefi)]) == nil)
    }

    @Test(arguments: [
        GuestDevice.mediated(MediatedGuestDevice("9063cba3")), DeviceSet.network("01:00.0", mac: "52:54:00:12:34"),
        DeviceSet.network("01:00.0", mac: "53:54:00:12:34:56"), DeviceSet.network("01:00.0", vlan: 4095),
        DeviceSet.pci("01:00.0") { $0.rom = .file("relative.rom") },
        DeviceSet.pci("01:00.0") { $0.rom = .file("/a\u{1}b") }, DeviceSet.pci("01:00.0") { $0.bootOrder = 0 },
        DeviceSet.pci("01:00.0") { $0.model = "vfio-pci,x=y" },
        DeviceSet.pci("01:00.0") { $0.properties = [DeviceProperty("id", .string("x"))] },
        DeviceSet.pci("01:00.0") { $0.properties = [DeviceProperty("a=b", .bool(true))] },
    ]) func valuesThatNoDocumentCanSay(_ device: GuestDevice) throws {
        #expect(try error([device], in: "tabs")?.word == "invalid")
    }

    @Test func libvirtThatForgetsAliases() throws {
        let old = Hypervisor(libvirt: SoftwareVersion(3, 8))
        #expect(try error([DeviceSet.pci("01:00.0")], in: "tabs", for: old)?.reason.isTooOld == true)
    }
}
