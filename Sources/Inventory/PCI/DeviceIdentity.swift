public import Wording

/// What tells one PCI function from every other, so that a card which moved, or was exchanged, is noticed.
public struct DeviceIdentity: Sendable, Hashable, Codable {
    public var address: PCIAddress
    public var vendor: HardwareID
    public var device: HardwareID
    @Nullable public var subsystemVendor: HardwareID?
    @Nullable public var subsystemDevice: HardwareID?
    /// The PCI Express Device Serial Number; null for a function that has none.
    @Nullable public var serial: String?

    public init(
        address: PCIAddress,
        vendor: HardwareID,
        device: HardwareID,
        subsystemVendor: HardwareID? = nil,
        subsystemDevice: HardwareID? = nil,
        serial: String? = nil
    ) {
        self.address = address
        self.vendor = vendor
        self.device = device
        self.subsystemVendor = subsystemVendor
        self.subsystemDevice = subsystemDevice
        self.serial = serial
    }

    /// The identity of a function whose details were read.
    public init(_ function: PCIFunction) {
        self.init(
            address: function.address,
            vendor: function.vendor,
            device: function.device,
            subsystemVendor: function.subsystemVendor,
            subsystemDevice: function.subsystemDevice,
            serial: function.details?.capabilities?.serialNumber
        )
    }

    /// `8086:125c`
    public var id: String { "\(vendor):\(device)" }

    /// `8086:0000`; nil where it is not known.
    public var subsystem: String? {
        guard let subsystemVendor, let subsystemDevice else { return nil }
        return "\(subsystemVendor):\(subsystemDevice)"
    }

    /// What stands at the address now.
    public enum Match: Sendable, Hashable {
        case same
        /// Another device: what is different about it.
        case different(Text)
        /// Nothing.
        case absent
        /// It could not be seen: why.
        case unknown(Text)
    }

    /// Compares with the function that stands at the address now, whose details were read; nil when there is none.
    public func match(_ function: PCIFunction?) -> Match {
        guard let function, function.address == address else { return .absent }
        if function.id != id {
            return .different(Text(en: "\(function.id) is there, not \(id)", zh: "那里是 \(function.id)，而不是 \(id)"))
        }
        if let subsystem {
            guard let now = Self(function).subsystem else {
                return .unknown(Text(en: "its subsystem could not be read", zh: "无法读取它的子系统 ID"))
            }
            if now != subsystem {
                return .different(
                    Text(en: "its subsystem is \(now), not \(subsystem)", zh: "子系统 ID 是 \(now)，而不是 \(subsystem)")
                )
            }
        }
        guard let serial else { return .same }
        guard let capabilities = function.details?.capabilities, capabilities.extendedReadable else {
            return .unknown(Text(en: "its serial number could not be read", zh: "无法读取它的序列号"))
        }
        guard let now = capabilities.serialNumber else {
            return .different(
                Text(en: "it has no serial number, and should have \(serial)", zh: "它没有序列号，而应为 \(serial)")
            )
        }
        if now == serial { return .same }
        return .different(
            Text(
                en: "an equal device with the serial number \(now) is there, not \(serial)",
                zh: "那里是序列号为 \(now) 的同型号设备，而不是 \(serial)"
            )
        )
    }

    /// Whether this is surely the same device, wherever it stands: only a serial number tells.
    public func isSameDevice(as function: PCIFunction) -> Bool {
        guard let serial, function.id == id else { return false }
        return function.details?.capabilities?.serialNumber == serial
            // All functions of one card have the same number.
            && function.address.function == address.function
    }
}
