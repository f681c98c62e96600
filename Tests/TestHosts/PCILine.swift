/// One PCI function of a written-down machine, from a line such as
///
///     pci 0000:01:00.0 8086:125c 020000 rev=04 sub=8086:0000 driver=igc group=12 parent=0000:00:1c.0
///         express=endpoint caps=flr,msi,msix reset=flr,bus
struct PCILine {
    var address: String
    var vendor: UInt16
    var device: UInt16
    var classCode: UInt32
    var revision: UInt8 = 0
    var subsystem: (UInt16, UInt16)?
    var driver: String?
    /// The driver's module, where it is called otherwise.
    var module: String?
    var group: Int?
    var parent: String?
    /// Device/port type of the PCI Express capability.
    var express: UInt8?
    var capabilities: Set<String> = []
    var configSize = 4096
    var numa = -1
    var reset: String?
    var link: String?
    var bootVGA: String?
    var hasROM = false
    var multifunction = false
    var override = "(null)"
    var physicalFunction: String?
    /// Device Serial Number, `52-54-00-ff-ff-12-34-56`.
    var serial: [UInt8]?
    /// The wired interrupt that the kernel gave it.
    var irq = 0
    /// A resizable BAR: its number, its size and the largest one, as powers of two of a megabyte.
    var resizable: (index: Int, size: Int, largest: Int)?
    var virtualFunctions: (enabled: Int, total: Int, offset: Int, stride: Int, device: UInt16)?
    var resources: [(index: Int, start: UInt64, end: UInt64, flags: UInt64)] = []

    var isBridge: Bool { classCode >> 8 == 0x0604 }

    init?(_ words: [String]) {
        guard words.count >= 4, let ids = Self.pair(words[2]), let code = UInt32(words[3], radix: 16) else {
            return nil
        }
        address = words[1]
        (vendor, device) = ids
        classCode = code
        multifunction = !address.hasSuffix(".0")
        for word in words.dropFirst(4) {
            guard let equals = word.firstIndex(of: "=") else {
                guard setFlag(word) else { return nil }
                continue
            }
            let value = String(word[word.index(after: equals)...])
            guard set(String(word[..<equals]), value) else { return nil }
        }
    }

    private mutating func setFlag(_ name: String) -> Bool {
        switch name {
        case "rom": hasROM = true
        case "multi": multifunction = true
        default: return false
        }
        return true
    }

    private mutating func set(_ key: String, _ value: String) -> Bool {
        switch key {
        case "rev": revision = UInt8(value, radix: 16) ?? 0
        case "sub": subsystem = Self.pair(value)
        case "driver": driver = value
        case "module": module = value
        case "group": group = Int(value)
        case "parent": parent = value
        case "express": express = Self.types[value]
        case "caps": capabilities = Set(value.split(separator: ",").map(String.init))
        case "config": configSize = Int(value) ?? 4096
        case "numa": numa = Int(value) ?? -1
        case "reset": reset = value
        case "link": link = value
        case "vga": bootVGA = value
        case "override": override = value
        case "pf": physicalFunction = value
        case "serial":
            serial = value.split(separator: "-").compactMap { UInt8($0, radix: 16) }
            guard serial?.count == 8 else { return false }
        case "irq": irq = Int(value) ?? 0
        case "rebar":
            let parts = value.split(separator: ":").compactMap { Int($0) }
            guard parts.count == 3 else { return false }
            resizable = (parts[0], parts[1], parts[2])
        case "vfs":
            // ENABLED/TOTAL@OFFSET+STRIDE:DEVICE
            let parts = value.split { "/@+:".contains($0) }.map(String.init)
            guard parts.count == 5, let enabled = Int(parts[0]), let total = Int(parts[1]), let offset = Int(parts[2]),
                let stride = Int(parts[3]), let device = UInt16(parts[4], radix: 16)
            else { return false }
            virtualFunctions = (enabled, total, offset, stride, device)
        case _ where key.hasPrefix("bar"):
            // KIND:START:SIZE, with the kinds mem32, mem64, pref64, io
            let parts = value.split(separator: ":").map(String.init)
            guard parts.count == 3, let index = Int(key.dropFirst(3)), let start = UInt64(parts[1], radix: 16),
                let size = UInt64(parts[2], radix: 16), let flags = Self.flags[parts[0]]
            else { return false }
            resources.append((index, start, start + size - 1, flags))
        default: return false
        }
        return true
    }

    private static let types: [String: UInt8] = [
        "endpoint": 0, "legacy": 1, "root": 4, "up": 5, "down": 6, "bridge": 7, "integrated": 9,
    ]
    private static let flags: [String: UInt64] = [
        "mem32": 0x40200, "mem64": 0x14_0204, "pref64": 0x14_220C, "io": 0x40101,
    ]

    private static func pair(_ text: String) -> (UInt16, UInt16)? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let left = UInt16(parts[0], radix: 16), let right = UInt16(parts[1], radix: 16) else {
            return nil
        }
        return (left, right)
    }

    // MARK: As sysfs shows it

    static func padded(_ value: some FixedWidthInteger, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The function's own folder, below its parents.
    func folder(_ parents: [String: String]) -> String {
        if let parent, let above = parents[parent] { return "\(above)/\(address)" }
        return "/sys/devices/pci\(address.split(separator: ":").prefix(2).joined(separator: ":"))/\(address)"
    }

    /// The module's alias of the function.
    var modalias: String {
        func upper(_ value: some FixedWidthInteger, _ width: Int) -> String { Self.padded(value, width).uppercased() }
        return "pci:v\(upper(vendor, 8))d\(upper(device, 8))sv\(upper(subsystem?.0 ?? 0, 8))"
            + "sd\(upper(subsystem?.1 ?? 0, 8))bc\(upper(classCode >> 16, 2))sc\(upper(classCode >> 8 & 0xFF, 2))"
            + "i\(upper(classCode & 0xFF, 2))"
    }

    var uevent: String {
        func upper(_ value: some FixedWidthInteger, _ width: Int) -> String { Self.padded(value, width).uppercased() }
        var lines = driver.map { ["DRIVER=\($0)"] } ?? []
        lines.append("PCI_CLASS=\(String(classCode, radix: 16).uppercased())")
        lines.append("PCI_ID=\(upper(vendor, 4)):\(upper(device, 4))")
        lines.append("PCI_SUBSYS_ID=\(upper(subsystem?.0 ?? 0, 4)):\(upper(subsystem?.1 ?? 0, 4))")
        lines.append("PCI_SLOT_NAME=\(address)")
        lines.append("MODALIAS=\(modalias)")
        return lines.joined(separator: "\n")
    }

    /// `resource`: a line for each BAR, the ROM, and for a bridge its windows.
    var resourceLines: String {
        (0..<13).map { index in
            let found = resources.first { $0.index == index } ?? (index, 0, 0, 0)
            return [found.1, found.2, found.3].map { "0x" + Self.padded($0, 16) }.joined(separator: " ")
        }.joined(separator: "\n")
    }
}
