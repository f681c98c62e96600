public import Inventory

/// A resource mapping of Proxmox VE: a name for a device, which guests of any user may be given
/// (`/etc/pve/mapping/pci.cfg` and `usb.cfg`; pvesh(1), `/cluster/mapping`).
///
/// Proxmox VE compares identity and IOMMU group before it starts a guest with it.
public enum ProxmoxMapping {
    /// Letters, digits, `-` and `_`, beginning with a letter: what Proxmox VE takes as a name.
    public static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        let isLetter = { (byte: UInt8) in (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
        guard let first = bytes.first, isLetter(first), (2...40).contains(bytes.count) else { return false }
        return bytes.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F }
    }

    /// A section of `pci.cfg`. Several functions of one slot are one entry, as Proxmox VE writes it.
    ///
    /// - Parameter node: the name of the host in its cluster.
    public static func pci(_ name: String, _ functions: [PCIFunction], node: String) -> String {
        var slots: [[PCIFunction]] = []
        for function in functions.sorted(by: { $0.address < $1.address }) {
            if let last = slots.last?.first, last.address.sharesSlot(with: function.address) {
                slots[slots.count - 1].append(function)
            } else {
                slots.append([function])
            }
        }
        return "\(name)\n"
            + slots.map { slot in
                let first = slot[0]
                let path = slot.map { "\($0.address)" }.joined(separator: ";")
                var words = ["id=\(first.id)"]
                if let group = first.group { words.append("iommugroup=\(group)") }
                words += ["node=\(node)", "path=\(path)"]
                if let vendor = first.subsystemVendor, let device = first.subsystemDevice {
                    words.append("subsystem-id=\(vendor):\(device)")
                }
                return "\tmap \(words.joined(separator: ","))\n"
            }.joined()
    }

    /// A section of `usb.cfg`; nil for a device that does not say what it is.
    ///
    /// - Parameter byPort: whether only the device at this very port is meant.
    public static func usb(_ name: String, _ device: USBDevice, node: String, byPort: Bool) -> String? {
        guard let vendor = device.vendorID, let product = device.productID else { return nil }
        let path = byPort ? ",path=\(device.portPath)" : ""
        return "\(name)\n\tmap id=\(vendor):\(product),node=\(node)\(path)\n"
    }
}
