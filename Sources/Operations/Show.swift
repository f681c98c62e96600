import Inventory
import Machine
import Planning
import Wording

/// `passthru show DEVICE`: everything about one function.
public struct Show: Sendable, Encodable {
    public let schema = "passthru/show/1"
    public var device: PCIFunction
    public var verdict: DeviceVerdict
    /// What the host loses with it.
    public var cost: [Consumer]
    /// The other functions of its IOMMU group.
    public var groupMates: [PCIAddress]
    @Nullable public var groupType: String?
    /// Why it would be refused now; null when it would not.
    @Nullable public var refusal: Text?

    public static func run(_ machine: Machine, device name: String) throws(Failure) -> Show {
        var host = Host.read(machine, Assign.parts)
        let found = try DeviceSelector(host).function(name)
        host.readDetails(of: [found], from: machine)
        let function = host.function(found.address) ?? found
        let consumers = host.consumers(of: function.address)
        return Show(
            device: function,
            verdict: DeviceJudge(host).verdict(of: function, consumers: consumers),
            cost: consumers,
            groupMates: function.group.map { group in
                host.members(ofGroup: group).map(\.address).filter { $0 != function.address }
            } ?? [],
            groupType: function.group.flatMap { number in host.iommu?.groups?.first { $0.number == number }?.type },
            refusal: AssignPlanner(host: host).refusal([function])?.message
        )
    }
}

/// `passthru show firmware`: the decoded DMAR or IVRS table.
public struct ShowFirmware: Sendable, Encodable {
    public let schema = "passthru/firmware/1"
    public var firmware: Firmware

    public static func run(_ machine: Machine) -> ShowFirmware {
        ShowFirmware(firmware: Firmware.read(machine))
    }
}
