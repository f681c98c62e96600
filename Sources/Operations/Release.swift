import Changes
import Guests
import Inventory
import Machine
import Planning
import Wording

extension Machine {
    /// The names of the PCI drivers that the kernel has now.
    var pciDrivers: Set<String> { Set(listIfAny("/sys/bus/pci/drivers")) }
}

/// `passthru release`: gives functions back to their home drivers.
public enum Release {
    public static func run(
        _ machine: Machine,
        devices: [String],
        _ permissions: Permissions,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        var runners: [GuestRunner] = []
        var outcome = try Execution.carryOut(
            on: machine,
            verb: "release",
            permissions,
            givesBack: true,
            progress: progress
        ) {
            () throws(Failure) -> Intention in
            var host = Host.read(machine, Assign.parts)
            runners = host.guests?.runners ?? []
            let file = try WantedFile.read(machine)
            var state = file.state
            let (wanted, named) = try targets(devices, on: host, state)
            try HandOvers.refuseStanding(wanted, on: machine)
            host.readDetails(of: wanted, from: machine)
            var plan: Plan
            do throws(Refusal) {
                plan = try ReleasePlanner(host: host, drivers: machine.pciDrivers).plan(
                    host.fresh(wanted),
                    records: HomeRecords.read(machine),
                    consents: permissions.consents
                )
            } catch {
                throw Failure(error)
            }
            plan.restartNetworkAfterUndo(of: host, for: wanted, on: machine)
            // First of all the guest, so that it is not started with what it no longer has.
            plan.changes = leaving(named, state, host, machine, &plan.warnings) + plan.changes
            state.assignments.removeAll { named.contains($0.identity.address) }
            if state != file.state {
                let permanence = Permanence(on: machine, host, from: file, to: state)
                plan.changes = permanence.changes + plan.changes
                plan.warnings += permanence.warnings
                return Intention(plan: plan, devices: named)
            }
            // Those that are home already need nothing, and are not said to have been given back.
            let moving = plan.identities.map(\.address)
            return Intention(plan: plan, devices: moving.isEmpty ? wanted.map(\.address) : moving)
        }
        if outcome.transaction != nil {
            outcome.warnings += LibvirtMemory.forget(outcome.devices, runners, on: machine)
        }
        return outcome
    }

    /// Takes functions out of the configuration of the guest for which they were assigned.
    private static func leaving(
        _ addresses: [PCIAddress],
        _ state: WantedState,
        _ host: Host,
        _ machine: Machine,
        _ warnings: inout [Text]
    ) -> [PlannedChange] {
        var changes: [PlannedChange] = []
        let names = Set(addresses.compactMap { state.assignment(of: $0)?.guest })
        for name in names.sorted() {
            guard let guest = try? GuestCatalog(machine, host.guests).find(name), guest.manager != .qemu else {
                continue
            }
            let keys = addresses.filter { state.assignment(of: $0)?.guest == name }
                .map { GuestDevice.pci(PCIGuestDevice($0)).key }
            // The host gets its device back whatever the guest's configuration says.
            do throws(Failure) {
                changes += try GuestCatalog(machine, host.guests).editor(guest).detaching(Set(keys))
            } catch {
                warnings.append(
                    Text(en: "It stays in \(name)'s configuration: ", zh: "它仍留在 \(name) 的配置中：") + error.message
                )
            }
        }
        return changes
    }

    /// The functions that are there, and the addresses of all that were named: an assignment is named by its name too, and
    /// its device may be gone.
    private static func targets(
        _ names: [String],
        on host: Host,
        _ state: WantedState
    ) throws(Failure) -> (functions: [PCIFunction], addresses: [PCIAddress]) {
        let selector = try DeviceSelector(host)
        var functions: [PCIFunction] = []
        var addresses: [PCIAddress] = []
        for name in names {
            let assignment =
                state.assignments.first { $0.name == name } ?? PCIAddress(name).flatMap { state.assignment(of: $0) }
            let address: PCIAddress
            if let assignment, host.function(assignment.identity.address) == nil {
                address = assignment.identity.address
            } else {
                let function = try selector.function(assignment.map { "\($0.identity.address)" } ?? name)
                address = function.address
                if !functions.contains(where: { $0.address == address }) { functions.append(function) }
            }
            if !addresses.contains(address) { addresses.append(address) }
        }
        return (functions, addresses)
    }
}
