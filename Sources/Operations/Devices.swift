import Inventory
import Machine
import Planning
import Wording

/// `passthru devices`: every function, by IOMMU group, with what it would cost to give it away.
public struct Devices: Sendable, Encodable {
    public let schema = "passthru/devices/1"
    /// Null when the machine's PCI functions could not be read.
    @Nullable public var devices: [Device]?
    /// Null when they could not be read, or were not asked for.
    @Nullable public var groups: [Group]?
    /// The groups that the machine will have once its IOMMU is on; null where it is, or where they cannot be told.
    @Nullable public var predictedGroups: [GroupPrediction.Group]?
    /// Functions that will be in none of them.
    @Nullable public var predictedWithoutGroup: [GroupPrediction.Ungrouped]?
    /// Whose groups these are: the kernel's own, or predicted ones. Null where there are neither.
    @Nullable public var groupsFrom: GroupSource?
    /// Those that are handed over when their guest starts; null when what is wanted could not be read.
    @Nullable public var atGuestStart: [AtGuestStart]?
    public var unknown: [String: String]

    public enum GroupSource: String, Sendable, Encodable { case kernel, prediction }

    public struct AtGuestStart: Sendable, Encodable {
        public var address: PCIAddress
        public var guest: String
    }

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

    /// - Parameter withGroups: whether `groups` is wanted, which costs a file for each group. No verdict needs it: in a
    ///   group that protects nothing (`vfio-noiommu`) there is only what vfio-pci is bound to.
    public static func run(_ machine: Machine, withGroups: Bool = true) -> Devices {
        let host = Host.read(machine, withGroups ? parts : parts.subtracting(.iommu))
        let judge = DeviceJudge(host)
        let carriers = host.functionsWithConsumers
        let devices = host.pci?.functions?.map { function in
            let isCarrier = !carriers.isEmpty && carriers.contains(function.address.description)
            let consumers = isCarrier ? host.consumers(of: function.address) : []
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
        var unknown = host.pci?.unknown ?? [:]
        var groups: [Group]?
        if let iommu = host.iommu {
            var members: [Int: [PCIAddress]] = [:]
            for device in devices ?? [] {
                if let group = device.group { members[group, default: []].append(device.address) }
            }
            groups = iommu.groups?.map { Group(number: $0.number, type: $0.type, devices: members[$0.number] ?? []) }
            if groups == nil { unknown["groups"] = iommu.unknown["groups"] }
        }
        for (part, reasons) in [
            ("network", host.network?.unknown), ("storage", host.storage?.unknown), ("usb", host.usb?.unknown),
            ("display", host.display?.unknown), ("input", host.input?.unknown), ("serial", host.serial?.unknown),
            ("networkConfiguration", host.networkConfiguration?.unknown),
        ] {
            for (key, why) in reasons ?? [:] { unknown["\(part).\(key)"] = why }
        }
        var atGuestStart: [AtGuestStart]?
        do throws(Failure) {
            atGuestStart = try WantedFile.read(machine).state.atGuestStart.map {
                AtGuestStart(address: $0.identity.address, guest: $0.guest ?? "-")
            }
        } catch {
            unknown["atGuestStart"] = error.message.en
        }
        let prediction = host.isIOMMUActive == false ? GroupPrediction.read(machine) : nil
        return Devices(
            devices: devices,
            groups: groups,
            predictedGroups: prediction?.groups,
            predictedWithoutGroup: prediction?.ungrouped,
            groupsFrom: prediction != nil
                ? .prediction : host.functions.contains { $0.group != nil } ? .kernel : nil,
            atGuestStart: atGuestStart,
            unknown: unknown
        )
    }
}
