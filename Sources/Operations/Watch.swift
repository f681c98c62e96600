import Inventory
import Machine
import SystemPackage
import Transactions
import Wording

/// The process that reverts a transaction unless it is confirmed in time: it outlives the session, which the change may
/// have cut.
public enum Watch {
    /// Starts it, before anything is changed.
    static func start(_ id: Int, on machine: Machine) throws(TransactionFailure) {
        // What a simulated machine does is not watched by another process.
        guard machine.isLive else { return }
        do {
            try machine.detachSelf(["watch", "\(id)"])
        } catch {
            throw TransactionFailure(
                message: Text(
                    en: """
                        The watchdog that takes the change back could not be started \
                        (\(error.description.lowercased())): nothing was changed.
                        """,
                    zh: "无法启动负责恢复的看门狗（\(Text(reason: error.description.lowercased()).zh)）：未做任何更改。"
                )
            )
        }
    }

    /// Minutes for which what could not be put back at once is tried again: a slow driver lets go in the end.
    private static let patience = 10

    /// Waits until the transaction is confirmed, ended or overdue, or until whoever applies it has died; then puts back
    /// what has to be, also where the journal takes no more.
    public static func run(_ machine: Machine, transaction id: Int) throws(Failure) {
        try Execution.requireWritable(machine)
        leaveService(machine)
        let transaction = Transaction(on: machine)
        guard var known = transaction.journal.entry(id) else { throw History.missing(id, in: transaction.journal) }
        // From here on the time runs, whatever becomes of the file; the commit, which comes later, says it exactly.
        let latest = machine.bootClock + ((known.header.confirmWithin ?? 0) + applying) * 1000
        var giveUp: Int?
        while giveUp.map({ machine.bootClock < $0 }) ?? true {
            if let entry = transaction.journal.entry(id) {
                known = entry
                switch entry.state {
                case .applied, .rolledBack, .undone: return
                case .incomplete where entry.cause == .request: return
                case .waiting where !transaction.isOverdue(entry): break
                case .waiting, .open, .incomplete:
                    guard let lock = takeLock(transaction.journal) else { break }
                    giveUp = giveUp ?? machine.bootClock + patience * 60_000
                    // Read again: the one who had the lock may have ended it.
                    let left = transaction.journal.entry(id).map { entry -> [Text] in
                        guard entry.state == .open || entry.state == .incomplete || transaction.isOverdue(entry) else {
                            return []
                        }
                        let cause = entry.cause ?? (entry.isCommitted ? .unconfirmed : .interruption)
                        return machine.uninterrupted { transaction.undo(entry, cause) }
                    }
                    withExtendedLifetime(lock) {}
                    // Put back, though the journal may not know it.
                    if left == [] { return }
                    machine.pause(milliseconds: 5_000)
                }
            } else if (try? transaction.journal.ids().contains(id)) == false {
                return
            } else if known.state == .waiting ? transaction.isOverdue(known) : machine.bootClock >= latest {
                // The file is damaged, and nobody could confirm by it: what it said is put back.
                if let lock = takeLock(transaction.journal) {
                    giveUp = giveUp ?? machine.bootClock + patience * 60_000
                    let left = machine.uninterrupted { transaction.undoUnrecorded(known, .unconfirmed) }
                    withExtendedLifetime(lock) {}
                    if left.isEmpty { return }
                    machine.pause(milliseconds: 5_000)
                }
            }
            machine.pause(milliseconds: 500)
        }
    }

    /// Seconds that applying may take before the time to confirm begins.
    private static let applying = 300

    /// The lock; nil while another passthru is at work. Where there can be none, going on alone is better than leaving
    /// the owner locked out.
    private static func takeLock(_ journal: Journal) -> (any FileLock)?? {
        do {
            return .some(try journal.lock(milliseconds: 0))
        } catch {
            return error == .resourceTemporarilyUnavailable ? nil : .some(nil)
        }
    }

    /// systemd ends all processes of a service or session with it: the watchdog moves out of its control group.
    static func leaveService(_ machine: Machine) {
        guard machine.isLive, machine.exists("/run/systemd/system") else { return }
        for folder in ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd"] where machine.exists(folder + "/cgroup.procs") {
            let number = Array("\(machine.processID)".utf8)
            try? machine.tree.write(folder + "/cgroup.procs", bytes: number, milliseconds: 2_000)
        }
    }
}
