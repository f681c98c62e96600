/// The aliases of one bus out of /lib/modules/RELEASE/modules.alias (modules.alias(5) of kmod), searched by a device's
/// `modalias`.
///
/// Only lines of the bus are looked at, and kept as places in the text, by what they spell out: a search touches the
/// lines for this device, those for any device of its vendor, and those for any vendor.
public struct ModuleAliases: Sendable {
    private struct Entry {
        let pattern: Range<Int>
        let module: Range<Int>
    }

    private let text: [UInt8]
    private let prefix: [UInt8]
    private let digits: Int
    private var byDevice: [UInt64: [Entry]] = [:]
    private var byVendor: [UInt64: [Entry]] = [:]
    private var anyVendor: [Entry] = []

    /// The aliases of a bus.
    ///
    /// - Parameters:
    ///   - text: the bytes of modules.alias.
    ///   - bus: the first word of a modalias: "pci", "usb" …
    public init(_ text: [UInt8], bus: String) {
        self.text = text
        prefix = Array((bus + ":").utf8)
        digits = bus == "pci" ? 8 : bus == "usb" ? 4 : 0
        let lineStart = Array("alias \(bus):".utf8)
        var found: [Entry] = []
        text.withUnsafeBufferPointer { buffer in
            var next = 0
            while next < buffer.count {
                let start = next
                let isWanted = Self.begins(buffer, start, with: lineStart)
                while next < buffer.count, buffer[next] != UInt8(ascii: "\n") {
                    next += 1
                }
                if isWanted, let entry = Self.entry(buffer, start + 6..<next) {
                    found.append(entry)
                }
                next += 1
            }
        }
        count = found.count
        for entry in found {
            let pattern = text[entry.pattern]
            if let vendor = number(pattern, at: 0) {
                if let device = number(pattern, at: digits + 1) {
                    byDevice[vendor << 32 | device, default: []].append(entry)
                } else {
                    byVendor[vendor, default: []].append(entry)
                }
            } else {
                anyVendor.append(entry)
            }
        }
    }

    /// How many aliases the bus has.
    public let count: Int

    /// The modules that claim a device, by the order of the file, each once. Names have "_", as in /sys/module.
    public func modules(for modalias: String) -> [String] {
        let name = Array(modalias.utf8)
        var lists = [anyVendor]
        if let vendor = number(name[...], at: 0) {
            lists.append(byVendor[vendor] ?? [])
            if let device = number(name[...], at: digits + 1) {
                lists.append(byDevice[vendor << 32 | device] ?? [])
            }
        }
        var matches: [Range<Int>] = []
        text.withUnsafeBufferPointer { buffer in
            name.withUnsafeBufferPointer { name in
                for entries in lists {
                    for entry in entries {
                        let pattern = UnsafeBufferPointer(rebasing: buffer[entry.pattern])
                        if Self.matches(pattern, name) {
                            matches.append(entry.module)
                        }
                    }
                }
            }
        }
        var modules: [String] = []
        for range in matches.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            let module = Self.normalised(text[range])
            if !modules.contains(module) {
                modules.append(module)
            }
        }
        return modules
    }

    private static func begins(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, with prefix: [UInt8]) -> Bool {
        guard text.count - start >= prefix.count else { return false }
        for index in 0..<prefix.count where text[start + index] != prefix[index] {
            return false
        }
        return true
    }

    /// Pattern and module of the rest of a line.
    private static func entry(_ text: UnsafeBufferPointer<UInt8>, _ rest: Range<Int>) -> Entry? {
        func isBlank(_ byte: UInt8) -> Bool { byte <= UInt8(ascii: " ") }
        var index = rest.lowerBound
        while index < rest.upperBound, !isBlank(text[index]) {
            index += 1
        }
        let pattern = rest.lowerBound..<index
        while index < rest.upperBound, isBlank(text[index]) {
            index += 1
        }
        let start = index
        while index < rest.upperBound, !isBlank(text[index]) {
            index += 1
        }
        return index > start ? Entry(pattern: pattern, module: start..<index) : nil
    }

    /// The number that a pattern or modalias spells out behind one letter at an offset: "pci:v" or "d" and eight
    /// hexadecimal digits, "usb:v" or "p" and four.
    private func number(_ name: ArraySlice<UInt8>, at offset: Int) -> UInt64? {
        let end = prefix.count + offset + 1 + digits
        guard digits > 0, name.count > end, name.starts(with: prefix) else { return nil }
        guard UInt8(ascii: "a")...UInt8(ascii: "z") ~= name[name.startIndex + prefix.count + offset] else { return nil }
        var value: UInt64 = 0
        for byte in name[name.startIndex + end - digits..<name.startIndex + end] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt64(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }

    // MARK: Modaliases

    /// The modalias of a PCI function (drivers/pci/pci-sysfs.c, modalias_show).
    public static func pci(
        vendor: UInt16,
        device: UInt16,
        subvendor: UInt16,
        subdevice: UInt16,
        base: UInt8,
        sub: UInt8,
        interface: UInt8
    ) -> String {
        "pci:v" + hex(UInt32(vendor), 8) + "d" + hex(UInt32(device), 8) + "sv" + hex(UInt32(subvendor), 8) + "sd"
            + hex(UInt32(subdevice), 8) + "bc" + hex(UInt32(base), 2) + "sc" + hex(UInt32(sub), 2) + "i"
            + hex(UInt32(interface), 2)
    }

    private static func hex(_ value: UInt32, _ digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }

    // MARK: Patterns

    /// Whether a pattern of modules.alias matches a modalias: fnmatch(3) without flags, which is what kmod uses.
    /// "*", "?", "[…]" with ranges and "!" or "^", and a backslash before a byte meant as itself.
    public static func matches(pattern: some Collection<UInt8>, name: some Collection<UInt8>) -> Bool {
        let pattern = Array(pattern)
        let name = Array(name)
        return pattern.withUnsafeBufferPointer { pattern in name.withUnsafeBufferPointer { matches(pattern, $0) } }
    }

    private static func matches(_ pattern: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        var p = 0
        var n = 0
        // Where the latest "*" stands, and how much of the name it has taken: only the latest one is ever retried.
        var star: Int?
        var taken = 0
        while n < name.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = p
                taken = n
                p += 1
            } else if p < pattern.count, let next = matchOne(pattern, p, name[n]) {
                p = next
                n += 1
            } else if let star {
                taken += 1
                p = star + 1
                n = taken
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == UInt8(ascii: "*") {
            p += 1
        }
        return p == pattern.count
    }

    /// The place behind the pattern's element at `start` if that matches a byte.
    private static func matchOne(_ pattern: UnsafeBufferPointer<UInt8>, _ start: Int, _ byte: UInt8) -> Int? {
        switch pattern[start] {
        case UInt8(ascii: "?"): return start + 1
        case UInt8(ascii: "["):
            if let set = matchSet(pattern, start, byte) {
                return set.isMatch ? set.end : nil
            }
            // No closing bracket: it means itself.
            return byte == UInt8(ascii: "[") ? start + 1 : nil
        case UInt8(ascii: "\\") where start + 1 < pattern.count:
            return pattern[start + 1] == byte ? start + 2 : nil
        default: return pattern[start] == byte ? start + 1 : nil
        }
    }

    private static func matchSet(
        _ pattern: UnsafeBufferPointer<UInt8>,
        _ start: Int,
        _ byte: UInt8
    ) -> (isMatch: Bool, end: Int)? {
        var index = start + 1
        guard index < pattern.count else { return nil }
        let isInverted = pattern[index] == UInt8(ascii: "!") || pattern[index] == UInt8(ascii: "^")
        if isInverted {
            index += 1
        }
        var isMatch = false
        var isFirst = true
        while index < pattern.count, isFirst || pattern[index] != UInt8(ascii: "]") {
            isFirst = false
            if pattern[index] == UInt8(ascii: "\\"), index + 1 < pattern.count {
                index += 1
            }
            let low = pattern[index]
            var high = low
            if index + 2 < pattern.count, pattern[index + 1] == UInt8(ascii: "-"),
                pattern[index + 2] != UInt8(ascii: "]")
            {
                index += 2
                if pattern[index] == UInt8(ascii: "\\"), index + 1 < pattern.count {
                    index += 1
                }
                high = pattern[index]
            }
            isMatch = isMatch || (low <= byte && byte <= high)
            index += 1
        }
        return index < pattern.count ? (isMatch != isInverted, index + 1) : nil
    }

    /// A module's name with "_" for "-", as the kernel spells it.
    static func normalised(_ name: some Sequence<UInt8>) -> String {
        let dash = UInt8(ascii: "-")
        return String(decoding: name.map { $0 == dash ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }
}
