import Inventory
import Machine
import Transactions
import Wording

/// `passthru recover`: finishes what a crash or a power failure left half-way. Every writing verb does it first, and the
/// boot service at each start.
public struct Recover: Sendable, Encodable {
    public let schema = "passthru/recover/1"
    public var transactions: [History.Transaction]
    /// Files in the journal that cannot be read, by their number.
    public var unreadable: [Int]

    public static func run(_ machine: Machine) throws(Failure) -> Recover {
        try Execution.requireWritable(machine)
        let lock = try Execution.take(Journal(on: machine))
        defer { withExtendedLifetime(lock) {} }
        return try machine.uninterrupted { () throws(Failure) -> Recover in
            let transaction = Transactions.Transaction(on: machine)
            let recovered = try Execution.recovered(transaction)
            return Recover(
                transactions: recovered.map { entry, left in
                    var result = History.Transaction(entry, on: machine)
                    // What the journal could not take is said all the same.
                    if !left.isEmpty { (result.state, result.left) = (.incomplete, left) }
                    return result
                },
                unreadable: transaction.journal.unreadable
            )
        }
    }

    /// What was found and done, for whoever looks on.
    static func sentence(_ entry: JournalEntry, _ left: [Text]) -> Text {
        if entry.cause == .restart {
            return Text(
                en: "Transaction \(entry.id) (\(entry.header.verb)) has ended with the restart.",
                zh: "事务 \(entry.id)（\(entry.header.verb)）已随重启结束。"
            )
        }
        let what =
            entry.cause == .unconfirmed
            ? Text(
                en: "Nobody confirmed transaction \(entry.id) (\(entry.header.verb)) in time: ",
                zh: "事务 \(entry.id)（\(entry.header.verb)）未及时确认："
            )
            : Text(
                en: "Transaction \(entry.id) (\(entry.header.verb)) had been interrupted: ",
                zh: "事务 \(entry.id)（\(entry.header.verb)）曾被中断："
            )
        guard left.isEmpty else {
            return what + Text(en: "not all could be put back. ", zh: "未能全部恢复。") + .sentences(left)
        }
        return what + Text(en: "everything was put back.", zh: "已全部恢复。")
    }

    /// Whether anything could not be put back.
    public var status: ExitStatus {
        transactions.contains { $0.state == .incomplete } ? .incomplete : unreadable.isEmpty ? .ok : .failed
    }
}
