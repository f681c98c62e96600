/// The lines of a manifest that stand for devices. Each makes the folders, files and links that the kernel would.
///
///     pci ADDRESS VENDOR:DEVICE CLASS …            see ``PCILine``
///     group NUMBER TYPE [FIRST-LAST:KIND]…         a group's type (- for none shown) and reserved regions
///     net NAME PARENT MAC [up|down] [master=NAME]  an interface; PARENT is a function, or bridge, bond, loopback, tun …
///     address NAME A.B.C.D/N                       and the routes that come with it
///     route NAME default|A.B.C.D/N [via GATEWAY]
///     disk NAME PARENT MAJOR:MINOR SECTORS [model…]
///     partition NAME MAJOR:MINOR SECTORS
///     usb PORT PARENT VENDOR:PRODUCT SPEED DRIVER [product…]
///     module NAME [parameter=value]…               loaded now
struct DeviceLines {
    private var folders: [String: String] = [:]
    private var groupLines: [Int: (type: String, regions: String)] = [:]
    private var interfaces: [String: String] = [:]
    private var disks: [String: String] = [:]
    private var addresses: [(name: String, address: UInt32, length: Int)] = []
    private var routes: [(name: String, address: UInt32, length: Int, gateway: UInt32)] = []
    private var modules: [String] = []
    private var hasNetwork = false

    /// False for a line that is none of these.
    mutating func read(_ words: [String], _ line: Substring, into host: inout TestHost) throws -> Bool {
        switch words[0] {
        case "pci":
            guard let function = PCILine(words) else { throw Manifest.Mistake(description: "\(line)") }
            addFunction(function, &host)
        case "group" where words.count >= 3:
            guard let number = Int(words[1]) else { return false }
            groupLines[number] = (words[2], Self.regions(words.dropFirst(3)))
        case "net" where words.count >= 4: addInterface(words, &host)
        case "address" where words.count == 3:
            guard let (address, length) = Self.network(words[2]) else { return false }
            addresses.append((words[1], address, length))
        case "route" where words.count >= 3:
            guard let (address, length) = Self.network(words[2] == "default" ? "0.0.0.0/0" : words[2]) else {
                return false
            }
            let gateway = words.count == 5 ? Self.network(words[4] + "/32")?.0 ?? 0 : 0
            routes.append((words[1], address, length, gateway))
        case "disk" where words.count >= 5: addDisk(words, &host)
        case "partition" where words.count == 4: addPartition(words, &host)
        case "usb" where words.count >= 6: addUSB(words, &host)
        case "module" where words.count >= 2:
            modules.append(words[1])
            host.folder("/sys/module/\(words[1])")
            for word in words.dropFirst(2) {
                let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                host.file("/sys/module/\(words[1])/parameters/\(parts[0])", parts.count == 2 ? parts[1] : "")
            }
        default: return false
        }
        return true
    }

    private static func regions(_ words: ArraySlice<String>) -> String {
        words.map { word in
            let parts = word.split(separator: ":").map(String.init)
            let ends = parts[0].split(separator: "-").map(String.init)
            func long(_ text: String) -> String { "0x" + PCILine.padded(UInt64(text, radix: 16) ?? 0, 16) }
            return "\(long(ends[0])) \(long(ends[1])) \(parts[1])\n"
        }.joined()
    }

    // MARK: PCI

    private mutating func addFunction(_ function: PCILine, _ host: inout TestHost) {
        let folder = function.folder(folders)
        folders[function.address] = folder
        func put(_ name: String, _ text: String) { host.file("\(folder)/\(name)", text) }
        func link(_ name: String, _ target: String) { host.relativeLink("\(folder)/\(name)", to: target) }
        func id(_ value: UInt16) -> String { "0x" + PCILine.padded(value, 4) }
        host.relativeLink("/sys/bus/pci/devices/\(function.address)", to: folder)
        put("vendor", id(function.vendor))
        put("device", id(function.device))
        put("subsystem_vendor", id(function.subsystem?.0 ?? 0))
        put("subsystem_device", id(function.subsystem?.1 ?? 0))
        put("class", "0x" + PCILine.padded(function.classCode, 6))
        put("revision", "0x" + PCILine.padded(function.revision, 2))
        put("irq", "\(function.irq)")
        put("enable", function.driver == nil ? "0" : "1")
        put("numa_node", "\(function.numa)")
        put("modalias", function.modalias)
        put("uevent", function.uevent)
        put("resource", function.resourceLines)
        put("driver_override", function.override)
        host.file("\(folder)/remove", bytes: [], mode: 0o200)
        host.file("\(folder)/config", bytes: ConfigSpace(function).bytes)
        link("subsystem", "/sys/bus/pci")
        if let reset = function.reset { put("reset_method", reset.split(separator: ",").joined(separator: " ")) }
        if function.hasROM { host.file("\(folder)/rom", bytes: [], mode: 0o600) }
        if let vga = function.bootVGA { put("boot_vga", vga) }
        if let speeds = function.link { addLink(speeds, folder, &host) }
        if let group = function.group {
            let root = "/sys/kernel/iommu_groups/\(group)"
            link("iommu_group", root)
            host.relativeLink("\(root)/devices/\(function.address)", to: folder)
            if groupLines[group] == nil { groupLines[group] = ("DMA", "0x00000000fee00000 0x00000000feefffff msi\n") }
        }
        if let driver = function.driver {
            let root = "/sys/bus/pci/drivers/\(driver)"
            link("driver", root)
            Self.addDriver(driver, module: function.module, &host)
            host.relativeLink("\(root)/\(function.address)", to: folder)
            let module = function.module ?? underscored(driver)
            if !modules.contains(module) { modules.append(module) }
        }
        if let virtual = function.virtualFunctions {
            put("sriov_totalvfs", "\(virtual.total)")
            put("sriov_drivers_autoprobe", "1")
            put("sriov_numvfs", "\(virtual.enabled)")
            put("sriov_offset", "\(virtual.offset)")
            put("sriov_stride", "\(virtual.stride)")
            put("sriov_vf_device", PCILine.padded(virtual.device, 4))
        }
        if let physical = function.physicalFunction {
            // One that is not listed, or only later, is in the same folder.
            let siblings = folder.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            let above = folders[physical] ?? "\(siblings)/\(physical)"
            link("physfn", above)
            let number = host.nodes.keys.filter { $0.hasPrefix("\(above)/virtfn") }.count
            host.relativeLink("\(above)/virtfn\(number)", to: folder)
        }
    }

    static func addDriver(_ driver: String, module: String?, _ host: inout TestHost) {
        let root = "/sys/bus/pci/drivers/\(driver)"
        for name in ["bind", "unbind", "new_id", "remove_id"] { host.file("\(root)/\(name)", bytes: [], mode: 0o200) }
        let name = module ?? underscored(driver)
        host.relativeLink("\(root)/module", to: "/sys/module/\(name)")
        host.folder("/sys/module/\(name)")
    }

    /// SPEED*WIDTH/MAXIMUM*MAXIMUM in GT/s.
    private func addLink(_ text: String, _ folder: String, _ host: inout TestHost) {
        let parts = text.split { "*/".contains($0) }.map(String.init)
        guard parts.count == 4 else { return }
        host.file("\(folder)/current_link_speed", "\(parts[0]) GT/s PCIe")
        host.file("\(folder)/current_link_width", parts[1])
        host.file("\(folder)/max_link_speed", "\(parts[2]) GT/s PCIe")
        host.file("\(folder)/max_link_width", parts[3])
    }

    // MARK: Network

    private mutating func addInterface(_ words: [String], _ host: inout TestHost) {
        let (name, parent, mac) = (words[1], words[2], words[3])
        let isUp = words.contains("up") || parent == "loopback"
        let above = folders[parent]
        let folder = above.map { "\($0)/net/\(name)" } ?? "/sys/devices/virtual/net/\(name)"
        hasNetwork = true
        interfaces[name] = folder
        let flags = (isUp ? 0x1003 : 0x1002) | (parent == "loopback" ? 0x8 : 0)
        host.relativeLink("/sys/class/net/\(name)", to: folder)
        host.file("\(folder)/flags", "0x" + String(flags, radix: 16))
        host.file("\(folder)/ifindex", "\(interfaces.count)")
        host.file("\(folder)/iflink", "\(interfaces.count)")
        host.file("\(folder)/address", mac)
        host.file("\(folder)/operstate", isUp ? "up" : "down")
        host.file("\(folder)/mtu", parent == "loopback" ? "65536" : "1500")
        host.file("\(folder)/type", parent == "loopback" ? "772" : "1")
        if isUp {
            host.file("\(folder)/carrier", "1")
            if above != nil { host.file("\(folder)/speed", "1000") }
        }
        if let above { host.relativeLink("\(folder)/device", to: above) }
        var event = "INTERFACE=\(name)\nIFINDEX=\(interfaces.count)\n"
        if ["bridge", "bond", "vlan", "ppp", "wireguard"].contains(parent) { event = "DEVTYPE=\(parent)\n" + event }
        host.file("\(folder)/uevent", event)
        if parent == "bridge" { host.file("\(folder)/bridge/stp_state", "0") }
        for word in words.dropFirst(4) where word.hasPrefix("master=") {
            let master = String(word.dropFirst(7))
            guard let upper = interfaces[master] else { continue }
            host.relativeLink("\(folder)/master", to: upper)
            host.relativeLink("\(folder)/upper_\(master)", to: upper)
            host.relativeLink("\(upper)/lower_\(name)", to: folder)
        }
    }

    private static func network(_ text: String) -> (UInt32, Int)? {
        let parts = text.split(separator: "/")
        let numbers = parts[0].split(separator: ".").compactMap { UInt32($0) }
        guard parts.count == 2, numbers.count == 4, let length = Int(parts[1]) else { return nil }
        return (numbers.reduce(0) { $0 << 8 | $1 }, length)
    }

    private static func dotted(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> $0 & 0xFF) }.joined(separator: ".")
    }

    /// `/proc/net/route` and `/proc/net/fib_trie` as the kernel prints them.
    private func writeRoutes(_ host: inout TestHost) {
        guard hasNetwork else { return }
        var all = addresses.map {
            (name: $0.name, address: $0.address & Self.mask($0.length), length: $0.length, gateway: UInt32(0))
        }
        all += routes
        all.sort { ($0.length, $0.address) < ($1.length, $1.address) }
        func swapped(_ value: UInt32) -> String { PCILine.padded(value.byteSwapped, 8).uppercased() }
        let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
        let lines = all.map { route in
            let flags = route.gateway == 0 ? "0001" : "0003"
            return "\(route.name)\t\(swapped(route.address))\t\(swapped(route.gateway))\t\(flags)\t0\t0\t0"
                + "\t\(swapped(Self.mask(route.length)))\t0\t0\t0"
        }
        host.file("/proc/net/route", ([head] + lines).joined(separator: "\n"))
        var trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n"
        for own in addresses.sorted(by: { $0.address < $1.address }) {
            trie += "     |-- \(Self.dotted(own.address))\n        /32 host LOCAL\n"
        }
        host.file("/proc/net/fib_trie", trie + "Local:\n  +-- 0.0.0.0/0 3 0 5\n")
        host.file("/proc/net/dev", "Inter-|   Receive                                                |  Transmit")
        if host.nodes["/proc/net/ipv6_route"] == nil { host.file("/proc/net/ipv6_route", "") }
        if host.nodes["/proc/net/if_inet6"] == nil { host.file("/proc/net/if_inet6", "") }
    }

    private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : UInt32.max << (32 - UInt32(length)) }

    // MARK: Storage

    private mutating func addDisk(_ words: [String], _ host: inout TestHost) {
        let (name, parent) = (words[1], words[2])
        let above = folders[parent] ?? "/sys/devices/virtual"
        let controller =
            if name.hasPrefix("nvme") {
                "nvme/nvme\(name.dropFirst(4).prefix(while: \.isNumber))"
            } else if name.hasPrefix("mmcblk") {
                "mmc_host/mmc0/mmc0:0001/block"
            } else if name.hasPrefix("sd") {
                "ata\(disks.count + 1)/host\(disks.count)/target\(disks.count):0:0/\(disks.count):0:0:0/block"
            } else {
                "block"
            }
        let folder = "\(above)/\(controller)/\(name)"
        disks[name] = folder
        addBlock(name, folder, number: words[3], sectors: words[4], &host)
        if words.count > 5 { host.file("\(folder)/device/model", words[5...].joined(separator: " ")) }
        host.file("\(folder)/removable", "0")
        host.file("\(folder)/queue/rotational", "0")
    }

    private mutating func addPartition(_ words: [String], _ host: inout TestHost) {
        let name = words[1]
        guard let (_, folder) = disks.filter({ name.hasPrefix($0.key) }).max(by: { $0.key.count < $1.key.count })
        else { return }
        let number = name.reversed().prefix { $0.isNumber }.reversed()
        addBlock(name, "\(folder)/\(name)", number: words[2], sectors: words[3], &host)
        host.file("\(folder)/\(name)/partition", String(number))
    }

    private func addBlock(
        _ name: String,
        _ folder: String,
        number: String,
        sectors: String,
        _ host: inout TestHost
    ) {
        host.relativeLink("/sys/class/block/\(name)", to: folder)
        host.file("\(folder)/size", sectors)
        host.file("\(folder)/dev", number)
        host.file("\(folder)/ro", "0")
        host.folder("\(folder)/holders")
        host.folder("\(folder)/slaves")
        host.file("\(folder)/uevent", "DEVNAME=\(name)")
    }

    // MARK: USB

    private mutating func addUSB(_ words: [String], _ host: inout TestHost) {
        let (port, parent, speed, driver) = (words[1], words[2], words[4], words[5])
        let isRoot = port.hasPrefix("usb")
        let bus = isRoot ? String(port.dropFirst(3)) : String(port.prefix { $0 != "-" })
        let hub = port.contains(".") ? String(port[..<(port.lastIndex(of: ".") ?? port.endIndex)]) : "usb\(bus)"
        let above = isRoot ? folders[parent] ?? "/sys/devices/platform/\(parent)" : folders[hub] ?? "/sys/devices"
        let folder = "\(above)/\(port)"
        folders[port] = folder
        let ids = words[3].split(separator: ":").map(String.init)
        host.relativeLink("/sys/bus/usb/devices/\(port)", to: folder)
        let isHub = isRoot || driver == "hub"
        let number = host.nodes.keys.filter { $0.hasPrefix("/sys/bus/usb/devices/") && !$0.contains(":") }.count
        for (name, text) in [
            ("busnum", bus), ("devnum", "\(number)"), ("idVendor", ids[0]), ("idProduct", ids[1]), ("speed", speed),
            ("bDeviceClass", isHub ? "09" : "00"),
        ] { host.file("\(folder)/\(name)", text) }
        if words.count > 6 { host.file("\(folder)/product", words[6...].joined(separator: " ")) }
        let interface = isRoot ? "\(bus)-0:1.0" : "\(port):1.0"
        let classCode = isHub ? "09" : driver == "usb-storage" ? "08" : driver == "usbhid" ? "03" : "ff"
        host.relativeLink("/sys/bus/usb/devices/\(interface)", to: "\(folder)/\(interface)")
        for (name, text) in [
            ("bInterfaceNumber", "00"), ("bInterfaceClass", classCode), ("bInterfaceSubClass", "00"),
            ("bInterfaceProtocol", "00"),
        ] { host.file("\(folder)/\(interface)/\(name)", text) }
        if driver != "-" { host.relativeLink("\(folder)/\(interface)/driver", to: "/sys/bus/usb/drivers/\(driver)") }
    }

    // MARK: The end

    /// Takes every function out of its group.
    mutating func dropGroups(_ host: inout TestHost) {
        groupLines = [:]
        host.remove("/sys/kernel/iommu_groups")
        host.folder("/sys/kernel/iommu_groups")
        for folder in folders.values { host.remove("\(folder)/iommu_group") }
    }

    func finish(_ host: inout TestHost) {
        for (number, group) in groupLines {
            let root = "/sys/kernel/iommu_groups/\(number)"
            guard host.nodes.keys.contains(where: { $0.hasPrefix(root + "/devices/") }) else { continue }
            if group.type != "-" { host.file("\(root)/type", group.type) }
            host.file("\(root)/reserved_regions", group.regions)
        }
        writeRoutes(&host)
        if host.nodes["/proc/modules"] == nil, !modules.isEmpty {
            host.file(
                "/proc/modules",
                modules.map { "\($0) 16384 1 - Live 0x0000000000000000" }.joined(separator: "\n")
            )
        }
        for name in modules where host.nodes["/sys/module/\(name)"] == nil { host.folder("/sys/module/\(name)") }
    }
}

/// Hyphens as underscores: module names have none.
func underscored(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }
