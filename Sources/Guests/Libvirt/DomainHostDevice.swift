internal import Formats
public import Inventory

/// A device of the host in a domain, passthru's or not.
public struct DomainHostDevice: Sendable, Hashable {
    public var host: HostReference
    /// `GuestDevice.key` of a device that passthru added; nil for the owner's.
    public var key: String?
    /// Where the guest sees it; nil where libvirt has not yet said.
    public var guestAddress: GuestAddress?
    /// Whether libvirt binds it to vfio-pci; nil for what is not bound.
    public var isManaged: Bool?
    /// Where it stands in the document, from 1.
    public var line: Int

    /// What the host calls it.
    public enum HostReference: Sendable, Hashable {
        case pci(PCIAddress)
        /// Of a USB device either half may be missing.
        case usb(vendor: HardwareID?, product: HardwareID?, bus: Int?, device: Int?)
        case mediated(String)
        /// `scsi`, `scsi_host`, or what cannot be read.
        case other(String)

        /// Whether both may be one device.
        func mayEqual(_ other: HostReference) -> Bool {
            switch (self, other) {
            case (.pci(let left), .pci(let right)): left == right
            case (.mediated(let left), .mediated(let right)): left.lowercased() == right.lowercased()
            case (.usb(let vendor, let product, let bus, let device), .usb(let v, let p, let b, let d)):
                if let bus, let b, let device, let d {
                    bus == b && device == d
                } else {
                    vendor != nil && vendor == v && product == p
                }
            default: false
            }
        }
    }

    /// Nil for another element.
    init?(_ element: XMLElement) {
        guard let facts = DeviceFacts(element) else { return nil }
        host = facts.host
        key = element.ownKey
        if case .pci(let address, _)? = facts.place { guestAddress = address }
        switch host {
        case .pci: isManaged = facts.isManaged
        default: isManaged = nil
        }
        line = element.line
    }
}

extension DomainDocument {
    /// The devices of the host that this domain has.
    public var hostDevices: [DomainHostDevice] { devices.compactMap(DomainHostDevice.init) }

    /// The bytes of one of passthru's devices as they stand in this document, for `virsh attach-device`.
    public func element(_ key: String) -> [UInt8]? {
        devices.first { $0.ownKey == key }.map { Array(bytes[$0.range]) }
    }
}
