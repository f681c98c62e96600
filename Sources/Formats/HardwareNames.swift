/// The names of pci.ids or usb.ids (vendors, devices, subsystems, classes) as one read-only block of bytes that is
/// searched where it lies: nothing is copied or parsed at start. ``HardwareNamesParser`` makes such a block.
///
/// Layout, numbers little-endian, 32 bits: "PTNM", format version, kind, total length, version string, then offset and
/// count of four sorted tables (vendors; devices; subsystems; classes), offset and length of the string pool. An entry
/// is a key and a pool offset; a pool string is a length byte (255: two bytes follow with the length) and UTF-8.
/// A block from anywhere may be given: every offset is checked before it is followed.
public struct HardwareNames: @unchecked Sendable {
    // Sendable because the bytes are never written after they are here: they are static memory, by contract of
    // `init(_: UnsafeRawBufferPointer)`, or the private storage that `owner` keeps alive.

    /// Which of the two lists a block was made of.
    public enum Kind: UInt32, Sendable {
        /// pci.ids.
        case pci = 1
        /// usb.ids.
        case usb = 2
    }

    static let magic: [UInt8] = Array("PTNM".utf8)
    static let formatVersion: UInt32 = 1
    static let headerSize = 60

    /// The tables of the header, in its order.
    enum Table: Int, CaseIterable {
        case vendors, devices, subsystems, classes

        /// Bytes of an entry: the key, then the pool offset.
        var stride: Int { self == .subsystems ? 12 : 8 }
    }

    private final class Storage {
        let bytes: UnsafeMutableRawBufferPointer

        init(_ source: [UInt8]) {
            bytes = .allocate(byteCount: source.count, alignment: 8)
            bytes.copyBytes(from: source)
        }

        deinit { bytes.deallocate() }
    }

    private let bytes: UnsafeRawBufferPointer
    private let owner: Storage?
    /// Which list this is.
    public let kind: Kind

    /// Names over memory that lives, unchanged, as long as the process: an embedded table.
    ///
    /// - Returns: nil if the memory holds no such block, or one of another format version.
    public init?(_ buffer: UnsafeRawBufferPointer) {
        self.init(buffer, owner: nil)
    }

    /// Names over a block of one's own, for example parsed from the host's newer list.
    ///
    /// - Returns: nil if the bytes are no such block.
    public init?(_ block: [UInt8]) {
        let storage = Storage(block)
        self.init(UnsafeRawBufferPointer(storage.bytes), owner: storage)
    }

    private init?(_ buffer: UnsafeRawBufferPointer, owner: Storage?) {
        bytes = buffer
        self.owner = owner
        guard buffer.count >= Self.headerSize, buffer.prefix(4).elementsEqual(Self.magic) else { return nil }
        func field(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        guard field(4) == Self.formatVersion, let kind = Kind(rawValue: field(8)), Int(field(12)) == buffer.count else {
            return nil
        }
        self.kind = kind
        for table in Table.allCases {
            let start = Int(field(20 + table.rawValue * 8))
            let count = Int(field(24 + table.rawValue * 8))
            guard start >= Self.headerSize, start <= buffer.count, count <= (buffer.count - start) / table.stride else {
                return nil
            }
        }
        guard Int(field(52)) <= buffer.count, Int(field(56)) <= buffer.count - Int(field(52)) else { return nil }
    }

    /// The list's own version, "2023.04.10"; empty if it names none. Of two lists that have one, the greater string is
    /// the newer list.
    public var version: String { string(at: word(16)) ?? "" }

    /// Whether this list is newer than another one of its kind.
    public func isNewer(than other: HardwareNames) -> Bool {
        kind == other.kind && other.version < version
    }

    // MARK: PCI

    /// The name of a PCI vendor.
    public func vendor(_ vendor: UInt16) -> String? {
        kind == .pci ? find(.vendors, UInt64(vendor)) : nil
    }

    /// The name of a PCI device.
    public func device(_ vendor: UInt16, _ device: UInt16) -> String? {
        kind == .pci ? find(.devices, UInt64(vendor) << 16 | UInt64(device)) : nil
    }

    /// The name of a PCI subsystem: its own, or the device's if both carry the same identifiers (as lspci does).
    public func subsystem(_ vendor: UInt16, _ device: UInt16, _ subvendor: UInt16, _ subdevice: UInt16) -> String? {
        guard kind == .pci else { return nil }
        let high = UInt64(vendor) << 48 | UInt64(device) << 32
        if let name = find(.subsystems, high | UInt64(subvendor) << 16 | UInt64(subdevice)) {
            return name
        }
        return vendor == subvendor && device == subdevice ? self.device(vendor, device) : nil
    }

    /// The name of a PCI class: the subclass's, or the base class's if that has none (as lspci does).
    public func pciClass(_ base: UInt8, _ sub: UInt8) -> String? {
        guard kind == .pci else { return nil }
        return classEntry(2, base, sub, 0) ?? classEntry(1, base, 0, 0)
    }

    /// The name of a PCI class with its programming interface: "USB controller (XHCI)", or without what is unknown.
    public func pciClass(_ base: UInt8, _ sub: UInt8, _ interface: UInt8) -> String? {
        guard let name = pciClass(base, sub) else { return nil }
        return pciInterface(base, sub, interface).map { "\(name) (\($0))" } ?? name
    }

    /// The name of a PCI programming interface: "XHCI".
    public func pciInterface(_ base: UInt8, _ sub: UInt8, _ interface: UInt8) -> String? {
        kind == .pci ? classEntry(3, base, sub, interface) : nil
    }

    // MARK: USB

    /// The name of a USB vendor.
    public func usbVendor(_ vendor: UInt16) -> String? {
        kind == .usb ? find(.vendors, UInt64(vendor)) : nil
    }

    /// The name of a USB product.
    public func usbProduct(_ vendor: UInt16, _ product: UInt16) -> String? {
        kind == .usb ? find(.devices, UInt64(vendor) << 16 | UInt64(product)) : nil
    }

    /// The name of a USB class: "Human Interface Device".
    public func usbClass(_ base: UInt8) -> String? {
        kind == .usb ? classEntry(1, base, 0, 0) : nil
    }

    /// The name of a USB subclass: "Boot Interface Subclass".
    public func usbSubclass(_ base: UInt8, _ sub: UInt8) -> String? {
        kind == .usb ? classEntry(2, base, sub, 0) : nil
    }

    /// The name of a USB protocol: "Keyboard".
    public func usbProtocol(_ base: UInt8, _ sub: UInt8, _ protocol: UInt8) -> String? {
        kind == .usb ? classEntry(3, base, sub, `protocol`) : nil
    }

    // MARK: Search

    /// The key of a class: how many of its three bytes count, then those bytes.
    static func classKey(_ level: UInt8, _ base: UInt8, _ sub: UInt8, _ interface: UInt8) -> UInt64 {
        UInt64(level) << 24 | UInt64(base) << 16 | UInt64(sub) << 8 | UInt64(interface)
    }

    private func classEntry(_ level: UInt8, _ base: UInt8, _ sub: UInt8, _ interface: UInt8) -> String? {
        find(.classes, Self.classKey(level, base, sub, interface))
    }

    /// A number of the block; the caller has checked that it lies inside.
    private func word(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    private func find(_ table: Table, _ key: UInt64) -> String? {
        let start = Int(word(20 + table.rawValue * 8))
        var low = 0
        var high = Int(word(24 + table.rawValue * 8))
        let stride = table.stride
        while low < high {
            let middle = (low + high) / 2
            let entry = start + middle * stride
            // Wide keys are stored high word first.
            let found = stride == 12 ? UInt64(word(entry)) << 32 | UInt64(word(entry + 4)) : UInt64(word(entry))
            if found == key {
                return string(at: word(entry + stride - 4))
            }
            if found < key {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return nil
    }

    private func string(at offset: UInt32) -> String? {
        let pool = Int(word(52))
        let length = Int(word(56))
        var start = Int(offset)
        guard start < length else { return nil }
        var count = Int(bytes[pool + start])
        start += 1
        if count == 255 {
            guard length - start >= 2 else { return nil }
            count = Int(bytes[pool + start]) | Int(bytes[pool + start + 1]) << 8
            start += 2
        }
        guard count <= length - start else { return nil }
        return String(decoding: bytes[(pool + start)..<(pool + start + count)], as: UTF8.self)
    }
}
