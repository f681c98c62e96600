internal import Formats
internal import Wording

/// What QEMU's device is told beside what libvirt's elements can say, and how this libvirt passes it on.
///
/// Until libvirt 7.8 every `-device` is a list of options that `-set device.ID.NAME=VALUE` changes. Since 7.9 libvirt
/// writes `-device` as JSON where QEMU reads that (`device.json`, QEMU ≥ 6.2, in 7.9 and 7.10; not in 8.0;
/// `device.json+hotplug`, QEMU ≥ 7.0, since 8.1), and `-set` finds no such device. `<qemu:override>` came with 8.2, for
/// both forms, but libvirtd crashed on it until 8.5 (NEWS of 8.5.0, issue 321). Below that the capability is taken away
/// from the domain, which libvirt allows for a capability that QEMU does not have, and `-set` works.
///
/// An override replaces any member of the JSON object that libvirt made, its `driver` included; only `id` cannot be
/// replaced (qemuBuildDeviceCommandlineHandleOverrides). It is not applied to a device that is plugged into a running
/// guest, nor is `-set`.
struct DeviceSpecials: Hashable {
    struct Property: Hashable {
        var name: String
        /// As in `<qemu:property type=…>`.
        var type: String
        var value: String
    }

    /// In the order given; the model comes first.
    var properties: [Property]

    var isEmpty: Bool { properties.isEmpty }

    init(_ device: GuestDevice) {
        properties = []
        guard case .pci(let device) = device else { return }
        if let model = device.model { properties.append(Property(name: "driver", type: "string", value: model)) }
        for property in device.properties {
            switch property.value {
            case .bool(let value):
                properties.append(Property(name: property.name, type: "bool", value: value ? "true" : "false"))
            case .unsigned(let value):
                properties.append(Property(name: property.name, type: "unsigned", value: "\(value)"))
            case .string(let value):
                properties.append(Property(name: property.name, type: "string", value: value))
            }
        }
    }

    /// What a `<qemu:device>` says.
    init(override: XMLElement) {
        properties = override.children.filter { $0.localName == "frontend" }.flatMap(\.children)
            .filter { $0.localName == "property" }
            .map { Property(name: $0["name"] ?? "", type: $0["type"] ?? "", value: $0["value"] ?? "") }
    }

    /// The `<qemu:device>` that says it.
    func override(alias: String, prefix: String?) -> XMLNode {
        func name(_ local: String) -> String { prefix.map { "\($0):\(local)" } ?? local }
        let nodes = properties.map {
            XMLNode(name("property"), ["name": $0.name, "type": $0.type, "value": $0.value])
        }
        return XMLNode(name("device"), ["alias": alias], [XMLNode(name("frontend"), [:], nodes)])
    }

    /// The arguments behind each `-set`.
    func settings(alias: String) -> [String] {
        properties.map {
            let value = $0.type == "bool" ? ($0.value == "true" ? "on" : "off") : $0.value
            return "device.\(alias).\($0.name)=\(value)"
        }
    }

    /// Whether QEMU's devices have the properties, as far as that is known.
    static func check(_ device: PCIGuestDevice, for hypervisor: Hypervisor) throws(DomainError) {
        let model = device.model ?? "vfio-pci"
        guard let known = hypervisor.properties[model] else { return }
        for property in device.properties where !known.contains(property.name) {
            throw DomainError(.unknownProperty(property.name, model: model, qemu: hypervisor.qemu))
        }
    }
}

/// How a libvirt passes on what its own elements cannot say.
enum SpecialsForm: Equatable {
    /// `<qemu:override>`.
    case override
    /// `<qemu:commandline>` with `-set`, and these capabilities taken away.
    case set(without: [String])

    init(_ libvirt: SoftwareVersion) {
        switch libvirt {
        case SoftwareVersion(8, 5)...: self = .override
        case SoftwareVersion(8, 1)...: self = .set(without: ["device.json+hotplug"])
        case SoftwareVersion(8)...: self = .set(without: [])
        case SoftwareVersion(7, 9)...: self = .set(without: ["device.json"])
        default: self = .set(without: [])
        }
    }
}
