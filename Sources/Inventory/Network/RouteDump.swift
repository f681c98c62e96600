/// The kernel's answer to a dump of its routes (rtnetlink(7)), cut up.
struct RouteDump {
    struct Hop: Hashable {
        /// The interface's index.
        var interface: Int
        var route: Route
    }

    var hops: [Hop] = []
    /// Tables besides local, main and default.
    var tables: Set<Int> = []
    /// Routes whose next hops the kernel left out (a next hop object without its compatibility attributes).
    var hasHiddenHops = false
    var isDone = false
    /// The table changed while it was read: what was read may lack something.
    var isInterrupted = false

    /// Takes one datagram; false when it is malformed or the kernel refused.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            guard let length = rest.number32(0), length >= 16, Int(length) <= rest.count,
                let type = rest.number16(4), let flags = rest.number16(6)
            else { return false }
            if flags & 0x10 != 0 { isInterrupted = true }  // NLM_F_DUMP_INTR
            let message = rest.prefix(Int(length)).dropFirst(16)
            switch type {
            case 2: return false  // NLMSG_ERROR
            case 3: isDone = true  // NLMSG_DONE
            case 24: take(route: message)  // RTM_NEWROUTE
            default: break
            }
            rest = rest.dropFirst(Self.aligned(Int(length)))
        }
        return true
    }

    /// A `struct rtmsg` and its attributes.
    private mutating func take(route message: ArraySlice<UInt8>) {
        let header = Array(message.prefix(12))
        // RTN_UNICAST alone leaves by an interface; RTM_F_CLONED entries are no routes of their own.
        guard header.count == 12, header[7] == 1, header[9] & 2 == 0 else { return }
        let size: Int
        switch header[0] {
        case 2: size = 4  // AF_INET
        case 10: size = 16  // AF_INET6
        default: return
        }
        let attributes = Self.attributes(message.dropFirst(12))
        let destination = attributes[1].flatMap(Self.text) ?? Self.text([UInt8](repeating: 0, count: size)[...]) ?? ""
        let table = attributes[15]?.number32(0).map(Int.init) ?? Int(header[4])
        let metric = attributes[6]?.number32(0).map(Int.init)
        if !(253...255).contains(table) { tables.insert(table) }
        var found = false
        func add(_ interface: Int, _ parts: [UInt16: ArraySlice<UInt8>]) -> Hop {
            // A gateway of the other family comes as RTA_VIA: two bytes of family, then the address.
            let gateway = parts[5].flatMap(Self.text) ?? parts[18].flatMap { Self.text($0.dropFirst(2)) }
            return Hop(
                interface: interface,
                route: Route(
                    destination: "\(destination)/\(header[1])",
                    gateway: gateway,
                    table: table,
                    metric: metric ?? 0
                )
            )
        }
        if let interface = attributes[4]?.number32(0) {
            hops.append(add(Int(interface), attributes))
            found = true
        }
        // RTA_MULTIPATH: one struct rtnexthop with attributes after the other.
        var rest = attributes[9] ?? []
        while let length = rest.number16(0), length >= 8, Int(length) <= rest.count, let interface = rest.number32(4) {
            hops.append(add(Int(interface), Self.attributes(rest.prefix(Int(length)).dropFirst(8))))
            found = true
            rest = rest.dropFirst(Self.aligned(Int(length)))
        }
        if !found { hasHiddenHops = true }
    }

    private static func attributes(_ bytes: ArraySlice<UInt8>) -> [UInt16: ArraySlice<UInt8>] {
        var found: [UInt16: ArraySlice<UInt8>] = [:]
        var rest = bytes
        while let length = rest.number16(0), length >= 4, Int(length) <= rest.count, let type = rest.number16(2) {
            found[type & 0x3FFF] = rest.prefix(Int(length)).dropFirst(4)
            rest = rest.dropFirst(aligned(Int(length)))
        }
        return found
    }

    private static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        switch bytes.count {
        case 4: IPAddress.text(bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        case 16: IPAddress.text(Array(bytes))
        default: nil
        }
    }
}

extension ArraySlice<UInt8> {
    /// A number in the processor's byte order, as netlink writes it; nil past the end.
    fileprivate func number16(_ offset: Int) -> UInt16? {
        guard count >= offset + 2 else { return nil }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt16.self) }
    }

    fileprivate func number32(_ offset: Int) -> UInt32? {
        guard count >= offset + 4 else { return nil }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }
}
