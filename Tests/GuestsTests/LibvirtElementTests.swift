import Foundation
import Guests
import Inventory
import TestHosts
import Testing
import Wording

/// What is written for which device.
@Suite struct LibvirtElementTests: LibvirtBench {
    @Test func aFunction() throws {
        let device = DeviceSet.pci("0000:02:00.0") {
            $0.isManaged = true
            $0.bootOrder = 3
            $0.rom = .file("/srv/a&'b.rom")
        }
        #expect(
            try added([device], to: "tabs") == [
                "<hostdev mode='subsystem' type='pci' managed='yes'>", "<driver name='vfio'/>", "<source>",
                "<address domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>", "</source>", "<boot order='3'/>",
                "<alias name='ua-passthru-0000-02-00-0'/>", "<rom file='/srv/a&amp;&apos;b.rom'/>", "</hostdev>",
            ]
        )
    }

    @Test func otherOptionsChangeItInPlace() throws {
        let other = DeviceSet.pci("01:00.0") {
            $0.isManaged = true
            $0.rom = .hidden
            $0.properties = [DeviceProperty("x-no-mmap", .bool(true))]
        }
        for name in ["virt-install-q35", "one-line", "crlf", "override", "no-devices"] {
            var document = try document(name)
            let original = document
            _ = try document.attach([DeviceSet.pci("01:00.0"), DeviceSet.pci("02:00.0")], for: Self.bookworm)
            let first = document
            _ = try document.attach([other], for: Self.bookworm)
            var fresh = original
            _ = try fresh.attach([other, DeviceSet.pci("02:00.0")], for: Self.bookworm)
            #expect(document.bytes == fresh.bytes, "\(name)")
            _ = try document.attach([DeviceSet.pci("01:00.0")], for: Self.bookworm)
            #expect(document.bytes == first.bytes, "\(name)")
        }
    }

    @Test func usbDevices() throws {
        let set = try DeviceSet.named("usb")
        let lines = try added(set.devices, to: "tabs").filter { !$0.hasPrefix("<alias") && !$0.hasPrefix("</") }
        #expect(
            lines == [
                "<hostdev mode='subsystem' type='usb'>", "<source startupPolicy='mandatory'>", "<vendor id='0x0403'/>",
                "<product id='0x6015'/>", "<hostdev mode='subsystem' type='usb'>", "<source startupPolicy='mandatory'>",
                "<address bus='3' device='9'/>", "<hostdev mode='subsystem' type='usb'>",
                "<source startupPolicy='mandatory'>", "<vendor id='0x1a86'/>", "<product id='0x55d4'/>",
                "<address bus='1' device='4'/>",
            ]
        )
        let optional = try added([DeviceSet.usb(.number(bus: 1, device: 2), .optional)], to: "tabs")
        #expect(optional.contains("<source startupPolicy='optional'>"))
        let port = GuestDevice.usb(USBGuestDevice(.port(bus: 1, port: "1.4")))
        let error = try #require(try error([port], in: "tabs"))
        #expect(error.reason == .usbPort(bus: 1, port: "1.4") && error.text.en.contains("vendor:product"))
    }

    @Test func aVirtualFunction() throws {
        #expect(
            try added([DeviceSet.network("03:10.2", mac: "52:54:00:AB:CD:EF", vlan: 42)], to: "tabs") == [
                "<interface type='hostdev' managed='yes'>", "<mac address='52:54:00:ab:cd:ef'/>",
                "<driver name='vfio'/>",
                "<source>", "<address type='pci' domain='0x0000' bus='0x03' slot='0x10' function='0x2'/>", "</source>",
                "<vlan>", "<tag id='42'/>", "</vlan>", "<alias name='ua-passthru-0000-03-10-2'/>", "</interface>",
            ]
        )
    }

    @Test func aMediatedDevice() throws {
        var device = MediatedGuestDevice("9063CBA3-ecef-47b6-abcf-3fef4fdcad85")
        device.isBootDisplay = true
        device.guestAddress = GuestAddress(bus: 0, slot: 2)
        let lines = try added([.mediated(device)], to: "from-etc-libvirt-qemu")
        #expect(lines.first == "<hostdev mode='subsystem' type='mdev' model='vfio-pci' display='on' ramfb='on'>")
        #expect(lines.contains("<address uuid='9063cba3-ecef-47b6-abcf-3fef4fdcad85'/>"))
        #expect(lines.contains("<address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>"))
        #expect(try error([.mediated(device)], in: "tabs")?.reason == .noGraphics)
        let old = Hypervisor(libvirt: SoftwareVersion(4, 6))
        #expect(try error([.mediated(device)], in: "from-etc-libvirt-qemu", for: old)?.reason.isTooOld == true)
    }

    @Test func iommufd() throws {
        let device = DeviceSet.pci("01:00.0") { $0.usesIOMMUFD = true }
        let new = Hypervisor(libvirt: SoftwareVersion(12, 1), qemu: SoftwareVersion(10, 1))
        #expect(try added([device], to: "tabs", for: new).contains("<driver name='vfio' iommufd='yes'/>"))
        #expect(
            try error([device], in: "tabs", for: Hypervisor(libvirt: SoftwareVersion(12, 0)))?.reason.isTooOld == true
        )
        let oldQEMU = Hypervisor(libvirt: SoftwareVersion(12, 1), qemu: SoftwareVersion(8, 1))
        #expect(try error([device], in: "tabs", for: oldQEMU)?.reason.isTooOld == true)
        #expect(
            try error([device], in: "tabs", for: Hypervisor())?.reason == .unknownVersion("libvirt", feature: "iommufd")
        )
    }

    @Test func elementsWithoutADocument() throws {
        let xml = try HostDeviceElements([DeviceSet.pci("01:00.0") { $0.isManaged = true }]).xml
        #expect(
            xml == """
                <hostdev mode='subsystem' type='pci' managed='yes'>
                  <driver name='vfio'/>
                  <source>
                    <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
                  </source>
                  <alias name='ua-passthru-0000-01-00-0'/>
                </hostdev>

                """
        )
        #expect(throws: DomainError.self) { try HostDeviceElements([.usb(USBGuestDevice(.port(bus: 1, port: "2")))]) }
    }
}
