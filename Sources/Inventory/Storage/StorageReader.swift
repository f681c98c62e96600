public import Machine
internal import SystemPackage

extension StorageInventory {
    /// Reads `/sys/class/block`, `/proc/self/mountinfo` (or `/proc/mounts`) and `/proc/swaps`; needs no root.
    public static func read(_ machine: Machine) -> Self {
        var storage = Self()
        do throws(Unreadable) {
            for name in try machine.classMembers("block", essential: true) {
                if let device = BlockDevice.read(name, machine) { storage.devices.append(device) }
            }
        } catch {
            storage.unknown["devices"] = error.reason
        }
        storage.linkPartitions()
        storage.linkMultipath(machine)
        storage.readMounts(machine)
        storage.readSwaps(machine)
        return storage
    }

    private mutating func linkPartitions() {
        var partitions: [String: [String]] = [:]
        for device in devices {
            if let disk = device.disk { partitions[disk, default: []].append(device.name) }
        }
        for index in devices.indices { devices[index].partitions = partitions[devices[index].name] ?? [] }
    }

    /// Gives an NVMe multipath namespace the paths of its controllers: `nvme0n1` is reached by the hidden `nvme0c0n1`
    /// and `nvme0c1n1`; where those are not shown, by all controllers of its subsystem.
    private mutating func linkMultipath(_ machine: Machine) {
        var hidden: [String: [[String]]] = [:]
        for device in devices where device.hidden {
            guard let head = Self.multipathHead(device.name), let path = device.paths.first else { continue }
            hidden[head, default: []].append(path)
        }
        for index in devices.indices where devices[index].kind == .disk && devices[index].paths.isEmpty {
            let device = devices[index]
            guard device.name.utf8.starts(with: "nvme".utf8) else { continue }
            var paths = hidden[device.name] ?? []
            do throws(Unreadable) {
                if paths.isEmpty { paths = try Self.controllerPaths(of: device.name, machine) }
            } catch {
                devices[index].unknown["functions"] = error.reason
            }
            if paths.isEmpty, devices[index].unknown["functions"] == nil {
                devices[index].unknown["functions"] = "no controller shown: /sys/class/block/\(device.name)"
            }
            devices[index].paths = paths
            devices[index].functions = paths.first ?? []
            let partitions = devices[index].partitions
            for other in devices.indices where partitions.contains(devices[other].name) {
                devices[other].paths = paths
                devices[other].functions = paths.first ?? []
                devices[other].unknown["functions"] = devices[index].unknown["functions"]
            }
        }
    }

    /// The ways to the controllers of a namespace's subsystem: all of them, or an error.
    private static func controllerPaths(of name: String, _ machine: Machine) throws(Unreadable) -> [[String]] {
        guard let target = try machine.devicePathIfThere("/sys/class/block/" + name) else { return [] }
        let subsystem = Machine.parent(of: target)
        let names: [String]
        do throws(Errno) {
            names = try machine.listIfThere(subsystem) ?? []
        } catch {
            throw Unreadable(error, subsystem)
        }
        var paths: [[String]] = []
        for name in names where Sysfs.isNumbered(name, "nvme") {
            guard let controller = try machine.devicePathIfThere(subsystem + "/" + name) else { continue }
            let functions = Sysfs.functions(in: controller)
            if !functions.isEmpty { paths.append(functions) }
        }
        return paths
    }

    /// `nvme0c1n2` is a path to `nvme0n2`.
    static func multipathHead(_ name: String) -> String? {
        let bytes = Array(name.utf8)
        guard bytes.starts(with: "nvme".utf8), let c = bytes.firstIndex(of: UInt8(ascii: "c")),
            let n = bytes[c...].firstIndex(of: UInt8(ascii: "n")), n > c + 1, n + 1 < bytes.count
        else { return nil }
        return String(decoding: bytes[..<c] + bytes[n...], as: UTF8.self)
    }

    private mutating func readSwaps(_ machine: Machine) {
        let path = "/proc/swaps"
        do throws(Unreadable) {
            for line in try machine.textLines(path).dropFirst() {
                let words = Lines.words(line)
                // Sizes are in KiB.
                guard words.count >= 5, let size = Int(words[2]), let used = Int(words[3]),
                    (0...Int.max / 1024).contains(size), (0...size).contains(used)
                else { continue }
                let file = MountTable.unescape(words[0])
                var swap = SwapArea(path: file, isFile: words[1] == "file", size: size * 1024, used: used * 1024)
                if swap.isFile {
                    let mount = holder(of: file, among: mounts)
                    swap.devices = mount?.devices ?? []
                    swap.unknown["devices"] = mount.map { $0.unknown["devices"] } ?? "no mount known that holds \(file)"
                } else if let name = resolve(file, machine) {
                    swap.devices = [name]
                } else {
                    swap.unknown["devices"] = "no such block device: \(file)"
                }
                swaps.append(swap)
            }
        } catch {
            // A kernel without swap support has no such file.
            if machine.isLive && error.isAbsence { return }
            unknown["swaps"] = error.reason
        }
    }

    /// The block device that a path in `/dev`, or a `UUID=` and the like, stands for.
    func resolve(_ source: String, _ machine: Machine, links: Int = 8) -> String? {
        for (prefix, folder) in [
            ("UUID=", "by-uuid"), ("LABEL=", "by-label"), ("PARTUUID=", "by-partuuid"), ("PARTLABEL=", "by-partlabel"),
        ] where source.utf8.starts(with: prefix.utf8) {
            let value = source.dropFirst(prefix.count)
            if prefix == "PARTUUID=" {
                for device in devices where device.kind == .partition {
                    // What cannot be read is looked for by its link, and else counts as not found.
                    let event = (try? machine.deviceEvent("/sys/class/block/" + device.name)) ?? [:]
                    if let id = event["PARTUUID"], id.lowercased() == value.lowercased() { return device.name }
                }
            }
            return resolve("/dev/disk/\(folder)/\(value)", machine, links: links)
        }
        guard source.utf8.starts(with: "/dev/".utf8) else { return nil }
        if source.utf8.starts(with: "/dev/mapper/".utf8) {
            let name = Machine.lastComponent(of: source)
            if let device = devices.first(where: { $0.mapperName == name }) { return device.name }
        }
        // sysfs writes a slash in a name as an exclamation mark.
        let bytes = source.utf8.dropFirst(5).map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "!") : $0 }
        let name = String(decoding: bytes, as: UTF8.self)
        if device(name) != nil { return name }
        guard links > 0, let target = try? machine.linkTarget(source) else { return nil }
        return resolve(target, machine, links: links - 1)
    }
}

extension BlockDevice {
    /// Nil for a slot that holds nothing: a loop, network or RAM disk of size 0.
    fileprivate static func read(_ name: String, _ machine: Machine) -> Self? {
        var device = Self(name: name)
        let entry = "/sys/class/block/" + name
        var path = entry
        do throws(Unreadable) {
            path = try machine.devicePath(entry)
        } catch {
            device.unknown["functions"] = error.reason
        }
        var folder = Attributes(machine, path)
        if let sectors = folder.number("size", "size", required: true) {
            if sectors == 0 && isSlot(name) { return nil }
            let (bytes, overflow) = sectors.multipliedReportingOverflow(by: 512)
            if overflow || sectors < 0 {
                folder.unknown["size"] = "out of range: \(path)/size"
            } else {
                device.size = bytes
            }
        }
        device.functions = Sysfs.functions(in: path)
        device.paths = device.functions.isEmpty ? [] : [device.functions]
        device.number = folder.text("dev", "number")
        device.readSignature(machine, &folder)
        device.readOnly = folder.flag("ro", "readOnly")
        device.partitionNumber = folder.number("partition", "partitionNumber")
        device.holders = folder.list("holders", "holders").sorted(by: Sysfs.inOrder)
        device.slaves = folder.list("slaves", "slaves").sorted(by: Sysfs.inOrder)
        if device.partitionNumber != nil {
            device.kind = .partition
            device.disk = Machine.lastComponent(of: Machine.parent(of: path))
        } else {
            device.readDisk(&folder)
        }
        device.unknown.merge(folder.unknown) { $1 }
        return device
    }

    /// From udev's database, whose lines `E:KEY=VALUE` are what udevadm(8) shows as properties.
    private mutating func readSignature(_ machine: Machine, _ folder: inout Attributes) {
        guard let number else { return }
        let key = Array("E:ID_FS_TYPE=".utf8)
        let path = "/run/udev/data/b" + number
        do throws(Errno) {
            let lines = try machine.lines(in: path) { $0.starts(with: key) }
            signature = lines.first.map { String(Substring($0.utf8.dropFirst(key.count))) }
        } catch {
            if !error.isAbsence { folder.unknown["signature"] = Unreadable(error, path).reason }
        }
    }

    private static func isSlot(_ name: String) -> Bool {
        ["loop", "nbd", "ram", "zram", "rbd"].contains { Sysfs.isNumbered(name, $0) }
    }

    private mutating func readDisk(_ folder: inout Attributes) {
        removable = folder.flag("removable", "removable")
        rotational = folder.flag("queue/rotational", "rotational")
        hidden = folder.flag("hidden", "hidden") ?? false
        if name.utf8.starts(with: "dm-".utf8) {
            kind = .deviceMapper
            mapperName = folder.text("dm/name", "mapperName")
            mapperUUID = folder.text("dm/uuid", "mapperUUID")
        } else if folder.exists("md", "kind") {
            kind = .md
            level = folder.text("md/level", "level")
        } else if Sysfs.isNumbered(name, "loop") {
            kind = .loop
            backingFile = folder.text("loop/backing_file", "backingFile")
        } else if Sysfs.isNumbered(name, "zram") {
            kind = .zram
        } else if Sysfs.isNumbered(name, "bcache") {
            kind = .bcache
        } else if folder.exists("device", "kind") || !functions.isEmpty {
            kind = .disk
            readIdentity(&folder)
        }
    }

    private mutating func readIdentity(_ folder: inout Attributes) {
        model = folder.text("device/model", "model") ?? folder.text("device/name", "model")
        serial = folder.text("device/serial", "serial") ?? folder.text("serial", "serial")
        wwid = folder.text("wwid", "wwid") ?? folder.text("device/wwid", "wwid")
        if serial == nil, let page = try? folder.machine.read(folder.folder + "/device/vpd_pg80", limit: 260) {
            // SPC-5 7.7.14: four bytes of header, then the serial number.
            let text = page.dropFirst(4).drop { $0 == 0x20 }
            let end = (text.lastIndex { $0 > 0x20 }).map { $0 + 1 } ?? text.startIndex
            if page.count > 4, page[1] == 0x80, end > text.startIndex {
                serial = String(decoding: text[text.startIndex..<end], as: UTF8.self)
            }
        }
    }
}
