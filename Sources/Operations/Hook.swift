import Changes
import Inventory
import Machine
import Planning
import Transactions
import Wording

/// `passthru hook`: what libvirt and Proxmox call when a guest starts and when it has stopped.
///
/// The caller waits, and cannot answer: nothing here may ask libvirt or Proxmox for anything.
public enum Hook {
    /// What a call is about.
    public enum Moment: Sendable, Equatable {
        /// The guest is about to start.
        case start
        /// The guest has stopped, or did not come to run.
        case stop
        /// Nothing for passthru.
        case other
    }

    /// Of libvirt's operations (https://libvirt.org/hooks.html) two matter. `start` comes too late for `managed='no'`,
    /// `stopped` too early: QEMU may hold the devices still. A guest that is restored or comes from another host is prepared,
    /// too. `reconnect` and `started` find the devices where they are, and `migrate`, `restore` only read what a hook prints.
    public static func moment(libvirt operation: String, _ part: String) -> Moment {
        switch (operation, part) {
        case ("prepare", "begin"): .start
        case ("release", "end"): .stop
        default: .other
        }
    }

    /// Of Proxmox' phases (`pre-start`, `post-start`, `pre-stop`, `post-stop`) the first and the last.
    public static func moment(proxmox phase: String) -> Moment {
        switch phase {
        case "pre-start": .start
        case "post-stop": .stop
        default: .other
        }
    }

    /// Milliseconds that a call waits for another passthru: the guest's manager stands still meanwhile.
    private static let patienceAtStart = 15_000
    private static let patienceAtStop = 30_000

    /// Hands over, or takes back. A guest that has nothing to do with passthru costs no more than a look at passthru's own
    /// files.
    ///
    /// - Parameter read: how the host is looked at, for tests.
    public static func run(
        _ machine: Machine,
        guest: String,
        _ manager: WantedState.HandOver.Manager,
        _ moment: Moment,
        read: (Machine, Host.Parts) -> Host = Host.read
    ) throws(Failure) {
        switch moment {
        case .other: return
        case .start:
            let assignments = try wanted(machine, guest, manager)
            guard !assignments.isEmpty else { return }
            try withoutActuallyEscaping(read) { read throws(Failure) in
                try withTransaction(machine, patienceAtStart) { transaction throws(Failure) in
                    try HandOverAtStart(machine, transaction, guest, manager, assignments, read: read).run()
                }
            }
        case .stop:
            // One that was interrupted is put back, too.
            guard entries(guest, machine).contains(where: { $0.state != .undone && $0.state != .rolledBack }) else {
                return
            }
            try withTransaction(machine, patienceAtStop) { transaction throws(Failure) in
                try takeBack(guest, manager, machine, transaction, read: read)
            }
        }
    }

    /// What the guest is to get. A file that cannot be understood stops no guest that it does not name: one that needs a
    /// device does not start without it anyway.
    private static func wanted(
        _ machine: Machine,
        _ guest: String,
        _ manager: WantedState.HandOver.Manager
    ) throws(Failure) -> [WantedState.Assignment] {
        do {
            return try WantedFile.read(machine).state.assignments(handedTo: guest, by: manager)
        } catch {
            let text = machine.textIfAny(WantedState.path(on: machine))
            if let text, !text.contains(guest) { return [] }
            throw error
        }
    }

    private static func withTransaction(
        _ machine: Machine,
        _ patience: Int,
        _ body: (Transactions.Transaction) throws(Failure) -> Void
    ) throws(Failure) {
        try Execution.requireWritable(machine)
        let transaction = Transactions.Transaction(on: machine)
        let lock = try Execution.take(transaction.journal, milliseconds: patience)
        defer { withExtendedLifetime(lock) {} }
        try machine.uninterrupted { () throws(Failure) in
            // Only what is a hook's own: to finish anything else might ask libvirt, which waits for this very hook.
            _ = try Execution.recovered(transaction, onlyMadeBy: HandOvers.verb)
            try body(transaction)
        }
    }

    // MARK: When it has stopped

    private static func entries(_ guest: String, _ machine: Machine) -> [JournalEntry] {
        let entries = (try? Journal(on: machine).entries(made: HandOvers.verb)) ?? []
        return entries.filter { $0.header.guest == guest }
    }

    private static func takeBack(
        _ guest: String,
        _ manager: WantedState.HandOver.Manager,
        _ machine: Machine,
        _ transaction: Transactions.Transaction,
        read: (Machine, Host.Parts) -> Host
    ) throws(Failure) {
        let entries = HandOvers.standing(entries(guest, machine), on: machine)
        guard !entries.isEmpty else { return }
        let host = read(machine, [.pci, .holders, .guests]).seenByHook(of: guest, manager)
        try askGuards(entries, host)
        var left: [Text] = []
        for entry in entries.reversed() { left += transaction.undo(entry, .guestStopped) }
        guard let first = left.first else { return }
        throw Failure(
            .incomplete,
            Text(en: "Not everything came back from \(guest): ", zh: "未能从 \(guest) 全部收回：") + first,
            details: Array(left.dropFirst())
        )
    }

    /// A device that a program holds would keep the kernel, and the caller, waiting.
    private static func askGuards(_ entries: [JournalEntry], _ host: Host) throws(Failure) {
        let addresses = Set(entries.flatMap(\.header.devices))
        let bound = host.functions.filter { addresses.contains($0.address) && $0.driver == "vfio-pci" }
        let findings = Guards.release(Request(bound, on: host)).filter { $0.level == .refuse }
        if let refusal = Refusal(findings, consents: []) { throw Failure(refusal) }
    }
}
