import Inventory
import Wording

/// Whether a function can be handed over, as `passthru devices` shows it.
public enum DeviceVerdict: String, Sendable, Codable {
    /// Nothing stands in the way.
    case free
    /// Bound to vfio-pci already.
    case assigned
    /// Only together with others of its group.
    case shared
    /// The host uses it.
    case inUse = "in-use"
    /// The machine runs on it, or it shares a group with something that it runs on.
    case kept
    /// In no IOMMU group.
    case unisolated
    case unknown

    public var text: Text {
        switch self {
        case .free: Text(en: "free", zh: "可交出")
        case .assigned: Text(en: "assigned", zh: "已交出")
        case .shared: Text(en: "with its group", zh: "须整组")
        case .inUse: Text(en: "in use", zh: "使用中")
        case .kept: Text(en: "kept", zh: "须保留")
        case .unisolated: Text(en: "no group", zh: "无分组")
        case .unknown: Text(en: "unknown", zh: "未知")
        }
    }
}

/// Judges every function of a host at once.
public struct DeviceJudge {
    /// How many functions of a group stand in the way of the others, and how many of those the platform needs.
    private struct Obstacles {
        var all = 0
        var platform = 0
    }

    private let obstacles: [Int: Obstacles]
    private let fakeGroups: Set<Int>
    private let host: Host

    public init(_ host: Host) {
        self.host = host
        var obstacles: [Int: Obstacles] = [:]
        for function in host.functions where GroupMates.standsInTheWay(function) {
            guard let group = function.group else { continue }
            obstacles[group, default: Obstacles()].all += 1
            if function.class.platformRole != nil { obstacles[group, default: Obstacles()].platform += 1 }
        }
        self.obstacles = obstacles
        fakeGroups = Set((host.iommu?.groups ?? []).filter { !$0.isReal }.map(\.number))
    }

    /// - Parameter consumers: what hangs below the function.
    public func verdict(of function: PCIFunction, consumers: [Consumer]) -> DeviceVerdict {
        if function.class.platformRole != nil { return .kept }
        if function.driver == "vfio-pci" { return .assigned }
        if function.unknown["group"] != nil || function.unknown["driver"] != nil { return .unknown }
        guard let group = function.group, !fakeGroups.contains(group) else { return .unisolated }
        if consumers.contains(where: \.isVital) { return .inUse }
        guard host.unseenNetworkUse(of: function, consumers) == nil,
            host.unseenStorageUse(of: function, consumers) == nil
        else { return .unknown }
        let found = obstacles[group] ?? Obstacles()
        if found.platform > 0 { return .kept }
        let others = GroupMates.standsInTheWay(function) ? found.all - 1 : found.all
        return others > 0 ? .shared : .free
    }
}
