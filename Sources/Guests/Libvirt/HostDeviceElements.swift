internal import Formats

/// The elements that hand devices to a libvirt domain, without a document around them
/// (https://libvirt.org/formatdomain.html, "Host device assignment").
///
/// Nothing is known of the guest's buses then, so no address is written, not even for functions of one device: libvirt
/// gives each a slot of its own. `DomainDocument.attach` keeps them together.
public struct HostDeviceElements: Sendable, Hashable {
    /// The elements, two spaces a level.
    public var xml: String

    public init(_ devices: [GuestDevice]) throws(DomainError) {
        xml = ""
        for device in devices {
            try DeviceValues.check(device)
            if case .usb(let device) = device, case .port(let bus, let port) = device.place {
                throw DomainError(.usbPort(bus: bus, port: port))
            }
            xml += DeviceFacts(device).node(alias: device.alias).lines
        }
    }
}
