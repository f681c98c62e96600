import Changes
import Inventory
import Wording

/// Makes the plan that binds functions to vfio-pci now.
public struct AssignPlanner {
    let host: Host
    let records: [PCIAddress: HomeRecord]

    /// - Parameter records: what was remembered when functions were assigned.
    public init(host: Host, records: [PCIAddress: HomeRecord] = [:]) {
        self.host = host
        self.records = records
    }

    /// - Parameters:
    ///   - requested: the functions to hand over.
    ///   - mates: group-mates that the owner named with `--with`.
    ///   - consents: the findings that the owner accepts.
    ///   - unsafe: modes that the owner asked for.
    /// - Returns: the plan; empty when everything is bound already.
    public func plan(
        _ requested: [PCIFunction],
        with mates: [PCIFunction],
        consents: Set<Consent> = [],
        unsafe: Set<UnsafeMode> = []
    ) throws(Refusal) -> Plan {
        let wanted = (requested + mates).reduce(into: [PCIFunction]()) { list, function in
            if !list.contains(where: { $0.address == function.address }) { list.append(function) }
        }
        let findings = Guards.findings(Request(wanted, on: host, unsafe: unsafe))
        if let refusal = Refusal(findings, consents: consents) { throw refusal }

        var plan = Plan(identities: wanted.map(Identity.init))
        plan.needsConfirmation = findings.contains { $0.level == .consent }
        plan.warnings = findings.filter { $0.level == .warn }.map(\.message)
        let missing = wanted.filter { $0.driver != "vfio-pci" }
        guard !missing.isEmpty else { return plan }
        for module in ["vfio_iommu_type1", "vfio_pci"] where host.kernel?.module(module).isReady != true {
            plan.changes.append(
                PlannedChange(
                    .loadModule(module == "vfio_pci" ? "vfio-pci" : module),
                    before: nil,
                    after: nil,
                    inverse: [],
                    expectation: .moduleLoaded(module),
                    reason: Text(en: "the driver that hands devices to guests", zh: "把设备交给虚拟机的驱动")
                )
            )
        }
        if let change = InterruptRemappingMissing.change(host, unsafe: unsafe) { plan.changes.append(change) }
        for function in missing {
            plan.changes += binding(function, record: HomeRecord(of: function, driver: function.driver))
        }
        return plan
    }

    /// What stands in the way of these functions when the owner consents to nothing; nil when nothing does.
    public func refusal(_ wanted: [PCIFunction]) -> Refusal? {
        Refusal(Guards.findings(Request(wanted, on: host)), consents: [])
    }

    /// What binds one function, whatever guards may say.
    ///
    /// - Parameter record: what is remembered of its own driver; nil where that is not known.
    public func binding(_ function: PCIFunction, record: HomeRecord?) -> [PlannedChange] {
        let address = function.address
        let path = "\(PCIInventory.root)/\(address)"
        var changes: [PlannedChange] = []
        if let record {
            changes.append(
                .textFile(
                    HomeRecord.path(of: address),
                    before: records[address]?.text,
                    after: record.text,
                    reason: Text(en: "remembers the home driver", zh: "记住原来的驱动")
                )
            )
        }
        let override = function.details?.driverOverride
        changes.append(
            PlannedChange(
                .writeAttribute(path: "\(path)/driver_override", value: "vfio-pci"),
                before: override,
                after: "vfio-pci",
                inverse: [.writeAttribute(path: "\(path)/driver_override", value: override ?? "\n")],
                expectation: .driverOverride(address, "vfio-pci"),
                reason: Text(en: "only vfio-pci may claim this one function", zh: "只允许 vfio-pci 接管这一个功能")
            )
        )
        if let driver = function.driver {
            changes.append(
                PlannedChange(
                    .writeAttribute(path: "/sys/bus/pci/drivers/\(driver)/unbind", value: "\(address)"),
                    before: driver,
                    after: nil,
                    inverse: Change.goHome(address, to: driver, override: override),
                    expectation: .driver(address, nil),
                    reason: Text(en: "takes the function from \(driver)", zh: "从 \(driver) 收回该功能")
                )
            )
        }
        changes.append(
            PlannedChange(
                .writeAttribute(path: "/sys/bus/pci/drivers_probe", value: "\(address)"),
                before: nil,
                after: "vfio-pci",
                inverse: [.writeAttribute(path: "/sys/bus/pci/drivers/vfio-pci/unbind", value: "\(address)")],
                expectation: .driver(address, "vfio-pci"),
                reason: Text(en: "gives it to vfio-pci", zh: "交给 vfio-pci")
            )
        )
        return changes
    }
}
