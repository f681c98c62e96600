import Inventory
public import Machine

/// What udev remembers of passthru's rule: which functions it held back for vfio-pci in this boot, be it in the initramfs, whose
/// memory the system takes over.
public enum BoundByRule {
    /// Where the rule stands.
    public static let path = SystemdBoot.rulePath

    /// The property that the rule gives to a function (udev(7), `ENV{}`).
    static let property = "PASSTHRU_BOUND"

    /// - Returns: nil where udev remembers nothing of the function at all: its database is not there, or not of this boot.
    public static func holds(_ address: PCIAddress, on machine: Machine) -> Bool? {
        guard let bytes = try? machine.read("/run/udev/data/+pci:\(address)") else { return nil }
        return bytes.split(separator: UInt8(ascii: "\n")).contains { $0.elementsEqual("E:\(property)=1".utf8) }
    }
}
