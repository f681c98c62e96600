import Inventory

/// A rule that a request must pass.
protocol Guard: SendableMetatype {
    /// Why the whole request is refused; nil when this rule lets it pass.
    static func refusal(_ wanted: [PCIFunction], _ host: Host) -> Refusal?
}

/// Every rule, in the order in which they speak.
enum Guards {
    static let all: [any Guard.Type] = [
        PlatformFunction.self,
        IsolationMissing.self,
        GroupMates.self,
        SystemStorage.self,
        ManagementNetwork.self,
    ]
}
