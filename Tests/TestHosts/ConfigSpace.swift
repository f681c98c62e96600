/// The configuration space of a function that does not exist, with its capabilities in the kernel's and lspci's reach
/// (PCI Express Base Specification, chapter 7).
struct ConfigSpace {
    private(set) var bytes: [UInt8]
    private var lastPointer = 0x34
    private var next = 0x40
    private var lastExtended = 0
    private var nextExtended = 0x100

    init(_ function: PCILine) {
        bytes = [UInt8](repeating: 0, count: 4096)
        set16(0x00, function.vendor)
        set16(0x02, function.device)
        set16(0x04, function.driver == nil ? 0x0000 : 0x0406)
        bytes[0x08] = function.revision
        bytes[0x09] = UInt8(truncatingIfNeeded: function.classCode)
        bytes[0x0A] = UInt8(truncatingIfNeeded: function.classCode >> 8)
        bytes[0x0B] = UInt8(truncatingIfNeeded: function.classCode >> 16)
        bytes[0x0E] = (function.isBridge ? 1 : 0) | (function.multifunction ? 0x80 : 0)
        if let subsystem = function.subsystem, !function.isBridge {
            set16(0x2C, subsystem.0)
            set16(0x2E, subsystem.1)
        }
        if function.irq > 0 { bytes[0x3D] = 1 }
        addConventional(function)
        if function.express != nil { addExtended(function) }
        bytes = Array(bytes[..<function.configSize])
    }

    private mutating func set16(_ offset: Int, _ value: UInt16) {
        bytes[offset] = UInt8(truncatingIfNeeded: value)
        bytes[offset + 1] = UInt8(value >> 8)
    }

    private mutating func set32(_ offset: Int, _ value: UInt32) {
        set16(offset, UInt16(truncatingIfNeeded: value))
        set16(offset + 2, UInt16(value >> 16))
    }

    /// A capability in the first 256 bytes; returns where it begins.
    private mutating func capability(_ id: UInt8, size: Int) -> Int {
        let start = next
        bytes[start] = id
        bytes[lastPointer] = UInt8(start)
        bytes[0x06] |= 0x10
        lastPointer = start + 1
        next += (size + 3) / 4 * 4
        return start
    }

    private mutating func addConventional(_ function: PCILine) {
        let power = capability(0x01, size: 8)
        set16(power + 2, 0x0003)
        if function.capabilities.contains("msi") { _ = capability(0x05, size: 24) }
        if function.capabilities.contains("msix") { _ = capability(0x11, size: 12) }
        if function.capabilities.contains("af") { bytes[capability(0x13, size: 6) + 3] = 0x03 }
        guard let type = function.express else { return }
        let start = capability(0x10, size: 60)
        set16(start + 2, 0x2 | UInt16(type) << 4)
        set32(start + 4, 0x8000 | (function.capabilities.contains("flr") ? 1 << 28 : 0))
    }

    /// A capability beyond byte 255; returns where it begins.
    private mutating func extended(_ id: UInt32, version: UInt32 = 1, size: Int) -> Int {
        let start = nextExtended
        set32(start, id | version << 16)
        if lastExtended > 0 { bytes[lastExtended + 2] |= UInt8(start << 4 & 0xF0) }
        if lastExtended > 0 { bytes[lastExtended + 3] = UInt8(start >> 4) }
        lastExtended = start
        nextExtended += (size + 15) / 16 * 16
        return start
    }

    private mutating func addExtended(_ function: PCILine) {
        let has = function.capabilities
        // A vendor's own capability: real functions are never without any.
        let own = extended(0x000B, size: 16)
        set32(own + 4, 0x0100_0000)
        if let serial = function.serial {
            let start = extended(0x0003, size: 12)
            for (index, byte) in serial.enumerated() { bytes[start + 11 - index] = byte }
        }
        if has.contains("acs") {
            let start = extended(0x000D, size: 8)
            set16(start + 4, 0x001F)
            set16(start + 6, 0x001D)
        }
        if has.contains("ari") { _ = extended(0x000E, size: 8) }
        if has.contains("ats") { _ = extended(0x000F, size: 8) }
        if let virtual = function.virtualFunctions {
            let start = extended(0x0010, size: 64)
            set16(start + 0x0C, UInt16(virtual.total))
            set16(start + 0x0E, UInt16(virtual.total))
            set16(start + 0x10, UInt16(virtual.enabled))
            set16(start + 0x14, UInt16(virtual.offset))
            set16(start + 0x16, UInt16(virtual.stride))
            set16(start + 0x1A, virtual.device)
            set32(start + 0x20, 1)
        }
        if has.contains("rebar") { _ = extended(0x0015, size: 16) }
        if let bar = function.resizable {
            let start = extended(0x0015, size: 12)
            set32(start + 4, UInt32(((1 << (bar.largest + 1)) - (1 << bar.size)) << 4))
            set32(start + 8, UInt32(bar.index | 1 << 5 | bar.size << 8))
        }
        if has.contains("pasid") { _ = extended(0x001B, size: 8) }
    }
}
