import Formats

/// The order of systemd-boot's menu, whose first entry boots where nothing names another (UAPI.1 Boot Loader Specification,
/// "Sorting"): entries with a `sort-key` first, then by file name, newest version first.
enum SystemdBootOrder {
    /// Whether an entry comes before another.
    static func isBefore(_ left: BootEntries.Entry, _ right: BootEntries.Entry) -> Bool {
        isBefore((left.id, left.document), (right.id, right.document))
    }

    /// Whether it does for systemd-boot, which takes great and small letters of names for the same, and for readers that do
    /// not, such as bootctl.
    static func isSurelyBefore(_ left: (id: String, BootLoaderEntry), _ right: (id: String, BootLoaderEntry)) -> Bool {
        isBefore(left, right) && isBefore(left, right, foldsCase: false)
    }

    static func isBefore(
        _ left: (id: String, BootLoaderEntry),
        _ right: (id: String, BootLoaderEntry),
        foldsCase: Bool = true
    ) -> Bool {
        let keys = (left.1["sort-key"], right.1["sort-key"])
        if (keys.0 == nil) != (keys.1 == nil) { return keys.0 != nil }
        if let first = keys.0, let second = keys.1 {
            if first != second { return first < second }
            let machines = (left.1["machine-id"] ?? "", right.1["machine-id"] ?? "")
            if machines.0 != machines.1 { return machines.0 < machines.1 }
            let order = compare(left.1["version"] ?? "", right.1["version"] ?? "")
            if order != 0 { return order > 0 }
        }
        return compare(foldsCase ? left.id.lowercased() : left.id, foldsCase ? right.id.lowercased() : right.id) > 0
    }

    /// Compares versions as the UAPI.10 Version Format Specification says: above 0 when the left one is newer.
    static func compare(_ left: String, _ right: String) -> Int {
        var (a, b) = (Array(left.utf8)[...], Array(right.utf8)[...])
        while true {
            a = a.drop { !isOfVersion($0) }
            b = b.drop { !isOfVersion($0) }
            // What stands before all else, the end of the text too.
            if let order = mark("~", &a, &b, isLowest: true) { return order }
            if a.isEmpty || b.isEmpty { return a.isEmpty ? (b.isEmpty ? 0 : -1) : 1 }
            for text in ["-", "^", "."] {
                if let order = mark(text, &a, &b, isLowest: true) { return order }
            }
            if a.isEmpty || b.isEmpty { continue }
            let isNumber = isDigit(a.first) || isDigit(b.first)
            let (first, second) = (
                a.prefix { isNumber ? isDigit($0) : isLetter($0) }, b.prefix { isNumber ? isDigit($0) : isLetter($0) }
            )
            a = a.dropFirst(first.count)
            b = b.dropFirst(second.count)
            if isNumber {
                let (one, two) = (first.drop { $0 == UInt8(ascii: "0") }, second.drop { $0 == UInt8(ascii: "0") })
                // A number is newer than letters.
                if first.isEmpty || second.isEmpty { return first.isEmpty ? -1 : 1 }
                if one.count != two.count { return one.count - two.count }
                if !one.elementsEqual(two) { return one.lexicographicallyPrecedes(two) ? -1 : 1 }
            } else if !first.elementsEqual(second) {
                return first.lexicographicallyPrecedes(second) ? -1 : 1
            }
        }
    }

    /// Takes a sign from both; says the order when only one has it.
    private static func mark(_ text: String, _ a: inout ArraySlice<UInt8>, _ b: inout ArraySlice<UInt8>, isLowest: Bool)
        -> Int?
    {
        let has = (a.starts(with: text.utf8), b.starts(with: text.utf8))
        if has.0 != has.1 { return has.0 == isLowest ? -1 : 1 }
        if has.0 {
            a = a.dropFirst()
            b = b.dropFirst()
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 &- 0x30 < 10 } ?? false }
    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    private static func isOfVersion(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLetter(byte) || "~-^.".utf8.contains(byte)
    }

    /// Whether a name fits a pattern of `*` and `?`, great and small letters the same (systemd-boot, loader.conf(5)).
    static func matches(_ name: String, _ pattern: String) -> Bool {
        matches(Array(name.lowercased().utf8)[...], Array(pattern.lowercased().utf8)[...])
    }

    private static func matches(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == UInt8(ascii: "*") {
            return name.indices.contains { matches(name[$0...], pattern.dropFirst()) }
                || matches(name[name.endIndex...], pattern.dropFirst())
        }
        guard let byte = name.first, byte == first || first == UInt8(ascii: "?") else { return false }
        return matches(name.dropFirst(), pattern.dropFirst())
    }
}
