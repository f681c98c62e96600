import Changes
import Inventory
import Machine
import Planning
import Platforms
import SystemPackage
import Transactions
import Wording

/// A boot that is tried once: what the boot service makes of it, how it is kept, and how it is given up.
public enum TrialBoot {
    /// What a boot found of a trial.
    public struct Report: Sendable, Encodable {
        public var transaction: Int
        public var phase: TrialPhase
        /// What happened, for the owner.
        public var story: Text
        /// What could not be put back after a trial that was not kept.
        public var left: [Text] = []
    }

    // MARK: At boot

    /// Looks after a trial: notes that it came up and starts what judges it, or takes back one that was not kept. Under the
    /// journal's lock.
    static func atBoot(_ machine: Machine, _ transaction: Transaction) throws(Failure) -> Report? {
        let entries = try History.entries(transaction.journal)
        for entry in entries.reversed() {
            guard let phase = entry.trialPhase(on: machine) else { continue }
            if entries.contains(where: { $0.header.follows == entry.id && $0.state == .applied }) {
                // Made permanent, and the power failed before that was noted.
                try confirm(entry, transaction)
                return nil
            }
            switch phase {
            case .prepared: return nil
            case .running:
                try note(.booted, entry, transaction)
                try start(entry.id, machine)
                return Report(
                    transaction: entry.id,
                    phase: phase,
                    story: Text(en: "this boot is a trial", zh: "本次启动为试启动")
                )
            case .over:
                let left = transaction.undo(entry, .trial)
                return Report(transaction: entry.id, phase: phase, story: entry.trialStory, left: left)
            }
        }
        return nil
    }

    private static func start(_ id: Int, _ machine: Machine) throws(Failure) {
        guard machine.isLive else { return }
        do {
            try machine.detachSelf(["watch-trial", "\(id)"])
        } catch {
            throw Failure(
                .failed,
                Text(
                    en: "What judges the trial could not be started: \(error.description.lowercased()).",
                    zh: "无法启动试启动的判定程序：\(Text(reason: error.description.lowercased()).zh)。"
                )
            )
        }
    }

    private static func note(_ event: TrialEvent, _ entry: JournalEntry, _ transaction: Transaction) throws(Failure) {
        do {
            try transaction.note(event, entry)
        } catch {
            throw Failure(error)
        }
    }

    private static func confirm(_ entry: JournalEntry, _ transaction: Transaction) throws(Failure) {
        do {
            try transaction.confirm(entry)
        } catch {
            throw Failure(error)
        }
    }

    // MARK: Keeping it

    /// Makes permanent what this boot tries, and takes the way to the trial away. Under the journal's lock.
    ///
    /// - Returns: the number of the transaction that did it.
    static func keep(_ entry: JournalEntry, _ machine: Machine, _ transaction: Transaction) throws(Failure) -> Int {
        guard let trial = entry.header.plan.trial else { return entry.id }
        switch entry.trialPhase(on: machine) {
        case .running, nil: break
        case .prepared:
            throw Failure(
                .no,
                Text(
                    en: "The trial boot of transaction \(entry.id) has not happened yet: restart the machine first.",
                    zh: "事务 \(entry.id) 的试启动尚未进行：请先重启机器。"
                )
            )
        case .over:
            throw Failure(
                .no,
                Text(
                    en: "The trial boot of transaction \(entry.id) is over, and is being taken back.",
                    zh: "事务 \(entry.id) 的试启动已结束，正在恢复。"
                )
            )
        }
        let host = Host.read(machine, IOMMUSwitch.parts)
        let line = try LineChange(to: trial.wanted, machine, host)
        let plan: Plan
        do throws(BootPlatformError) {
            plan = Plan(changes: try line.platform.endOfTrial())
        } catch {
            throw Failure(error)
        }
        let permanent = Plan(changes: plan.changes + (try line.permanent()))
        do throws(TransactionFailure) {
            let kept = try transaction.apply(permanent, verb: entry.header.verb, following: entry.id)
            try transaction.confirm(entry)
            return kept.id
        } catch {
            throw Failure(error)
        }
    }

    // MARK: Judging it

    /// Seconds between two looks, and within which the hardware watchdog must be fed.
    private static let pause = 5
    private static let watchdogTime = 60

    /// The process that judges a running trial: it keeps it when all is well for long enough, and restarts the machine when
    /// that does not come about. Until then it feeds the hardware watchdog, so that a machine that stops restarts too.
    public static func watch(_ machine: Machine, transaction id: Int) throws(Failure) {
        try Execution.requireWritable(machine)
        Watch.leaveService(machine)
        let transaction = Transaction(on: machine)
        var watchdog: Watchdog?
        defer { watchdog?.disarm() }
        let began = machine.bootClock
        var wellSince: Int?
        var last: [HealthCheck] = []
        while true {
            // Its driver may be loaded later than the boot service runs.
            watchdog = watchdog ?? (try? machine.armWatchdog(seconds: watchdogTime))
            watchdog?.feed()
            guard let entry = transaction.journal.entry(id), let trial = entry.header.plan.trial,
                entry.trialPhase(on: machine) == .running
            else { return }
            let network = NetworkInventory.read(machine)
            last = trial.checks.filter { !$0.holds(network, machine) }
            let now = machine.bootClock
            wellSince = last.isEmpty && !trial.checks.isEmpty ? wellSince ?? now : nil
            if let wellSince, now - wellSince >= trial.holdSeconds * 1000 {
                if (try? keep(entry, machine)) != nil { return }
            }
            if now - began >= trial.patienceSeconds * 1000 {
                return giveUp(entry, trial, last, machine, transaction)
            }
            machine.pause(milliseconds: pause * 1000)
        }
    }

    private static func keep(_ entry: JournalEntry, _ machine: Machine) throws(Failure) {
        let transaction = Transaction(on: machine)
        let lock = try Execution.take(transaction.journal)
        defer { withExtendedLifetime(lock) {} }
        _ = try machine.uninterrupted { () throws(Failure) -> Int in
            guard let now = transaction.journal.entry(entry.id), now.state == .waiting else { return entry.id }
            return try keep(now, machine, transaction)
        }
    }

    private static func giveUp(
        _ entry: JournalEntry,
        _ trial: Trial,
        _ failing: [HealthCheck],
        _ machine: Machine,
        _ transaction: Transaction
    ) {
        let minutes = trial.patienceSeconds / 60
        let reason =
            failing.isEmpty
            ? Text(
                en: "The trial boot came up, but nobody confirmed it within \(minutes) minutes.",
                zh: "试启动已启动，但 \(minutes) 分钟内无人确认。"
            )
            : Text(
                en: """
                    The trial boot came up, but was not well within \(minutes) minutes: missing was \
                    \(failing.map(\.text.en).joined(separator: "; ")).
                    """,
                zh: "试启动已启动，但 \(minutes) 分钟内未恢复正常：缺少 \(failing.map(\.text.zh).joined(separator: "；"))。"
            )
        if let lock = try? transaction.journal.lock(milliseconds: 10_000) {
            try? transaction.note(.failed(reason: reason), entry)
            withExtendedLifetime(lock) {}
        }
        machine.restart()
    }
}
