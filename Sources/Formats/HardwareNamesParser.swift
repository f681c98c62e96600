/// Makes the block that ``HardwareNames`` searches out of the text of pci.ids or usb.ids.
///
/// The format (pciids(5); the heads of both files): "vvvv  Vendor", tab "dddd  Device", two tabs
/// "ssss ssss  Subsystem" (pci.ids), and "C cc  Class", tab "ss  Subclass", two tabs "pp  Interface". Other lists of
/// usb.ids (terminals, HID usages, languages …) are passed over, and so is any line that does not read so.
public enum HardwareNamesParser {
    /// The block of a list.
    ///
    /// - Parameters:
    ///   - text: the file's bytes; bytes that are not UTF-8 are taken as Latin-1, which old entries of usb.ids are.
    ///   - kind: which list it is; nil takes it from the comment at the file's head ("List of USB ID's"), else PCI.
    /// - Returns: the block; the same for the same text. Of entries with the same identifiers the first one counts.
    public static func parse(_ text: [UInt8], kind: HardwareNames.Kind? = nil) -> [UInt8] {
        var builder = Builder()
        let head = text.withUnsafeBufferPointer { buffer -> Head in
            let head = Head(buffer)
            builder.read(buffer, from: head.end, kind: kind ?? head.kind)
            return head
        }
        return builder.block(kind: kind ?? head.kind, version: head.version)
    }

    /// What the comment lines at the head say.
    private struct Head {
        var kind = HardwareNames.Kind.pci
        var version: [UInt8] = []
        var end = 0

        init(_ text: UnsafeBufferPointer<UInt8>) {
            var isKnown = false
            while end < text.count, [UInt8(ascii: "#"), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains(text[end]) {
                var lineEnd = end
                while lineEnd < text.count, text[lineEnd] != UInt8(ascii: "\n") {
                    lineEnd += 1
                }
                let words = text[end..<lineEnd].split { $0 == UInt8(ascii: "#") || $0 <= UInt8(ascii: " ") }
                for (index, word) in words.enumerated() {
                    if version.isEmpty, word.elementsEqual("Version:".utf8), index + 1 < words.count {
                        version = Array(words[index + 1].prefix(64))
                    }
                    if !isKnown, word.elementsEqual("USB".utf8) || word.elementsEqual("PCI".utf8) {
                        kind = word.first == UInt8(ascii: "U") ? .usb : .pci
                        isKnown = true
                    }
                }
                end = min(lineEnd + 1, text.count)
            }
        }
    }
}

/// Collects the entries and writes the block.
private struct Builder {
    private struct Entry {
        var key: UInt64
        var name: UInt32
    }

    private var tables = [[Entry]](repeating: [], count: HardwareNames.Table.allCases.count)
    private var pool: [UInt8] = []
    /// Pool offsets by hash, open addressing; 0 is free (offset 0 is the empty string, which is never stored twice).
    private var slots = [UInt32](repeating: 0, count: 1 << 17)

    init() {
        tables[HardwareNames.Table.vendors.rawValue].reserveCapacity(4096)
        tables[HardwareNames.Table.devices.rawValue].reserveCapacity(32768)
        tables[HardwareNames.Table.subsystems.rawValue].reserveCapacity(32768)
        pool.reserveCapacity(1 << 20)
        pool.append(0)
    }

    // MARK: Reading

    mutating func read(_ text: UnsafeBufferPointer<UInt8>, from start: Int, kind: HardwareNames.Kind) {
        let tab = UInt8(ascii: "\t")
        var vendor: UInt64?
        var device: UInt64?
        var base: UInt8?
        var sub: UInt8?
        var next = start
        while next < text.count {
            let line = next
            var end = line
            while end < text.count, text[end] != UInt8(ascii: "\n") {
                end += 1
            }
            next = end + 1
            if end > line, text[end - 1] == UInt8(ascii: "\r") {
                end -= 1
            }
            guard end > line, text[line] != UInt8(ascii: "#") else { continue }
            if text[line] != tab {
                (vendor, device, base, sub) = (nil, nil, nil, nil)
                if let id = hex(text, line, end, digits: 4) {
                    vendor = id
                    add(.vendors, id, text, line + 4, end)
                } else if text[line] == UInt8(ascii: "C"), end > line + 1, text[line + 1] == UInt8(ascii: " "),
                    let id = hex(text, line + 2, end, digits: 2)
                {
                    base = UInt8(truncatingIfNeeded: id)
                    add(.classes, HardwareNames.classKey(1, UInt8(truncatingIfNeeded: id), 0, 0), text, line + 4, end)
                }
            } else if end > line + 1, text[line + 1] != tab {
                if let vendor, let id = hex(text, line + 1, end, digits: 4) {
                    device = vendor << 16 | id
                    add(.devices, vendor << 16 | id, text, line + 5, end)
                } else if let base, let id = hex(text, line + 1, end, digits: 2) {
                    sub = UInt8(truncatingIfNeeded: id)
                    let key = HardwareNames.classKey(2, base, UInt8(truncatingIfNeeded: id), 0)
                    add(.classes, key, text, line + 3, end)
                } else {
                    (device, sub) = (nil, nil)
                }
            } else if let device, kind == .pci {
                if let subvendor = hex(text, line + 2, end, digits: 4),
                    let subdevice = hex(text, line + 7, end, digits: 4)
                {
                    add(.subsystems, device << 32 | subvendor << 16 | subdevice, text, line + 11, end)
                }
            } else if let base, let sub, let id = hex(text, line + 2, end, digits: 2) {
                let key = HardwareNames.classKey(3, base, sub, UInt8(truncatingIfNeeded: id))
                add(.classes, key, text, line + 4, end)
            }
        }
    }

    /// The number of exactly `digits` hexadecimal digits at `start`, with a space or nothing behind them.
    @inline(__always)
    private func hex(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, digits: Int) -> UInt64? {
        guard end - start >= digits, end - start == digits || text[start + digits] == UInt8(ascii: " ") else {
            return nil
        }
        var value: UInt64 = 0
        for index in start..<start + digits {
            let byte = text[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        return value
    }

    private mutating func add(
        _ table: HardwareNames.Table,
        _ key: UInt64,
        _ text: UnsafeBufferPointer<UInt8>,
        _ start: Int,
        _ end: Int
    ) {
        var first = start
        var last = end
        while first < last, text[first] == UInt8(ascii: " ") || text[first] == UInt8(ascii: "\t") {
            first += 1
        }
        while last > first, text[last - 1] == UInt8(ascii: " ") || text[last - 1] == UInt8(ascii: "\t") {
            last -= 1
        }
        var isPlain = true
        for index in first..<last where text[index] >= 0x80 || text[index] < 0x20 {
            isPlain = false
        }
        let name: UInt32
        if isPlain {
            name = intern(text, first..<last)
        } else {
            let repaired = Self.repaired(text[first..<last])
            name = repaired.withUnsafeBufferPointer { intern($0, 0..<$0.count) }
        }
        tables[table.rawValue].append(Entry(key: key, name: name))
    }

    /// The bytes as UTF-8: whatever is not, taken as Latin-1; control characters left out.
    private static func repaired(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8] {
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            let length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            let end = min(index + length, bytes.endIndex)
            if let text = String(validating: bytes[index..<end], as: UTF8.self) {
                if text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }) {
                    result += text.utf8
                }
                index = end
            } else {
                if byte >= 0xA0 {
                    result += [0xC0 | byte >> 6, 0x80 | byte & 0x3F]
                }
                index += 1
            }
        }
        return result
    }

    // MARK: Strings

    /// The pool offset of a name. A name that meets too many others on its way is stored again: that costs bytes, never
    /// time, whatever the text is.
    private mutating func intern(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> UInt32 {
        let count = min(range.count, 0xFFFF)
        guard count > 0, let base = text.baseAddress else { return 0 }
        let source = UnsafeRawBufferPointer(start: base + range.lowerBound, count: count)
        var hash: UInt64 = UInt64(count) &* 0x9E37_79B9_7F4A_7C15
        var index = 0
        while count - index >= 8 {
            hash = (hash ^ source.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 32
            index += 8
        }
        while index < count {
            hash = (hash ^ UInt64(source[index])) &* 0x0000_0100_0000_01B3
            index += 1
        }
        hash ^= hash >> 29
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        for _ in 0..<32 {
            let known = slots[slot]
            if known == 0 {
                slots[slot] = UInt32(pool.count)
                break
            }
            if isStored(source, at: Int(known)) {
                return known
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        let offset = UInt32(pool.count)
        if count < 255 {
            pool.append(UInt8(count))
        } else {
            pool += [255, UInt8(count & 0xFF), UInt8(count >> 8)]
        }
        pool.append(contentsOf: source)
        return offset
    }

    private func isStored(_ source: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        let isLong = pool[offset] == 255
        let start = offset + (isLong ? 3 : 1)
        let count = isLong ? Int(pool[offset + 1]) | Int(pool[offset + 2]) << 8 : Int(pool[offset])
        guard count == source.count else { return false }
        return pool.withUnsafeBytes { buffer in
            for index in 0..<count where buffer[start + index] != source[index] {
                return false
            }
            return true
        }
    }

    // MARK: Writing

    mutating func block(kind: HardwareNames.Kind, version: [UInt8]) -> [UInt8] {
        let versionOffset = version.withUnsafeBufferPointer { text -> UInt32 in
            let plain = Self.repaired(text[...])
            return plain.withUnsafeBufferPointer { intern($0, 0..<$0.count) }
        }
        for index in tables.indices {
            sort(&tables[index])
        }
        let tableBytes = HardwareNames.Table.allCases.map { tables[$0.rawValue].count * $0.stride }
        let poolStart = HardwareNames.headerSize + tableBytes.reduce(0, +)
        let total = poolStart + pool.count
        return [UInt8](unsafeUninitializedCapacity: total) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            var offset = 0
            func put(_ value: UInt32) {
                raw.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
                offset += 4
            }
            raw.copyBytes(from: HardwareNames.magic)
            offset = 4
            put(HardwareNames.formatVersion)
            put(kind.rawValue)
            put(UInt32(total))
            put(versionOffset)
            var start = HardwareNames.headerSize
            for table in HardwareNames.Table.allCases {
                put(UInt32(start))
                put(UInt32(tables[table.rawValue].count))
                start += tableBytes[table.rawValue]
            }
            put(UInt32(poolStart))
            put(UInt32(pool.count))
            for table in HardwareNames.Table.allCases {
                for entry in tables[table.rawValue] {
                    if table.stride == 12 {
                        put(UInt32(truncatingIfNeeded: entry.key >> 32))
                    }
                    put(UInt32(truncatingIfNeeded: entry.key))
                    put(entry.name)
                }
            }
            UnsafeMutableRawBufferPointer(rebasing: raw[poolStart...]).copyBytes(from: pool)
            initialized = total
        }
    }

    /// By key, the first of equal ones kept. The lists come sorted as a rule, which is seen before anything is moved.
    private func sort(_ entries: inout [Entry]) {
        var isSorted = true
        for index in entries.indices.dropFirst() where entries[index - 1].key >= entries[index].key {
            isSorted = false
            break
        }
        if isSorted {
            return
        }
        // The standard sort is stable today but does not promise it: the place breaks ties.
        let order = entries.enumerated().sorted {
            ($0.element.key, $0.offset) < ($1.element.key, $1.offset)
        }
        entries.removeAll(keepingCapacity: true)
        for (_, entry) in order where entries.last?.key != entry.key {
            entries.append(entry)
        }
    }
}
