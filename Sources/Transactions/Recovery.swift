import Changes
import Inventory
import Machine
import SystemPackage
import Wording

extension Transaction {
    /// Finishes what was interrupted: what was not committed is put back, an undoing that was begun is ended, what nobody
    /// confirmed in time reverts, what was left for want of room is put back, and what was made for a guest's run in an
    /// earlier boot counts as undone.
    ///
    /// - Returns: each transaction as it is now, with what could not be put back.
    ///
    /// - Parameter verb: only what this verb began; nil for all.
    public func recover(
        onlyMadeBy verb: String? = nil
    ) throws(TransactionFailure) -> [(entry: JournalEntry, left: [Text])] {
        let entries: [JournalEntry]
        do {
            entries = try journal.entries()
        } catch {
            throw TransactionFailure(message: unwritableJournal(error))
        }
        var recovered: [(entry: JournalEntry, left: [Text])] = []
        for entry in entries.reversed() {
            guard verb == nil || entry.header.verb == verb, let cause = causeToRecover(entry) else { continue }
            if let sentence = outlived(entry, cause) { throw TransactionFailure(message: sentence, isBusy: true) }
            let left = undo(entry, cause)
            recovered.append((journal.entry(entry.id) ?? entry, left))
        }
        return recovered
    }

    private func causeToRecover(_ entry: JournalEntry) -> UndoCause? {
        switch entry.state {
        case .open: entry.cause ?? .interruption
        case .waiting: isOverdue(entry) ? .unconfirmed : nil
        case .applied, .incomplete:
            if entry.header.guest != nil && machine.bootID != entry.header.boot {
                .restart
            } else {
                entry.lacksRoom ? entry.cause ?? .interruption : nil
            }
        case .rolledBack, .undone: nil
        }
    }

    /// Whether the time to confirm a transaction is over: a restart ends it too.
    public func isOverdue(_ entry: JournalEntry) -> Bool {
        guard entry.state == .waiting, let deadline = entry.confirmationDeadline else { return false }
        return machine.bootClock >= deadline || machine.bootID != entry.header.boot
    }

    /// Notes what happened to a trial.
    public func note(_ event: TrialEvent, _ entry: JournalEntry) throws(TransactionFailure) {
        do {
            try journal.reopen(entry).record(.trial(event))
        } catch {
            throw TransactionFailure(message: unwritableJournal(error))
        }
    }

    /// Keeps what waits to be confirmed.
    public func confirm(_ entry: JournalEntry) throws(TransactionFailure) {
        do {
            try journal.reopen(entry).record(.confirm)
        } catch {
            throw TransactionFailure(message: unwritableJournal(error))
        }
    }
}

extension Machine {
    /// Names this run of the kernel (random(4)); nil where it cannot be read.
    public var bootID: String? { textIfAny("/proc/sys/kernel/random/boot_id") }

    /// Folders above a path that are not there, outermost first.
    func missingFolders(above path: String) -> [String] {
        var missing: [String] = []
        var folder = Machine.parent(of: path)
        while folder != "/", !exists(folder) {
            missing.append(folder)
            folder = Machine.parent(of: folder)
        }
        return missing.reversed()
    }
}
