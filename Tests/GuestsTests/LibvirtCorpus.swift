import Foundation
import Guests
import Inventory
import Testing

/// One file of the folder Domains: a domain's document, whose name says what it shows.
struct DomainFile: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]

    var testDescription: String { name }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Domains")

    /// Documents that are domains.
    static let all = read("")
    /// What is left alone.
    static let refused = read("refused")
    /// What passthru made and libvirt wrote anew: `virsh define`, `virsh dumpxml --inactive`.
    static let rewritten = read("rewritten")

    private static func read(_ folder: String) -> [DomainFile] {
        let folder = root.appending(path: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.filter { $0.hasSuffix(".xml") }.sorted().compactMap { name in
            (try? Data(contentsOf: folder.appending(path: name)))
                .map { DomainFile(name: String(name.dropLast(4)), bytes: Array($0)) }
        }
    }

    static func named(_ name: String) throws -> DomainFile {
        try #require((all + rewritten).first { $0.name == name }, "Domains/\(name).xml")
    }
}

/// Devices that are attached together, with what they need of the guest.
struct DeviceSet: CustomTestStringConvertible, Sendable {
    let name: String
    let devices: [GuestDevice]
    var requirements: [GuestRequirement] = []

    var testDescription: String { name }
    var keys: Set<String> { Set(devices.map(\.key)) }

    static let all = [
        DeviceSet(name: "pci", devices: [pci("01:00.0")]),
        DeviceSet(name: "functions", devices: [pci("05:00.0"), pci("05:00.1")]),
        DeviceSet(
            name: "usb",
            devices: [
                usb(.product(vendor: HardwareID(0x0403), product: HardwareID(0x6015))),
                usb(.number(bus: 3, device: 9)),
                usb(.exact(vendor: HardwareID(0x1a86), product: HardwareID(0x55d4), bus: 1, device: 4)),
            ]
        ),
        DeviceSet(name: "vf", devices: [network("03:10.2", mac: "52:54:00:12:34:56", vlan: 7)]),
        DeviceSet(name: "mdev", devices: [.mediated(MediatedGuestDevice("9063cba3-ecef-47b6-abcf-3fef4fdcad85"))]),
        DeviceSet(name: "rom", devices: [rom]),
        DeviceSet(
            name: "igd",
            devices: [graphics, pci("00:1f.3")],
            requirements: [.machine(.i440fx), .noEmulatedVideo]
        ),
        DeviceSet(name: "gpu", devices: [card, pci("0b:00.1")], requirements: [.noEmulatedVideo]),
    ]

    static func named(_ name: String) throws -> DeviceSet { try #require(all.first { $0.name == name }) }

    static func pci(_ address: String, _ change: (inout PCIGuestDevice) -> Void = { _ in }) -> GuestDevice {
        var device = PCIGuestDevice(PCIAddress(address) ?? PCIAddress(bus: 0, device: 0, function: 0))
        change(&device)
        return .pci(device)
    }

    static func usb(
        _ place: USBGuestDevice.Place,
        _ policy: USBGuestDevice.StartupPolicy = .mandatory
    ) -> GuestDevice {
        var device = USBGuestDevice(place)
        device.startupPolicy = policy
        return .usb(device)
    }

    static func network(_ address: String, mac: String? = nil, vlan: Int? = nil) -> GuestDevice {
        var device = NetworkGuestDevice(PCIAddress(address) ?? PCIAddress(bus: 0, device: 0, function: 0))
        device.mac = mac
        device.vlan = vlan
        device.isManaged = true
        return .network(device)
    }

    private static let rom = pci("02:00.0") {
        $0.rom = .file("/usr/share/vbios/R&D's \"card\".rom")
        $0.isManaged = true
    }
    private static let graphics = pci("00:02.0") {
        $0.guestAddress = .integratedGraphics
        $0.model = "vfio-pci-nohotplug"
        $0.rom = .file("/usr/share/OVMF/vbios_gvt_uefi.rom")
        $0.properties = [
            DeviceProperty("x-igd-opregion", .bool(true)), DeviceProperty("x-igd-gms", .unsigned(2)),
            DeviceProperty("display", .string("off")),
        ]
    }
    private static let card = pci("0b:00.0") {
        $0.rom = .hidden
        $0.properties = [DeviceProperty("x-vga", .bool(true))]
    }
}

/// The programs for which documents are edited.
enum Versions {
    static let all: [(name: String, hypervisor: Hypervisor)] = [
        ("7.0", Hypervisor(libvirt: SoftwareVersion(7, 0), qemu: SoftwareVersion(5, 2))),
        ("8.1", Hypervisor(libvirt: SoftwareVersion(8, 1), qemu: SoftwareVersion(7, 0))),
        ("9.0", bookworm),
        ("11.3", Hypervisor(libvirt: SoftwareVersion(11, 3), qemu: SoftwareVersion(10, 0))),
        ("unknown", Hypervisor()),
    ]

    static let bookworm = Hypervisor(libvirt: SoftwareVersion(9, 0), qemu: SoftwareVersion(7, 2))
}

extension [UInt8] {
    var string: String { String(decoding: self, as: UTF8.self) }
}
