import Foundation
import Guests
import Inventory
import TestHosts
import Testing
import Wording

/// Which slot of the guest a function gets.
@Suite struct LibvirtSlotTests: LibvirtBench {
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
}
