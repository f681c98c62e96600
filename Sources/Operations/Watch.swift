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

    /// Waits until the transaction is confirmed, ended or overdue, or until whoever applies it has died; then puts back
    /// what has to be.
    public static func run(_ machine: Machine, transaction id: Int) throws(Failure) {
        try Execution.requireWritable(machine)
        let transaction = Transaction(on: machine)
        while true {
            guard let entry = transaction.journal.entry(id) else { return }
            switch entry.state {
            case .applied, .rolledBack, .undone, .incomplete: return
            case .waiting where !transaction.isOverdue(entry): break
            case .waiting, .open:
                // The lock is free once nobody works on it any more.
                if let lock = try? transaction.journal.lock(milliseconds: 0) {
                    defer { withExtendedLifetime(lock) {} }
                    _ = try machine.uninterrupted { () throws(Failure) in try Execution.recovered(transaction) }
                }
            }
            machine.pause(milliseconds: 500)
        }
    }
}
