extension KnownGuest {
    public var place: RunnerPlace? { nil }
    public var usb: [GuestUSB] { [] }
    public var hostFile: String? { source }
}
public struct GuestUSB: Codable, Sendable, Hashable, CustomStringConvertible {
    public var description: String { "" }
    public func matches(_ device: USBDevice) -> Bool { false }
}
extension GuestInventory {
    public var runners: [GuestRunner] { [] }
    public func runner(of guest: KnownGuest) -> GuestRunner? { nil }
}
