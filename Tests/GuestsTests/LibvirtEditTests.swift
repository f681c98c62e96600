import Foundation
import Guests
import Inventory
import TestHosts
import Testing
import Wording

/// What is written for which device, and what stands in its way.
@Suite struct LibvirtEditTests {
    private static let bookworm = Versions.bookworm

    private func document(_ name: String) throws -> DomainDocument {
        try DomainDocument(DomainFile.named(name).bytes)
    }

    /// The lines that an edit adds to a document of the corpus, without their indentation.
    private func added(
        _ devices: [GuestDevice],
        to name: String,
        _ requirements: [GuestRequirement] = [],
        for hypervisor: Hypervisor = bookworm
    ) throws -> [String] {
        var document = try document(name)
        let before = Set(document.bytes.string.split(separator: "\n"))
        _ = try document.attach(devices, requirements: requirements, for: hypervisor)
        return document.bytes.string.split(separator: "\n").filter { !before.contains($0) }
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private func error(
        _ devices: [GuestDevice],
        in name: String,
        _ requirements: [GuestRequirement] = [],
        for hypervisor: Hypervisor = bookworm
    ) throws -> DomainError? {
        var document = try document(name)
        let before = document
        do throws(DomainError) {
            _ = try document.attach(devices, requirements: requirements, for: hypervisor)
            return nil
        } catch {
            #expect(document == before)
            return error
        }
    }

    // MARK: Elements

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

    @Test func aPortIsMadeForFunctions() throws {
        let lines = try added([DeviceSet.pci("05:00.0"), DeviceSet.pci("05:00.1")], to: "virt-install-q35")
        #expect(
            lines.prefix(2) == [
                "<controller type='pci' index='15' model='pcie-root-port'>",
                "<alias name='ua-passthru-port-0000-05-00'/>",
            ]
        )
        #expect(
            lines.filter { $0.hasPrefix("<address type") } == [
                "<address type='pci' domain='0x0000' bus='0x0f' slot='0x00' function='0x0' multifunction='on'/>",
                "<address type='pci' domain='0x0000' bus='0x0f' slot='0x00' function='0x1'/>",
            ]
        )
    }

    /// Where each own device stands, and whether its slot is told to hold several: `0f:00.0+`.
    private func places(_ document: DomainDocument) -> [String: String] {
        var places: [String: String] = [:]
        for device in document.hostDevices {
            guard let key = device.key, let address = device.guestAddress, let element = document.element(key) else {
                continue
            }
            let text = "\(hex(address.bus, width: 2)):\(hex(address.slot, width: 2)).\(address.function)"
            places[key] = text + (element.string.contains("multifunction='on'") ? "+" : "")
        }
        return places
    }

    @Test func functionsShareASlot() throws {
        func places(_ addresses: [String], in name: String) throws -> [String: String] {
            var document = try document(name)
            _ = try document.attach(addresses.map { DeviceSet.pci($0) }, for: Self.bookworm)
            return self.places(document)
        }
        let two = ["05:00.0", "05:00.1"]
        #expect(
            try places(two, in: "virt-install-q35")
                == ["0000-05-00-0": "0f:00.0+", "0000-05-00-1": "0f:00.1"]
        )
        // Buses of devices count, and controllers that only libvirt will add.
        #expect(try places(two, in: "root-ports")["0000-05-00-0"] == "14:00.0+")
        #expect(try places(two, in: "tabs")["0000-05-00-0"] == "01:00.0+")
        // Conventional buses have slots.
        #expect(try places(two, in: "virt-install-i440fx")["0000-05-00-0"] == "00:04.0+")
        #expect(try places(two, in: "bus-nearly-full")["0000-05-00-1"] == "00:1b.1")
        // Numbers stay, but one must be the first.
        #expect(
            try places(["05:00.3", "05:00.1", "05:00.7"], in: "tabs")
                == ["0000-05-00-1": "01:00.0+", "0000-05-00-3": "01:00.3", "0000-05-00-7": "01:00.7"]
        )
        // Two devices have two slots.
        #expect(
            try places(["05:00.0", "05:00.1", "06:00.0", "06:00.1", "07:00.0"], in: "tabs")
                == [
                    "0000-05-00-0": "01:00.0+", "0000-05-00-1": "01:00.1", "0000-06-00-0": "02:00.0+",
                    "0000-06-00-1": "02:00.1",
                ]
        )
    }

    @Test func functionsJoinAndLeave() throws {
        var document = try document("virt-install-q35")
        let original = document
        _ = try document.attach([DeviceSet.pci("05:00.1")], for: Self.bookworm)
        #expect(places(document).isEmpty)
        _ = try document.attach([DeviceSet.pci("05:00.2")], for: Self.bookworm)
        #expect(places(document) == ["0000-05-00-1": "0f:00.0+", "0000-05-00-2": "0f:00.2"])
        _ = try document.attach([DeviceSet.pci("05:00.0")], for: Self.bookworm)
        let all = document
        #expect(
            places(document) == ["0000-05-00-0": "0f:00.0+", "0000-05-00-1": "0f:00.1", "0000-05-00-2": "0f:00.2"]
        )
        _ = try document.detach(["0000-05-00-0"])
        #expect(places(document) == ["0000-05-00-1": "0f:00.0+", "0000-05-00-2": "0f:00.2"])
        _ = try document.attach([DeviceSet.pci("05:00.0")], for: Self.bookworm)
        #expect(places(document) == places(all))
        _ = try document.detach(["0000-05-00-0", "0000-05-00-1"])
        #expect(places(document) == ["0000-05-00-2": "0f:00.0"])
        _ = try document.detach(["0000-05-00-2"])
        #expect(document.bytes == original.bytes)
    }

    /// What libvirt gave the first function, the second one joins there.
    @Test func aPlaceThatLibvirtChoseStays() throws {
        let text = try DomainFile.named("tabs").bytes.string
        var document = try DomainDocument(Array(text.utf8))
        _ = try document.attach([DeviceSet.pci("05:00.0")], for: Self.bookworm)
        let address = "<address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>"
        document = try DomainDocument(
            Array(
                document.bytes.string.replacing(
                    "<alias name='ua-passthru-0000-05-00-0'/>",
                    with: "<alias name='ua-passthru-0000-05-00-0'/>\(address)"
                ).utf8
            )
        )
        let before = document.bytes
        _ = try document.attach([DeviceSet.pci("05:00.0")], for: Self.bookworm)
        #expect(document.bytes == before)
        _ = try document.attach([DeviceSet.pci("05:00.1")], for: Self.bookworm)
        #expect(places(document) == ["0000-05-00-0": "04:00.0+", "0000-05-00-1": "04:00.1"])
        #expect(!document.bytes.string.contains("ua-passthru-port"))
        _ = try document.detach(["0000-05-00-0", "0000-05-00-1"])
        #expect(document.bytes.string == text)
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

    // MARK: Properties of QEMU's device

    private func specials(_ name: String, libvirt: SoftwareVersion) throws -> [String] {
        let set = try DeviceSet.named("gpu")
        return try added([set.devices[0]], to: name, for: Hypervisor(libvirt: libvirt))
            .filter { !$0.contains("passthru:") && ($0.contains("qemu:") || $0.contains("x:") || $0.contains("x-vga")) }
            .filter { !$0.hasPrefix("</") }
    }

    @Test(arguments: [
        (SoftwareVersion(7, 8), []), (SoftwareVersion(7, 9), ["device.json"]),
        (SoftwareVersion(7, 10), ["device.json"]),
        (SoftwareVersion(8, 0), []), (SoftwareVersion(8, 1), ["device.json+hotplug"]),
        (SoftwareVersion(8, 4), ["device.json+hotplug"]),
    ]) func beforeOverrides(libvirt: SoftwareVersion, without: [String]) throws {
        let settings = [
            "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><!-- made by passthru -->",
            "<qemu:arg value='-set'/>", "<qemu:arg value='device.ua-passthru-0000-0b-00-0.x-vga=on'/>",
        ]
        let capabilities = without.flatMap {
            [
                "<qemu:capabilities xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><!-- made by passthru -->",
                "<qemu:del capability='\($0)'/>",
            ]
        }
        #expect(try specials("tabs", libvirt: libvirt) == settings + capabilities)
    }

    @Test func overrides() throws {
        #expect(
            try specials("tabs", libvirt: SoftwareVersion(8, 5)) == [
                "<qemu:override xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><!-- made by passthru -->",
                "<qemu:device alias='ua-passthru-0000-0b-00-0'>", "<qemu:frontend>",
                "<qemu:property name='x-vga' type='bool' value='true'/>",
            ]
        )
        // Prefixes are the owner's.
        #expect(
            try specials("commandline-prefix-x", libvirt: SoftwareVersion(9)) == [
                "<x:override><!-- made by passthru -->", "<x:device alias='ua-passthru-0000-0b-00-0'>", "<x:frontend>",
                "<x:property name='x-vga' type='bool' value='true'/>",
            ]
        )
        #expect(
            try added([try DeviceSet.named("gpu").devices[0]], to: "override-default-namespace")
                .contains("<property name='x-vga' type='bool' value='true'/>")
        )
        // A capability that the owner has taken away is not ours to give back.
        #expect(try specials("capabilities", libvirt: SoftwareVersion(8, 1)).allSatisfy { !$0.contains("del") })
    }

    /// Each as the guide has it, for a libvirt of its time and for one of today.
    @Test func theModelIsAProperty() throws {
        let set = try DeviceSet.named("igd")
        let today = try added(set.devices, to: "slot-2-video", set.requirements)
        #expect(today.contains("<qemu:property name='driver' type='string' value='vfio-pci-nohotplug'/>"))
        #expect(today.contains("<qemu:property name='x-igd-gms' type='unsigned' value='2'/>"))
        var document = try document("slot-2-video")
        _ = try document.attach(set.devices, requirements: set.requirements, for: Self.bookworm)
        #expect(places(document) == ["0000-00-02-0": "00:02.0"])
        let then = try added(
            set.devices,
            to: "slot-2-video",
            set.requirements,
            for: Hypervisor(libvirt: SoftwareVersion(7, 0))
        ).filter { $0.contains("qemu:arg") }
        #expect(
            then == [
                "<qemu:arg value='-set'/>",
                "<qemu:arg value='device.ua-passthru-0000-00-02-0.driver=vfio-pci-nohotplug'/>",
                "<qemu:arg value='-set'/>", "<qemu:arg value='device.ua-passthru-0000-00-02-0.x-igd-opregion=on'/>",
                "<qemu:arg value='-set'/>", "<qemu:arg value='device.ua-passthru-0000-00-02-0.x-igd-gms=2'/>",
                "<qemu:arg value='-set'/>", "<qemu:arg value='device.ua-passthru-0000-00-02-0.display=off'/>",
            ]
        )
    }

    @Test func propertiesThatQEMUHasNot() throws {
        var hypervisor = Self.bookworm
        hypervisor.properties = ["vfio-pci": ["host", "x-vga"], "vfio-pci-nohotplug": ["host", "ramfb"]]
        let fine = DeviceSet.pci("01:00.0") { $0.properties = [DeviceProperty("x-vga", .bool(true))] }
        #expect(try error([fine], in: "tabs", for: hypervisor) == nil)
        let wrong = DeviceSet.pci("01:00.0") {
            $0.model = "vfio-pci-nohotplug"
            $0.properties = [DeviceProperty("ramfb", .bool(true)), DeviceProperty("x-vga", .bool(true))]
        }
        let error = try #require(try error([fine, wrong], in: "tabs", for: hypervisor))
        #expect(error.reason == .unknownProperty("x-vga", model: "vfio-pci-nohotplug", qemu: SoftwareVersion(7, 2)))
        for part in ["x-vga", "vfio-pci-nohotplug", "7.2.0"] {
            #expect(error.text.en.contains(part) && error.text.zh.contains(part))
        }
        let unknown = DeviceSet.pci("01:00.0") { $0.properties = [DeviceProperty("x-anything", .bool(true))] }
        hypervisor.properties = [:]
        #expect(try self.error([unknown], in: "tabs", for: hypervisor) == nil)
    }

    // MARK: What stands in the way

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

    // MARK: Displays

    /// Several devices may need it; the last one that goes brings the display back.
    @Test(arguments: [
        "slot-2-video", "crlf", "chinese", "entities-video", "videos-two", "videos-apart", "video-missing",
    ])
    func theDisplayComesBack(_ name: String) throws {
        var document = try document(name)
        let original = document
        _ = try document.attach([DeviceSet.pci("01:00.0")], requirements: [.noEmulatedVideo], for: Self.bookworm)
        #expect(document.shape.hasEmulatedVideo == false)
        let one = document.bytes
        _ = try document.attach([DeviceSet.pci("02:00.0")], requirements: [.noEmulatedVideo], for: Self.bookworm)
        _ = try document.attach([DeviceSet.pci("03:00.0")], for: Self.bookworm)
        _ = try document.detach(["0000-02-00-0", "0000-03-00-0"])
        #expect(document.bytes == one)
        // Without the requirement the same device needs it no more.
        _ = try document.attach([DeviceSet.pci("01:00.0")], for: Self.bookworm)
        #expect(document.shape.hasEmulatedVideo == original.shape.hasEmulatedVideo)
        _ = try document.detach(["0000-01-00-0"])
        #expect(document.bytes == original.bytes)
    }

    @Test func aDisplayThatIsNoneStays() throws {
        let lines = try added([DeviceSet.pci("01:00.0")], to: "video-none", [.noEmulatedVideo])
        #expect(!lines.contains { $0.contains("video") })
    }

    // MARK: Size

    @Test func twoMegabytes() throws {
        let small = try DomainFile.named("virt-install-q35").bytes.string
        let disk = """
                <!-- 数据盘 -->
                <disk type='file' device='disk'>
                  <source file='/srv/volume-@.qcow2'/>
                  <target dev='sd@' bus='scsi'/>
                </disk>

            """
        let disks = (0..<13000).map { disk.replacing("@", with: "\($0)") }.joined()
        let bytes = Array(
            small.replacing(
                "    <disk type='file' device='cdrom'>",
                with: disks + "    <disk type='file' device='cdrom'>"
            ).utf8
        )
        #expect(bytes.count > 2_000_000 && bytes.count < 4 << 20)
        let file = DomainFile(name: "two-megabytes", bytes: bytes)
        #expect(try LibvirtLawsTests.hold(file, DeviceSet.named("gpu"), Self.bookworm) == "ok")
    }

    @Test func whatWouldBecomeTooLongIsNotWritten() throws {
        let small = try DomainFile.named("tabs").bytes
        let space = [UInt8](repeating: 0x20, count: (4 << 20) - small.count)
        var document = try DomainDocument(small + space)
        let before = document
        #expect(throws: DomainError.self) { try document.attach([DeviceSet.pci("01:00.0")], for: Self.bookworm) }
        #expect(document == before)
    }

    // MARK: Bare elements

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

extension DomainError.Reason {
    var isTooOld: Bool {
        if case .tooOld = self { return true }
        return false
    }

    var isAddressTaken: Bool {
        if case .addressTaken = self { return true }
        return false
    }
}
