/// A PCI function: what one line of `passthru devices` needs to know.
///
/// Source: `/sys/bus/pci/devices/BDF/` (Documentation/ABI/testing/sysfs-bus-pci).
public struct PCIFunction: Sendable, Hashable, Codable {
    public var address: PCIAddress
    public var vendor: HardwareID
    public var device: HardwareID
    @Nullable public var subsystemVendor: HardwareID?
    @Nullable public var subsystemDevice: HardwareID?
    /// Base class, subclass and programming interface, six hexadecimal digits.
    public var `class`: PCIClass
    /// The driver bound now; null when there is none.
    @Nullable public var driver: String?
    /// The IOMMU group; null when the function is in none.
    @Nullable public var group: Int?
    @Nullable public var names: PCINames?
    /// What `passthru show` adds; null when the verb did not ask for it.
    @Nullable public var details: PCIDetails?
    /// Parts that could not be read, with the reason.
    public var unknown: [String: String] = [:]

    public init(address: PCIAddress, vendor: HardwareID, device: HardwareID, class: PCIClass) {
        self.address = address
        self.vendor = vendor
        self.device = device
        self.class = `class`
    }

    /// `8086:10d3`
    public var id: String { "\(vendor):\(device)" }
}

/// What the id tables call a function.
public struct PCINames: Sendable, Hashable, Codable {
    @Nullable public var vendor: String?
    @Nullable public var device: String?
    @Nullable public var subsystem: String?
    @Nullable public var `class`: String?

    public init(vendor: String?, device: String?, subsystem: String?, class: String?) {
        self.vendor = vendor
        self.device = device
        self.subsystem = subsystem
        self.class = `class`
    }
}

/// Everything else about a function.
public struct PCIDetails: Sendable, Hashable, Codable {
    @Nullable public var revision: UInt8?
    /// Modules on this machine whose aliases match the function.
    @Nullable public var modules: [String]?
    /// Bridges above the function, the root port first.
    @Nullable public var parents: [PCIAddress]?
    /// The kernel's name for what it can do to reset the function, best first: flr, af_flr, pm, slot, bus …
    @Nullable public var resetMethods: [String]?
    /// Name in `driver_override`; null when empty.
    @Nullable public var driverOverride: String?
    public var resources: [PCIResource] = []
    /// Whether the function has an expansion ROM that the kernel can read.
    @Nullable public var rom: Bool?
    /// How much configuration space the kernel reaches: 256 bytes, or 4096 with extended capabilities.
    @Nullable public var configSize: Int?
    /// False when the function's header reads as nothing but ones: it is gone from the bus, or does not wake.
    @Nullable public var answers: Bool?
    @Nullable public var link: PCILink?
    @Nullable public var capabilities: PCICapabilities?
    /// NUMA node; null on a machine without nodes.
    @Nullable public var numaNode: Int?
    /// Whether the firmware showed its screens on this display; null when the function is no display.
    @Nullable public var bootVGA: Bool?
    @Nullable public var enabled: Bool?
    @Nullable public var irq: Int?
    @Nullable public var powerState: String?
    /// Whether the kernel may take all power from the function while nobody uses it (`d3cold_allowed`).
    @Nullable public var d3coldAllowed: Bool?
    @Nullable public var sriov: SRIOV?
    /// The physical function of a virtual one.
    @Nullable public var physicalFunction: PCIAddress?
    /// Memory that the firmware wants mapped one to one for this group (`reserved_regions`).
    @Nullable public var reservedRegions: [ReservedRegion]?
    public var unknown: [String: String] = [:]

    public init() {}
}

/// A base address register, the ROM, or a bridge window (`resource`).
public struct PCIResource: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable { case memory, io }

    /// 0 to 5 are the BARs, 6 the ROM, 7 to 12 the VF BARs, 13 and up the windows of a bridge.
    public var index: Int
    public var kind: Kind
    /// First address, hexadecimal.
    public var start: String
    /// Bytes.
    public var size: UInt64
    public var prefetchable: Bool
    public var is64Bit: Bool
}

/// Speed and width of a PCI Express link, now and at best.
public struct PCILink: Sendable, Hashable, Codable {
    /// As the kernel prints it, "8.0 GT/s PCIe".
    @Nullable public var speed: String?
    @Nullable public var width: Int?
    @Nullable public var maximumSpeed: String?
    @Nullable public var maximumWidth: Int?
}

/// Single-root I/O virtualization of a physical function.
public struct SRIOV: Sendable, Hashable, Codable {
    /// VFs that the function can have.
    public var total: Int
    /// VFs that it has now; null while the driver makes or takes away some and does not answer.
    @Nullable public var enabled: Int?
    public var virtualFunctions: [PCIAddress]
}

/// A range of I/O addresses that a group cannot use freely (Documentation/ABI/testing/sysfs-kernel-iommu_groups).
public struct ReservedRegion: Sendable, Hashable, Codable {
    public var start: String
    public var end: String
    /// direct (RMRR or IVMD), direct-relaxable, reserved or msi.
    public var type: String
}
