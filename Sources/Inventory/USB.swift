public import Machine
internal import SystemPackage

/// One interface of a USB device in its active configuration.
public struct USBInterface: Codable, Sendable, Hashable {
    public var number: Int
    public var classCode: Int
    public var subclass: Int
    public var interfaceProtocol: Int
    @Nullable public var driver: String?
    public var unknown: [String: String] = [:]
}

/// Something of the host that lives on a USB device.
public struct USBUse: Codable, Sendable, Hashable {
    /// The sysfs class: `block`, `net`, `tty`, `input`, `sound`, `video4linux`, `hidraw`, `usbmisc`, `bluetooth`, `drm`.
    public var kind: String
    /// The kernel's name: `sda`, `wwan0`, `ttyUSB0`.
    public var name: String

    public init(kind: String, name: String) {
        self.kind = kind
        self.name = name
    }
}

/// A USB device (Documentation/ABI/testing/sysfs-bus-usb).
public struct USBDevice: Codable, Sendable, Hashable, BelowFunction {
    /// Bus and ports on the way, `2-1.4`; a root hub is `usb2`.
    public var portPath: String
    /// The last one is the controller.
    public var functions: [String] = []
    @Nullable public var bus: Int?
    @Nullable public var number: Int?
    @Nullable public var vendorID: HardwareID?
    @Nullable public var productID: HardwareID?
    /// What the id tables call its maker and its model.
    @Nullable public var vendorName: String?
    @Nullable public var productName: String?
    @Nullable public var manufacturer: String?
    @Nullable public var product: String?
    @Nullable public var serial: String?
    /// Mbit/s.
    @Nullable public var speed: Double?
    /// bDeviceClass; 0 means that each interface has its own.
    @Nullable public var classCode: Int?
    public var isRootHub = false
    public var isHub = false
    /// Port paths of the hub above and of the devices on this hub.
    @Nullable public var parent: String?
    public var children: [String] = []
    public var interfaces: [USBInterface] = []
    public var usedBy: [USBUse] = []
    public var unknown: [String: String] = [:]

    public init(portPath: String) {
        self.portPath = portPath
    }
}

/// The machine's USB devices and what uses them.
public struct USBInventory: Codable, Sendable, Hashable {
    public var devices: [USBDevice] = []
    public var unknown: [String: String] = [:]

    public init() {}

    /// The device at a port path.
    public func device(_ portPath: String) -> USBDevice? { devices.first { $0.portPath == portPath } }

    /// Reads `/sys/bus/usb/devices` and the classes whose entries may live on USB; needs no root.
    public static func read(_ machine: Machine) -> Self {
        var usb = Self()
        let folder = "/sys/bus/usb/devices"
        let names: [String]
        do throws(Errno) {
            names = try machine.list(folder).sorted(by: Sysfs.inOrder)
        } catch {
            // A kernel without USB has no such bus.
            if error != .noSuchFileOrDirectory || !machine.isWhole("/sys/bus", ["platform"]) {
                usb.unknown["devices"] = Unreadable(error, folder).reason
            }
            return usb
        }
        var interfaces: [String: [String]] = [:]
        for name in names {
            if let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) {
                interfaces[owner(String(name[..<colon])), default: []].append(name)
            }
        }
        for name in names where !name.utf8.contains(UInt8(ascii: ":")) {
            usb.devices.append(USBDevice.read(name, interfaces[name] ?? [], machine))
        }
        usb.linkHubs()
        usb.readUses(machine)
        return usb
    }

    /// A root hub's interfaces are named by its bus, `1-0:1.0`.
    private static func owner(_ prefix: String) -> String {
        prefix.utf8.elementsEqual((prefix.prefix { $0 != "-" } + "-0").utf8) ? "usb\(prefix.dropLast(2))" : prefix
    }

    private mutating func linkHubs() {
        let known = Set(devices.map(\.portPath))
        var children: [String: [String]] = [:]
        for index in devices.indices where !devices[index].isRootHub {
            let path = devices[index].portPath
            let above: String
            if let dot = path.utf8.lastIndex(of: UInt8(ascii: ".")) {
                above = String(path[..<dot])
            } else {
                above = "usb\(path.prefix { $0 != "-" })"
            }
            guard known.contains(above) else { continue }
            devices[index].parent = above
            children[above, default: []].append(path)
        }
        for index in devices.indices { devices[index].children = children[devices[index].portPath] ?? [] }
    }

    private static let classes = [
        "block", "net", "tty", "input", "sound", "video4linux", "hidraw", "usbmisc", "bluetooth", "drm",
    ]

    /// Finds what lives on each device by the links of the classes: their paths pass through the device's folder.
    private mutating func readUses(_ machine: Machine) {
        var position: [String: Int] = [:]
        for index in devices.indices { position[devices[index].portPath] = index }
        for kind in Self.classes {
            let names: [String]
            do throws(Unreadable) {
                names = try machine.classMembers(kind)
            } catch {
                unknown["usedBy." + kind] = error.reason
                continue
            }
            for name in names where Self.isCounted(name, kind) {
                let path: String
                do throws(Unreadable) {
                    guard let there = try machine.devicePathIfThere("/sys/class/\(kind)/\(name)") else { continue }
                    path = there
                } catch {
                    unknown["usedBy." + kind] = error.reason
                    continue
                }
                let parts = Sysfs.components(path)
                guard parts.contains(where: { Sysfs.isNumbered($0, "usb") }) else { continue }
                // A partition lies in its disk's folder.
                if kind == "block" && (parts.count < 2 || parts[parts.count - 2] != "block") { continue }
                guard let owner = parts.last(where: { position[$0] != nil }), let index = position[owner] else {
                    continue
                }
                devices[index].usedBy.append(USBUse(kind: kind, name: name))
            }
        }
    }

    /// Virtual consoles are no devices, and of input, sound and graphics the parts are not counted beside the whole.
    private static func isCounted(_ name: String, _ kind: String) -> Bool {
        switch kind {
        case "tty": !Sysfs.isNumbered(name, "tty")
        case "input": Sysfs.isNumbered(name, "input")
        case "sound", "drm": Sysfs.isNumbered(name, "card")
        default: true
        }
    }
}

extension USBDevice {
    fileprivate static func read(_ name: String, _ interfaces: [String], _ machine: Machine) -> Self {
        var device = Self(portPath: name)
        let entry = "/sys/bus/usb/devices/" + name
        var path = entry
        do throws(Unreadable) {
            path = try machine.devicePath(entry)
            device.functions = Sysfs.functions(in: path)
        } catch {
            device.unknown["functions"] = error.reason
        }
        var folder = Attributes(machine, path)
        device.bus = folder.number("busnum", "bus", required: true)
        device.number = folder.number("devnum", "number", required: true)
        device.vendorID = folder.hexadecimal("idVendor", "vendorID", required: true).map {
            HardwareID(UInt16(truncatingIfNeeded: $0))
        }
        device.productID = folder.hexadecimal("idProduct", "productID", required: true).map {
            HardwareID(UInt16(truncatingIfNeeded: $0))
        }
        device.manufacturer = folder.text("manufacturer", "manufacturer")
        device.product = folder.text("product", "product")
        device.serial = folder.text("serial", "serial")
        device.classCode = folder.hexadecimal("bDeviceClass", "classCode", required: true)
        if let text = folder.text("speed", "speed") {
            device.speed = Double(text)
            if device.speed == nil { folder.unknown["speed"] = "not a number: \(path)/speed" }
        }
        device.isRootHub = Sysfs.isNumbered(name, "usb")
        device.isHub = device.isRootHub || device.classCode == 9
        for name in interfaces {
            var part = Attributes(machine, path + "/" + name)
            guard let number = part.hexadecimal("bInterfaceNumber", "interfaces", required: true),
                let code = part.hexadecimal("bInterfaceClass", "interfaces", required: true),
                let subclass = part.hexadecimal("bInterfaceSubClass", "interfaces", required: true),
                let proto = part.hexadecimal("bInterfaceProtocol", "interfaces", required: true)
            else {
                folder.unknown["interfaces"] = part.unknown["interfaces"]
                continue
            }
            var interface = USBInterface(
                number: number,
                classCode: code,
                subclass: subclass,
                interfaceProtocol: proto
            )
            interface.driver = part.linkName("driver", "driver")
            interface.unknown = part.unknown
            device.interfaces.append(interface)
        }
        device.unknown.merge(folder.unknown) { $1 }
        return device
    }
}
