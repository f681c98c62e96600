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

    /// - Parameter shown: the transactions that the owner saw and said yes to; nil when none were shown.
    public static func run(
        _ machine: Machine,
        _ target: Target,
        dryRun: Bool = false,
        shown: [Int]? = nil,
        progress: (Text) -> Void
    ) throws(Failure) -> Undo {
        if dryRun {
            let entries = try wanted(target, in: Journal(on: machine))
            try askGuards(entries, machine)
            return Undo(
                dryRun: true,
                transactions: entries.map { History.Transaction($0, on: machine) },
                unreadable: Journal(on: machine).unreadable
            )
        }
        try Execution.requireWritable(machine)
        let lock = try Execution.take(Journal(on: machine))
        defer { withExtendedLifetime(lock) {} }
        return try machine.uninterrupted { () throws(Failure) -> Undo in
            try withoutActuallyEscaping(progress) { progress throws(Failure) -> Undo in
                let transaction = Transactions.Transaction(on: machine) { progress($0.step.sentence) }
                try Execution.recover(transaction, progress)
                let entries = try wanted(target, in: transaction.journal)
                if let shown, shown != entries.map(\.id) {
                    throw Failure(
                        .busy,
                        Text(
                            en: "Other transactions came since these were shown: nothing was changed. Look again.",
                            zh: "显示之后又有新的事务：未做任何更改。请重新查看。"
                        )
                    )
                }
                try askGuards(entries, machine)
                let reverted = revertedReleases(entries, machine)
                var undone: [History.Transaction] = []
                for entry in entries {
                    let left =
                        reverted.contains(entry.id)
                        ? transaction.undoFiles(entry, .request) : transaction.undo(entry, .request)
                    var result = History.Transaction(transaction.journal.entry(entry.id) ?? entry, on: machine)
                    // What the journal could not take is said all the same.
                    if !left.isEmpty { (result.state, result.left) = (.incomplete, left) }
                    undone.append(result)
                }
                let left = BoundAtBoot.giveBack(entries, machine)
                if !left.isEmpty, let last = undone.indices.last {
                    undone[last].state = .incomplete
                    undone[last].left += left
                }
                let home = entries.filter(\.isAssignment).flatMap(\.header.devices)
                if !home.isEmpty {
                    LibvirtMemory.forget(home, GuestInventory.read(machine).runners, on: machine).forEach(progress)
                }
                return Undo(
                    dryRun: false,
                    transactions: undone,
                    unreadable: transaction.journal.unreadable
                )
            }
        }
    }

    /// Files in the journal that cannot be read, by their number: nothing of them can be undone.
    public var unreadable: [Int] = []

    public var status: ExitStatus {
        !dryRun && transactions.contains { $0.state == .incomplete } ? .incomplete : unreadable.isEmpty ? .ok : .failed
    }

    /// What there is to undo, newest first.
    private static func wanted(_ target: Target, in journal: Journal) throws(Failure) -> [JournalEntry] {
        let entries = try History.entries(journal)
        let standing = entries.filter { $0.state == .applied || $0.state == .waiting || $0.state == .incomplete }
        guard case .transaction(let id) = target else { return standing.reversed() }
        guard let entry = entries.first(where: { $0.id == id }) else { throw History.missing(id, in: journal) }
        guard standing.contains(where: { $0.id == id }) else { return [] }
        // What made a trial permanent goes with what prepared it.
        let first = entry.header.follows ?? id
        let chain = standing.filter { $0.id == id || $0.id == first || $0.header.follows == first }
        let targets = chain.reduce(into: Set<String>()) { $0.formUnion($1.targets) }
        let others = standing.filter { other in other.id > first && !chain.contains { $0.id == other.id } }
        if let later = others.last(where: { !$0.targets.isDisjoint(with: targets) }) {
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
        return chain.reversed()
    }

    /// Releases of functions that are with the host, or will be once what came later is undone, and whose assignment is
    /// undone too: taking them from the host once more, only to give them back, could tear a file system or a session away.
    private static func revertedReleases(_ entries: [JournalEntry], _ machine: Machine) -> Set<Int> {
        let boot = machine.bootID
        let bound = Set(machine.listIfAny("/sys/bus/pci/drivers/vfio-pci").compactMap { PCIAddress($0) })
        let reverted = entries.enumerated().filter { index, entry in
            guard entry.header.verb == "release", entry.header.boot == boot else { return false }
            func assigned(_ entries: some Sequence<JournalEntry>) -> Set<PCIAddress> {
                Set(entries.filter { $0.isAssignment && $0.header.boot == boot }.flatMap(\.header.devices))
            }
            let away = bound.subtracting(assigned(entries[..<index]))
            return Set(entry.header.devices).isSubset(of: assigned(entries[index...]).subtracting(away))
        }
        return Set(reverted.map(\.element.id))
    }

    /// Undoing an assignment gives functions back, and undoing a release takes them: the guards are asked as by the verbs
    /// themselves. What they only allow with consent is not undone but done anew, by `assign`, which can revert by itself.
    private static func askGuards(_ entries: [JournalEntry], _ machine: Machine) throws(Failure) {
        let boot = machine.bootID
        let here = entries.filter { $0.header.boot == boot }
        let reverted = revertedReleases(here, machine)
        // What was plugged into a guest that has run ever since is unplugged first.
        let transaction = Transactions.Transaction(on: machine)
        let unplugging = here.filter { entry in
            let steps = entry.header.plan.changes.filter(\.isPluggingIn)
            return !steps.isEmpty && steps.allSatisfy(transaction.holds)
        }
        let given = Set(here.filter { $0.isAssignment }.flatMap(\.header.devices))
            .subtracting(unplugging.flatMap(\.header.devices))
            .union(BoundAtBoot.addresses(entries, machine))
        let taken = Set(
            here.filter { $0.header.verb == "release" && !reverted.contains($0.id) }.flatMap(\.header.devices)
        )
        guard !given.isEmpty || !taken.isEmpty else { return }
        var host = Host.read(machine, Assign.parts)
        let touched = host.functions.filter { given.contains($0.address) || taken.contains($0.address) }
        host.readDetails(of: touched, from: machine)
        let functions = host.fresh(touched)
        let releasing = functions.filter { given.contains($0.address) && $0.driver == "vfio-pci" }
        let assigning = functions.filter { taken.contains($0.address) && $0.driver != "vfio-pci" }
        let findings =
            Guards.release(Request(releasing, on: host)).filter { $0.level == .refuse }
            + (assigning.isEmpty ? [] : Guards.findings(Request(assigning, on: host)))
        guard let refusal = Refusal(findings, consents: []) else { return }
        var failure = Failure(refusal)
        if refusal.level == .consent {
            failure.message =
                refusal.first.message
                + Text(
                    en: " Undo does not do this: passthru assign can, and reverts by itself.",
                    zh: "撤销不会这样做：请使用 passthru assign，它可以自动恢复。"
                )
            failure.findings = []
        }
        throw failure
    }
}

extension PlannedChange {
    /// Whether a guest that runs gets a device.
    fileprivate var isPluggingIn: Bool {
        guard case .runProgram(_, let arguments, _, _) = change else { return false }
        return arguments.contains("attach-device") && arguments.contains("--live")
    }
}

extension JournalEntry {
    /// The files, documents and functions that the transaction touches.
    fileprivate var targets: Set<String> {
        var targets = Set(header.devices.map(\.description))
        for planned in header.plan.changes {
            switch planned.change {
            case .writeFile(let path, _, _): targets.insert(path)
            case .writeDocument(let document, _): targets.insert(document.name)
            default: break
            }
        }
        return targets
    }
}
