import Changes
import Formats
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
                try start(entry.id, machine)
                try note(.booted(boot: machine.bootID), entry, transaction)
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

    /// Where the journal could not be asked: the kernel's line names the trial, too.
    static func startJudgeOfLine(_ machine: Machine) {
        let line = KernelCommandLine(machine.textIfAny("/proc/cmdline") ?? "")
        if let id = line.last(of: "passthru.trial").flatMap({ Int($0) }) { try? start(id, machine) }
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
        let permanent = Plan(changes: plan.changes + (try line.permanent()).changes)
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
        var known: JournalEntry?
        var obstacle: Text?
        while true {
            // Its driver may be loaded later than the boot service runs.
            watchdog = watchdog ?? (try? machine.armWatchdog(seconds: watchdogTime))
            watchdog?.feed()
            // What cannot be read is not settled: the trial itself may have taken the disk.
            let read = transaction.journal.entry(id)
            if let read, read.trialPhase(on: machine) != .running { return }
            known = read ?? known
            let checks = known?.header.plan.trial?.checks ?? []
            let network = NetworkInventory.read(machine)
            let failing = checks.filter { !$0.holds(network, machine) }
            let now = machine.bootClock
            wellSince = read != nil && failing.isEmpty && !checks.isEmpty ? wellSince ?? now : nil
            if let read, let wellSince, now - wellSince >= hold(known) {
                // Programs may need longer than the watchdog waits.
                watchdog?.disarm()
                watchdog = nil
                do throws(Failure) {
                    return try keep(read, machine)
                } catch {
                    obstacle = error.message
                }
            }
            if now - began >= patience(known),
                giveUp(id, failing, obstacle, machine, transaction, isLast: now - began >= patience(known) + extraTime)
            {
                return
            }
            machine.pause(milliseconds: pause * 1000)
        }
    }

    /// Milliseconds that all must be well, and after which the trial is given up.
    private static func hold(_ entry: JournalEntry?) -> Int { (entry?.header.plan.trial?.holdSeconds ?? 300) * 1000 }
    private static func patience(_ entry: JournalEntry?) -> Int {
        (entry?.header.plan.trial?.patienceSeconds ?? 660) * 1000
    }

    /// Milliseconds for which whoever holds the journal's lock, perhaps to confirm, is waited for.
    private static let extraTime = 180_000

    private static func keep(_ entry: JournalEntry, _ machine: Machine) throws(Failure) {
        let transaction = Transaction(on: machine)
        let lock = try Execution.take(transaction.journal)
        defer { withExtendedLifetime(lock) {} }
        _ = try machine.uninterrupted { () throws(Failure) -> Int in
            guard let now = transaction.journal.entry(entry.id), now.state == .waiting else { return entry.id }
            return try keep(now, machine, transaction)
        }
    }

    /// - Returns: false when another passthru is at work, which may be confirming.
    private static func giveUp(
        _ id: Int,
        _ failing: [HealthCheck],
        _ obstacle: Text?,
        _ machine: Machine,
        _ transaction: Transaction,
        isLast: Bool
    ) -> Bool {
        let reason: Text
        if !failing.isEmpty {
            reason = Text(
                en: """
                    The trial boot came up, but was not well in time: missing was \
                    \(failing.map(\.text.en).joined(separator: "; ")).
                    """,
                zh: "试启动已启动，但未能及时恢复正常：缺少 \(failing.map(\.text.zh).joined(separator: "；"))。"
            )
        } else if let obstacle {
            reason = Text(en: "The trial boot was well, but could not be kept: ", zh: "试启动正常，但无法保留：") + obstacle
        } else {
            reason = Text(
                en: "The trial boot came up, but nobody confirmed it in time.",
                zh: "试启动已启动，但未及时确认。"
            )
        }
        do throws(Errno) {
            let lock = try transaction.journal.lock(milliseconds: 10_000)
            defer { withExtendedLifetime(lock) {} }
            // Read again: whoever had the lock may have kept it.
            if let entry = transaction.journal.entry(id) {
                guard entry.trialPhase(on: machine) == .running else { return true }
                try? transaction.note(.failed(reason: reason), entry)
            }
        } catch {
            if error == .resourceTemporarilyUnavailable, !isLast { return false }
        }
        machine.restart()
        return true
    }
}
