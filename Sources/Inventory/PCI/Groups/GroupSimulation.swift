internal import Wording

/// Makes groups as the kernel does (drivers/iommu/iommu.c, pci_device_group; drivers/pci/search.c,
/// pci_for_each_dma_alias): function after function, each joining what it cannot be kept apart from.
struct GroupSimulation {
    private let topology: GroupTopology
    private let assumption: GroupAssumption
    /// The group of each function; nil for one that is in none.
    private(set) var groups: [Int?]
    private(set) var reasons: [GroupReason]
    /// Functions whose isolation decided something, by the function that was placed.
    private(set) var asked: [Set<Int>]
    private var current = 0

    init(_ topology: GroupTopology, _ assumption: GroupAssumption = .plain) {
        self.topology = topology
        self.assumption = assumption
        groups = Array(repeating: nil, count: topology.nodes.count)
        reasons = Array(repeating: .first, count: topology.nodes.count)
        asked = Array(repeating: [], count: topology.nodes.count)
        var count = 0
        for place in topology.nodes.indices where topology.nodes[place].isCovered.settled(assumption) {
            current = place
            if let (mate, reason) = mate(of: place) {
                groups[place] = groups[mate]
                reasons[place] = reason
            } else {
                groups[place] = count
                count += 1
            }
        }
    }

    /// Members of each group, in the kernel's order.
    var members: [[Int]] {
        Dictionary(grouping: groups.indices.filter { groups[$0] != nil }, by: { groups[$0] ?? 0 })
            .sorted { $0.key < $1.key }.map(\.value)
    }

    private func node(_ place: Int) -> GroupTopology.Node { topology.nodes[place] }

    private mutating func isolates(_ place: Int) -> Bool {
        asked[current].insert(place)
        return node(place).isolation.settled(assumption)
    }

    /// The function whose group a function joins, and why; nil when it gets a group of its own.
    private mutating func mate(of place: Int) -> (Int, GroupReason)? {
        var source = node(place).controller ?? place
        if source != place, groups[source] != nil { return (source, controllerReason(source)) }

        // Up to the root bus: whatever makes requests in the function's place.
        var below = source
        while let bridge = node(below).parent {
            if node(bridge).bridgeQuirk == .translatedBelow { break }
            if speaksForOthers(bridge) {
                source = bridge
                if groups[bridge] != nil { return (bridge, bridgeReason(bridge)) }
            }
            below = bridge
        }

        // From there up to where everything on the way isolates.
        below = source
        while let bridge = node(below).parent {
            guard let culprit = firstThatDoesNotIsolate(from: bridge) else { break }
            source = bridge
            if groups[bridge] != nil { return (bridge, portReason(culprit, joins: bridge)) }
            below = bridge
        }

        var visited: Set<Int> = []
        if let mate = aliased(with: source, &visited) { return (mate, aliasReason(source, mate)) }
        if let mate = unseparated(from: source, &visited) { return (mate, functionsReason(source, mate)) }
        return nil
    }

    private mutating func firstThatDoesNotIsolate(from bridge: Int) -> Int? {
        for place in topology.bridges(above: bridge) where !isolates(place) { return place }
        return nil
    }

    /// Whether requests from below a bridge arrive as its own.
    private mutating func speaksForOthers(_ bridge: Int) -> Bool {
        let bridge = (place: bridge, node: node(bridge))
        guard let isConventional = bridge.node.isConventional else {
            asked[current].insert(bridge.place)
            return !GroupFact(holds: false, doubt: .unknown, why: .empty).settled(assumption)
        }
        if isConventional { return true }
        switch bridge.node.portType {
        case .pcieToPCIBridge: return bridge.node.bridgeQuirk != .noAlias
        case .pciToPCIEBridge: return true
        default: return false
        }
    }

    // MARK: On one bus

    /// A function with a group that shares a requester id with this one, by however many steps.
    private mutating func aliased(with place: Int, _ visited: inout Set<Int>) -> Int? {
        guard visited.insert(place).inserted else { return nil }
        if groups[place] != nil { return place }
        guard topology.hasAliases(onBusOf: place) else { return nil }
        for other in topology.neighbours(of: place) where other != place && shareRequester(place, other) {
            if let mate = aliased(with: other, &visited) { return mate }
            if let mate = unseparated(from: other, &visited) { return mate }
        }
        return nil
    }

    private func shareRequester(_ left: Int, _ right: Int) -> Bool {
        node(left).aliases.requesters.contains(node(right).address.slotAndFunction)
            || node(right).aliases.requesters.contains(node(left).address.slotAndFunction)
            || node(left).controller == right || node(right).controller == left
    }

    /// A function with a group in the same slot, when neither keeps the other apart.
    private mutating func unseparated(from place: Int, _ visited: inout Set<Int>) -> Int? {
        guard node(place).hasSeveralFunctions, !isolates(place) else { return nil }
        for other in topology.neighbours(of: place) {
            guard other != place, node(other).address.sharesSlot(with: node(place).address), !isolates(other) else {
                continue
            }
            if let mate = aliased(with: other, &visited) { return mate }
        }
        return nil
    }

    // MARK: Reasons

    private func controllerReason(_ controller: Int) -> GroupReason {
        let address = node(controller).address
        return GroupReason(
            kind: .controller,
            cause: address,
            joins: address,
            text: Text(
                en: "behind the controller \(address), which makes its requests",
                zh: "位于控制器 \(address) 之后，由它代发请求"
            )
        )
    }

    private func bridgeReason(_ bridge: Int) -> GroupReason {
        let address = node(bridge).address
        return GroupReason(
            kind: .bridge,
            cause: address,
            joins: address,
            text: node(bridge).isConventional == nil
                ? Text(
                    en: "may be behind a bridge to conventional PCI: \(node(bridge).isolation.why.en)",
                    zh: "可能位于通往传统 PCI 的桥之后：\(node(bridge).isolation.why.zh)"
                )
                : Text(
                    en: "behind the bridge \(address) to conventional PCI, which makes its requests",
                    zh: "位于通往传统 PCI 的桥 \(address) 之后，由它代发请求"
                )
        )
    }

    private func portReason(_ culprit: Int, joins bridge: Int) -> GroupReason {
        GroupReason(
            kind: .port,
            cause: node(culprit).address,
            joins: node(bridge).address,
            text: node(culprit).isolation.why
        )
    }

    private func functionsReason(_ place: Int, _ mate: Int) -> GroupReason {
        let fact = node(place).isolation
        let (own, other) = (node(place).address, node(mate).address)
        return GroupReason(
            kind: .functions,
            cause: own,
            joins: other,
            text: fact.doubt == .unknown ? fact.why : GroupReason.functions([other, own])
        )
    }

    private func aliasReason(_ place: Int, _ mate: Int) -> GroupReason {
        let (own, other) = (node(place).address, node(mate).address)
        let title = node(place).aliases.title ?? node(mate).aliases.title
        let note = title.map { Text(verbatim: " (") + $0 + Text(verbatim: ")") } ?? .empty
        return GroupReason(
            kind: .alias,
            cause: other,
            joins: other,
            text: Text(
                en: "\(own) and \(other) make requests with one id\(note.en)",
                zh: "\(own) 与 \(other) 使用同一个请求者 ID\(note.zh)"
            )
        )
    }
}
