internal import Formats
public import Machine
internal import SystemPackage

/// What OpenWrt's `/etc/config/network` means to use, interfaces that are down included.
public struct NetworkConfiguration: Codable, Sendable, Hashable {
    /// A kernel interface that some section names.
    public struct Use: Codable, Sendable, Hashable {
        /// `eth0`, `br-lan`, `eth1.2`
        public var device: String
        /// The section's name: `lan`, `wan`; of a device section its device's name.
        public var section: String
    }

    /// A modem that some section dials by.
    public struct Modem: Codable, Sendable, Hashable {
        public var section: String
        /// `qmi`, `mbim`, `3g` …
        @Nullable public var proto: String?
        /// `/dev/cdc-wdm0`, or for ModemManager a path in `/sys/devices`.
        @Nullable public var device: String?
    }

    /// Empty where there is no such file: the system is no OpenWrt.
    public var uses: [Use] = []
    public var modems: [Modem] = []
    public var unknown: [String: String] = [:]

    public init() {}

    public static let path = "/etc/config/network"

    /// The options that are looked at, and the types of their sections: nothing else of the file, which may hold
    /// passwords and keys, belongs into a captured host.
    public static let options: [String: Set<String>] = [
        "interface": ["device", "ifname", "proto", "type", "ports", "slaves", "disabled"],
        "device": ["name", "type", "ifname", "vid", "ports", "slaves"],
        "bridge-vlan": ["device", "ports"],
    ]

    /// The section that names an interface, or one of those built on it.
    public func use(ofAny names: [String]) -> Use? {
        uses.first { names.contains($0.device) }
    }

    public static func read(_ machine: Machine) -> Self {
        var configuration = Self()
        do {
            configuration.take(try UCIDocument(try machine.read(path)))
        } catch let error as UCIError {
            configuration.unknown["uses"] = "\(path): \(error)"
        } catch let error as Errno {
            if error != .noSuchFileOrDirectory { configuration.unknown["uses"] = Unreadable(error, path).reason }
        } catch {
            configuration.unknown["uses"] = "\(path): \(error)"
        }
        return configuration
    }

    /// Protocols of netifd whose device is a modem.
    private static let modemProtocols: Set<String> = [
        "qmi", "mbim", "ncm", "3g", "modemmanager", "wwan", "directip", "xmm",
    ]

    private mutating func take(_ document: UCIDocument) {
        for section in document.sections(ofType: "interface") where section.boolean("disabled") != true {
            take(interface: section)
        }
        for section in document.sections(ofType: "device") {
            let parents = Self.words(section.list("ifname"))
            let parts = parents + Self.words(section.list("ports")) + Self.words(section.list("slaves"))
            // Without a type, a section only sets an address or a speed of a device that nobody need use.
            guard section["type"] != nil, !parts.isEmpty else { continue }
            var name = section["name"]
            if name == nil, let parent = parents.first, let number = section["vid"] { name = "\(parent).\(number)" }
            for part in parts { add(part, name ?? part) }
        }
        for section in document.sections(ofType: "bridge-vlan") {
            guard let bridge = section["device"] else { continue }
            // `eth1:u*`: untagged, and the port's own network.
            for port in Self.words(section.list("ports")) { add(String(port.prefix { $0 != ":" }), bridge) }
        }
    }

    private mutating func take(interface section: UCIDocument.Section) {
        let name = section.name ?? "?"
        let proto = section["proto"]
        let devices = Self.words(section.list("device") + section.list("ifname"))
        if proto.map(Self.modemProtocols.contains) == true {
            let node = devices.first { $0.utf8.first == UInt8(ascii: "/") }
            modems.append(Modem(section: name, proto: proto, device: node))
        }
        // A bridge as OpenWrt wrote it up to 19.07.
        if section["type"] == "bridge" { add("br-\(name)", name) }
        for device in devices + Self.words(section.list("ports") + section.list("slaves")) { add(device, name) }
    }

    /// Notes a device, and for `eth0.2` the one below it, too. `@lan` is another section's, a path is no interface.
    private mutating func add(_ device: String, _ section: String) {
        guard let first = device.utf8.first, first != UInt8(ascii: "@"), first != UInt8(ascii: "/") else { return }
        let use = Use(device: device, section: section)
        if !uses.contains(use) { uses.append(use) }
        guard let dot = device.utf8.lastIndex(of: UInt8(ascii: ".")), dot > device.startIndex else { return }
        let number = device.utf8[device.utf8.index(after: dot)...]
        if !number.isEmpty, number.allSatisfy(Sysfs.isDigit) { add(String(device[..<dot]), section) }
    }

    private static func words(_ values: [String]) -> [String] { values.flatMap(Lines.words) }
}
