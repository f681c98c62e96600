import Formats
internal import Machine
internal import SystemPackage

extension GuestInventory {
    /// `/etc/libvirt/qemu/*.xml`, the links in its `autostart`, and what libvirt says of running guests in
    /// `/run/libvirt/qemu` (https://libvirt.org/formatdomain.html).
    mutating func readLibvirt(_ place: RunnerFiles) {
        let folder = "/etc/libvirt/qemu"
        let autostart = autostart(folder + "/autostart", place)
        for file in files(in: folder, endingIn: ".xml", place) {
            guard var guest = readDomain("\(folder)/\(file)", place) else { continue }
            guest.startsAtBoot = autostart?.contains(file)
            if autostart == nil { guest.unknown["startsAtBoot"] = unknown[place.name(folder + "/autostart")] }
            guest.configuration = "\(folder)/\(file)"
            guest.hostFile = place.hostPath("\(folder)/\(file)", in: folder)
            guests.append(guest)
        }
        // A container that does not run has left its /run behind.
        guard place.host.isLive, place.folder == nil else { return }
        let running = "/run/libvirt/qemu"
        for file in files(in: running, endingIn: ".xml", place) {
            guard var guest = readDomain("\(running)/\(file)", place) else { continue }
            guest.isRunning = true
            let known = guests.firstIndex {
                $0.manager == .libvirt && $0.name == guest.name && $0.container == place.container
            }
            if let known {
                guest.startsAtBoot = guests[known].startsAtBoot
                guest.configuration = guests[known].configuration
                guest.hostFile = guests[known].hostFile
                guests.remove(at: known)
            }
            guests.append(guest)
        }
    }

    private mutating func readDomain(_ path: String, _ place: RunnerFiles) -> KnownGuest? {
        let limits = XMLLimits()
        let name = place.name(path)
        do throws(Errno) {
            let bytes = try place.read(path, limit: limits.bytes + 1)
            do throws(XMLError) {
                let root = try XMLElement(document: bytes, limits: limits)
                // What is in /run is a <domstatus> around the domain.
                if let domain = root.name == "domain" ? root : root.child("domain") {
                    return KnownGuest(domain: domain, path, place)
                }
                unknown[name] = "no <domain> in it: \(name)"
            } catch {
                unknown[name] = "\(error): \(name)"
            }
        } catch {
            unknown[name] = Unreadable(error, name).reason
        }
        return nil
    }
}

extension KnownGuest {
    fileprivate init(domain: XMLElement, _ path: String, _ place: RunnerFiles) {
        let file = Machine.lastComponent(of: path).dropLast(4)
        self.init(name: domain.child("name")?.text ?? String(file), manager: .libvirt, source: place.name(path))
        container = place.container
        memory = domain.child("memory").flatMap { Self.bytes($0.text, unit: $0["unit"]) }
        if memory == nil { unknown["memory"] = "no amount of memory: \(source)" }
        if let hugepages = domain.child("memoryBacking")?.child("hugepages") {
            usesHugepages = true
            let page = hugepages.child("page")
            hugepageSize = page?["size"].flatMap { Self.bytes($0, unit: page?["unit"]) }
        } else {
            usesHugepages = false
        }
        for device in domain.child("devices")?.children ?? [] {
            switch (device.name, device["type"]) {
            case ("hostdev", "pci"), ("interface", "hostdev"): add(device.child("source"))
            case ("hostdev", "usb"): addUSB(device.child("source"))
            case ("disk", "nvme"): add(device.child("source"))
            case ("disk", "block"):
                if let node = device.child("source")?["dev"] { disks.append(HostDisk(node, place, &unknown)) }
            case ("hostdev", nil) where device.child("source")?.child("address") != nil: add(device.child("source"))
            default: break
            }
        }
    }

    private mutating func add(_ source: XMLElement?) {
        guard let address = source?.child("address") else {
            unknown["functions"] = "a device without an address: \(self.source)"
            return
        }
        // An <interface type='hostdev'> may hand over a USB device as well.
        if let type = address["type"], type != "pci" { return }
        let numbers = ["domain", "bus", "slot", "function"].map { Self.number(address[$0] ?? "0") }
        guard let domain = numbers[0].flatMap(UInt32.init(exactly:)),
            let bus = numbers[1].flatMap(UInt8.init(exactly:)),
            let device = numbers[2].flatMap(UInt8.init(exactly:)), device < 32,
            let function = numbers[3].flatMap(UInt8.init(exactly:)), function < 8, address["bus"] != nil
        else {
            unknown["functions"] = "no PCI address in line \(address.line): \(self.source)"
            return
        }
        functions.append(PCIAddress(domain: domain, bus: bus, device: device, function: function))
    }

    private mutating func addUSB(_ source: XMLElement?) {
        var device = GuestUSB()
        func id(_ name: String) -> HardwareID? {
            source?.child(name)?["id"].flatMap(Self.number).flatMap(UInt16.init(exactly:)).map(HardwareID.init)
        }
        device.vendor = id("vendor")
        device.product = id("product")
        let address = source?.child("address")
        device.bus = address?["bus"].flatMap(Self.number)
        device.number = address?["device"].flatMap(Self.number)
        device.port = address?["port"]
        add(device)
    }

    /// As strtoul(3) with base 0 reads it: `0x1f`, `017`, `15`.
    private static func number(_ text: String) -> Int? {
        let bytes = text.utf8
        if bytes.starts(with: "0x".utf8) || bytes.starts(with: "0X".utf8) {
            return Int(Substring(bytes.dropFirst(2)), radix: 16)
        }
        return Int(text, radix: bytes.first == UInt8(ascii: "0") && bytes.count > 1 ? 8 : 10)
    }

    /// libvirt's scaled integers: without a unit KiB.
    private static func bytes(_ text: String, unit: String?) -> Int? {
        let factor: Int? =
            switch unit ?? "KiB" {
            case "b", "bytes": 1
            case "KB": 1000
            case "k", "KiB": 1 << 10
            case "MB": 1_000_000
            case "M", "MiB": 1 << 20
            case "GB": 1_000_000_000
            case "G", "GiB": 1 << 30
            case "TB": 1_000_000_000_000
            case "T", "TiB": 1 << 40
            default: nil
            }
        return MemorySize.bytes(Int(text), times: factor)
    }
}
