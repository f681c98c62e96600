import Changes
import Inventory
import Machine
import Planning
import SystemPackage
import Transactions
import Wording

/// What the owner allows a writing verb.
public struct Permissions: Sendable {
    /// Plan only.
    public var dryRun: Bool
    /// Findings that are accepted.
    public var consents: Set<Consent>
    /// Modes that were asked for by their own flag.
    public var unsafe: Set<UnsafeMode>
    /// Seconds in which `passthru confirm` must come, 0 for never; nil leaves it to the plan: 90 when a finding was
    /// consented to, else never.
    public var confirmWithin: Int?
    /// The plan that the owner saw and said yes to; nil when none was shown.
    public var shown: [Outcome.Step]?

    public init(
        dryRun: Bool = false,
        consents: Set<Consent> = [],
        unsafe: Set<UnsafeMode> = [],
        confirmWithin: Int? = nil,
        shown: [Outcome.Step]? = nil
    ) {
        self.dryRun = dryRun
        self.consents = consents
        self.unsafe = unsafe
        self.confirmWithin = confirmWithin
        self.shown = shown
    }
}

/// A plan with the devices that it is for.
struct Intention {
    var plan: Plan
    var devices: [PCIAddress]
    /// The guest at whose start they go; nil when they go now.
    var guest: String?
}

/// Shows a plan, or carries it out.
enum Execution {
    /// Seconds to confirm in when a guard's finding was consented to.
    static let confirmationTime = 90

    /// - Parameters:
    ///   - givesBack: whether the verb only gives back: then a journal file that cannot be read does not stop it.
    ///   - make: reads the machine and makes the plan; called again once nobody else can change anything.
    static func carryOut(
        on machine: Machine,
        verb: String,
        _ permissions: Permissions,
        givesBack: Bool = false,
        progress: (Text) -> Void,
        make: () throws(Failure) -> Intention
    ) throws(Failure) -> Outcome {
        let schema = "passthru/\(verb)/1"
        if permissions.dryRun {
            let unreadable = try settled(Transaction(on: machine), machine, givesBack: givesBack)
            let intention = try make()
            var outcome = Outcome(intention, schema: schema, dryRun: true)
            outcome.unreadable = unreadable
            outcome.confirmWithin = confirmation(intention.plan, permissions)
            return outcome
        }
        try requireWritable(machine)
        let lock = try take(Journal(on: machine))
        defer { withExtendedLifetime(lock) {} }
        return try machine.uninterrupted { () throws(Failure) -> Outcome in
            try withoutActuallyEscaping(progress) { progress throws(Failure) -> Outcome in
                let transaction = Transaction(on: machine) { progress($0.step.sentence) }
                try recover(transaction, progress)
                let unreadable = try settled(transaction, machine, givesBack: givesBack)
                let intention = try make()
                var outcome = Outcome(intention, schema: schema, dryRun: false)
                outcome.unreadable = unreadable
                guard outcome.changed else { return outcome }
                if let shown = permissions.shown, shown != outcome.plan {
                    throw Failure(
                        .busy,
                        Text(
                            en:
                                "The machine changed since the plan was shown: nothing was changed. Look at the new plan.",
                            zh: "显示计划之后机器有变化：未做任何更改。请查看新的计划。"
                        )
                    )
                }
                let within = confirmation(intention.plan, permissions)
                do throws(TransactionFailure) {
                    let entry = try transaction.apply(intention.plan, verb: verb, confirmWithin: within) {
                        entry throws(TransactionFailure) in
                        if within != nil { try Watch.start(entry.id, on: machine) }
                    }
                    outcome.transaction = entry.id
                    outcome.confirmWithin = within
                    return outcome
                } catch {
                    throw Failure(error)
                }
            }
        }
    }

    /// Asks the journal whether anything may be changed now. While a change waits to be confirmed nothing else is changed:
    /// what reverts must find what it left. Where a file cannot be read, nobody knows what it would have to revert.
    ///
    /// - Returns: the numbers of files that cannot be read, for a verb that goes on all the same.
    private static func settled(
        _ transaction: Transaction,
        _ machine: Machine,
        givesBack: Bool
    ) throws(Failure) -> [Int] {
        let journal = transaction.journal
        let entries = try History.entries(journal)
        if let entry = entries.last(where: { $0.state == .waiting && !transaction.isOverdue($0) }) {
            throw Failure(.busy, waits(entry, machine))
        }
        let unreadable = journal.unreadable
        guard let id = unreadable.first, !givesBack else { return unreadable }
        throw Failure(
            .failed,
            Text(
                en: """
                    \(journal.path(id)) cannot be read, so that nobody knows what transaction \(id) did: nothing was changed. \
                    Look at the file, then rename it to \(id).damaged, and try again.
                    """,
                zh: """
                    无法读取 \(journal.path(id))，不知道事务 \(id) 做过什么：未做任何更改。\
                    请查看该文件，将它改名为 \(id).damaged，然后重试。
                    """
            )
        )
    }

    private static func waits(_ entry: JournalEntry, _ machine: Machine) -> Text {
        let id = entry.id
        return switch entry.trialPhase(on: machine) {
        case .prepared:
            Text(
                en: """
                    Transaction \(id) waits for its trial boot: restart the machine, or take it back first, \
                    `passthru undo \(id)`.
                    """,
                zh: "事务 \(id) 正等待试启动：请重启机器，或先撤销它：`passthru undo \(id)`。"
            )
        case .running:
            Text(
                en: """
                    This boot tries transaction \(id): keep it first, `passthru confirm`, or take it back, \
                    `passthru undo \(id)`.
                    """,
                zh: "本次启动正在试用事务 \(id)：请先保留它（`passthru confirm`），或撤销它（`passthru undo \(id)`）。"
            )
        case .over:
            Text(
                en: "The trial boot of transaction \(id) was not kept: take it back first, `passthru undo \(id)`.",
                zh: "事务 \(id) 的试启动未被保留：请先撤销它：`passthru undo \(id)`。"
            )
        case nil:
            Text(
                en: """
                    Transaction \(id) (\(entry.header.verb)) waits to be confirmed: keep it first, `passthru confirm \(id)`, or \
                    take it back, `passthru undo \(id)`.
                    """,
                zh: """
                    事务 \(id)（\(entry.header.verb)）正等待确认：请先保留它（`passthru confirm \(id)`），\
                    或撤销它（`passthru undo \(id)`）。
                    """
            )
        }
    }

    private static func confirmation(_ plan: Plan, _ permissions: Permissions) -> Int? {
        let within = permissions.confirmWithin ?? (plan.needsConfirmation ? confirmationTime : 0)
        return within > 0 && !plan.changes.isEmpty ? within : nil
    }

    /// Only root changes the machine, and only a live one can be changed.
    static func requireWritable(_ machine: Machine) throws(Failure) {
        guard machine.isWritable else {
            throw Failure(
                .usage,
                Text(
                    en: "A captured host cannot be changed, only planned for with --dry-run.",
                    zh: "捕获的主机不能更改，只能用 --dry-run 做计划。"
                )
            )
        }
        guard machine.isRoot else {
            throw Failure(
                .refused,
                Text(en: "Only root may do this: nothing was changed.", zh: "只有 root 可以这样做：未做任何更改。")
            )
        }
    }

    /// The journal's lock, which another passthru may have for some seconds.
    static func take(_ journal: Journal, milliseconds: Int = 10_000) throws(Failure) -> any FileLock {
        do {
            return try journal.lock(milliseconds: milliseconds)
        } catch {
            guard error == .resourceTemporarilyUnavailable else {
                throw Failure(
                    .failed,
                    Text(
                        en: """
                            The journal in \(journal.folder) cannot be written (\(error.description.lowercased())): \
                            without it nothing could be undone, so nothing was changed.
                            """,
                        zh: """
                            无法写入 \(journal.folder) 中的日志（\(Text(reason: error.description.lowercased()).zh)）：\
                            没有它就无法撤销，因此未做任何更改。
                            """
                    )
                )
            }
            throw Failure(
                .busy,
                Text(
                    en: "Another passthru is changing this machine: nothing was changed. Try again when it is done.",
                    zh: "另一个 passthru 正在更改本机：未做任何更改。请待其完成后重试。"
                )
            )
        }
    }

    /// Finishes what an earlier run left half-way, and says what it found.
    static func recover(_ transaction: Transaction, _ progress: (Text) -> Void) throws(Failure) {
        for program in transaction.outliving {
            progress(
                Text(
                    en: "Waiting for \(program.command.en) to end, which an interrupted passthru had started.",
                    zh: "正在等待被中断的 passthru 所启动的 \(program.command.zh) 结束。"
                )
            )
        }
        for (entry, left) in try recovered(transaction) { progress(Recover.sentence(entry, left)) }
        for id in transaction.journal.unreadable {
            progress(
                Text(
                    en: "Transaction \(id) cannot be read, so that nothing of it can be undone.",
                    zh: "事务 \(id) 无法读取，因此无法撤销其中的任何内容。"
                )
            )
        }
    }

    /// Finishes what an earlier run left half-way.
    ///
    /// - Parameter verb: only what this verb began; nil for all.
    static func recovered(
        _ transaction: Transaction,
        onlyMadeBy verb: String? = nil
    ) throws(Failure) -> [(entry: JournalEntry, left: [Text])] {
        do {
            return try transaction.recover(onlyMadeBy: verb)
        } catch {
            throw Failure(error)
        }
    }
}

extension Failure {
    init(_ failure: TransactionFailure) {
        let status: ExitStatus =
            failure.isBusy
            ? .busy : failure.isOutdated ? .refused : failure.left.isEmpty && !failure.isStuck ? .failed : .incomplete
        self.init(status, failure.message, details: failure.left)
    }
}
