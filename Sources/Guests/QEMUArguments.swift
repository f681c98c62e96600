import Inventory

/// The arguments that hand PCI functions to a QEMU started by hand (qemu(1), `-device vfio-pci,help`).
///
/// Functions of one device stay together on one slot of the guest behind a PCI Express root port, so that the guest's
/// drivers find them as they are used to.
public struct QEMUArguments: Sendable, Hashable {
    public var arguments: [String]

    public init(_ functions: [PCIFunction]) {
        arguments = []
        var slots: [[PCIFunction]] = []
        for function in functions.sorted(by: { $0.address < $1.address }) {
            if let last = slots.last?.first, last.address.sharesSlot(with: function.address) {
                slots[slots.count - 1].append(function)
            } else {
                slots.append([function])
            }
        }
        for (index, slot) in slots.enumerated() {
            let port = "passthru\(index)"
            // Chassis numbers must differ from each other's and from those a management tool hands out from 1 up.
            arguments += ["-device", "pcie-root-port,id=\(port),chassis=\(200 + index)"]
            for (number, function) in slot.enumerated() {
                // The guest's first function must be 0, or its firmware finds none of them.
                var device = "vfio-pci,host=\(function.address),id=hostdev\(index)-\(number),bus=\(port),addr=0x0"
                if slot.count > 1 { device += ".0x\(number)" }
                if slot.count > 1 && number == 0 { device += ",multifunction=on" }
                arguments += ["-device", device]
            }
        }
    }

    /// One line for a shell; nothing in it needs quotes.
    public var line: String { arguments.joined(separator: " ") }
}
