import Changes
import Inventory
import Machine
import Planning
import Transactions
import Wording

/// Guests whose devices are not ready must not start by themselves: they would fail, or get what stands at the device's
/// address now. libvirt starts those that a link in its folder names; the link goes, and comes back at the next good boot.
enum AutostartHold {
    static let verb = "hold-autostart"

    /// Holds back and lets go, and says in the report who is held.
    ///
    /// Use it only under the journal's lock.
    static func update(_ machine: Machine, _ report: inout BootReport) {
        let missing = report.devices.filter { $0.result != .bound }
        let transaction = Transaction(on: machine)
        let entries = ((try? transaction.journal.entries()) ?? []).filter {
            $0.header.verb == verb && ($0.state == .applied || $0.state == .incomplete)
        }
        // What is wanted is not known: nobody is let go.
        let guests = missing.isEmpty && entries.isEmpty ? [] : GuestInventory.read(machine).guests
        let waiting = guests.filter { $0.waits(for: missing) }
        for guest in waiting where guest.startsAtBoot == true && guest.container == nil {
            switch guest.manager {
            case .libvirt: hold(guest, machine, transaction, &report)
            case .proxmox, .qemu: report.notes.append(notHeld(guest))
            }
        }
        for entry in entries {
            guard let link = entry.link else { continue }
            if report.problem != nil || waiting.contains(where: { $0.container == nil && $0.link == link }) {
                report.held.append(Machine.lastComponent(of: link))
            } else {
                report.notes += transaction.undo(entry, .request)
            }
        }
        report.held = Set(report.held.map { $0.hasSuffix(".xml") ? String($0.dropLast(4)) : $0 }).sorted()
        if !missing.isEmpty, machine.exists("/usr/bin/dockerd") || machine.exists("/usr/bin/podman") {
            report.notes.append(
                Text(
                    en: "Guests inside containers are not held back.",
                    zh: "容器里的虚拟机不会被阻止自动启动。"
                )
            )
        }
    }

    private static func hold(
        _ guest: KnownGuest,
        _ machine: Machine,
        _ transaction: Transaction,
        _ report: inout BootReport
    ) {
        let link = guest.link
        guard let target = try? machine.link(link) else { return }
        var plan = Plan()
        plan.changes = [
            .link(
                link,
                before: target,
                after: nil,
                reason: Text(en: "its device is not ready: it is not started by itself", zh: "它的设备未就绪：不自动启动")
            )
        ]
        do throws(TransactionFailure) {
            try transaction.apply(plan, verb: verb)
            report.held.append(Machine.lastComponent(of: link))
        } catch {
            report.notes.append(error.message)
        }
    }

    private static func notHeld(_ guest: KnownGuest) -> Text {
        Text(
            en: "\(guest.name) (Proxmox) starts by itself although its device is not ready: it is not held back.",
            zh: "\(guest.name)（Proxmox）的设备未就绪，但它仍会自动启动：没有阻止它。"
        )
    }
}

extension KnownGuest {
    /// The link by which libvirt starts it.
    fileprivate var link: String { "/etc/libvirt/qemu/autostart/" + Machine.lastComponent(of: source) }

    fileprivate func waits(for missing: [BootReport.Device]) -> Bool {
        missing.contains { functions.contains($0.address) || $0.guest == name }
    }
}

extension JournalEntry {
    /// The link that the transaction took away.
    fileprivate var link: String? {
        header.plan.changes.lazy.compactMap { planned in
            if case .writeLink(let path, nil) = planned.change { path } else { nil }
        }.first
    }
}
