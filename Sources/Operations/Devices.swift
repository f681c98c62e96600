import Inventory
import Machine
import Planning
import Wording

/// `passthru devices`: every function, by IOMMU group, with what it would cost to give it away.
public struct Devices: Sendable, Encodable {
    public let schema = "passthru/devices/1"
    /// Null when the machine's PCI functions could not be read.
    @Nullable public var devices: [Device]?
    @Nullable public var groups: [Group]?
    public var unknown: [String: String]

    public struct Device: Sendable, Encodable {
        public var address: PCIAddress
        public var vendor: HardwareID
        public var device: HardwareID
        @Nullable public var subsystemVendor: HardwareID?
        @Nullable public var subsystemDevice: HardwareID?
        public var `class`: PCIClass
        @Nullable public var names: PCINames?
        @Nullable public var driver: String?
        @Nullable public var group: Int?
        public var verdict: DeviceVerdict
        /// What the host loses with it.
        public var cost: [Consumer]
        public var unknown: [String: String]

        public var name: String {
            names?.device ?? "[\(vendor):\(device)]"
        }
    }

    public struct Group: Sendable, Encodable {
        public var number: Int
        @Nullable public var type: String?
        public var devices: [PCIAddress]
    }

    public static let parts: Host.Parts = [.pci, .names, .iommu, .consumers]

    public static func run(_ machine: Machine) -> Devices {
        let host = Host.read(machine, parts)
        let judge = DeviceJudge(host)
        let devices = host.pci?.functions?.map { function in
            let consumers = host.consumers(of: function.address)
            return Device(
                address: function.address,
                vendor: function.vendor,
                device: function.device,
                subsystemVendor: function.subsystemVendor,
                subsystemDevice: function.subsystemDevice,
                class: function.class,
                names: function.names,
                driver: function.driver,
                group: function.group,
                verdict: judge.verdict(of: function, consumers: consumers),
                cost: consumers,
                unknown: function.unknown
            )
        }
        let members = Dictionary(grouping: devices ?? [], by: \.group)
        let groups = host.iommu?.groups?.map { group in
            Group(number: group.number, type: group.type, devices: (members[group.number] ?? []).map(\.address))
        }
        var unknown = host.pci?.unknown ?? [:]
        if groups == nil { unknown["groups"] = host.iommu?.unknown["groups"] }
        for (part, reasons) in [
            ("network", host.network?.unknown), ("storage", host.storage?.unknown), ("usb", host.usb?.unknown),
            ("display", host.display?.unknown), ("input", host.input?.unknown),
        ] {
            for (key, why) in reasons ?? [:] { unknown["\(part).\(key)"] = why }
        }
        return Devices(devices: devices, groups: groups, unknown: unknown)
    }
}
