import Changes
import Inventory
import Machine
import Planning
import Transactions
import Wording

/// `passthru undo`: gives back what transactions changed, newest first.
public struct Undo: Sendable, Encodable {
    public let schema = "passthru/undo/1"
    public var dryRun: Bool
    /// The transactions as they are now, in the order in which they were undone.
    public var transactions: [History.Transaction]

    public enum Target: Sendable, Equatable {
        case transaction(Int)
        case all
    }

    public static func run(
        _ machine: Machine,
        _ target: Target,
        _ permissions: Permissions,
        progress: (Text) -> Void
    ) throws(Failure) -> Undo {
        if permissions.dryRun {
            let entries = try wanted(target, in: Journal(on: machine))
            try askGuards(entries, machine, permissions)
            return Undo(dryRun: true, transactions: entries.map { History.Transaction($0, on: machine) })
        }
        try Execution.requireWritable(machine)
        return try machine.uninterrupted { () throws(Failure) -> Undo in
            try withoutActuallyEscaping(progress) { progress throws(Failure) -> Undo in
                let transaction = Transactions.Transaction(on: machine) { progress($0.step.sentence) }
                let lock = try Execution.take(transaction.journal)
                defer { withExtendedLifetime(lock) {} }
                for (entry, left) in try Execution.recovered(transaction) { progress(Recover.sentence(entry, left)) }
                let entries = try wanted(target, in: transaction.journal)
                try askGuards(entries, machine, permissions)
                var undone: [History.Transaction] = []
                for entry in entries {
                    _ = transaction.undo(entry, .request)
                    undone.append(History.Transaction(transaction.journal.entry(entry.id) ?? entry, on: machine))
                }
                return Undo(dryRun: false, transactions: undone)
            }
        }
    }

    public var status: ExitStatus {
        !dryRun && transactions.contains { $0.state == .incomplete } ? .incomplete : .ok
    }

    /// What there is to undo, newest first.
    private static func wanted(_ target: Target, in journal: Journal) throws(Failure) -> [JournalEntry] {
        let entries = try History.entries(journal)
        let standing = entries.filter { $0.state == .applied || $0.state == .waiting || $0.state == .incomplete }
        guard case .transaction(let id) = target else { return standing.reversed() }
        guard let entry = entries.first(where: { $0.id == id }) else { throw History.missing(id) }
        guard standing.contains(where: { $0.id == id }) else { return [] }
        let targets = entry.targets
        if let later = standing.last(where: { $0.id > id && !$0.targets.isDisjoint(with: targets) }) {
            throw Failure(
                .refused,
                Text(
                    en: """
                        Transaction \(later.id) (\(later.header.verb)) came later and changed the same: undo it first, \
                        `passthru undo \(later.id)`, or everything, `passthru undo --all`.
                        """,
                    zh: """
                        之后的事务 \(later.id)（\(later.header.verb)）更改了相同的对象：请先撤销它（\
                        `passthru undo \(later.id)`），或全部撤销（`passthru undo --all`）。
                        """
                )
            )
        }
        return [entry]
    }

    /// Undoing a release takes a device from the host again: it is an assignment, and the guards are asked.
    private static func askGuards(
        _ entries: [JournalEntry],
        _ machine: Machine,
        _ permissions: Permissions
    ) throws(Failure) {
        // One whose assignment is undone too ends up with the host.
        let home = Set(entries.filter { $0.header.verb == "assign" }.flatMap(\.header.devices))
        let taken = Set(entries.filter { $0.header.verb == "release" }.flatMap(\.header.devices)).subtracting(home)
        guard !taken.isEmpty else { return }
        var host = Host.read(machine, Assign.parts)
        let functions = host.functions.filter { taken.contains($0.address) && $0.driver != "vfio-pci" }
        guard !functions.isEmpty else { return }
        host.readDetails(of: functions, from: machine)
        let request = Request(host.fresh(functions), on: host, unsafe: permissions.unsafe)
        if let refusal = Refusal(Guards.findings(request), consents: permissions.consents) { throw Failure(refusal) }
    }
}

extension JournalEntry {
    /// The files and functions that the transaction touches.
    fileprivate var targets: Set<String> {
        var targets = Set(header.devices.map(\.description))
        for planned in header.plan.changes {
            if case .writeFile(let path, _, _) = planned.change { targets.insert(path) }
        }
        return targets
    }
}
