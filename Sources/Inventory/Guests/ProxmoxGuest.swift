internal import Machine
internal import SystemPackage

extension GuestInventory {
    /// `/etc/pve/qemu-server/VMID.conf` (qm.conf(5)).
    mutating func readProxmox(_ machine: Machine) {
        let folder = "/etc/pve/qemu-server"
        for file in files(in: folder, endingIn: ".conf", machine) {
            let path = "\(folder)/\(file)"
            do throws(Unreadable) {
                let lines = try machine.textLines(path)
                guests.append(KnownGuest(proxmox: lines, number: Int(file.dropLast(5)), path, machine))
            } catch {
                unknown[path] = error.reason
            }
        }
    }
}

extension KnownGuest {
    fileprivate init(proxmox lines: [String], number: Int?, _ path: String, _ machine: Machine) {
        let file = String(Machine.lastComponent(of: path).dropLast(5))
        self.init(name: file, manager: .proxmox, source: path)
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
            take(String(line[..<colon]), String(Substring(rest.utf8.drop { $0 <= 0x20 })), machine)
        }
    }

    private mutating func take(_ key: String, _ value: String, _ machine: Machine) {
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
        case _ where Sysfs.isNumbered(key, "hostpci"): addFunctions(words, machine)
        case _ where ["scsi", "virtio", "ide", "sata", "efidisk", "tpmstate"].contains { Sysfs.isNumbered(key, $0) }:
            for word in words {
                let path = word.hasPrefix("file=") ? String(word.dropFirst(5)) : word
                if path.hasPrefix("/dev/") { disks.append(HostDisk(path, machine)) }
            }
        default: break
        }
    }

    /// `0000:01:00.0`, `01:00` for all functions of the slot, several with semicolons between them, or a mapping's name.
    private mutating func addFunctions(_ words: [String], _ machine: Machine) {
        for word in words {
            if word.hasPrefix("mapping=") {
                unknown["functions"] = "a mapped device is not looked up: \(source), \(word)"
                continue
            }
            let list = word.hasPrefix("host=") ? String(word.dropFirst(5)) : word
            // Of the other options none has a colon; vendor IDs and files have an equals sign.
            guard !list.contains("="), list.contains(":") else { continue }
            for part in list.utf8.split(separator: UInt8(ascii: ";")) {
                let text = String(Substring(part))
                if let address = PCIAddress(text) {
                    functions.append(address)
                } else if let first = PCIAddress(text + ".0") {
                    let names = machine.listIfAny(PCIInventory.root)
                    let found = names.compactMap { PCIAddress($0) }.filter { $0.sharesSlot(with: first) }
                    functions += found.isEmpty ? [first] : found
                } else {
                    unknown["functions"] = "no PCI address: \(source), \(text)"
                }
            }
        }
    }
}
