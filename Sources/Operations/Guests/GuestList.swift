import Guests
import Inventory
import Machine
import Wording

/// A guest as `guest list` and `guest show` tell of it.
public struct GuestEntry: Sendable, Encodable {
    public var name: String
    public var manager: KnownGuest.Manager
    /// The container that runs it; null for the host itself.
    @Nullable public var container: String?
    @Nullable public var number: Int?
    @Nullable public var isRunning: Bool?
    @Nullable public var startsAtBoot: Bool?
    /// Bytes.
    @Nullable public var memory: Int?
    public var functions: [PCIAddress]
    public var usb: [String]
    public var source: String
    public var unknown: [String: String]

    init(_ guest: KnownGuest) {
        name = guest.name
        manager = guest.manager
        container = guest.place?.container
        number = guest.number
        isRunning = guest.isRunning
        startsAtBoot = guest.startsAtBoot
        memory = guest.memory
        functions = guest.functions
        usb = guest.usb.map(\.description)
        source = guest.source
        unknown = guest.unknown
    }
}

/// `passthru guest list`: every guest that this machine runs or could start, those in containers among them.
public struct GuestList: Sendable, Encodable {
    public let schema = "passthru/guests/1"
    public var guests: [GuestEntry]
    /// What runs guests here.
    public var runners: [GuestRunner]
    public var unknown: [String: String]

    public static func run(_ machine: Machine) -> GuestList {
        let inventory = GuestInventory.read(machine)
        let order = { (guest: GuestEntry) in (guest.container ?? "", guest.name) }
        return GuestList(
            guests: inventory.guests.map(GuestEntry.init).sorted { order($0) < order($1) },
            runners: inventory.runners.map { $0.withVersions(machine) },
            unknown: inventory.unknown
        )
    }
}

/// `passthru guest show NAME`: one guest, and how each of its devices stands on this host.
public struct GuestShow: Sendable, Encodable {
    public let schema = "passthru/guest/1"
    public var guest: GuestEntry
    public var devices: [Device]
    /// What runs it; null where only its process or its file is known.
    @Nullable public var runner: GuestRunner?

    /// A PCI function of the guest.
    public struct Device: Sendable, Encodable {
        public var address: PCIAddress
        /// Null where nothing is at the address.
        @Nullable public var name: String?
        @Nullable public var driver: String?
        @Nullable public var group: Int?
        /// Other guests that are configured for it.
        public var alsoIn: [String]
        /// What stands in the way of the guest's start, or will.
        public var problems: [Text]
    }

    public static func run(_ machine: Machine, guest name: String) throws(Failure) -> GuestShow {
        let host = Host.read(machine, [.pci, .names, .iommu, .guests])
        let catalog = GuestCatalog(machine, host.guests)
        let guest = try catalog.guest(name)
        return GuestShow(
            guest: GuestEntry(guest),
            devices: guest.functions.map { device($0, of: guest, on: host) },
            runner: catalog.inventory.runner(of: guest)?.withVersions(machine)
        )
    }

    private static func device(_ address: PCIAddress, of guest: KnownGuest, on host: Host) -> Device {
        let function = host.function(address)
        let others = (host.guests?.guests(with: address) ?? []).filter { $0.qualifiedName != guest.qualifiedName }
        var problems: [Text] = []
        if function == nil, host.pci?.functions != nil {
            problems.append(Text(en: "nothing is at this address", zh: "该地址上没有设备"))
        }
        if let function, function.group == nil {
            problems.append(Text(en: "it is in no IOMMU group", zh: "它不在任何 IOMMU 组中"))
        }
        for other in others where other.isRunning == true {
            problems.append(Text(en: "\(other.qualifiedName) runs with it", zh: "\(other.qualifiedName) 正在使用它"))
        }
        return Device(
            address: address,
            name: function?.displayName,
            driver: function?.driver,
            group: function?.group,
            alsoIn: others.map(\.qualifiedName),
            problems: problems
        )
    }
}
