internal import Machine

/// What `/proc/net/fib_trie` says: the IPv4 addresses of this machine, in every table, without their interfaces.
private struct AddressTrie {
    var addresses: Set<UInt32> = []
    /// Tables besides local, main and default, and those of them with a default route.
    var tables: Set<Int> = []
    var defaultTables: Set<Int> = []

    init(_ lines: [String]) {
        var prefix: UInt32?
        var table: Int?
        for line in lines {
            if line.utf8.first != UInt8(ascii: " ") {
                let words = Lines.words(line)
                table = words.first == "Id" && words.count == 2 ? Int(words[1].dropLast()) : nil
                if let table { tables.insert(table) }
                continue
            }
            let words = Lines.words(line)
            if words.count >= 2, words[0] == "|--" {
                prefix = IPAddress.parse4(words[1])
            } else if words.count == 3, words[0] == "/32", words[1] == "host", words[2] == "LOCAL", let prefix {
                addresses.insert(prefix)
            } else if let table, words.first == "/0", words.last == "UNICAST" {
                defaultTables.insert(table)
            }
        }
    }
}

extension NetworkInventory {
    private static let routePath = "/proc/net/route"
    private static let route6Path = "/proc/net/ipv6_route"
    private static let triePath = "/proc/net/fib_trie"

    /// Gives each interface its routes: from the kernel on the live machine, else from its files.
    ///
    /// `/proc/net/route` has the main table alone and the first next hop of each route; `/proc/net/ipv6_route` has every
    /// table without its number.
    mutating func readRoutes(_ machine: Machine) {
        if machine.isLive, let dump = RouteDump.live() {
            take(dump)
            return
        }
        var found: [String: [Route]] = [:]
        var isComplete = true
        do throws(Unreadable) {
            for line in try machine.textLines(Self.routePath).dropFirst() {
                guard let (name, route) = Self.route4(line) else { continue }
                found[name, default: []].append(route)
            }
            if !found.isEmpty { unknown["nextHops"] = "only the first next hop of a route is shown: \(Self.routePath)" }
        } catch {
            unknown["routes"] = error.reason
            isComplete = false
        }
        do throws(Unreadable) {
            for line in try machine.textLines(Self.route6Path) {
                guard let (name, route) = Self.route6(line) else { continue }
                found[name, default: []].append(route)
            }
        } catch {
            if !machine.isWhole("/proc/net", ["dev"]) || !error.isAbsence {
                unknown["routes6"] = error.reason
                isComplete = false
            }
        }
        for index in interfaces.indices {
            let routes = found[interfaces[index].name] ?? []
            interfaces[index].routes = routes
            if routes.contains(where: \.isDefault) {
                interfaces[index].hasDefaultRoute = true
            } else if isComplete {
                interfaces[index].hasDefaultRoute = false
            } else {
                interfaces[index].unknown["hasDefaultRoute"] = unknown["routes"] ?? unknown["routes6"]
            }
        }
    }

    /// Takes what the running kernel told: every table, every next hop.
    private mutating func take(_ dump: RouteDump) {
        let reason = "the kernel left out the next hops of a route"
        var found: [Int: [Route]] = [:]
        for hop in dump.hops { found[hop.interface, default: []].append(hop.route) }
        for index in interfaces.indices {
            interfaces[index].routes = interfaces[index].index.flatMap { found[$0] } ?? []
            let isDefault = interfaces[index].routes.contains(where: \.isDefault)
            interfaces[index].hasDefaultRoute = !isDefault && dump.hasHiddenHops ? nil : isDefault
            if interfaces[index].hasDefaultRoute == nil { interfaces[index].unknown["hasDefaultRoute"] = reason }
        }
        otherTables = dump.tables.sorted()
        if dump.hasHiddenHops { unknown["nextHops"] = reason }
    }

    /// A line of `/proc/net/route`: numbers are hexadecimal, addresses in the order of the processor's bytes.
    private static func route4(_ line: String) -> (String, Route)? {
        let words = Lines.words(line)
        guard words.count >= 8, words[0] != "*", let destination = UInt32(words[1], radix: 16)?.byteSwapped,
            let gateway = UInt32(words[2], radix: 16)?.byteSwapped, let flags = UInt32(words[3], radix: 16),
            let mask = UInt32(words[7], radix: 16)?.byteSwapped, flags & reject == 0, flags & 1 != 0
        else { return nil }
        let route = Route(
            destination: "\(IPAddress.text(destination))/\(mask.nonzeroBitCount)",
            gateway: flags & 2 != 0 ? IPAddress.text(gateway) : nil,
            table: 254,
            metric: Int(words[6])
        )
        return (words[0], route)
    }

    /// `RTF_REJECT` of <linux/route.h>: an unreachable destination, no interface is used.
    private static var reject: UInt32 { 0x200 }

    /// A line of `/proc/net/ipv6_route`; the machine's own addresses (`RTF_LOCAL`, `RTF_ANYCAST`) and multicast are no
    /// routes that leave.
    private static func route6(_ line: String) -> (String, Route)? {
        let words = Lines.words(line)
        guard words.count == 10, let destination = IPAddress.bytes6(words[0]), let length = Int(words[1], radix: 16),
            let gateway = IPAddress.bytes6(words[4]), let flags = UInt32(words[8], radix: 16),
            flags & (reject | 0x8010_0000) == 0, flags & 1 != 0, destination.first != 0xFF
        else { return nil }
        var route = Route(
            destination: "\(IPAddress.text(destination))/\(length)",
            gateway: flags & 2 != 0 ? IPAddress.text(gateway) : nil,
            table: nil,
            metric: Int(words[5], radix: 16)
        )
        route.unknown["table"] = "tables are not named: \(route6Path)"
        return (words[9], route)
    }

    /// Gives each interface its addresses: from the kernel on the live machine, else from its files.
    mutating func readAddresses(_ machine: Machine) {
        if machine.isLive, otherTables != nil, let live = LiveAddresses.read() {
            take(live)
            return
        }
        let trie: AddressTrie?
        do throws(Unreadable) {
            let read = AddressTrie(try machine.textLines(Self.triePath))
            trie = read
            otherTables = read.tables.sorted()
            if !read.tables.isEmpty {
                let numbers = read.tables.sorted().map(String.init).joined(separator: ", ")
                unknown["otherTableRoutes"] = "interfaces of tables \(numbers) are not shown: \(Self.triePath)"
            }
            if !read.defaultTables.isEmpty { doubtDefaultRoutes(unknown["otherTableRoutes"]) }
        } catch {
            trie = nil
            unknown["otherTables"] = error.reason
            doubtDefaultRoutes(error.reason)
        }
        if machine.isLive, let live = LiveAddresses.read() {
            take(live)
            return
        }
        if let trie {
            place(trie.addresses.sorted())
        } else if let reason = unknown["otherTables"] {
            for index in interfaces.indices { interfaces[index].unknown["addresses"] = reason }
        }
        readAddresses6(machine)
    }

    /// Who shows no default route may still have one in a table that is not shown.
    private mutating func doubtDefaultRoutes(_ reason: String?) {
        for index in interfaces.indices where interfaces[index].hasDefaultRoute == false {
            interfaces[index].hasDefaultRoute = nil
            interfaces[index].unknown["hasDefaultRoute"] = reason
        }
    }

    private mutating func take(_ live: [String: [InterfaceAddress]]) {
        for index in interfaces.indices { interfaces[index].addresses = live[interfaces[index].name] ?? [] }
    }

    /// Matches IPv4 addresses with interfaces: by the most specific network that has no gateway; and a lone address
    /// that is left over with the lone point-to-point link that has none.
    private mutating func place(_ addresses: [UInt32]) {
        var networks: [(index: Int, network: UInt32, length: Int)] = []
        var peers: [(index: Int, peer: UInt32)] = []
        for index in interfaces.indices {
            for route in interfaces[index].routes where route.table == 254 && route.gateway == nil {
                guard let (network, length) = IPAddress.prefix4(route.destination), length > 0 else { continue }
                if length < 32 { networks.append((index, network, length)) } else { peers.append((index, network)) }
            }
        }
        var left: [UInt32] = []
        for address in addresses {
            if address >> 24 == 127, let loopback = interfaces.firstIndex(where: { $0.kind == .loopback }) {
                add(address, length: address == 0x7F00_0001 ? 8 : nil, to: loopback)
                continue
            }
            let around = networks.filter { IPAddress.mask($0.length) & address == $0.network }
            let longest = around.map(\.length).max()
            let best = around.filter { $0.length == longest }
            if let only = best.first, Set(best.map(\.index)).count == 1 {
                add(address, length: only.length, to: only.index)
            } else {
                left.append(address)
            }
        }
        let links = Set(peers.map(\.index)).filter {
            (interfaces[$0].kind == .ppp || interfaces[$0].kind == .tun) && interfaces[$0].addresses.isEmpty
        }
        if left.count == 1, links.count == 1, let link = links.first {
            let far = peers.filter { $0.index == link }.map(\.peer)
            add(left[0], length: 32, peer: far.count == 1 ? far.first : nil, to: link)
            left = []
        }
        unplacedAddresses = left.map(IPAddress.text)
    }

    private mutating func add(_ address: UInt32, length: Int?, peer: UInt32? = nil, to index: Int) {
        interfaces[index].addresses.append(
            InterfaceAddress(
                address: IPAddress.text(address),
                prefixLength: length,
                peer: peer.map(IPAddress.text),
                source: .routes
            )
        )
    }

    private mutating func readAddresses6(_ machine: Machine) {
        let path = "/proc/net/if_inet6"
        do throws(Unreadable) {
            for line in try machine.textLines(path) {
                let words = Lines.words(line)
                guard words.count == 6, let address = IPAddress.bytes6(words[0]),
                    let index = interfaces.firstIndex(where: { $0.name == words[5] })
                else { continue }
                interfaces[index].addresses.append(
                    InterfaceAddress(
                        address: IPAddress.text(address),
                        prefixLength: Int(words[2], radix: 16),
                        source: .kernel
                    )
                )
            }
        } catch {
            if machine.isWhole("/proc/net", ["dev"]) && error.isAbsence { return }
            for index in interfaces.indices { interfaces[index].unknown["addresses"] = error.reason }
        }
    }
}

extension InterfaceAddress {
    /// IPv4 before IPv6, then by text.
    static func inOrder(_ left: Self, _ right: Self) -> Bool {
        let (a, b) = (left.address.utf8.contains(UInt8(ascii: ":")), right.address.utf8.contains(UInt8(ascii: ":")))
        return a == b ? Sysfs.inOrder(left.address, right.address) : b
    }
}
