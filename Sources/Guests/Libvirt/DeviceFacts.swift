internal import Formats
internal import Inventory

/// What the element of a device says, apart from how it says it: libvirt writes the same in another order, with numbers
/// in its own form, and adds what was left to it.
struct DeviceFacts: Hashable {
    enum Kind: Hashable { case hostdev, interface, nvmeDisk }

    /// Where the guest sees it.
    enum Place: Hashable {
        case pci(GuestAddress, isMultifunction: Bool)
        /// What libvirt chose on another bus, as it wrote it.
        case other([String: String])
    }

    var kind = Kind.hostdev
    var host: DomainHostDevice.HostReference
    var isManaged = false
    var usesIOMMUFD: Bool?
    var rom: GuestROM?
    var bootOrder: Int?
    var startupPolicy = USBGuestDevice.StartupPolicy.mandatory
    var mac: String?
    var vlan: Int?
    var model: MediatedGuestDevice.Model?
    var isDisplay = false
    var isBootDisplay = false
    var place: Place?

    /// What a device shall say, without the place that it gets.
    init(_ device: GuestDevice) {
        switch device {
        case .pci(let device):
            host = .pci(device.address)
            isManaged = device.isManaged
            usesIOMMUFD = device.usesIOMMUFD
            rom = device.rom
            bootOrder = device.bootOrder
        case .usb(let device):
            switch device.place {
            case .product(let vendor, let product):
                host = .usb(vendor: vendor, product: product, bus: nil, device: nil)
            case .number(let bus, let number): host = .usb(vendor: nil, product: nil, bus: bus, device: number)
            case .exact(let vendor, let product, let bus, let number):
                host = .usb(vendor: vendor, product: product, bus: bus, device: number)
            case .port: host = .other("usb")
            }
            startupPolicy = device.startupPolicy
            bootOrder = device.bootOrder
        case .network(let device):
            kind = .interface
            host = .pci(device.address)
            isManaged = device.isManaged
            mac = device.mac?.lowercased()
            vlan = device.vlan
            bootOrder = device.bootOrder
        case .mediated(let device):
            host = .mediated(device.uuid.lowercased())
            model = device.model
            isDisplay = device.isDisplay || device.isBootDisplay
            isBootDisplay = device.isBootDisplay
        }
    }

    /// What an element says; nil if it hands over nothing of the host.
    init?(_ element: XMLElement) {
        let source = element.child("source")
        let address = source?.child("address")
        switch (element.name, element["type"]) {
        case ("hostdev", "pci"), ("hostdev", nil):
            host = address?.pciAddress.map { .pci($0) } ?? .other("pci")
        case ("hostdev", "usb"):
            host = .usb(
                vendor: source?.child("vendor")?.hardwareID,
                product: source?.child("product")?.hardwareID,
                bus: address?.number("bus"),
                device: address?.number("device")
            )
        case ("hostdev", "mdev"):
            host = address?["uuid"].map { .mediated($0.lowercased()) } ?? .other("mdev")
            model = element["model"].flatMap(MediatedGuestDevice.Model.init)
            isDisplay = element["display"] == "on"
            isBootDisplay = element["ramfb"] == "on"
        case ("hostdev", let type): host = .other(type ?? "")
        case ("interface", "hostdev"):
            kind = .interface
            guard address?["type"] != "usb" else {
                host = .usb(vendor: nil, product: nil, bus: address?.number("bus"), device: address?.number("device"))
                break
            }
            host = address?.pciAddress.map { .pci($0) } ?? .other("pci")
            mac = element.child("mac")?["address"]?.lowercased()
            vlan = element.child("vlan")?.child("tag")?.number("id")
        case ("disk", "nvme"):
            kind = .nvmeDisk
            host = address?.pciAddress.map { .pci($0) } ?? .other("pci")
        default: return nil
        }
        isManaged = (kind == .nvmeDisk ? source?["managed"] : element["managed"]) == "yes"
        usesIOMMUFD = element.child("driver")?["iommufd"].map { $0 == "yes" }
        if let rom = element.child("rom") {
            self.rom = rom["file"].map { .file($0) } ?? (rom["bar"] == "off" ? .hidden : nil)
        }
        bootOrder = element.child("boot")?.number("order")
        startupPolicy = source?["startupPolicy"].flatMap(USBGuestDevice.StartupPolicy.init) ?? .mandatory
        if case .usb = host { isManaged = false }
        if case .mediated = host { isManaged = false }
        guard let place = element.child("address") else { return }
        if let address = element.guestAddress {
            self.place = .pci(address, isMultifunction: place["multifunction"] == "on")
        } else if place["type"] != "pci" {
            self.place = .other(place.attributes)
        }
    }

    /// The element that says it.
    func node(alias: String) -> XMLNode {
        var children: [XMLNode] = []
        var source = XMLNode("source")
        var node = XMLNode(kind == .interface ? "interface" : "hostdev")
        switch host {
        case .pci(let address):
            if kind == .interface {
                node = XMLNode("interface", ["type": "hostdev", "managed": isManaged ? "yes" : "no"])
                if let mac { children.append(XMLNode("mac", ["address": mac])) }
            } else {
                node = XMLNode(
                    "hostdev",
                    ["mode": "subsystem", "type": "pci", "managed": isManaged ? "yes" : "no"]
                )
            }
            children.append(XMLNode("driver", ["name": "vfio", "iommufd": usesIOMMUFD.map { $0 ? "yes" : "no" }]))
            source.children = [
                XMLNode(
                    "address",
                    [
                        "type": kind == .interface ? "pci" : nil, "domain": "0x" + hex(address.domain, width: 4),
                        "bus": "0x" + hex(address.bus, width: 2), "slot": "0x" + hex(address.device, width: 2),
                        "function": "0x\(address.function)",
                    ]
                )
            ]
        case .usb(let vendor, let product, let bus, let device):
            node = XMLNode("hostdev", ["mode": "subsystem", "type": "usb"])
            source = XMLNode("source", ["startupPolicy": startupPolicy.rawValue])
            if let vendor, let product {
                source.children = [
                    XMLNode("vendor", ["id": "0x\(vendor)"]), XMLNode("product", ["id": "0x\(product)"]),
                ]
            }
            if let bus, let device {
                source.children.append(XMLNode("address", ["bus": "\(bus)", "device": "\(device)"]))
            }
        case .mediated(let uuid):
            node = XMLNode(
                "hostdev",
                [
                    "mode": "subsystem", "type": "mdev", "model": (model ?? .pci).rawValue,
                    "display": isDisplay ? "on" : nil, "ramfb": isBootDisplay ? "on" : nil,
                ]
            )
            source.children = [XMLNode("address", ["uuid": uuid])]
        case .other: break
        }
        children.append(source)
        if let vlan { children.append(XMLNode("vlan", [:], [XMLNode("tag", ["id": "\(vlan)"])])) }
        if let bootOrder { children.append(XMLNode("boot", ["order": "\(bootOrder)"])) }
        children.append(XMLNode("alias", ["name": alias]))
        switch rom {
        case .file(let path)?: children.append(XMLNode("rom", ["file": path]))
        case .hidden?: children.append(XMLNode("rom", ["bar": "off"]))
        case nil: break
        }
        if let place { children.append(place.node) }
        node.children = children
        return node
    }
}

extension DeviceFacts.Place {
    var node: XMLNode {
        switch self {
        case .pci(let address, let isMultifunction):
            return XMLNode(
                "address",
                [
                    "type": "pci", "domain": "0x0000", "bus": "0x" + hex(address.bus, width: 2),
                    "slot": "0x" + hex(address.slot, width: 2), "function": "0x\(address.function)",
                    "multifunction": isMultifunction ? "on" : nil,
                ]
            )
        case .other(let attributes):
            var node = XMLNode("address")
            let type = attributes.filter { $0.key == "type" }
            let others = attributes.filter { $0.key != "type" }.sorted { $0.key < $1.key }
            node.attributes = (Array(type) + others).map { XMLNode.Attribute($0.key, $0.value) }
            return node
        }
    }
}
