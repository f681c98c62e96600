import Changes
import Inventory
import Wording

/// Makes the plan that gives functions back to their home drivers.
public struct ReleasePlanner {
    let host: Host
    let drivers: Set<String>

    /// - Parameter drivers: those that the kernel has now (`/sys/bus/pci/drivers`): none of them needs a module.
    public init(host: Host, drivers: Set<String> = []) {
        self.host = host
        self.drivers = drivers
    }

    /// - Parameters:
    ///   - records: what was remembered when the functions were assigned.
    ///   - consents: the findings that the owner accepts.
    public func plan(
        _ functions: [PCIFunction],
        records: [PCIAddress: HomeRecord],
        consents: Set<Consent> = []
    ) throws(Refusal) -> Plan {
        let findings = Guards.release(Request(functions, on: host))
        if let refusal = Refusal(findings, consents: consents) { throw refusal }
        var plan = Plan()
        plan.needsConfirmation = findings.contains { $0.level == .consent }
        plan.warnings = findings.filter { $0.level == .warn }.map(\.message)
        for function in functions {
            if let driver = function.driver, driver != "vfio-pci" {
                guard function.details?.driverOverride == "vfio-pci" else { continue }
            }
            plan.identities.append(Identity(function))
            plan.changes += changes(for: function, record: records[function.address], warnings: &plan.warnings)
        }
        return plan
    }

    /// What gives one function back, whatever guards may say.
    public func givingBack(_ function: PCIFunction, record: HomeRecord?) -> [PlannedChange] {
        var warnings: [Text] = []
        return changes(for: function, record: record, warnings: &warnings)
    }

    private func changes(for function: PCIFunction, record: HomeRecord?, warnings: inout [Text]) -> [PlannedChange] {
        let home = record?.driver
        let address = function.address
        let path = "\(PCIInventory.root)/\(address)"
        var changes: [PlannedChange] = []
        let candidates = (function.details?.modules ?? []).filter { !$0.hasPrefix("vfio") }
        // One that had no driver gets none: the owner may keep all of them from it.
        let staysAlone = record?.isWithoutDriver == true
        let needed = home.map { drivers.contains($0) ? [] : [$0] } ?? (staysAlone ? [] : candidates)
        for module in needed where !isReady(module) {
            // A driver is usually named as its module, but need not be: then the aliases say what to load.
            let name =
                candidates.isEmpty
                    || candidates.contains(where: { canonicalModuleName($0) == canonicalModuleName(module) })
                ? module : candidates[0]
            guard host.kernel?.module(name).isMissing != true else { continue }
            changes.append(
                PlannedChange(
                    .loadModule(name),
                    before: nil,
                    after: nil,
                    inverse: [],
                    reason: Text(en: "the function's own driver", zh: "该功能自己的驱动")
                )
            )
        }
        let override = function.details?.driverOverride
        let overridePath = "\(path)/driver_override"
        let restored = [Change.writeAttribute(path: overridePath, value: override ?? "\n")]
        let isMoving = !staysAlone && (function.driver == nil || function.driver == "vfio-pci")
        // Named while it is bound, see Change.goHome; without a name the first driver that matches may have it.
        let leading = isMoving ? home : nil
        if leading != nil || override != nil {
            changes.append(
                PlannedChange(
                    .writeAttribute(path: overridePath, value: leading ?? "\n"),
                    before: override,
                    after: leading,
                    inverse: restored,
                    expectation: .driverOverride(address, leading),
                    reason: leading == nil
                        ? Text(en: "any matching driver may claim it again", zh: "允许匹配的驱动重新接管")
                        : Text(en: "only its home driver may claim it", zh: "只允许原来的驱动接管")
                )
            )
        }
        if function.driver == "vfio-pci" {
            changes.append(
                PlannedChange(
                    .writeAttribute(path: "/sys/bus/pci/drivers/vfio-pci/unbind", value: "\(address)"),
                    before: "vfio-pci",
                    after: nil,
                    // vfio-pci takes it only where the override says so.
                    inverse: (leading == nil && override == nil ? [] : restored)
                        + [.writeAttribute(path: "/sys/bus/pci/drivers/vfio-pci/bind", value: "\(address)")],
                    expectation: .driver(address, nil),
                    reason: Text(en: "takes it from vfio-pci", zh: "从 vfio-pci 收回")
                )
            )
        }
        if isMoving {
            if home == nil && candidates.isEmpty {
                warnings.append(
                    Text(
                        en: "No driver on this machine matches \(address): it will be left without one.",
                        zh: "本机没有与 \(address) 匹配的驱动：它将没有驱动。"
                    )
                )
            }
            changes.append(
                PlannedChange(
                    .writeAttribute(path: "/sys/bus/pci/drivers_probe", value: "\(address)"),
                    before: nil,
                    after: home,
                    // Whichever driver took it.
                    inverse: [.writeAttribute(path: "\(path)/driver/unbind", value: "\(address)")],
                    expectation: home.map { .driver(address, $0) } ?? .driverIsNot(address, "vfio-pci"),
                    reason: Text(en: "lets its home driver claim it", zh: "让原来的驱动接管")
                )
            )
        }
        if let leading {
            changes.append(
                PlannedChange(
                    .writeAttribute(path: overridePath, value: "\n"),
                    before: leading,
                    after: nil,
                    // Leading to vfio-pci again is the first step's inverse.
                    inverse: [],
                    expectation: .driverOverride(address, nil),
                    reason: Text(en: "no driver is kept from it any more", zh: "不再排除任何驱动")
                )
            )
        }
        if let record {
            let reason = Text(en: "the record is no longer needed", zh: "记录不再需要")
            changes.append(.textFile(HomeRecord.path(of: address), before: record.text, after: nil, reason: reason))
        }
        return changes
    }

    private func isReady(_ module: String) -> Bool {
        host.kernel?.module(module).isReady == true
    }
}
