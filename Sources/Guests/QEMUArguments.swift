public import Inventory

/// The arguments that hand devices to a QEMU started by hand (qemu(1); `-device vfio-pci,help` and
/// `-device usb-host,help` list what its devices take).
///
/// Functions of one device stay together on one slot of the guest, so that the guest's drivers find them as they are used
/// to: behind a PCI Express root port of a q35 machine, in a slot of the only bus of an i440fx machine.
public struct QEMUArguments: Sendable, Hashable {
    public var arguments: [String]

    /// - Parameters:
    ///   - devices: in any order. A place that a device asks for must be on the guest's first bus.
    ///   - machine: the board that the other arguments of this QEMU name.
    ///   - requirements: what the devices need beside; the board itself is not named again.
    public init(
        _ devices: [GuestDevice],
        machine: MachineFamily = .q35,
        requirements: [GuestRequirement] = []
    ) {
        var writer = QEMUArgumentWriter(machine: machine)
        if requirements.contains(.noEmulatedVideo) { writer.arguments += ["-vga", "none"] }
        writer.add(devices)
        arguments = writer.arguments
    }

    /// The plain arguments for PCI functions of a q35 machine.
    public init(_ functions: [PCIFunction]) {
        self.init(functions.map { .pci(PCIGuestDevice($0.address)) })
    }

    /// One line for a shell.
    public var line: String { arguments.map(ShellWord.quoted).joined(separator: " ") }
}

/// A word of a command line for a POSIX shell.
enum ShellWord {
    /// The word as it is where nothing in it is special, else between single quotes.
    static func quoted(_ word: String) -> String {
        guard word.isEmpty || !word.utf8.allSatisfy(isPlain) else { return word }
        return "'" + word.replacing("'", with: #"'\''"#) + "'"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "%+,-./:=@_".utf8.contains(byte)
        }
    }
}
