internal import Formats
internal import Inventory

extension XMLElement {
    /// An attribute as strtoul(3) with base 0 reads it, which libvirt does: `0x1f`, `017`, `15`.
    func number(_ attribute: String) -> Int? {
        guard let text = self[attribute] else { return nil }
        let bytes = text.utf8
        if bytes.starts(with: "0x".utf8) || bytes.starts(with: "0X".utf8) {
            return Int(Substring(bytes.dropFirst(2)), radix: 16)
        }
        return Int(text, radix: bytes.first == UInt8(ascii: "0") && bytes.count > 1 ? 8 : 10)
    }

    /// An `<address>` of the host.
    var pciAddress: PCIAddress? {
        guard self["bus"] != nil,
            let domain = self["domain"] == nil ? 0 : number("domain").flatMap(UInt32.init(exactly:)),
            let bus = number("bus").flatMap(UInt8.init(exactly:)),
            let device = number("slot").flatMap(UInt8.init(exactly:)), device < 32,
            let function = self["function"] == nil ? 0 : number("function").flatMap(UInt8.init(exactly:)), function < 8
        else { return nil }
        return PCIAddress(domain: domain, bus: bus, device: device, function: function)
    }

    /// Where the guest sees a device on its PCI buses; nil where libvirt has not yet said.
    var guestAddress: GuestAddress? {
        guard let address = child("address"), address["type"] == "pci",
            let bus = address["bus"] == nil ? 0 : address.number("bus"),
            let slot = address.number("slot")
        else { return nil }
        return GuestAddress(bus: bus, slot: slot, function: address.number("function") ?? 0)
    }

    /// The `id` of a USB vendor or product.
    var hardwareID: HardwareID? { number("id").flatMap(UInt16.init(exactly:)).map(HardwareID.init) }
}
