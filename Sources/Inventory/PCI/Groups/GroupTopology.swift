internal import Wording

/// The tree of a machine's PCI functions, with all that decides over their groups.
struct GroupTopology: Sendable {
    /// Whether groups are predicted for a boot with the IOMMU on, or those that exist are explained.
    enum Moment: Sendable { case afterRestart, now }

    struct Node: Sendable {
        var function: PCIFunction
        /// The bridge above it; nil on a root bus.
        var parent: Int?
        /// The controller that makes its requests (VMD).
        var controller: Int?
        /// Where it sits was read.
        var isPlaced: Bool
        var isVirtual: Bool
        /// Null when the configuration space was not read, or is that of conventional PCI: ``isConventional`` tells.
        var portType: PCICapabilities.PortType?
        /// Nil when the configuration space was not read.
        var isConventional: Bool?
        /// What the kernel calls multifunction: the header says so, or it is not function 0.
        var hasSeveralFunctions: Bool
        /// Whether it keeps what is below it, or the other functions of its device, from its neighbours.
        var isolation: GroupFact
        /// Whether the IOMMU looks after it.
        var isCovered: GroupFact
        var aliases = AliasSet()
        var bridgeQuirk: GroupQuirks.BridgeKind?

        var address: PCIAddress { function.address }
    }

    /// Requester ids of its bus that a function uses besides its own.
    struct AliasSet: Sendable {
        var requesters: Set<UInt8> = []
        var title: Text?
        /// It has some that are not known.
        var isIncomplete = false
    }

    /// In the order in which the kernel comes across them: buses in order, virtual functions last.
    var nodes: [Node]
    /// Functions by bus, in that order.
    private(set) var buses: [UInt64: [Int]] = [:]
    let places: [PCIAddress: Int]
    private var busesWithAliases: Set<UInt64> = []
    /// What is not known of the machine as a whole.
    var doubts: [GroupDoubt] = []

    init(_ functions: [PCIFunction], facts: GroupFacts, moment: Moment) {
        let sorted = functions.sorted { left, right in
            (left.isVirtualFunction ? 1 : 0, left.address) < (right.isVirtualFunction ? 1 : 0, right.address)
        }
        var places: [PCIAddress: Int] = [:]
        for (place, function) in sorted.enumerated() {
            places[function.address] = place
            buses[Self.bus(of: function.address), default: []].append(place)
        }
        self.places = places
        nodes = sorted.map { function in
            Node(
                function: function,
                isPlaced: false,
                isVirtual: function.isVirtualFunction,
                hasSeveralFunctions: false,
                isolation: GroupFact(holds: false, why: .empty),
                isCovered: GroupFact(holds: true, why: .empty)
            )
        }
        for place in nodes.indices { placeNode(place) }
        for place in nodes.indices {
            nodes[place].isolation = GroupIsolation(self, facts, moment).fact(of: place)
            nodes[place].aliases = aliases(of: place, facts)
            nodes[place].bridgeQuirk = bridgeQuirk(of: nodes[place].function, facts)
        }
        switch moment {
        case .afterRestart:
            let coverage = GroupCoverage(self, facts)
            for place in nodes.indices { nodes[place].isCovered = coverage.fact(of: place) }
            for place in nodes.indices { addFirmwareAlias(place, coverage) }
            doubts = facts.doubts
        case .now:
            for place in nodes.indices { nodes[place].isCovered.holds = nodes[place].function.group != nil }
        }
        busesWithAliases = Set(
            nodes.filter { !$0.aliases.requesters.isEmpty || $0.controller != nil }.map { Self.bus(of: $0.address) }
        )
    }

    static func bus(of address: PCIAddress) -> UInt64 { UInt64(address.domain) << 8 | UInt64(address.bus) }

    /// Whether a function of this one's bus uses another's requester id.
    func hasAliases(onBusOf place: Int) -> Bool { busesWithAliases.contains(Self.bus(of: nodes[place].address)) }

    /// Functions of the same bus, itself among them.
    func neighbours(of place: Int) -> [Int] { buses[Self.bus(of: nodes[place].address)] ?? [] }

    /// Bridges above a function, the nearest first.
    func bridges(above place: Int) -> UnfoldSequence<Int, (Int?, Bool)> {
        sequence(first: place) { nodes[$0].parent }
    }

    private mutating func placeNode(_ place: Int) {
        let function = nodes[place].function
        let address = function.address
        let parents = function.details?.parents
        if let above = parents?.last {
            // As deep as its bridge and one more: links that lead in a circle are nobody's place.
            if let bridge = places[above],
                nodes[bridge].function.details?.parents == parents.map({ Array($0.dropLast()) })
            {
                nodes[place].isPlaced = true
                // What sits in another domain than its bridge is behind a controller that makes its requests.
                if above.domain == address.domain { nodes[place].parent = bridge }
            }
        } else {
            nodes[place].isPlaced = parents != nil
        }
        // The controller speaks for everything in its domain, however deep.
        nodes[place].controller = parents?.last { $0.domain != address.domain }.flatMap { places[$0] }
        let capabilities = function.details?.capabilities
        nodes[place].portType = capabilities?.portType
        nodes[place].isConventional = capabilities.map { $0.portType == nil }
        // A slot whose function 0 does not say that there are more is not searched for more.
        let hasSiblings = neighbours(of: place).contains { other in
            other != place && !nodes[other].isVirtual && nodes[other].address.sharesSlot(with: address)
        }
        nodes[place].hasSeveralFunctions =
            !nodes[place].isVirtual && (capabilities?.multifunction ?? hasSiblings || address.function > 0)
    }

    // MARK: Quirks

    private func aliases(of place: Int, _ facts: GroupFacts) -> AliasSet {
        let function = nodes[place].function
        var set = AliasSet()
        for entry in facts.quirks?.aliases ?? [] where entry.devices.contains(function) {
            guard facts.applies(entry.devices) != nil else { continue }
            set.title = entry.devices.title
            let slot = function.address.device << 3
            switch entry.kind {
            case .function0: if function.address.function != 0 { set.requesters.insert(slot) }
            case .function1: if function.address.function != 1 { set.requesters.insert(slot | 1) }
            case .fixed: set.requesters.formUnion(entry.requesters)
            case .firstFive: set.requesters.formUnion((0...UInt8.max).filter { $0 & 7 < 5 })
            case .all: set.requesters.formUnion(0...UInt8.max)
            case .table: set.isIncomplete = true
            }
        }
        return set
    }

    private func bridgeQuirk(of function: PCIFunction, _ facts: GroupFacts) -> GroupQuirks.BridgeKind? {
        facts.quirks?.bridges.first { $0.devices.contains(function) && facts.applies($0.devices) != nil }?.kind
    }

    /// An alias that the firmware's table names counts when it is on the device's own bus.
    private mutating func addFirmwareAlias(_ place: Int, _ coverage: GroupCoverage) {
        guard let alias = coverage.alias(of: place), UInt8(alias >> 8) == nodes[place].address.bus else { return }
        nodes[place].aliases.requesters.insert(UInt8(alias & 0xFF))
        nodes[place].aliases.title = nodes[place].aliases.title ?? Text(en: "the IVRS table", zh: "IVRS 表")
    }
}

extension PCIFunction {
    var isVirtualFunction: Bool { details?.physicalFunction != nil }
}
