import Inventory
import Machine
import Transactions
import Wording

/// `passthru boot`: what the boot service runs. First what an interruption left is put back, then a trial is looked after,
/// then devices are bound, then what this system's upgrades took away is repaired.
public struct Boot: Sendable, Encodable {
    public let schema = "passthru/boot/1"
    public var recovered: Recover
    /// What became of a trial boot; null when there was none.
    @Nullable public var trial: TrialBoot.Report?
    public var bindings: BootReport
    /// What differs from what is wanted; null while a trial runs.
    @Nullable public var drift: Verify?

    /// - Parameter isEarly: binds only: the disk with the journal may not be there yet.
    public static func run(_ machine: Machine, isEarly: Bool) throws(Failure) -> Boot {
        if isEarly {
            return Boot(
                recovered: Recover(transactions: [], unreadable: []),
                trial: nil,
                bindings: try BootBinding.run(machine, isEarly: true),
                drift: nil
            )
        }
        let recovered = try Recover.run(machine)
        let trial = try lookAfterTrial(machine)
        let bindings = try BootBinding.run(machine)
        let isTrial = trial?.phase == .running
        return Boot(
            recovered: recovered,
            trial: trial,
            bindings: bindings,
            drift: isTrial ? nil : try Verify.repair(machine)
        )
    }

    private static func lookAfterTrial(_ machine: Machine) throws(Failure) -> TrialBoot.Report? {
        let transaction = Transactions.Transaction(on: machine)
        let lock = try Execution.take(transaction.journal)
        defer { withExtendedLifetime(lock) {} }
        return try machine.uninterrupted { () throws(Failure) -> TrialBoot.Report? in
            try TrialBoot.atBoot(machine, transaction)
        }
    }

    public var status: ExitStatus {
        guard recovered.status == .ok else { return recovered.status }
        if trial?.left.isEmpty == false { return .incomplete }
        return bindings.isGood && drift?.items.isEmpty != false ? .ok : .no
    }
}
