public import Machine
public import Wording

/// The IOMMU groups that this machine will have once its IOMMU is on: for advice, never to act upon.
///
/// No link to a real group is read for it. What a kernel really does with a device can differ where its confidence is
/// not ``GroupConfidence/certain``, and a change of firmware, slot or kernel changes it.
public struct GroupPrediction: Sendable, Hashable, Codable {
    public var groups: [Group]
    /// Functions that will be in no group.
    public var ungrouped: [Ungrouped]

    public struct Group: Sendable, Hashable, Codable {
        public var members: [Member]
        public var confidence: GroupConfidence
        /// Why it is not certain.
        public var doubts: [Text]

        public var addresses: [PCIAddress] { members.map(\.address) }
        /// What makes its members share it, each once; empty for a group of one.
        public var causes: [GroupReason] {
            members.dropFirst().map(\.reason).reduce(into: []) { list, reason in
                if !list.contains(where: { $0.text == reason.text }) { list.append(reason) }
            }
        }
    }

    public struct Member: Sendable, Hashable, Codable {
        public var address: PCIAddress
        public var reason: GroupReason
    }

    public struct Ungrouped: Sendable, Hashable, Codable {
        public var address: PCIAddress
        public var reason: Text
    }

    /// What a host must hold: its functions with what decides over their groups, the kernel and the firmware.
    public static let parts: Host.Parts = [.pci, .pciTopology, .kernelIdentity, .firmware]

    /// - Parameter host: one with ``parts``, or with the details of its functions.
    /// - Returns: nil when its functions could not be read.
    public init?(_ host: Host) {
        guard let functions = host.pci?.functions else { return nil }
        self.init(functions, GroupFacts(host))
    }

    /// Reads what it needs and predicts.
    public static func read(_ machine: Machine) -> GroupPrediction? {
        GroupPrediction(Host.read(machine, parts))
    }

    init(_ functions: [PCIFunction], _ facts: GroupFacts) {
        let topology = GroupTopology(functions, facts: facts, moment: .afterRestart)
        let plain = GroupSimulation(topology)
        func partitions(_ assumptions: [GroupAssumption]) -> [Set<[Int]>] {
            assumptions.map { Set(GroupSimulation(topology, $0).members) }
        }
        let doubts = topology.nodes.map { max($0.isolation.doubt, $0.isCovered.doubt) }
        let likely = doubts.contains(.likely) ? partitions([.likely(true), .likely(false)]) : []
        let isUnread = doubts.contains(.unknown) || topology.nodes.contains { $0.aliases.isIncomplete }
        let unknown = isUnread ? partitions([.unknown(true), .unknown(false)]) : []

        groups = plain.members.map { places in
            let isUncertain = topology.isAliasIncomplete(at: places) || !topology.arePlaced(places)
            let confidence: GroupConfidence =
                if isUncertain || !unknown.allSatisfy({ $0.contains(places) }) {
                    .unknown
                } else if !topology.doubts.isEmpty || !likely.allSatisfy({ $0.contains(places) }) {
                    .likely
                } else {
                    .certain
                }
            let asked = places.reduce(into: Set<Int>()) { $0.formUnion(plain.asked[$1]) }
            let own =
                asked.sorted().map { topology.nodes[$0].isolation }.filter { $0.doubt != .certain }.map(\.why)
                + topology.misplaced(places)
            return Group(
                members: places.map { Member(address: topology.nodes[$0].address, reason: plain.reasons[$0]) },
                confidence: confidence,
                doubts: confidence == .certain ? [] : topology.doubts + own
            )
        }
        ungrouped = topology.nodes.indices.filter { plain.groups[$0] == nil }.map {
            Ungrouped(address: topology.nodes[$0].address, reason: topology.nodes[$0].isCovered.why)
        }
    }

    public func group(of address: PCIAddress) -> Group? {
        groups.first { $0.members.contains { $0.address == address } }
    }
}

extension GroupTopology {
    /// Whether it was read where these and all above them sit.
    func arePlaced(_ places: [Int]) -> Bool {
        places.allSatisfy { bridges(above: $0).allSatisfy { nodes[$0].isPlaced } }
    }

    fileprivate func misplaced(_ places: [Int]) -> [Text] {
        places.filter { !nodes[$0].isPlaced }.map { place in
            let why = nodes[place].function.details?.unknown["parents"] ?? "a bridge above it could not be read"
            return Text(
                en: "where \(nodes[place].address) sits is not known (\(why))",
                zh: "\(nodes[place].address) 的位置未知（\(Text(reason: why).zh)）"
            )
        }
    }

    /// Whether a member could share a requester id that is not known.
    fileprivate func isAliasIncomplete(at places: [Int]) -> Bool {
        places.contains { place in neighbours(of: place).contains { nodes[$0].aliases.isIncomplete } }
    }
}

extension GroupPrediction.Group {
    /// One sentence: why its members share it; nil for a group of one.
    public var explanation: Text? {
        members.count > 1 ? GroupReason.sentence(causes) : nil
    }
}
