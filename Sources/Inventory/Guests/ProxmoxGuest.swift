internal import Machine
internal import SystemPackage

extension GuestInventory {
    /// `/etc/pve/qemu-server/VMID.conf` (qm.conf(5)).
    mutating func readProxmox(_ place: RunnerFiles) {
        let folder = "/etc/pve/qemu-server"
        let files = files(in: folder, endingIn: ".conf", place)
        let mappings = files.isEmpty ? ProxmoxMappings() : ProxmoxMappings(place)
        for file in files {
            let path = "\(folder)/\(file)"
            do throws(Unreadable) {
                let lines = try place.lines(path)
                var guest = KnownGuest(proxmox: lines, number: Int(file.dropLast(5)), path, place, mappings)
                guest.configuration = path
                guest.hostFile = place.hostPath(path, in: folder)
                guests.append(guest)
            } catch {
                unknown[place.name(path)] = error.reason
            }
        }
    }
}

extension KnownGuest {
    fileprivate init(
        proxmox lines: [String],
        number: Int?,
        _ path: String,
        _ place: RunnerFiles,
        _ mappings: ProxmoxMappings
    ) {
        let file = String(Machine.lastComponent(of: path).dropLast(5))
        self.init(name: file, manager: .proxmox, source: place.name(path))
        container = place.container
        self.number = number
        startsAtBoot = false
        usesHugepages = false
        // qm.conf(5): what no line says is 512 MiB.
        memory = 512 << 20
        // What follows a line in brackets belongs to a snapshot.
        for line in lines.prefix(while: { $0.utf8.first != UInt8(ascii: "[") }) {
            guard line.utf8.first != UInt8(ascii: "#"), let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else {
                continue
            }
            let rest = line[line.utf8.index(after: colon)...]
            take(String(line[..<colon]), String(Substring(rest.utf8.drop { $0 <= 0x20 })), place, mappings)
        }
    }

    private mutating func take(
        _ key: String,
        _ value: String,
        _ place: RunnerFiles,
        _ mappings: ProxmoxMappings
    ) {
        let words = value.utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
        switch key {
        case "name": name = value
        case "onboot": startsAtBoot = value == "1"
        case "memory":
            let amount = words.first { $0.hasPrefix("current=") }.map { String($0.dropFirst(8)) } ?? words.first
            memory = MemorySize.bytes(amount.flatMap(Int.init), times: 1 << 20)
            if memory == nil { unknown["memory"] = "no number: \(source), memory" }
        case "hugepages":
            usesHugepages = true
            hugepageSize = MemorySize.bytes(Int(value), times: 1 << 20)
        case _ where Sysfs.isNumbered(key, "hostpci"): addFunctions(words, place.host, mappings)
        case _ where Sysfs.isNumbered(key, "usb"): addUSB(words, mappings)
        case _ where ["scsi", "virtio", "ide", "sata", "efidisk", "tpmstate"].contains { Sysfs.isNumbered(key, $0) }:
            for word in words {
                let path = word.hasPrefix("file=") ? String(word.dropFirst(5)) : word
                if path.hasPrefix("/dev/") { disks.append(HostDisk(path, place, &unknown)) }
            }
        default: break
        }
    }

    /// `0000:01:00.0`, `01:00` for all functions of the slot, several with semicolons between them, or a mapping's name.
    private mutating func addFunctions(_ words: [String], _ machine: Machine, _ mappings: ProxmoxMappings) {
        for word in words {
            if word.hasPrefix("mapping=") {
                switch mappings.pci(String(word.dropFirst(8))) {
                case .success(let list): addFunctions(list, machine)
                case .failure(let why): unknown["functions"] = "\(why.reason): \(source), \(word)"
                }
                continue
            }
            let list = word.hasPrefix("host=") ? String(word.dropFirst(5)) : word
            // Of the other options none has a colon; vendor IDs and files have an equals sign.
            guard !list.contains("="), list.contains(":") else { continue }
            addFunctions(list, machine)
        }
    }

    private mutating func addFunctions(_ list: String, _ machine: Machine) {
        for part in list.utf8.split(separator: UInt8(ascii: ";")) {
            let text = String(Substring(part))
            if let address = PCIAddress(text) {
                functions.append(address)
            } else if let first = PCIAddress(text + ".0") {
                do throws(Errno) {
                    let names = try machine.listIfThere(PCIInventory.root) ?? []
                    let found = names.compactMap { PCIAddress($0) }.filter { $0.sharesSlot(with: first) }
                    functions += found.isEmpty ? [first] : found
                } catch {
                    functions.append(first)
                    unknown["functions"] = Unreadable(error, PCIInventory.root).reason
                }
            } else {
                unknown["functions"] = "no PCI address: \(source), \(text)"
            }
        }
    }

    /// `host=0403:6001`, `host=1-1.4`, a mapping's name, or `spice`, which is no device of the host.
    private mutating func addUSB(_ words: [String], _ mappings: ProxmoxMappings) {
        for word in words {
            if word.hasPrefix("mapping=") {
                switch mappings.usb(String(word.dropFirst(8))) {
                case .success(let device): add(device)
                case .failure(let why): unknown["usb"] = "\(why.reason): \(source), \(word)"
                }
                continue
            }
            let text = word.hasPrefix("host=") ? String(word.dropFirst(5)) : word
            guard !text.contains("="), text.lowercased() != "spice" else { continue }
            if let device = GuestUSB(proxmox: text) {
                add(device)
            } else {
                unknown["usb"] = "no USB device: \(source), \(text)"
            }
        }
    }
}

extension GuestUSB {
    /// `0403:6001`, in hexadecimal with or without `0x`, or `1-1.4` for a port (qm.conf(5)).
    init?(proxmox text: String) {
        self.init()
        if let dash = text.utf8.firstIndex(of: UInt8(ascii: "-")) {
            let port = String(text[text.utf8.index(after: dash)...])
            guard let bus = Int(text[..<dash]), let first = port.utf8.first, Sysfs.isDigit(first) else { return nil }
            self.bus = bus
            self.port = port
            return
        }
        let ids = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { part in
            UInt16(Substring(part.starts(with: "0x".utf8) ? part.dropFirst(2) : part), radix: 16)
        }
        guard ids.count == 2, let vendor = ids[0], let product = ids[1] else { return nil }
        self.vendor = HardwareID(vendor)
        self.product = HardwareID(product)
    }
}
