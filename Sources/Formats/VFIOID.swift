/// One item of vfio-pci's parameter `ids=`, which makes the driver take every device that it fits
/// (drivers/vfio/pci/vfio_pci.c, vfio_pci_fill_ids): `VENDOR:DEVICE[:SUBVENDOR[:SUBDEVICE[:CLASS[:MASK]]]]`, hexadecimal.
public struct VFIOID: Hashable, Sendable {
    public let vendor: UInt32
    public let device: UInt32
    /// ``any`` where it is not given.
    public let subvendor: UInt32
    public let subdevice: UInt32
    /// Base class, subclass and programming interface, and which of their bits count: none where no mask is given.
    public let `class`: UInt32
    public let classMask: UInt32
    /// As it stands in the file.
    public let text: String

    /// PCI_ANY_ID
    public static let any: UInt32 = 0xFFFF_FFFF

    /// - Returns: nil for what the kernel would call an invalid id string.
    public init?(_ text: String) {
        self.init(text.split(separator: ":", omittingEmptySubsequences: false), text: text)
    }

    /// What is written into a driver's `new_id`: the same numbers with blanks between them
    /// (Documentation/ABI/testing/sysfs-bus-pci).
    public init?(newID text: String) {
        self.init(text.split(separator: " "), text: text)
    }

    private init?(_ parts: [Substring], text: String) {
        // new_id takes a seventh number, the driver's own.
        guard (2...7).contains(parts.count) else { return nil }
        var numbers: [UInt32] = []
        for part in parts.prefix(6) {
            let digits = part.hasPrefix("0x") || part.hasPrefix("0X") ? part.dropFirst(2) : part
            guard !digits.hasPrefix("+"), !digits.hasPrefix("-"), let number = UInt32(digits, radix: 16) else {
                return nil
            }
            numbers.append(number)
        }
        func number(_ index: Int, or missing: UInt32) -> UInt32 { index < numbers.count ? numbers[index] : missing }
        vendor = numbers[0]
        device = numbers[1]
        subvendor = number(2, or: Self.any)
        subdevice = number(3, or: Self.any)
        `class` = number(4, or: 0)
        classMask = number(5, or: 0)
        self.text = text
    }

    /// Whether a driver with this id would take such a device (drivers/pci/pci.h, pci_match_one_device).
    public func matches(
        vendor: UInt16,
        device: UInt16,
        subvendor: UInt16?,
        subdevice: UInt16?,
        class code: UInt32
    ) -> Bool {
        func fits(_ wanted: UInt32, _ number: UInt16?) -> Bool {
            wanted == Self.any || number.map { UInt32($0) == wanted } ?? false
        }
        return fits(self.vendor, vendor) && fits(self.device, device) && fits(self.subvendor, subvendor)
            && fits(self.subdevice, subdevice) && (self.class ^ code) & classMask == 0
    }

    /// The items of a whole value. A second `ids=` within it, as one vendor's instructions have it
    /// (`ids=8086:4e71,ids=8086:4dc8`), is what its writer meant, although the kernel takes only the first item then.
    ///
    /// - Parameter value: what stands behind `ids=`.
    /// - Returns: each item with its text, nil in place of one that is no id.
    public static func items(of value: String) -> [(text: String, id: VFIOID?)] {
        value.split(separator: ",").map { item in
            let text = String(item.hasPrefix("ids=") ? item.dropFirst(4) : item)
            return (text, VFIOID(text))
        }
    }
}
