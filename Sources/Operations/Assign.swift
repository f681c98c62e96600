import Changes
import Inventory
import Machine
import Planning
import Transactions
import Wording

/// What a writing verb did, or would do.
public struct Outcome: Sendable, Encodable {
    public var schema: String
    public var dryRun: Bool
    /// Whether anything had to be changed.
    public var changed: Bool
    public var devices: [PCIAddress]
    public var plan: [Step]
    public var warnings: [Text]

    /// One change of the plan, as people and scripts read it.
    public struct Step: Sendable, Encodable {
        /// `load-module`, `write`, `write-file` or `remove-file`.
        public var action: String
        public var target: String
        @Nullable public var value: String?
        @Nullable public var before: String?
        @Nullable public var after: String?
        public var reason: Text
    }
}

/// `passthru assign`: binds functions to vfio-pci now.
public enum Assign {
    static let parts: Host.Parts = [.pci, .names, .iommu, .kernel, .container, .consumers]

    public static func run(
        _ machine: Machine,
        devices: [String],
        mates: [String],
        once: Bool,
        dryRun: Bool,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        var host = Host.read(machine, parts)
        let selector = try DeviceSelector(host)
        let wanted = try selector.functions(devices)
        let together = try selector.functions(mates)
        host.readDetails(of: wanted + together, from: machine)
        let plan: Plan
        do {
            plan = try AssignPlanner(host: host).plan(host.fresh(wanted), with: host.fresh(together), once: once)
        } catch {
            throw Failure(error)
        }
        return try Execution.carryOut(
            plan,
            on: machine,
            devices: (wanted + together).map(\.address),
            schema: "passthru/assign/1",
            dryRun: dryRun,
            progress: progress
        )
    }
}

/// `passthru release`: gives functions back to their home drivers.
public enum Release {
    public static func run(
        _ machine: Machine,
        devices: [String],
        dryRun: Bool,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        var host = Host.read(machine, Assign.parts)
        let wanted = try DeviceSelector(host).functions(devices)
        host.readDetails(of: wanted, from: machine)
        let plan: Plan
        do {
            plan = try ReleasePlanner(host: host).plan(host.fresh(wanted), homeDrivers: HomeDrivers.read(machine))
        } catch {
            throw Failure(error)
        }
        // Those that are home already need nothing, and are not said to have been given back.
        let moving = plan.identities.map(\.address)
        return try Execution.carryOut(
            plan,
            on: machine,
            devices: moving.isEmpty ? wanted.map(\.address) : moving,
            schema: "passthru/release/1",
            dryRun: dryRun,
            progress: progress
        )
    }
}

extension Host {
    fileprivate mutating func readDetails(of functions: [PCIFunction], from machine: Machine) {
        let modules = ModuleIndex.read(machine, for: functions)
        for function in functions {
            guard let index = pci?.functions?.firstIndex(where: { $0.address == function.address }) else { continue }
            pci?.functions?[index].readDetails(from: machine, modules: modules)
        }
    }

    /// The same functions with the details that were read since.
    fileprivate func fresh(_ functions: [PCIFunction]) -> [PCIFunction] {
        functions.compactMap { function($0.address) }
    }
}
