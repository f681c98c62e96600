import Inventory
import Machine
import Planning
import Wording

/// `passthru show DEVICE`: everything about one function.
public struct Show: Sendable, Encodable {
    public let schema = "passthru/show/1"
    public var device: PCIFunction
    public var verdict: DeviceVerdict
    /// The ways in which the kernel can reset it alone now; `device.details.resetMethods` is what its file names. Null where
    /// that could not be read.
    @Nullable public var resetMethods: [String]?
    /// What the host loses with it.
    public var cost: [Consumer]
    /// The other functions of its IOMMU group.
    public var groupMates: [PCIAddress]
    @Nullable public var groupType: String?
    /// Why its group has more than one function; null where it has not, or is not there.
    @Nullable public var groupReason: Text?
    /// The group that it will be in once the IOMMU is on; null where it is on, or where that cannot be told.
    @Nullable public var predictedGroup: GroupPrediction.Group?
    /// Why it will be in none; null where it will be in one.
    @Nullable public var predictedWithoutGroup: Text?
    /// Why it would be refused now; null when it would not.
    @Nullable public var refusal: Text?

    public static func run(_ machine: Machine, device name: String) throws(Failure) -> Show {
        var host = Host.read(machine, Assign.parts)
        let found = try DeviceSelector(host).function(name)
        host.readDetails(of: [found], from: machine)
        let function = host.function(found.address) ?? found
        let consumers = host.consumers(of: function.address)
        let prediction = host.isIOMMUActive == false ? GroupPrediction.read(machine) : nil
        let reasons = function.group.flatMap { host.members(ofGroup: $0).count > 1 ? GroupReasons.read(machine) : nil }
        return Show(
            device: function,
            verdict: DeviceJudge(host).verdict(of: function, consumers: consumers),
            resetMethods: host.resetMethods(of: function),
            cost: consumers,
            groupMates: function.group.map { group in
                host.members(ofGroup: group).map(\.address).filter { $0 != function.address }
            } ?? [],
            groupType: function.group.flatMap { number in host.iommu?.groups?.first { $0.number == number }?.type },
            groupReason: function.group.flatMap { reasons?.explanation(ofGroup: $0) },
            predictedGroup: prediction?.group(of: function.address),
            predictedWithoutGroup: prediction?.ungrouped.first { $0.address == function.address }?.reason,
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
