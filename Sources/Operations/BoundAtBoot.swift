import Changes
import Inventory
import Machine
import Planning
import Platforms
import Transactions
import Wording

/// Devices that this boot has bound because of an assignment that was made before it: undoing the assignment gives them
/// back now, although what it wrote to sysfs itself has ended with its own boot.
enum BoundAtBoot {
    /// Those among the devices of some transactions, once these are undone.
    static func addresses(_ entries: [JournalEntry], _ machine: Machine) -> Set<PCIAddress> {
        let boot = machine.bootID
        let before = entries.filter { $0.isAssignment && $0.header.boot != boot && $0.isPermanent(machine) }
        let bound = Set(machine.listIfAny("/sys/bus/pci/drivers/vfio-pci").compactMap { PCIAddress($0) })
        return bound.intersection(before.flatMap(\.header.devices))
    }

    /// Gives back what is wanted no longer, after the files were put back.
    ///
    /// - Returns: what could not be given back.
    static func giveBack(_ entries: [JournalEntry], _ machine: Machine) -> [Text] {
        let addresses = addresses(entries, machine)
        guard !addresses.isEmpty else { return [] }
        let wanted: WantedState
        do throws(Failure) {
            wanted = try WantedFile.read(machine).state
        } catch {
            return [error.message]
        }
        var host = Host.read(machine, [.pci, .kernel])
        let functions = host.functions.filter {
            addresses.contains($0.address) && wanted.assignment(of: $0.address) == nil
        }
        host.readDetails(of: functions, from: machine)
        let records = HomeRecords.read(machine)
        let immediate = ImmediateChanges(on: machine)
        var left: [Text] = []
        var isNetworkBack = false
        for function in host.fresh(functions) {
            do throws(TransactionFailure) {
                let record = records[function.address]
                try immediate.make(
                    ReleasePlanner(host: host, drivers: machine.pciDrivers).givingBack(function, record: record)
                )
                isNetworkBack = isNetworkBack || function.class.isNetwork
            } catch {
                left += [error.message] + error.left
            }
        }
        if isNetworkBack {
            do throws(TransactionFailure) {
                try immediate.make(NetworkRestart.changes(on: machine))
            } catch {
                left.append(error.message)
            }
        }
        return left
    }
}

extension JournalEntry {
    /// Whether it took its devices from the host. Those that `adopt` found with vfio-pci stay there when it is undone: what
    /// had put them there is back.
    var isAssignment: Bool {
        if ["assign", "import", HandOvers.verb].contains(header.verb) { return true }
        // One that libvirt binds, or that was bound before, was not taken by this.
        return header.verb == "guest-attach"
            && header.plan.changes.contains { planned in
                if case .driver(_, "vfio-pci")? = planned.expectation { true } else { false }
            }
    }

    /// Whether the transaction made its assignment hold at every boot.
    func isPermanent(_ machine: Machine) -> Bool {
        let path = WantedState.path(on: machine)
        return header.plan.changes.contains { planned in
            if case .writeFile(path, _, _) = planned.change { true } else { false }
        }
    }
}
