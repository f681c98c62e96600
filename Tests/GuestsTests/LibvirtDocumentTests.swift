import Formats
import Foundation
import Guests
import Inventory
import TestHosts
import Testing
import Wording

/// What a domain's document says, and which documents are none.
@Suite struct LibvirtDocumentTests {
    @Test(arguments: DomainFile.refused) func refusedWithTheirPlace(_ file: DomainFile) throws {
        do throws(DomainError) {
            _ = try DomainDocument(file.bytes)
            Issue.record("\(file.name) is read")
        } catch {
            let place: String
            if case .malformed(let inner) = error.reason {
                place = "\(inner)"
                #expect(error.text.en.contains("line \(inner.line), column \(inner.column)"))
            } else {
                place = "line \(error.line ?? 0): \(error.text.en)"
            }
            try Outcomes.expect(["\(file.name): \(place)"], for: file.name, in: "refused/reasons.txt")
            #expect((error.line ?? 0) > 0)
        }
    }

    @Test func theCorpusIsLarge() {
        #expect(DomainFile.all.count >= 60 && DomainFile.refused.count >= 20)
    }

    @Test func theDocumentsProperties() throws {
        let document = try DomainDocument(DomainFile.named("virt-install-q35").bytes)
        #expect(document.name == "debian12" && document.uuid == "1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b")
        #expect(document.type == "kvm" && document.emulator == "/usr/bin/qemu-system-x86_64")
        #expect(document.machine == "pc-q35-7.2")
        #expect(document.shape == GuestShape(machine: .q35, firmware: .bios, hasEmulatedVideo: true))
        #expect(document.hostDevices.isEmpty)
        let chinese = try DomainDocument(DomainFile.named("chinese").bytes)
        #expect(chinese.name == "软路由" && chinese.uuid == nil && chinese.emulator == nil)
    }

    @Test(arguments: [
        ("windows-10-hyperv", GuestShape(machine: .q35, firmware: .uefi, hasEmulatedVideo: true)),
        ("windows-11-secure-boot", GuestShape(machine: .q35, firmware: .uefi, hasEmulatedVideo: true)),
        ("cloud-image", GuestShape(machine: .i440fx, firmware: .bios, hasEmulatedVideo: false)),
        ("video-none", GuestShape(machine: .q35, firmware: .bios, hasEmulatedVideo: false)),
        ("video-missing", GuestShape(machine: .i440fx, firmware: .bios, hasEmulatedVideo: true)),
        ("aarch64-virt", GuestShape(machine: nil, firmware: .uefi, hasEmulatedVideo: false)),
        ("no-machine", GuestShape(machine: nil, firmware: .bios, hasEmulatedVideo: false)),
        ("no-machine-controllers", GuestShape(machine: .i440fx, firmware: .bios, hasEmulatedVideo: false)),
        ("pseries", GuestShape(machine: nil, firmware: nil, hasEmulatedVideo: false)),
        ("bios-loader", GuestShape(machine: .q35, firmware: nil, hasEmulatedVideo: false)),
    ]) func shapes(name: String, shape: GuestShape) throws {
        #expect(try DomainDocument(DomainFile.named(name).bytes).shape == shape)
    }

    @Test func devicesOfTheHost() throws {
        func hosts(_ name: String) throws -> [DomainHostDevice.HostReference] {
            try DomainDocument(DomainFile.named(name).bytes).hostDevices.map(\.host)
        }
        func pci(_ text: String) throws -> DomainHostDevice.HostReference { .pci(try #require(PCIAddress(text))) }
        #expect(try hosts("hostdev-pci") == [pci("01:00.0"), pci("01:00.1")])
        #expect(
            try hosts("hostdev-usb") == [
                .usb(vendor: HardwareID(0x1a86), product: HardwareID(0x7523), bus: nil, device: nil),
                .usb(vendor: HardwareID(0x0403), product: HardwareID(0x6001), bus: 3, device: 3),
            ]
        )
        #expect(try hosts("hostdev-mdev") == [.mediated("c2177883-f1bb-47f0-914d-32a22e3a8804")])
        #expect(try hosts("hostdev-scsi") == [.other("scsi"), .other("scsi_host")])
        #expect(try hosts("interface-hostdev") == [pci("03:10.0")])
        #expect(try hosts("nvme-disk") == [pci("06:00.0")])
        #expect(try hosts("comments").isEmpty && hosts("cdata").isEmpty)
        let device = try #require(try DomainDocument(DomainFile.named("hostdev-pci").bytes).hostDevices.first)
        #expect(device.key == nil && device.isManaged == true && device.line == 13 && device.guestAddress == nil)
    }
}
