public import Inventory
internal import Wording

/// The `devices` of an instance of Incus or LXD, as YAML for `incus config edit`
/// (https://linuxcontainers.org/incus/docs/main/reference/devices/).
///
/// They are for virtual machines: a container gets no PCI function this way.
public struct IncusDevices: Sendable, Hashable {
    /// One device: its name, and its keys in order.
    public struct Entry: Sendable, Hashable {
        public var name: String
        public var keys: [Key]

        public struct Key: Sendable, Hashable {
            public var name: String
            public var value: String
        }
    }

    public var entries: [Entry] = []

    /// - Parameter displays: the addresses of functions that are displays: Incus has a type of its own for them.
    public init(_ devices: [GuestDevice], displays: Set<PCIAddress> = []) throws(GuestDeviceError) {
        for device in devices {
            var keys: [(String, String)] = []
            switch device {
            case .pci(let function) where displays.contains(function.address):
                keys = [("type", "gpu"), ("gputype", "physical"), ("pci", "\(function.address)")]
            case .pci(let function): keys = [("type", "pci"), ("address", "\(function.address)")]
            case .network(let function): keys = [("type", "pci"), ("address", "\(function.address)")]
            case .usb(let usb):
                switch usb.place {
                case .product(let vendor, let product):
                    keys = [("type", "usb"), ("vendorid", "\(vendor)"), ("productid", "\(product)")]
                case .number(let bus, let number):
                    keys = [("type", "usb"), ("busnum", "\(bus)"), ("devnum", "\(number)")]
                case .exact(let vendor, let product, let bus, let number):
                    keys = [
                        ("type", "usb"), ("vendorid", "\(vendor)"), ("productid", "\(product)"), ("busnum", "\(bus)"),
                        ("devnum", "\(number)"),
                    ]
                case .port:
                    throw GuestDeviceError(
                        Text(
                            en:
                                "Incus does not know the ports of USB: name the device by vendor:product or serial number.",
                            zh: "Incus 不支持按 USB 端口指定：请用 vendor:product 或序列号指定设备。"
                        )
                    )
                }
                if usb.startupPolicy == .mandatory { keys.append(("required", "true")) }
            case .mediated(let mediated):
                throw GuestDeviceError(
                    Text(
                        en: """
                            Incus makes mediated devices itself, by their type (gputype: mdev): it takes no existing one such \
                            as \(mediated.uuid).
                            """,
                        zh: "Incus 按类型自行创建中介设备（gputype: mdev）：不接受已有的 \(mediated.uuid)。"
                    )
                )
            }
            entries.append(
                Entry(
                    name: "passthru-" + device.key,
                    keys: keys.map { Entry.Key(name: $0.0, value: $0.1) }
                )
            )
        }
    }

    /// Values are quoted: YAML 1.1 would read `0000:01:00.0` and `0403` as numbers.
    public var yaml: String {
        "devices:\n"
            + entries.map { entry in
                "  \(entry.name):\n" + entry.keys.map { "    \($0.name): \"\($0.value)\"\n" }.joined()
            }.joined()
    }
}
