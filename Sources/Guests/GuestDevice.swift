public import Inventory

/// A device of the host as the configuration of a guest hands it over.
public enum GuestDevice: Sendable, Hashable, Codable {
    case pci(PCIGuestDevice)
    case usb(USBGuestDevice)
    case network(NetworkGuestDevice)
    case mediated(MediatedGuestDevice)

    /// What tells the device from others in one guest, in the letters that survive in an alias of libvirt
    /// (`[a-zA-Z0-9_-]`, https://libvirt.org/formatdomain.html, "alias"): `0000-02-00-0`, `usb-0403-6001`.
    public var key: String {
        switch self {
        case .pci(let device): Self.key(of: device.address)
        case .usb(let device): device.key
        case .network(let device): Self.key(of: device.address)
        case .mediated(let device): "mdev-" + device.uuid
        }
    }

    static func key(of address: PCIAddress) -> String {
        String(decoding: "\(address)".utf8.map { $0 == 0x3A || $0 == 0x2E ? 0x2D : $0 }, as: UTF8.self)
    }
}

/// A PCI function for a guest.
public struct PCIGuestDevice: Sendable, Hashable, Codable {
    public var address: PCIAddress
    /// Whether the manager of guests binds the function to vfio-pci at the start and gives it back at the stop.
    public var isManaged = false
    /// The expansion ROM that the guest sees; nil leaves the device's own.
    @Nullable public var rom: GuestROM?
    /// The place in the order in which the guest's firmware tries its devices, from 1; nil for not at all.
    @Nullable public var bootOrder: Int?
    /// Where the guest sees it; nil leaves that to the manager, but functions of one device stay in one slot.
    @Nullable public var guestAddress: GuestAddress?
    /// The model of QEMU's device, `vfio-pci-nohotplug` for one with `ramfb`; nil is `vfio-pci`.
    @Nullable public var model: String?
    /// Whether QEMU uses iommufd (Linux ≥ 6.6, QEMU ≥ 8.2) in place of vfio's container; nil leaves it to the manager.
    @Nullable public var usesIOMMUFD: Bool?
    /// What QEMU's device is told beside its address (`-device vfio-pci,help`).
    public var properties: [DeviceProperty] = []

    public init(_ address: PCIAddress) { self.address = address }
}

/// The expansion ROM that a guest sees behind a PCI function.
public enum GuestROM: Sendable, Hashable, Codable {
    /// The contents of a file, by its path where the guest runs.
    case file(String)
    /// None.
    case hidden
}

/// A place on a bus of the guest.
public struct GuestAddress: Sendable, Hashable, Codable {
    public var bus: Int
    /// 0 to 31.
    public var slot: Int
    /// 0 to 7.
    public var function: Int

    public init(bus: Int, slot: Int, function: Int = 0) {
        self.bus = bus
        self.slot = slot
        self.function = function
    }

    /// Where the firmware and the drivers of an Intel processor expect its graphics.
    public static let integratedGraphics = GuestAddress(bus: 0, slot: 2)
}

/// A property of a device of QEMU.
public struct DeviceProperty: Sendable, Hashable, Codable {
    /// `x-igd-opregion`.
    public var name: String
    public var value: Value

    public enum Value: Sendable, Hashable, Codable {
        case bool(Bool)
        case unsigned(UInt)
        case string(String)
    }

    public init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }
}

/// A USB device for a guest.
public struct USBGuestDevice: Sendable, Hashable, Codable {
    /// How the device is found again after it was unplugged.
    ///
    /// The guide's example gives vendor, product, bus and number together. To libvirt that is a device of this kind at
    /// this number (``exact(vendor:product:bus:device:)``): after it was plugged in anew, or after a reboot, the number is
    /// another one, and the guest starts without the device. Vendor and product alone are what most people mean.
    public enum Place: Sendable, Hashable, Codable {
        /// By what it is, wherever it is plugged in: idVendor, idProduct.
        case product(vendor: HardwareID, product: HardwareID)
        /// By its number on its bus, which changes whenever it is plugged in.
        case number(bus: Int, device: Int)
        /// By the port that it is plugged into, `1` or `1.4`, of a bus: QEMU's hostport, for what has no serial number.
        case port(bus: Int, port: String)
        /// By its number, if there it is what it should be: for two equal devices.
        case exact(vendor: HardwareID, product: HardwareID, bus: Int, device: Int)
    }

    public var place: Place
    /// What happens when it is not there as the guest starts (https://libvirt.org/formatdomain.html, "startupPolicy").
    public var startupPolicy = StartupPolicy.mandatory
    @Nullable public var bootOrder: Int?

    public enum StartupPolicy: String, Sendable, Hashable, Codable {
        /// The guest does not start.
        case mandatory
        /// The guest starts without it at boot, and does not start by hand.
        case requisite
        /// The guest starts without it. libvirt 9 then gives QEMU a device without any filter, which takes the first one of
        /// the host's that it may open: only for a QEMU that is confined.
        case optional
    }

    public init(_ place: Place) { self.place = place }

    var key: String {
        switch place {
        case .product(let vendor, let product): "usb-\(vendor)-\(product)"
        case .number(let bus, let device): "usb-\(bus)-\(device)"
        case .port(let bus, let port): "usb-\(bus)-" + String(port.map { $0 == "." ? "_" : $0 })
        case .exact(let vendor, let product, let bus, let device): "usb-\(vendor)-\(product)-\(bus)-\(device)"
        }
    }
}

/// A virtual function of a network card for a guest, which the host gives a MAC address and a VLAN.
public struct NetworkGuestDevice: Sendable, Hashable, Codable {
    public var address: PCIAddress
    /// Nil lets the manager make one up.
    @Nullable public var mac: String?
    /// 1 to 4094.
    @Nullable public var vlan: Int?
    public var isManaged = false
    @Nullable public var bootOrder: Int?
    @Nullable public var guestAddress: GuestAddress?

    public init(_ address: PCIAddress) { self.address = address }
}

/// A mediated device (vfio-mediated-device in the kernel's documentation) for a guest.
public struct MediatedGuestDevice: Sendable, Hashable, Codable {
    /// In lower case, with dashes.
    public var uuid: String
    public var model = Model.pci
    /// Whether it is a display of the guest, which needs `<graphics>` to be shown in.
    public var isDisplay = false
    /// Whether that display has a frame buffer in memory (`ramfb`) until the guest's driver runs.
    public var isBootDisplay = false
    @Nullable public var guestAddress: GuestAddress?

    public enum Model: String, Sendable, Hashable, Codable {
        case pci = "vfio-pci"
        case ccw = "vfio-ccw"
        case ap = "vfio-ap"
    }

    public init(_ uuid: String) { self.uuid = uuid }
}

/// What a guest must be like for its devices to work, beside having them.
public enum GuestRequirement: Sendable, Hashable, Codable {
    /// The machine's board.
    case machine(MachineFamily)
    /// No emulated display: `<video><model type='none'/></video>`.
    case noEmulatedVideo
    /// Which firmware starts the guest.
    case firmware(GuestFirmware)
}

/// The boards of QEMU that take PCI devices.
public enum MachineFamily: String, Sendable, Hashable, Codable {
    /// PCI Express.
    case q35
    /// Conventional PCI: `pc`.
    case i440fx
}

public enum GuestFirmware: String, Sendable, Hashable, Codable {
    case bios, uefi
}

/// What is known of a guest that shall get devices; nil where its configuration does not say.
public struct GuestShape: Sendable, Hashable, Codable {
    @Nullable public var machine: MachineFamily?
    @Nullable public var firmware: GuestFirmware?
    /// Whether the guest has a display that its hypervisor emulates.
    @Nullable public var hasEmulatedVideo: Bool?

    public init(machine: MachineFamily? = nil, firmware: GuestFirmware? = nil, hasEmulatedVideo: Bool? = nil) {
        self.machine = machine
        self.firmware = firmware
        self.hasEmulatedVideo = hasEmulatedVideo
    }
}
