public import Machine
internal import SystemPackage

/// The PCI functions of a machine, by address.
public struct PCIInventory: Sendable, Hashable, Codable {
    /// Null when `/sys/bus/pci/devices` could not be read.
    @Nullable public var functions: [PCIFunction]?
    public var unknown: [String: String] = [:]

    public init(functions: [PCIFunction]?, unknown: [String: String] = [:]) {
        self.functions = functions
        self.unknown = unknown
    }

    public static let root = "/sys/bus/pci/devices"

    /// Reads address, ids, class, driver and group of every function: three system calls' worth each.
    public static func read(_ machine: Machine) -> PCIInventory {
        let names: [String]
        do {
            names = try machine.tree.list(root)
        } catch {
            return PCIInventory(functions: nil, unknown: ["functions": reason(error, root)])
        }
        // Sorted before they are read: an address is moved about faster than a function.
        let found = names.compactMap { name in PCIAddress(name).map { (address: $0, name: name) } }
            .sorted { $0.address < $1.address }
        var functions: [PCIFunction] = []
        functions.reserveCapacity(found.count)
        var unknown: [String: String] = [:]
        for (address, name) in found {
            do throws(Unreadable) {
                functions.append(try PCIFunction(address: address, name: name, on: machine))
            } catch {
                unknown[name] = error.reason
            }
        }
        var inventory = PCIInventory(functions: functions, unknown: unknown)
        inventory.noteWhatIsLetGo(machine)
        return inventory
    }

    /// A driver's link goes before the driver does: while vfio-pci waits for a guest that has the function open
    /// (vfio_unregister_group_dev() in drivers/vfio/vfio_main.c), only the node of its group tells that it is not free.
    private mutating func noteWhatIsLetGo(_ machine: Machine) {
        guard let all = functions, all.contains(where: \.seemsFree) else { return }
        let nodes = Set(machine.listIfAny("/dev/vfio").compactMap { Int($0) })
        guard !nodes.isEmpty else { return }
        let bound = Set(all.filter { $0.driver?.contains("vfio") == true }.compactMap(\.group))
        for index in all.indices where all[index].seemsFree {
            guard let group = all[index].group, nodes.contains(group), !bound.contains(group) else { continue }
            functions?[index].unknown["driver"] = "/dev/vfio/\(group) is still there: a guest has not let go of it"
        }
    }
}

/// What follows the last slash.
func lastComponent(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
}

extension PCIFunction {
    fileprivate var seemsFree: Bool { driver == nil && group != nil && unknown["driver"] == nil && !`class`.isBridge }
}

/// Why something is unknown: the error and where it happened.
func reason(_ error: Errno, _ path: String) -> String {
    "\(path): \(error.description.lowercased())"
}

extension PCIInventory {
    /// Functions that the kernel lists and of which nothing could be read, with the reason.
    public var unread: [PCIAddress: String] {
        unknown.reduce(into: [:]) { found, entry in
            if let address = PCIAddress(entry.key) { found[address] = entry.value }
        }
    }
}

extension PCIFunction {
    init(address: PCIAddress, name: String, on machine: Machine) throws(Unreadable) {
        let path = PCIInventory.root + "/" + name
        let directory: any FileDirectory
        do { directory = try machine.directory(path) } catch { throw Unreadable(reason(error, path)) }
        // On a live machine reading uevent waits for the device's lock, for ever if a driver never lets go of it; modalias
        // says the same without a lock.
        let file = machine.isLive ? "modalias" : "uevent"
        let bytes = try? directory.read(file)
        let parsed = bytes.flatMap { machine.isLive ? FunctionIDs(modalias: $0) : FunctionIDs(uevent: $0) }
        guard let ids = parsed ?? FunctionIDs(attributesOf: directory) else {
            throw Unreadable("\(path): neither \(file) nor vendor, device and class can be read")
        }
        self.init(
            address: address,
            vendor: HardwareID(ids.vendor),
            device: HardwareID(ids.device),
            class: PCIClass(code: ids.class)
        )
        subsystemVendor = ids.subsystemVendor.map(HardwareID.init)
        subsystemDevice = ids.subsystemDevice.map(HardwareID.init)
        do {
            driver = try directory.linkName("driver")
        } catch  where error == .noSuchFileOrDirectory {
            driver = nil
        } catch {
            unknown["driver"] = reason(error, path + "/driver")
        }
        do {
            group = Int(try directory.linkName("iommu_group"))
        } catch  where error == .noSuchFileOrDirectory {
            group = nil
        } catch {
            unknown["group"] = reason(error, path + "/iommu_group")
        }
    }
}

/// The numbers that identify a function, from `modalias`, `uevent` or its single attributes.
private struct FunctionIDs {
    var vendor: UInt16 = 0
    var device: UInt16 = 0
    var `class`: UInt32 = 0
    var subsystemVendor: UInt16?
    var subsystemDevice: UInt16?

    /// `pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00`
    init?(modalias bytes: [UInt8]) {
        let text = bytes.trimmed
        guard text.count == 53, text.starts(with: "pci:v".utf8),
            let vendor = parseHexadecimal(text[5..<13]), let device = parseHexadecimal(text[14..<22]),
            let subsystemVendor = parseHexadecimal(text[24..<32]),
            let subsystemDevice = parseHexadecimal(text[34..<42]),
            let base = parseHexadecimal(text[44..<46]), let subclass = parseHexadecimal(text[48..<50]),
            let interface = parseHexadecimal(text[51..<53])
        else { return nil }
        self.vendor = UInt16(truncatingIfNeeded: vendor)
        self.device = UInt16(truncatingIfNeeded: device)
        self.class = base << 16 | subclass << 8 | interface
        self.subsystemVendor = UInt16(truncatingIfNeeded: subsystemVendor)
        self.subsystemDevice = UInt16(truncatingIfNeeded: subsystemDevice)
    }

    /// `PCI_CLASS=20000`, `PCI_ID=8086:10D3`, `PCI_SUBSYS_ID=8086:0000`, one a line.
    init?(uevent bytes: [UInt8]) {
        var hasClass = false
        var hasID = false
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            // The three stand before the long MODALIAS, which need not be looked at.
            while start < bytes.count, !(hasClass && hasID && subsystemVendor != nil) {
                var end = start
                while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
                let line = UnsafeBufferPointer(rebasing: bytes[start..<end])
                if let value = line.after("PCI_CLASS=") {
                    if let code = value.hexadecimal {
                        self.class = code
                        hasClass = true
                    }
                } else if let value = line.after("PCI_ID="), let pair = value.pair {
                    (vendor, device) = pair
                    hasID = true
                } else if let value = line.after("PCI_SUBSYS_ID="), let pair = value.pair {
                    (subsystemVendor, subsystemDevice) = pair
                }
                start = end + 1
            }
        }
        guard hasClass, hasID else { return nil }
    }

    /// `vendor`, `device`, `class` and, if there, the subsystem's two.
    init?(attributesOf directory: any FileDirectory) {
        func number(_ name: String) -> UInt32? {
            guard let bytes = try? directory.read(name) else { return nil }
            return parseHexadecimal(bytes.trimmed)
        }
        guard let vendor = number("vendor"), let device = number("device"), let code = number("class") else {
            return nil
        }
        self.vendor = UInt16(truncatingIfNeeded: vendor)
        self.device = UInt16(truncatingIfNeeded: device)
        self.class = code
        subsystemVendor = number("subsystem_vendor").map { UInt16(truncatingIfNeeded: $0) }
        subsystemDevice = number("subsystem_device").map { UInt16(truncatingIfNeeded: $0) }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// What follows `prefix`, if the bytes start with it.
    fileprivate func after(_ prefix: StaticString) -> UnsafeBufferPointer<UInt8>? {
        let length = prefix.utf8CodeUnitCount
        guard count >= length else { return nil }
        for i in 0..<length where self[i] != prefix.utf8Start[i] { return nil }
        return UnsafeBufferPointer(rebasing: self[length...])
    }

    fileprivate var hexadecimal: UInt32? { parseHexadecimal(self) }

    /// `8086:10D3`
    fileprivate var pair: (UInt16, UInt16)? {
        guard let colon = firstIndex(of: UInt8(ascii: ":")),
            let left = parseHexadecimal(self[..<colon]), let right = parseHexadecimal(self[(colon + 1)...]),
            left <= 0xFFFF, right <= 0xFFFF
        else { return nil }
        return (UInt16(left), UInt16(right))
    }
}

/// Hexadecimal digits with or without `0x`.
func parseHexadecimal(_ bytes: some Collection<UInt8>) -> UInt32? {
    var value: UInt32 = 0
    var digits = 0
    for (position, byte) in bytes.enumerated() {
        let digit: UInt32
        switch byte {
        case 0x30...0x39: digit = UInt32(byte) - 0x30
        case 0x41...0x46: digit = UInt32(byte) - 0x41 + 10
        case 0x61...0x66: digit = UInt32(byte) - 0x61 + 10
        case UInt8(ascii: "x") where position == 1 && value == 0: continue
        default: return nil
        }
        guard digits < 9 else { return nil }
        value = value << 4 | digit
        digits += 1
    }
    return digits == 0 ? nil : value
}
