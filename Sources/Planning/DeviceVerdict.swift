import Inventory
import Wording

/// Whether a function can be handed over, as `passthru devices` shows it.
public enum DeviceVerdict: String, Sendable, Codable {
    /// Nothing stands in the way.
    case free
    /// Only when the owner consents to what is lost with it: `--consent`.
    case consent
    /// Bound to vfio-pci already.
    case assigned
    /// Only together with others of its group.
    case shared
    /// The host uses it.
    case inUse = "in-use"
    /// The machine runs on it, or is reached by it, or it shares a group with such a function.
    case kept
    /// In no IOMMU group.
    case unisolated
    case unknown

    public var text: Text {
        switch self {
        case .free: Text(en: "free", zh: "可交出")
        case .consent: Text(en: "with consent", zh: "须确认")
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
    /// Functions that the guards are asked about, by address and by group: all others cost the host nothing.
    private let asked: Set<PCIAddress>
    private let askedGroups: Set<Int>
    private let seesDisks: Bool
    private let seesInterfaces: Bool
    /// Groups of which not all members could be read, or not whether they protect.
    private let unseenGroups: Set<Int>
    private let seesDisplays: Bool
    private let seesInput: Bool
    private let seesSerial: Bool
    private let host: Host
    /// The host with no functions but those that matter to the guards, so that a question does not cost more on a
    /// machine with tens of thousands of virtual functions.
    private let near: Host

    public init(_ host: Host) {
        self.host = host
        var obstacles: [Int: Obstacles] = [:]
        for function in host.functions where GroupMates.standsInTheWay(function) {
            guard let group = function.group else { continue }
            obstacles[group, default: Obstacles()].all += 1
            if function.class.platformRole != nil { obstacles[group, default: Obstacles()].platform += 1 }
        }
        self.obstacles = obstacles
        let isWhole = host.pci?.unread.isEmpty != false && host.functions.allSatisfy { $0.unknown["group"] == nil }
        let halfSeen =
            isWhole ? [] : Set(host.functions.compactMap(\.group)).filter { host.unseenMember(ofGroup: $0) != nil }
        seesDisks = host.storage.map { $0.unknown["devices"] == nil } ?? false
        seesInterfaces = host.unresolvedInterface == nil
        seesDisplays = host.display?.unknown["cards"] == nil && host.display?.unknown["frameBuffers"] == nil
        seesInput = host.input?.unknown["devices"] == nil
        seesSerial = host.serial?.unknown["ports"] == nil
        fakeGroups = Set((host.iommu?.groups ?? []).filter { !$0.isReal }.map(\.number))
        unseenGroups = Set((host.iommu?.groups ?? []).filter { $0.unknown["name"] != nil }.map(\.number))
            .union(halfSeen)

        let carriers = host.functionsWithConsumers
        // The last of their kind are asked about even when nothing hangs below them.
        func areLast(_ kind: (PCIClass) -> Bool) -> Bool {
            let all = host.functions.filter { kind($0.class) && $0.driver != "vfio-pci" }
            return all.count == 1 || Set(all.map(\.group)).count == 1
        }
        let areDisplaysLast = areLast(\.isDisplay)
        let hasInterface = host.network?.interfaces.contains { $0.kind == .physical } ?? false
        let areNetworksLast = !hasInterface && areLast(\.isNetwork)
        var asked: Set<PCIAddress> = []
        for function in host.functions {
            let kind = function.class
            let isCarrier = !carriers.isEmpty && carriers.contains(function.address.description)
            let mayBeLast = kind.isDisplay && areDisplaysLast || kind.isNetwork && areNetworksLast
            if isCarrier && !kind.isBridge || mayBeLast { asked.insert(function.address) }
        }
        self.asked = asked
        let groups = Set(host.functions.filter { asked.contains($0.address) }.compactMap(\.group))
        askedGroups = groups
        var near = host
        near.pci?.functions = host.functions.filter { function in
            asked.contains(function.address) || function.class.isDisplay || function.group.map(groups.contains) ?? false
        }
        self.near = near
    }

    /// - Parameter consumers: what hangs below the function.
    public func verdict(of function: PCIFunction, consumers: [Consumer]) -> DeviceVerdict {
        if function.class.platformRole != nil { return .kept }
        if function.driver == "vfio-pci" { return .assigned }
        if function.unknown["group"] != nil || function.unknown["driver"] != nil { return .unknown }
        guard let group = function.group, !fakeGroups.contains(group) else { return .unisolated }
        if unseenGroups.contains(group) { return .unknown }
        let isAsked = asked.contains(function.address) || askedGroups.contains(group)
        let levels = isAsked ? self.levels(of: function) : []
        let isRefused = levels.contains(.refuse)
        let isVital = consumers.contains(where: \.isVital)
        if isRefused && isVital { return .inUse }
        if !isVital {
            guard !isUnseen(function.class), host.unseenNetworkUse(of: function, consumers) == nil,
                host.unseenStorageUse(of: function, consumers) == nil
            else { return .unknown }
        }
        let found = obstacles[group] ?? Obstacles()
        if found.platform > 0 || isRefused { return .kept }
        let others = GroupMates.standsInTheWay(function) ? found.all - 1 : found.all
        if others > 0 { return .shared }
        return levels.contains(.consent) ? .consent : .free
    }

    private func levels(of function: PCIFunction) -> [GuardLevel] {
        let request = Request([function], on: near)
        return Guards.ofInventory.flatMap { $0.findings(request) }.map(\.level)
    }

    /// Whether something that functions of this kind may carry could not be looked at.
    private func isUnseen(_ kind: PCIClass) -> Bool {
        if kind.isStorage { return !seesDisks }
        if kind.isDisplay { return !seesDisplays }
        if kind.isNetwork { return !seesInterfaces }
        if kind.isUSBController { return !seesInterfaces || !seesInput || !seesSerial }
        // Serial ports and modems.
        return kind.base == 0x07 && !seesSerial
    }
}
