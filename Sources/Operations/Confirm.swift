import Changes
import Inventory
import Machine
import Transactions
import Wording

/// `passthru confirm`: keeps what would revert by itself.
public struct Confirm: Sendable, Encodable {
    public let schema = "passthru/confirm/1"
    /// The transactions that stay now.
    public var confirmed: [Int]
    /// The transactions that made a trial boot permanent.
    public var made: [Int] = []

    /// - Parameter id: the transaction; nil for all that wait.
    public static func run(_ machine: Machine, transaction id: Int?) throws(Failure) -> Confirm {
        try Execution.requireWritable(machine)
        let transaction = Transaction(on: machine)
        let lock = try Execution.take(transaction.journal)
        defer { withExtendedLifetime(lock) {} }
        let entries = try History.entries(transaction.journal)
        if let id {
            guard let entry = entries.first(where: { $0.id == id }) else {
                throw History.missing(id, in: transaction.journal)
            }
            guard entry.state == .waiting else {
                throw Failure(
                    .no,
                    Text(
                        en: "Transaction \(id) does not wait to be confirmed: it is \(entry.state.text.en).",
                        zh: "事务 \(id) 并未等待确认：状态为\(entry.state.text.zh)。"
                    )
                )
            }
        }
        let asked = entries.filter { $0.state == .waiting && (id == nil || $0.id == id) }
        let open = asked.filter { !transaction.isOverdue($0) }
        // A trial that is still to come keeps nobody from confirming the rest.
        let ripe = open.filter { $0.header.plan.trial == nil || $0.trialPhase(on: machine) == .running }
        let waiting = id == nil && !ripe.isEmpty ? ripe : open
        guard !waiting.isEmpty else {
            if !asked.isEmpty {
                throw Failure(
                    .no,
                    Text(
                        en: "The time to confirm is over: the change is being taken back.",
                        zh: "确认时间已过：该更改正在恢复。"
                    )
                )
            }
            throw Failure(.no, Text(en: "Nothing waits to be confirmed.", zh: "没有等待确认的事务。"))
        }
        let made = try machine.uninterrupted { () throws(Failure) -> [Int] in
            var made: [Int] = []
            for entry in waiting {
                if entry.header.plan.trial != nil {
                    made.append(try TrialBoot.keep(entry, machine, transaction))
                    continue
                }
                do throws(TransactionFailure) {
                    try transaction.confirm(entry)
                } catch {
                    throw Failure(error)
                }
            }
            return made
        }
        return Confirm(confirmed: waiting.map(\.id), made: made)
    }
}
