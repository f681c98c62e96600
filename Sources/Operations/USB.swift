import Inventory
import Machine

/// `passthru usb`: every USB device, and what uses it.
public struct USB: Sendable, Encodable {
    public let schema = "passthru/usb/1"
    /// Null when the machine's USB devices could not be read.
    @Nullable public var devices: [USBDevice]?
    public var unknown: [String: String]

    public static func run(_ machine: Machine) -> USB {
        var inventory = USBInventory.read(machine)
        inventory.name(with: NameTables.usb(on: machine))
        return USB(
            devices: inventory.unknown["devices"] == nil ? inventory.devices : nil,
            unknown: inventory.unknown
        )
    }
}
