public import Machine
public import Wording

/// Why the groups that exist are as they are, from the same rules that ``GroupPrediction`` uses.
public struct GroupReasons: Sendable {
    /// A group of the kernel's that is not what the rules give.
    public struct Difference: Sendable, Hashable {
        public var group: Int
        public var members: [PCIAddress]
        /// The groups that its members were expected in.
        public var expected: [[PCIAddress]]
    }

    private var causes: [Int: [GroupReason]] = [:]
    private var sizes: [Int: Int] = [:]
    /// Groups that the rules do not explain, by number; only where all that decides could be read.
    public private(set) var differences: [Difference] = []

    /// - Parameter host: one whose functions have their details (`.pciDetails` or `.pciTopology`), with `.kernel`
    ///   (or `.kernelIdentity`) and `.firmware`.
    /// - Returns: nil when its functions could not be read or are in no group.
    public init?(_ host: Host) {
        guard let functions = host.pci?.functions, functions.contains(where: { $0.group != nil }) else { return nil }
        let topology = GroupTopology(functions, facts: GroupFacts(host), moment: .now)
        let run = GroupSimulation(topology)
        let real = Dictionary(grouping: topology.nodes.indices.filter { topology.nodes[$0].function.group != nil }) {
            topology.nodes[$0].function.group ?? 0
        }
        for (number, places) in real {
            sizes[number] = places.count
            let mates = Set(places)
            causes[number] = places.map { run.reasons[$0] }.reduce(into: []) { list, reason in
                // A reason that leads out of the group explains nothing in it.
                guard let joins = reason.joins.flatMap({ topology.places[$0] }), mates.contains(joins) else { return }
                if !list.contains(where: { $0.text == reason.text }) { list.append(reason) }
            }
            let expected = Set(places.compactMap { run.groups[$0] })
            let whole = topology.nodes.indices.filter { run.groups[$0].map(expected.contains) ?? false }
            let isKnown =
                topology.arePlaced(whole)
                && whole.allSatisfy { place in
                    run.asked[place].union([place]).allSatisfy { topology.nodes[$0].isolation.doubt != .unknown }
                }
            if isKnown, expected.count > 1 || whole != places {
                differences.append(
                    Difference(
                        group: number,
                        members: places.map { topology.nodes[$0].address },
                        expected: expected.sorted().map { group in
                            whole.filter { run.groups[$0] == group }.map { topology.nodes[$0].address }
                        }
                    )
                )
            }
        }
        differences.sort { $0.group < $1.group }
    }

    /// Reads what it needs.
    public static func read(_ machine: Machine) -> GroupReasons? {
        GroupReasons(Host.read(machine, GroupPrediction.parts))
    }

    /// What makes the members of a group share it, each cause once; empty for a group of one, and where the rules do
    /// not explain it.
    public func causes(ofGroup number: Int) -> [GroupReason] { causes[number] ?? [] }

    /// "0000:05:00.0 … share a group: the port 0000:00:05.0 has no ACS" without its beginning; nil for a group of one.
    public func explanation(ofGroup number: Int) -> Text? {
        guard sizes[number] ?? 0 > 1 else { return nil }
        let causes = causes(ofGroup: number)
        return causes.isEmpty
            ? Text(en: "no reason for it was found", zh: "没有找到原因") : GroupReason.sentence(causes)
    }
}
