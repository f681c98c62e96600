import Changes
import Inventory
import Machine
import Planning
import Platforms
import Transactions
import Wording

/// `passthru assign`: binds functions to vfio-pci now, and at every boot.
public enum Assign {
    static let parts: Host.Parts = [
        .pci, .names, .iommu, .kernel, .container, .consumers, .holders, .guests, .memory,
    ]

    /// - Parameters:
    ///   - mates: members of the same IOMMU group that go along.
    ///   - once: whether the owner asked for this boot only.
    ///   - guest: who gets them, where the owner says it.
    ///   - nodes: who may open vfio's device nodes; nil leaves that as it is.
    ///   - atGuestStart: whether the host keeps the devices until the guest starts.
    public static func run(
        _ machine: Machine,
        devices: [String],
        mates: [String],
        once: Bool,
        guest: String? = nil,
        nodes: NodeAccess? = nil,
        atGuestStart: Bool = false,
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
            // A refusal for want of groups says which ones to expect.
            if host.isIOMMUActive == false { host.readGroupFacts(from: machine) }
            let access = permissions.unsafe.contains(.worldNodes) ? .world : nodes
            try check(access, machine)
            if atGuestStart {
                try HandOvers.refuseStanding(wanted + together, on: machine)
                let functions = host.fresh(wanted + together)
                var intention = try HookAssign(machine, host, WantedFile.read(machine), guest: guest, access)
                    .intention(functions, HomeRecords.read(machine), permissions)
                if let guest { try intention.plan.add(host.fresh(wanted), to: guest, machine, host, byHook: true) }
                return intention
            }
            var plan = try plan(machine, host, wanted, with: together, guest: guest, once: once, access, permissions)
            // What ends with this boot leaves the guest's configuration alone.
            if let guest, !once { try plan.add(host.fresh(wanted), to: guest, machine, host) }
            let functions = host.fresh(wanted + together)
            return Intention(plan: plan, devices: functions.map(\.address))
        }
    }

    /// The plan that binds functions now, and unless `once` at every boot.
    ///
    /// - Parameter host: read with the details of these functions.
    static func plan(
        _ machine: Machine,
        _ host: Host,
        _ wanted: [PCIFunction],
        with together: [PCIFunction],
        guest: String?,
        once: Bool = false,
        _ access: NodeAccess? = nil,
        _ permissions: Permissions
    ) throws(Failure) -> Plan {
        try HandOvers.refuseStanding(wanted + together, on: machine)
        let records = HomeRecords.read(machine)
        let file = try WantedFile.read(machine)
        var plan: Plan
        do throws(Refusal) {
            plan = try AssignPlanner(host: host, records: records).plan(
                host.fresh(wanted),
                with: host.fresh(together),
                consents: permissions.consents,
                unsafe: permissions.unsafe
            )
        } catch {
            throw Failure(error)
        }
        plan.restartNetworkAfterUndo(of: host, for: wanted + together, on: machine)
        if let access { plan.open(to: access, on: machine) }
        guard !once else { return plan }
        var state = file.state
        for function in host.fresh(wanted + together) {
            state.assign(function, guest: guest, records[function.address])
        }
        if let access { state.nodes = access == .root ? nil : WantedState.Nodes(access: access) }
        let permanence = Permanence(on: machine, host, from: file, to: state)
        plan.changes += permanence.changes
        plan.warnings += permanence.warnings
        return plan
    }

    private static func check(_ access: NodeAccess?, _ machine: Machine) throws(Failure) {
        guard case .group(let name)? = access, DeviceNodes.hasGroup(name, on: machine) == false else { return }
        throw Failure(
            .notFound,
            Text(en: "There is no group \(name) on this machine: /etc/group.", zh: "本机没有组 \(name)：/etc/group。")
        )
    }
}

extension WantedState {
    /// Takes in that a function belongs to a guest, as it stands there now.
    ///
    /// - Parameter handOver: how it goes when the guest starts; nil when it goes at every boot.
    mutating func assign(
        _ function: PCIFunction,
        guest: String?,
        _ record: HomeRecord?,
        handOver: HandOver? = nil
    ) {
        let identity = DeviceIdentity(function)
        let index = assignments.firstIndex { $0.identity.address == function.address }
        let old = index.map { assignments[$0] }
        let home: String? =
            if let driver = function.driver, driver != "vfio-pci" {
                driver
            } else if let record {
                record.isWithoutDriver ? HomeRecord.none : record.driver
            } else {
                function.driver == nil ? HomeRecord.none : old?.home
            }
        let new = Assignment(
            identity,
            name: old?.name,
            home: home,
            guest: guest ?? old?.guest,
            handOver: handOver
        )
        if let index { assignments[index] = new } else { assignments.append(new) }
    }
}

extension Plan {
    /// Puts functions into the configuration of the guest that they are for, where it is known.
    fileprivate mutating func add(
        _ functions: [PCIFunction],
        to name: String,
        _ machine: Machine,
        _ host: Host,
        byHook: Bool = false
    ) throws(Failure) {
        guard let guest = try GuestCatalog(machine, host.guests).find(name) else {
            return warnings.append(
                Text(
                    en: "No guest called \(name) is known here: that it gets the devices is only written down.",
                    zh: "这里没有名为 \(name) 的虚拟机：只记录设备归它所有。"
                )
            )
        }
        // What somebody started by hand has no configuration.
        guard guest.manager != .qemu else { return }
        if byHook, guest.manager == .proxmox {
            // The hook's own line goes into the same file.
            return warnings.append(
                Text(
                    en: "Put the devices into \(name) yourself: `passthru export proxmox` prints the lines.",
                    zh: "请自行把设备加入 \(name)：`passthru export proxmox` 会输出所需的行。"
                )
            )
        }
        let addition: GuestAddition
        do throws(Failure) {
            addition = try GuestAddition(
                machine,
                host,
                guest,
                functions,
                NamedDevices(host: host, all: []),
                GuestAttachment()
            )
        } catch {
            // The owner wrote it there: that is as good. What cannot be written yet can be attached later.
            guard let name = error.guardName, [LibvirtGuest.alreadyThere, LibvirtGuest.unknown].contains(name) else {
                throw error
            }
            return warnings.append(error.message)
        }
        changes += addition.changes
        warnings = addition.reasons + warnings + addition.warnings
    }

    /// Gives vfio's nodes to whom they shall be open.
    mutating func open(to access: NodeAccess, on machine: Machine) {
        let nodes = DeviceNodes.changes(to: access, on: machine)
        changes += nodes.now
        afterUndo += nodes.back
        guard access != .root else { return }
        warnings.append(DeviceNodes.advice(on: machine))
        if access == .world {
            warnings.append(
                Text(
                    en: """
                        Every program on this host can now take over every assigned device: `passthru` shows this for as \
                        long as it holds.
                        """,
                    zh: "本机上的任何程序现在都能接管任何已交出的设备：在此期间 `passthru` 会一直显示这一点。"
                )
            )
        }
    }

    /// A card that comes back needs its addresses again.
    mutating func restartNetworkAfterUndo(
        of host: Host,
        for functions: [PCIFunction],
        on machine: Machine
    ) {
        let carriesNetwork = functions.contains { function in
            function.class.isNetwork || host.consumers(of: function.address).contains { $0.kind == .network }
        }
        if carriesNetwork { afterUndo += NetworkRestart.changes(on: machine) }
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
