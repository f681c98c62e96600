internal import Wording

/// Which functions the IOMMU looks after, as the firmware's table says; all others are in no group.
struct GroupCoverage {
    private enum Unit { case none, of(String) }
    private let topology: GroupTopology
    private let facts: GroupFacts
    /// AMD: requester ids in scope by segment, the units' own left out; the highest that any entry names; aliases.
    private var served: [UInt16: Set<UInt16>] = [:]
    private var last: [UInt16: UInt16] = [:]
    private var aliases: [UInt32: UInt16] = [:]
    /// Intel: functions that a unit names, itself or by a bridge above, and whether the unit is used.
    private var named: [Int: Bool] = [:]
    private var wholeSegments: Set<UInt32> = []

    init(_ topology: GroupTopology, _ facts: GroupFacts) {
        self.topology = topology
        self.facts = facts
        if let table = facts.firmware?.ivrs {
            read(table)
        } else if let table = facts.firmware?.dmar {
            read(table)
        }
    }

    func fact(of place: Int) -> GroupFact {
        let node = topology.nodes[place]
        guard node.function.class.platformRole != .iommu else {
            return GroupFact(
                holds: false,
                why: Text(en: "\(node.address) is the IOMMU itself", zh: "\(node.address) 就是 IOMMU 本身")
            )
        }
        let covered: Bool
        if facts.firmware?.ivrs != nil {
            let segment = UInt16(truncatingIfNeeded: node.address.domain)
            covered =
                node.controller != nil
                || served[segment]?.contains(node.address.requester) == true
                    && node.address.requester <= (last[segment] ?? 0)
        } else if facts.firmware?.dmar != nil {
            // Virtual functions are looked up by their physical one, and what sits behind a controller by that.
            let asked =
                node.controller
                ?? node.function.details?.physicalFunction.flatMap { topology.places[$0] } ?? place
            covered = named[asked] ?? wholeSegments.contains(topology.nodes[asked].address.domain)
        } else {
            return GroupFact(holds: true, why: .empty)
        }
        return GroupFact(
            holds: covered,
            why: covered
                ? .empty
                : Text(
                    en: "the firmware's table leaves \(node.address) out: it will be in no group",
                    zh: "固件的表不包含 \(node.address)：它将不属于任何组"
                )
        )
    }

    /// The requester id that the firmware says a function uses.
    func alias(of place: Int) -> UInt16? {
        let address = topology.nodes[place].address
        let alias = aliases[address.domain << 16 | UInt32(address.requester)]
        return alias == address.requester ? nil : alias
    }

    // MARK: AMD

    private mutating func read(_ table: IVRS) {
        // Of several descriptions of one unit the kernel takes those of the newest type.
        let newest = table.ivhd.map(\.type).max()
        let units = table.ivhd.filter { $0.type == newest }
        for unit in units {
            for entry in unit.devices {
                switch entry.kind {
                case .all: last[unit.segment] = .max
                case .select, .rangeEnd, .aliasSelect, .extendedSelect:
                    last[unit.segment] = max(last[unit.segment] ?? 0, entry.deviceID)
                default: break
                }
            }
        }
        for unit in units {
            var first: UInt16 = 0
            var source: UInt16?
            var ids: Set<UInt16> = []
            for entry in unit.devices {
                switch entry.kind {
                case .all: ids.formUnion(0...(last[unit.segment] ?? .max))
                case .select, .extendedSelect: ids.insert(entry.deviceID)
                case .aliasSelect:
                    ids.insert(entry.deviceID)
                    if let alias = entry.alias?.deviceID {
                        add(alias, for: entry.deviceID...entry.deviceID, unit, &ids)
                    }
                case .rangeStart, .extendedRangeStart: (first, source) = (entry.deviceID, nil)
                case .aliasRangeStart: (first, source) = (entry.deviceID, entry.alias?.deviceID)
                case .rangeEnd:
                    guard first <= entry.deviceID else { continue }
                    ids.formUnion(first...entry.deviceID)
                    if let source { add(source, for: first...entry.deviceID, unit, &ids) }
                case .special: if let id = entry.special?.source.deviceID { ids.insert(id) }
                case .acpiHID: ids.insert(entry.deviceID)
                case .padding, .unknown: break
                }
            }
            ids.remove(unit.deviceID)
            served[unit.segment, default: []].formUnion(ids)
        }
    }

    private mutating func add(
        _ alias: UInt16,
        for devices: ClosedRange<UInt16>,
        _ unit: IVRS.IVHD,
        _ ids: inout Set<UInt16>
    ) {
        ids.insert(alias)
        for device in devices { aliases[UInt32(unit.segment) << 16 | UInt32(device)] = alias }
    }

    // MARK: Intel

    private mutating func read(_ table: DMAR) {
        for unit in table.drhd {
            if unit.includePCIAll {
                wholeSegments.insert(UInt32(unit.segment))
                continue
            }
            let devices = unit.scopes.compactMap { scope in
                scope.bdf(segment: unit.segment, secondaryBus: secondaryBus).flatMap { PCIAddress($0) }
                    .flatMap { topology.places[$0] }
            }
            // A unit for displays alone is left out by intel_iommu=igfx_off.
            let isUsed =
                !facts.leavesOutGraphics || !devices.allSatisfy { topology.nodes[$0].function.class.isDisplay }
            for place in topology.nodes.indices where topology.bridges(above: place).contains(where: devices.contains) {
                named[place] = isUsed
            }
        }
    }

    private func secondaryBus(of bridge: String) -> UInt8? {
        guard let place = PCIAddress(bridge).flatMap({ topology.places[$0] }) else { return nil }
        return topology.nodes.first { $0.parent == place && !$0.isVirtual }?.address.bus
    }
}

extension PCIAddress {
    /// Bus, device and function in one number.
    fileprivate var requester: UInt16 { UInt16(bus) << 8 | UInt16(slotAndFunction) }
}
