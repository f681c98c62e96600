internal import FoundationEssentials
internal import Machine

/// What a running QEMU was told (qemu(1)).
enum QEMUProcess {
    /// The guests of all QEMU processes.
    static func all(_ machine: Machine) throws(Unreadable) -> [KnownGuest] {
        var guests: [KnownGuest] = []
        for pid in try machine.processes() {
            // A command line may be long, but not without end: the kernel allows a quarter of the stack's limit.
            guard let bytes = try? machine.read("/proc/\(pid)/cmdline", limit: 4 << 20) else { continue }
            if let guest = guest(bytes, pid: pid, machine) { guests.append(guest) }
        }
        return guests
    }

    /// The guest of a command line whose words end in NUL; nil when the program is not QEMU.
    static func guest(_ commandLine: [UInt8], pid: Int, _ machine: Machine) -> KnownGuest? {
        let words = commandLine.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        let program = Machine.lastComponent(of: words.first ?? "")
        guard program.hasPrefix("qemu-system-") || ["qemu", "qemu-kvm", "kvm"].contains(program) else { return nil }
        var guest = KnownGuest(name: "\(pid)", manager: .qemu, source: "/proc/\(pid)/cmdline")
        guest.pid = pid
        guest.isRunning = true
        guest.usesHugepages = false
        // qemu(1): what -m does not say is 128 MiB.
        guest.memory = 128 << 20
        var index = 1
        while index + 1 < words.count {
            if guest.take(words[index], words[index + 1], machine) { index += 1 }
            index += 1
        }
        return guest
    }
}

extension KnownGuest {
    /// Takes one option of QEMU; false when it is none that matters, and perhaps one without a value.
    fileprivate mutating func take(_ option: String, _ value: String, _ machine: Machine) -> Bool {
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
            guard let driver = settings["driver"] ?? settings.first, driver.hasPrefix("vfio-pci") else { break }
            let place = settings["host"] ?? settings["sysfsdev"].map(Machine.lastComponent(of:))
            if let address = place.flatMap({ PCIAddress($0) }) {
                functions.append(address)
            } else {
                unknown["functions"] = "a device without an address: \(source)"
            }
        case "-drive", "-blockdev", "-hda", "-hdb", "-hdc", "-hdd", "-cdrom":
            for path in QEMUOption(value).all where path.hasPrefix("/dev/") { disks.append(HostDisk(path, machine)) }
        default: return false
        }
        return true
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
