internal import FoundationEssentials
internal import Machine

/// What a running QEMU was told (qemu(1)).
enum QEMUProcess {
    /// The guest of a process.
    static func guest(_ process: RunnerProcess, _ search: RunnerSearch) -> KnownGuest {
        let container = search.container(of: process)
        var place = RunnerFiles(host: search.machine, files: search.machine, container: container)
        if container != nil, let inside = try? search.machine.inside(process: process.pid) { place.files = inside }
        var guest = guest(process.words, pid: process.pid, place)
        guest.rights = ProcessRights.read(process.pid, search.machine)
        return guest
    }

    /// The guest of a command line.
    static func guest(_ words: [String], pid: Int, _ place: RunnerFiles) -> KnownGuest {
        // A process has one number on the host, wherever it runs.
        var guest = KnownGuest(name: "\(pid)", manager: .qemu, source: "/proc/\(pid)/cmdline")
        guest.container = place.container
        guest.pid = pid
        guest.isRunning = true
        guest.usesHugepages = false
        // qemu(1): what -m does not say is 128 MiB.
        guest.memory = 128 << 20
        var index = 1
        while index + 1 < words.count {
            if guest.take(words[index], words[index + 1], place) { index += 1 }
            index += 1
        }
        return guest
    }
}

extension KnownGuest {
    /// Takes one option of QEMU; false when it is none that matters, and perhaps one without a value.
    fileprivate mutating func take(_ option: String, _ value: String, _ place: RunnerFiles) -> Bool {
        let name = option.hasPrefix("--") ? String(option.dropFirst()) : option
        switch name {
        case "-name":
            let settings = QEMUOption(value)
            self.name = settings["guest"] ?? settings.first ?? self.name
        case "-id": number = Int(value)
        case "-m":
            let settings = QEMUOption(value)
            memory = (settings["size"] ?? settings.first).flatMap { MemorySize.qemu($0, plain: 1 << 20) }
            if memory == nil { unknown["memory"] = "no amount of memory: \(source)" }
        case "-mem-path":
            if value.contains("huge") { usesHugepages = true }
        case "-object":
            let settings = QEMUOption(value)
            guard (settings["qom-type"] ?? settings.first ?? "").hasPrefix("memory-backend-") else { break }
            // Where the kernel's huge pages are mounted is the owner's choice, but nobody leaves the word out.
            if settings["hugetlb"] == "on" || settings["hugetlb"] == "true" || settings["hugetlb"] == "yes"
                || settings["mem-path"]?.contains("huge") == true
            {
                usesHugepages = true
            }
        case "-device":
            let settings = QEMUOption(value)
            let driver = settings["driver"] ?? settings.first ?? ""
            if driver == "usb-host" { addUSB(settings) }
            guard driver.hasPrefix("vfio-pci") else { break }
            let place = settings["host"] ?? settings["sysfsdev"].map(Machine.lastComponent(of:))
            if let address = place.flatMap({ PCIAddress($0) }) {
                functions.append(address)
            } else {
                unknown["functions"] = "a device without an address: \(source)"
            }
        case "-drive", "-blockdev", "-hda", "-hdb", "-hdc", "-hdd", "-cdrom":
            for path in QEMUOption(value).all where path.hasPrefix("/dev/") {
                disks.append(HostDisk(path, place, &unknown))
            }
        default: return false
        }
        return true
    }
}

extension KnownGuest {
    /// `usb-host,vendorid=0x0403,productid=0x6001`, `hostbus=1,hostaddr=4`, `hostbus=1,hostport=1.4`, or a device node.
    fileprivate mutating func addUSB(_ settings: QEMUOption) {
        func number(_ key: String) -> Int? {
            settings[key].flatMap { text in
                let bytes = text.utf8
                return bytes.starts(with: "0x".utf8) ? Int(Substring(bytes.dropFirst(2)), radix: 16) : Int(text)
            }
        }
        func id(_ key: String) -> HardwareID? {
            // 0 is any.
            number(key).flatMap(UInt16.init(exactly:)).flatMap { $0 == 0 ? nil : HardwareID($0) }
        }
        var device = GuestUSB()
        device.vendor = id("vendorid")
        device.product = id("productid")
        device.bus = number("hostbus")
        device.number = number("hostaddr").flatMap { $0 == 0 ? nil : $0 }
        device.port = settings["hostport"]
        // /dev/bus/usb/001/004
        let node = settings["hostdevice"].map(Sysfs.components) ?? []
        if node.count == 5, node[2] == "usb" {
            device.bus = Int(node[3])
            device.number = Int(node[4])
        }
        add(device)
    }
}

/// The value of an option: `first,key=value,…` or a JSON object, whose nested objects are taken apart.
struct QEMUOption {
    private var pairs: [(key: String, value: String)] = []

    init(_ text: String) {
        if text.utf8.first == UInt8(ascii: "{") {
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
            collect(value, "", depth: 0)
            return
        }
        // A comma in a value is written twice.
        var piece: [UInt8] = []
        var bytes = Array(text.utf8)[...]
        func parts(_ piece: [UInt8]) -> (key: String, value: String) {
            guard let equals = piece.firstIndex(of: UInt8(ascii: "=")) else {
                return ("", String(decoding: piece, as: UTF8.self))
            }
            return (
                String(decoding: piece[..<equals], as: UTF8.self),
                String(decoding: piece[(equals + 1)...], as: UTF8.self)
            )
        }
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: ",") else {
                piece.append(byte)
                continue
            }
            if bytes.first == UInt8(ascii: ",") {
                piece.append(byte)
                bytes.removeFirst()
            } else {
                pairs.append(parts(piece))
                piece = []
            }
        }
        pairs.append(parts(piece))
    }

    private mutating func collect(_ value: JSONValue?, _ key: String, depth: Int) {
        switch value {
        case .text(let text): pairs.append((key, text))
        case .object(let object) where depth < 16:
            for (key, value) in object.sorted(by: { $0.key < $1.key }) { collect(value, key, depth: depth + 1) }
        default: break
        }
    }

    /// The value of a key; the last one holds.
    subscript(key: String) -> String? { pairs.last { $0.key == key }?.value }

    /// The word at the front that has no key.
    var first: String? { pairs.first.flatMap { $0.key.isEmpty ? $0.value : nil } }

    var all: [String] { pairs.map(\.value) }
}

/// As much of JSON as QEMU's options need.
private enum JSONValue: Decodable {
    case text(String)
    case object([String: JSONValue])
    case other

    init(from decoder: any Decoder) throws {
        if let object = try? [String: JSONValue](from: decoder) {
            self = .object(object)
        } else if let text = try? String(from: decoder) {
            self = .text(text)
        } else if let flag = try? Bool(from: decoder) {
            self = .text(flag ? "true" : "false")
        } else if let number = try? Int(from: decoder) {
            self = .text("\(number)")
        } else {
            self = .other
        }
    }
}
