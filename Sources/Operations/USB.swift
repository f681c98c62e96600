import Inventory
import Machine

/// `passthru usb`: every USB device, and what uses it.
public struct USB: Sendable, Encodable {
    public let schema = "passthru/usb/1"
    public var devices: [USBDevice]
    public var unknown: [String: String]

    public static func run(_ machine: Machine) -> USB {
        let inventory = USBInventory.read(machine)
        return USB(devices: inventory.devices, unknown: inventory.unknown)
    }
}
