import Changes
import Inventory
import Machine
import Planning
import Platforms
import Wording

/// `passthru assign`: binds functions to vfio-pci now.
public enum Assign {
    static let parts: Host.Parts = [
        .pci, .names, .iommu, .kernel, .container, .consumers, .holders, .guests, .memory,
    ]

    /// - Parameters:
    ///   - mates: members of the same IOMMU group that go along.
    ///   - once: whether the owner asked for this boot only.
    public static func run(
        _ machine: Machine,
        devices: [String],
        mates: [String],
        once: Bool,
        _ permissions: Permissions,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        try Execution.carryOut(on: machine, verb: "assign", permissions, progress: progress) {
            () throws(Failure) -> Intention in
            var host = Host.read(machine, parts)
            let selector = try DeviceSelector(host)
            let wanted = try selector.functions(devices)
            let together = try selector.functions(mates)
            host.readDetails(of: wanted + together, from: machine)
            var plan: Plan
            do throws(Refusal) {
                plan = try AssignPlanner(host: host, records: HomeRecords.read(machine)).plan(
                    host.fresh(wanted),
                    with: host.fresh(together),
                    once: once,
                    consents: permissions.consents,
                    unsafe: permissions.unsafe
                )
            } catch {
                throw Failure(error)
            }
            plan.restartNetworkAfterUndo(of: host, for: wanted + together, on: machine)
            return Intention(plan: plan, devices: (wanted + together).map(\.address))
        }
    }
}

/// `passthru release`: gives functions back to their home drivers.
public enum Release {
    public static func run(
        _ machine: Machine,
        devices: [String],
        _ permissions: Permissions,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        try Execution.carryOut(on: machine, verb: "release", permissions, progress: progress) {
            () throws(Failure) -> Intention in
            var host = Host.read(machine, Assign.parts)
            let wanted = try DeviceSelector(host).functions(devices)
            host.readDetails(of: wanted, from: machine)
            var plan: Plan
            do throws(Refusal) {
                plan = try ReleasePlanner(host: host).plan(
                    host.fresh(wanted),
                    records: HomeRecords.read(machine),
                    consents: permissions.consents
                )
            } catch {
                throw Failure(error)
            }
            plan.restartNetworkAfterUndo(of: host, for: wanted, on: machine)
            // Those that are home already need nothing, and are not said to have been given back.
            let moving = plan.identities.map(\.address)
            return Intention(plan: plan, devices: moving.isEmpty ? wanted.map(\.address) : moving)
        }
    }
}

extension Plan {
    /// A card that comes back needs its addresses again.
    fileprivate mutating func restartNetworkAfterUndo(
        of host: Host,
        for functions: [PCIFunction],
        on machine: Machine
    ) {
        let carriesNetwork = functions.contains { function in
            function.class.isNetwork || host.consumers(of: function.address).contains { $0.kind == .network }
        }
        if carriesNetwork { afterUndo = NetworkRestart.changes(on: machine) }
    }
}

extension Host {
    mutating func readDetails(of functions: [PCIFunction], from machine: Machine) {
        let modules = ModuleIndex.read(machine, for: functions)
        for function in functions {
            guard let index = pci?.functions?.firstIndex(where: { $0.address == function.address }) else { continue }
            pci?.functions?[index].readDetails(from: machine, modules: modules)
        }
    }

    /// The same functions with the details that were read since.
    func fresh(_ functions: [PCIFunction]) -> [PCIFunction] {
        functions.compactMap { function($0.address) }
    }
}

/// What was remembered of the functions that are assigned.
enum HomeRecords {
    static func read(_ machine: Machine) -> [PCIAddress: HomeRecord] {
        var records: [PCIAddress: HomeRecord] = [:]
        for name in machine.listIfAny(HomeRecord.folder) {
            guard let address = PCIAddress(name), let bytes = try? machine.read(HomeRecord.path(of: address)) else {
                continue
            }
            records[address] = HomeRecord(text: String(decoding: bytes, as: UTF8.self))
        }
        return records
    }
}
