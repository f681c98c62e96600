/// A USB device that a guest is given, as far as its configuration says which.
public struct GuestUSB: Codable, Sendable, Hashable, CustomStringConvertible {
    /// idVendor and idProduct: whatever device has them.
    @Nullable public var vendor: HardwareID?
    @Nullable public var product: HardwareID?
    @Nullable public var bus: Int?
    /// Its number on the bus, which changes whenever it is plugged in.
    @Nullable public var number: Int?
    /// The ports on the way to it from the bus, `1.4`.
    @Nullable public var port: String?

    public init() {}

    /// `0403:6001`, `1-1.4` for a port, `bus 1 device 4`, or several of them.
    public var description: String {
        var parts: [String] = []
        if let vendor, let product { parts.append("\(vendor):\(product)") }
        if let bus, let port { parts.append("\(bus)-\(port)") }
        if let bus, let number { parts.append("bus \(bus) device \(number)") }
        return parts.joined(separator: ", ")
    }

    /// Whether anything tells which device it is.
    var isKnown: Bool { vendor != nil && product != nil || bus != nil && (number != nil || port != nil) }

    /// Whether a device of this machine is the one, or may be: all that is said of it is true of the device.
    public func matches(_ device: USBDevice) -> Bool {
        guard isKnown, !device.isRootHub else { return false }
        if let vendor, vendor != device.vendorID { return false }
        if let product, product != device.productID { return false }
        if let bus, bus != device.bus { return false }
        if let number, number != device.number { return false }
        if let port, let bus, device.portPath != "\(bus)-\(port)" { return false }
        return true
    }
}

extension KnownGuest {
    mutating func add(_ device: GuestUSB) {
        if device.isKnown {
            usb.append(device)
        } else {
            unknown["usb"] = "a device without an address: \(source)"
        }
    }
}
