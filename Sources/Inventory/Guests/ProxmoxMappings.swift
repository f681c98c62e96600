internal import Machine
internal import SystemPackage

/// Names that Proxmox gives to devices, `/etc/pve/mapping/pci.cfg` and `usb.cfg`: for each node of a cluster the device that
/// a name stands for. A section is a name alone in its line, and indented lines; `map` lists what stands for it.
struct ProxmoxMappings {
    private struct Section {
        var maps: [[String: String]] = []
        var isMediated = false
    }

    private var pci: [String: Section] = [:]
    private var usb: [String: Section] = [:]
    private var node = ""
    /// Why the names, or this node's name, could not be read.
    private var unread: Unreadable?

    init() {}

    init(_ place: RunnerFiles) {
        pci = Self.sections(lines("/etc/pve/mapping/pci.cfg", place))
        usb = Self.sections(lines("/etc/pve/mapping/usb.cfg", place))
        guard !pci.isEmpty || !usb.isEmpty else { return }
        do throws(Errno) {
            // A link to nodes/NAME.
            node = Machine.lastComponent(of: try place.files.link("/etc/pve/local"))
        } catch {
            if !error.isAbsence, error != .invalidArgument { unread = Unreadable(error, place.name("/etc/pve/local")) }
            let name = lines("/etc/hostname", place).first ?? ""
            node = String(name.prefix { $0 != "." && $0 != " " })
        }
    }

    private mutating func lines(_ path: String, _ place: RunnerFiles) -> [String] {
        do throws(Unreadable) {
            return try place.lines(path)
        } catch {
            if !error.isAbsence { unread = error }
            return []
        }
    }

    private static func sections(_ lines: [String]) -> [String: Section] {
        var sections: [String: Section] = [:]
        var name: String?
        for line in lines where line.utf8.first != UInt8(ascii: "#") {
            let words = Lines.words(line)
            guard let first = words.first else { continue }
            if let start = line.utf8.first, start > 0x20 {
                name = words.count == 1 ? first : nil
                if let name { sections[name] = Section() }
                continue
            }
            guard let name else { continue }
            if first == "mdev" { sections[name]?.isMediated = words.last == "1" }
            guard first == "map" else { continue }
            var map: [String: String] = [:]
            for part in words.dropFirst().joined(separator: " ").utf8.split(separator: UInt8(ascii: ",")) {
                let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1)
                if pair.count == 2 { map[String(Substring(pair[0]))] = String(Substring(pair[1])) }
            }
            sections[name]?.maps.append(map)
        }
        return sections
    }

    /// What the names stand for on the node that is this machine.
    static func pci(ofThisNode machine: Machine) -> [BootBindings.Mapping] {
        let mappings = ProxmoxMappings(RunnerFiles(host: machine, files: machine))
        return mappings.pci.sorted { $0.key < $1.key }.flatMap { name, section in
            section.maps.filter { $0["node"] == mappings.node }.compactMap { map in
                map["path"].map { BootBindings.Mapping(name: name, path: $0, id: map["id"]) }
            }
        }
    }

    /// What this node has for a name. Of several PCI devices Proxmox takes at the guest's start the first that is free.
    private func map(_ name: String, _ sections: [String: Section]) -> Result<[String: String], Unreadable> {
        if let unread { return .failure(unread) }
        guard let section = sections[name] else { return .failure(Unreadable("a mapped device is not looked up")) }
        if section.isMediated { return .failure(Unreadable("a mediated device is not looked up")) }
        let mine = section.maps.filter { $0["node"] == node }
        guard let map = mine.first, mine.count == 1 else {
            return .failure(Unreadable(mine.isEmpty ? "nothing is mapped here" : "one of several mapped devices"))
        }
        return .success(map)
    }

    /// The functions, as `hostpciN` writes them.
    func pci(_ name: String) -> Result<String, Unreadable> {
        map(name, pci).flatMap { map in
            map["path"].map { .success($0) } ?? .failure(Unreadable("a mapped device is not looked up"))
        }
    }

    func usb(_ name: String) -> Result<GuestUSB, Unreadable> {
        map(name, usb).flatMap { map in
            // With a path the ids only serve to notice that it is another device.
            let text = map["path"] ?? map["id"] ?? ""
            return GuestUSB(proxmox: text).map { .success($0) }
                ?? .failure(Unreadable("a mapped device is not looked up"))
        }
    }
}
