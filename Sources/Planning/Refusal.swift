import Inventory
import Wording

/// A rule that says no, and why.
public struct Refusal: Error, Sendable, Hashable {
    /// The guard's name, stable for scripts: `group-mates`, `platform-function` …
    public var guardName: String
    public var device: PCIAddress?
    public var message: Text
    /// What each device in question would cost the host.
    public var costs: [DeviceCost]

    public init(guardName: String, device: PCIAddress?, message: Text, costs: [DeviceCost] = []) {
        self.guardName = guardName
        self.device = device
        self.message = message
        self.costs = costs
    }
}

/// A function and what the host loses with it.
public struct DeviceCost: Sendable, Hashable {
    public var address: PCIAddress
    public var name: String
    public var driver: String?
    public var cost: Text

    public init(address: PCIAddress, name: String, driver: String?, cost: Text) {
        self.address = address
        self.name = name
        self.driver = driver
        self.cost = cost
    }
}
