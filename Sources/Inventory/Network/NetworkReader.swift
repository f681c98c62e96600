public import Machine
internal import SystemPackage

extension NetworkInventory {
    /// Reads `/sys/class/net` and what `/proc/net` says about addresses and routes; needs no root but for VLAN numbers.
    public static func read(_ machine: Machine) -> Self {
        var network = Self()
        do throws(Unreadable) {
            for name in try machine.classMembers("net", essential: true) {
                // The bonding driver keeps a file among the interfaces.
                if name == "bonding_masters" { continue }
                network.interfaces.append(NetworkInterface.read(name, machine))
            }
        } catch {
            network.unknown["interfaces"] = error.reason
        }
        network.readVirtualLANs(machine)
        network.readPointToPoint(machine)
        network.readRoutes(machine)
        network.readAddresses(machine)
        for index in network.interfaces.indices {
            network.interfaces[index].addresses.sort(by: InterfaceAddress.inOrder)
        }
        return network
    }

    /// VLAN numbers, and the interface below where the kernel shows no link to it.
    private mutating func readVirtualLANs(_ machine: Machine) {
        guard interfaces.contains(where: { $0.kind == .vlan }) else { return }
        let path = "/proc/net/vlan/config"
        do throws(Unreadable) {
            var table: [String: (id: Int, lower: String)] = [:]
            for line in try machine.textLines(path) {
                let fields = line.utf8.split(separator: UInt8(ascii: "|")).map { Lines.words(String(Substring($0))) }
                guard fields.count == 3, let name = fields[0].first, let id = fields[1].first.flatMap({ Int($0) }),
                    let lower = fields[2].first
                else { continue }
                table[name] = (id, lower)
            }
            for index in interfaces.indices where interfaces[index].kind == .vlan {
                guard let entry = table[interfaces[index].name] else {
                    interfaces[index].unknown["vlanID"] = "not listed: \(path)"
                    continue
                }
                interfaces[index].vlanID = entry.id
                if interfaces[index].lowers.isEmpty {
                    interfaces[index].lowers = [entry.lower]
                    interfaces[index].unknown["lowers"] = nil
                }
            }
        } catch {
            for index in interfaces.indices where interfaces[index].kind == .vlan {
                interfaces[index].unknown["vlanID"] = error.reason
            }
        }
    }

    /// What PPP links run over: the kernel lists PPPoE sessions by their device, but not by the link that uses them.
    private mutating func readPointToPoint(_ machine: Machine) {
        let links = interfaces.indices.filter { interfaces[$0].kind == .ppp && interfaces[$0].lowers.isEmpty }
        guard !links.isEmpty else { return }
        let path = "/proc/net/pppoe"
        var devices: [String] = []
        do throws(Unreadable) {
            for line in try machine.textLines(path).dropFirst() {
                let words = Lines.words(line)
                if words.count == 3 { devices.append(words[2]) }
            }
        } catch {
            for index in links {
                interfaces[index].unknown["lowers"] =
                    "the device of a PPP link is only known for PPPoE: \(error.reason)"
            }
            return
        }
        let distinct = Set(devices).sorted(by: Sysfs.inOrder)
        for index in links {
            if distinct.count == 1, devices.count >= links.count {
                interfaces[index].lowers = distinct
            } else if distinct.isEmpty {
                interfaces[index].unknown["lowers"] = "no PPPoE session: \(path)"
            } else {
                interfaces[index].possibleLowers = distinct
                interfaces[index].unknown["lowers"] =
                    "\(links.count) PPP links over \(devices.count) PPPoE sessions, and \(path) does not say which over which"
            }
        }
    }
}

extension NetworkInterface {
    fileprivate static func read(_ name: String, _ machine: Machine) -> Self {
        var interface = Self(name: name)
        let entry = "/sys/class/net/" + name
        var path = entry
        do throws(Unreadable) {
            path = try machine.devicePath(entry)
            interface.functions = Sysfs.functions(in: path)
        } catch {
            interface.unknown["functions"] = error.reason
        }
        var folder = Attributes(machine, path)
        let event = folder.event("type")
        let names = folder.list("", "lowers")
        folder.unknown["uppers"] = folder.unknown["lowers"]
        let flags = folder.hexadecimal("flags", "isUp", required: true)
        interface.isUp = flags.map { $0 & 1 != 0 }
        interface.index = folder.number("ifindex", "index", required: true)
        interface.mac = folder.text("address", "mac", required: true)
        interface.operstate = folder.text("operstate", "operstate", required: true)
        interface.mtu = folder.number("mtu", "mtu", required: true)
        interface.type = event["DEVTYPE"]
        interface.readLink(&folder)
        interface.lowers = names.filter { $0.utf8.starts(with: "lower_".utf8) }.map { String($0.dropFirst(6)) }
        interface.uppers = names.filter { $0.utf8.starts(with: "upper_".utf8) }.map { String($0.dropFirst(6)) }
        interface.master = folder.linkName("master", "master")
        if names.contains("device") {
            interface.driver = folder.linkName("device/driver", "driver")
            interface.physicalFunction = folder.linkName("device/physfn", "physicalFunction")
        }
        let unsupported = [Errno(rawValue: 95), .operationNotSupportedByDevice, .invalidArgument]
        if names.contains("phys_port_id") {
            interface.physicalPortID = folder.text("phys_port_id", "physicalPortID", absent: unsupported)
        }
        if names.contains("phys_port_name") {
            interface.physicalPortName = folder.text("phys_port_name", "physicalPortName", absent: unsupported)
        }
        interface.kind = interface.kind(names, flags ?? 0, path, &folder)
        interface.readPorts(names, &folder)
        interface.unknown.merge(folder.unknown) { $1 }
        return interface
    }

    /// Carrier and speed. The kernel answers EINVAL while the interface is down, and for a speed that no driver gives.
    private mutating func readLink(_ folder: inout Attributes) {
        if isUp == false {
            folder.unknown["carrier"] = "the interface is down"
        } else {
            carrier = folder.flag("carrier", "carrier", required: true)
        }
        speed = folder.number("speed", "speed", absent: [.invalidArgument, Errno(rawValue: 95)])
        if let value = speed, value <= 0 { speed = nil }
        if speed == nil && isUp == false { folder.unknown["speed"] = "the interface is down" }
    }

    /// Ports of bridges and bonds, from kernels that make no `lower_` links.
    private mutating func readPorts(_ names: [String], _ folder: inout Attributes) {
        if kind == .bridge && lowers.isEmpty { lowers = folder.list("brif", "lowers") }
        if kind == .bond {
            if lowers.isEmpty { lowers = Lines.words(folder.text("bonding/slaves", "lowers") ?? "") }
            bondMode = folder.text("bonding/mode", "bondMode").flatMap { Lines.words($0).first }
        }
        lowers.sort(by: Sysfs.inOrder)
        uppers.sort(by: Sysfs.inOrder)
    }

    private func kind(
        _ names: [String],
        _ flags: Int,
        _ path: String,
        _ folder: inout Attributes
    ) -> InterfaceKind {
        if flags & 0x8 != 0 { return .loopback }
        if names.contains("bridge") { return .bridge }
        if names.contains("bonding") { return .bond }
        if names.contains("tun_flags") { return .tun }
        switch type {
        case "bridge": return .bridge
        case "bond": return .bond
        case "vlan": return .vlan
        case "macvlan", "macvtap", "ipvlan", "ipvtap": return .macvlan
        case "ppp": return .ppp
        case "wireguard": return .wireguard
        default: break
        }
        let isVirtual = path.utf8.starts(with: "/sys/devices/virtual/".utf8)
        if names.contains("device") || (!isVirtual && path.utf8.starts(with: "/sys/devices/".utf8)) { return .physical }
        if type != nil { return .other }
        // Neither names its type. A macvlan has a link to the interface below it; a pair's other end has none.
        let below = folder.number("iflink", "kind")
        if let below, let index, below > 0, below != index, folder.number("type", "kind") == 1 {
            return names.contains { $0.utf8.starts(with: "lower_".utf8) } ? .macvlan : .veth
        }
        for prefix in ["dummy", "ifb"] where Sysfs.isNumbered(name, prefix) { return .dummy }
        return .other
    }
}
