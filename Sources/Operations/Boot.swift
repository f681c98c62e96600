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
        // A disk that takes no journal must neither leave a trial without its judge nor guests without their devices.
        var boot = Boot(
            recovered: Recover(transactions: [], unreadable: []),
            trial: nil,
            bindings: BootReport.empty(machine),
            drift: nil
        )
        var failed: Failure?
        do throws(Failure) {
            boot.recovered = try Recover.run(machine)
            boot.trial = try lookAfterTrial(machine)
        } catch {
            TrialBoot.startJudgeOfLine(machine)
            failed = error
        }
        boot.bindings = try BootBinding.run(machine)
        if let failed { throw failed }
        if boot.trial?.phase != .running { boot.drift = try Verify.repair(machine) }
        return boot
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
