/// What an interface is made of, as far as passthru must tell.
public enum InterfaceKind: String, Codable, Sendable, Hashable {
    /// Has a device of its own: Ethernet, Wi-Fi, modem, switch port.
    case physical
    case bridge, bond, vlan, macvlan, tun, ppp, wireguard, veth, loopback, dummy, other
}

/// Where an address' interface was learned.
public enum AddressSource: String, Codable, Sendable, Hashable {
    /// The kernel said so: getifaddrs(3), or `/proc/net/if_inet6`.
    case kernel
    /// `/proc/net/fib_trie` has the address and `/proc/net/route` the network around it: an alias that another
    /// interface holds within the same network looks the same.
    case routes
}

/// An address of an interface.
public struct InterfaceAddress: Codable, Sendable, Hashable {
    /// `192.0.2.1`, or an IPv6 address as RFC 5952 writes it.
    public var address: String
    @Nullable public var prefixLength: Int?
    /// The other end of a point-to-point link.
    @Nullable public var peer: String?
    public var source: AddressSource

    public init(address: String, prefixLength: Int?, peer: String? = nil, source: AddressSource) {
        self.address = address
        self.prefixLength = prefixLength
        self.peer = peer
        self.source = source
    }
}

/// A route that leaves by an interface.
public struct Route: Codable, Sendable, Hashable {
    /// `192.0.2.0/24`; a default route is `0.0.0.0/0` or `::/0`.
    public var destination: String
    @Nullable public var gateway: String?
    /// The routing table's number: 254 is main (rtnetlink(7)).
    @Nullable public var table: Int?
    @Nullable public var metric: Int?
    public var unknown: [String: String] = [:]

    public init(destination: String, gateway: String?, table: Int?, metric: Int? = nil) {
        self.destination = destination
        self.gateway = gateway
        self.table = table
        self.metric = metric
    }

    /// Whether it takes what no other route takes.
    public var isDefault: Bool { destination == "0.0.0.0/0" || destination == "::/0" }
}

/// A network interface (Documentation/ABI/testing/sysfs-class-net).
public struct NetworkInterface: Codable, Sendable, Hashable, BelowFunction {
    public var name: String
    public var functions: [String] = []
    public var kind: InterfaceKind = .other
    /// The kernel's own word for the kind (`DEVTYPE` in uevent), such as `wlan` or `vxlan`.
    @Nullable public var type: String?
    @Nullable public var index: Int?
    /// The driver of its device.
    @Nullable public var driver: String?
    /// The hardware address.
    @Nullable public var mac: String?
    /// RFC 2863 state: `up`, `down`, `unknown`, `lowerlayerdown`, `dormant` …
    @Nullable public var operstate: String?
    /// Whether the administrator has switched it on.
    @Nullable public var isUp: Bool?
    /// Whether a link is there. The kernel does not say while the interface is down.
    @Nullable public var carrier: Bool?
    /// Bytes.
    @Nullable public var mtu: Int?
    /// Mbit/s.
    @Nullable public var speed: Int?
    /// The bridge, bond, team or VRF that it is a port of.
    @Nullable public var master: String?
    /// The interfaces that it stands on, and those that stand on it.
    public var lowers: [String] = []
    public var uppers: [String] = []
    /// Where `lowers` is unknown: the interfaces of which at least one carries it.
    public var possibleLowers: [String] = []
    @Nullable public var vlanID: Int?
    /// A bond's mode, such as `802.3ad`.
    @Nullable public var bondMode: String?
    /// For an SR-IOV virtual function: the address of its physical function.
    @Nullable public var physicalFunction: String?
    @Nullable public var physicalPortID: String?
    @Nullable public var physicalPortName: String?
    public var addresses: [InterfaceAddress] = []
    public var routes: [Route] = []
    /// False on a captured host is as sure as `nextHops` in the inventory's `unknown` leaves it.
    @Nullable public var hasDefaultRoute: Bool?
    public var unknown: [String: String] = [:]

    public init(name: String, kind: InterfaceKind = .other) {
        self.name = name
        self.kind = kind
    }
}

/// The interfaces that carry another one's frames.
public struct Carriers: Codable, Sendable, Hashable {
    /// Physical interfaces; where something is unresolved, those among which the carrier may be.
    public var interfaces: [String] = []
    /// Interfaces on the way down of which nobody can say what carries them, with the reason.
    public var unresolved: [String: String] = [:]

    /// Whether `interfaces` is the whole answer.
    public var isResolved: Bool { unresolved.isEmpty }
}

/// The machine's network as its kernel has it.
public struct NetworkInventory: Codable, Sendable, Hashable {
    public var interfaces: [NetworkInterface] = []
    /// Routing tables besides local, main and default that exist; on a captured host those of IPv4 alone.
    @Nullable public var otherTables: [Int]?
    /// IPv4 addresses of this machine whose interface is not known.
    public var unplacedAddresses: [String] = []
    public var unknown: [String: String] = [:]

    public init() {}

    /// The interface of that name.
    public func interface(_ name: String) -> NetworkInterface? { interfaces.first { $0.name == name } }

    /// The physical interfaces at the bottom of `name`, itself if it is one.
    ///
    /// What cannot be followed (a tunnel, a program's tap, another network namespace) is in `unresolved`: whoever asks
    /// whether an interface may go must take that as a no.
    public func carriers(of name: String) -> Carriers {
        var result = Carriers()
        let known = Dictionary(interfaces.map { ($0.name, $0) }) { first, _ in first }
        var seen: Set<String> = []
        var left = [name]
        while let name = left.popLast() {
            guard seen.insert(name).inserted else { continue }
            guard let interface = known[name] else {
                result.unresolved[name] = "no such interface in this network namespace"
                continue
            }
            if interface.kind == .physical { result.interfaces.append(name) }
            left += interface.lowers + interface.possibleLowers
            if let reason = interface.unknown["lowers"] {
                result.unresolved[name] = reason
            } else if interface.lowers.isEmpty, let reason = interface.kind.hiddenBottom {
                result.unresolved[name] = reason
            }
        }
        result.interfaces.sort(by: Sysfs.inOrder)
        return result
    }
}

extension InterfaceKind {
    /// Why an interface of this kind without lower interfaces still has something below it; nil when it has not.
    fileprivate var hiddenBottom: String? {
        switch self {
        case .physical, .loopback, .dummy, .bridge, .bond: nil
        case .vlan, .macvlan: "the interface below it is not in this network namespace"
        case .tun: "a program holds its other end"
        case .ppp: "the kernel does not say what this PPP link runs over"
        case .wireguard: "its packets leave by the route to its peer"
        case .veth: "its other end may be in another network namespace"
        case .other: "a virtual interface of a kind that is not followed"
        }
    }
}
