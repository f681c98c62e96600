import Inventory

/// The `<hostdev>` element that hands a PCI function to a libvirt domain
/// (https://libvirt.org/formatdomain.html, "Host device assignment").
public struct Hostdev: Sendable, Hashable {
    public var address: PCIAddress
    /// Whether libvirt binds the function to vfio-pci at start and gives it back at stop.
    public var managed: Bool

    public init(_ address: PCIAddress, managed: Bool) {
        self.address = address
        self.managed = managed
    }

    /// The alias that marks an element as passthru's: libvirt keeps letters, digits, `_` and `-` of it.
    public var alias: String {
        let bdf = address.description.utf8.map { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") ? 0x2D : $0 }
        return "ua-passthru-" + String(decoding: bdf, as: UTF8.self)
    }

    public var xml: String {
        """
        <hostdev mode='subsystem' type='pci' managed='\(managed ? "yes" : "no")'>
          <driver name='vfio'/>
          <source>
            <address domain='0x\(hex(address.domain, width: 4))' bus='0x\(hex(address.bus, width: 2))' \
        slot='0x\(hex(address.device, width: 2))' function='0x\(address.function)'/>
          </source>
          <alias name='\(alias)'/>
        </hostdev>

        """
    }
}
