import Changes
import Inventory
import Machine
import SystemPackage
import Wording

/// Why a plan was not carried out, and how the machine was left.
public struct TransactionFailure: Error, Sendable, Hashable {
    /// What went wrong.
    public var message: Text
    /// What could not be undone; empty when everything was put back.
    public var left: [Text] = []
    /// Whether a driver never answered: only a reboot helps then.
    public var isStuck = false
    /// Whether the machine was no longer the one that the plan was made for.
    public var isOutdated = false
    /// Whether something is still at work that must end first.
    public var isBusy = false

    public init(
        message: Text,
        left: [Text] = [],
        isStuck: Bool = false,
        isOutdated: Bool = false,
        isBusy: Bool = false
    ) {
        self.message = message
        self.left = left
        self.isStuck = isStuck
        self.isOutdated = isOutdated
        self.isBusy = isBusy
    }
}

/// Something that a transaction did and that outlives a crash from here on: the points at which tests pull the plug.
public enum TransactionEvent: Sendable, Equatable, CustomStringConvertible {
    /// A record of this kind is in the journal.
    case recorded(String)
    case performed(step: Int)
    case takenBack(step: Int)

    public var description: String {
        switch self {
        case .recorded(let kind): "recorded \(kind)"
        case .performed(let step): "performed step \(step)"
        case .takenBack(let step): "took back step \(step)"
        }
    }
}

/// Applies plans change by change, reads each one back, and undoes them, last change first: on failure, on request, and
/// after a crash.
///
/// Use it only under the journal's lock.
public struct Transaction {
    let machine: Machine
    let runner: StepRunner
    public let journal: Journal
    let progress: (PlannedChange) -> Void
    let onEvent: (TransactionEvent) -> Void

    /// - Parameters:
    ///   - deadline: milliseconds that a write to sysfs may take.
    ///   - settling: milliseconds until what was written must be seen.
    ///   - progress: is told each change before it is made.
    ///   - onEvent: is told what is safely done.
    public init(
        on machine: Machine,
        deadline: Int = 30_000,
        settling: Int = 5_000,
        progress: @escaping (PlannedChange) -> Void = { _ in },
        onEvent: @escaping (TransactionEvent) -> Void = { _ in }
    ) {
        self.machine = machine
        runner = StepRunner(machine: machine, deadline: deadline, settling: settling)
        journal = Journal(on: machine)
        self.progress = progress
        self.onEvent = onEvent
    }

    /// Whether what a change had to bring about is seen to be so now, without waiting for it.
    public func holds(_ planned: PlannedChange) -> Bool { runner.holds(planned.expectation) }

    // MARK: Applying

    /// Applies a plan, or leaves the machine as it was.
    ///
    /// - Parameters:
    ///   - confirmWithin: seconds after which the plan reverts unless it is confirmed; nil when it stays.
    ///   - following: the transaction that this one makes permanent, or belongs to: both are undone together.
    ///   - guest: the guest for whose run this is done; nil when it is for good.
    ///   - arm: is told the transaction's number before anything is changed, to start what reverts it in time.
    /// - Returns: the transaction as the journal has it.
    @discardableResult
    public func apply(
        _ plan: Plan,
        verb: String,
        confirmWithin: Int? = nil,
        following: Int? = nil,
        guest: String? = nil,
        arm: (JournalEntry) throws(TransactionFailure) -> Void = { _ in }
    ) throws(TransactionFailure) -> JournalEntry {
        try checkIdentities(plan.identities)
        try checkFiles(plan)
        let header = JournalHeader(
            verb: verb,
            devices: plan.identities.map(\.address),
            boot: machine.bootID,
            confirmWithin: confirmWithin,
            follows: following,
            guest: guest,
            plan: plan
        )
        let writer: JournalWriter
        do {
            writer = observed(try journal.begin(header))
        } catch {
            throw TransactionFailure(message: unwritableJournal(error))
        }
        onEvent(.recorded("plan"))
        do throws(TransactionFailure) {
            try arm(writer.entry)
        } catch {
            _ = undo(writer, .failure, stuck: nil)
            throw error
        }
        for (step, planned) in plan.changes.enumerated() {
            progress(planned)
            do throws(StepFailure) {
                try make(step, planned, writer)
            } catch {
                try? writer.record(.failed(step: step, message: error.message))
                let left = undo(writer, .failure, stuck: error.isStuck ? planned.change.device : nil)
                throw TransactionFailure(message: error.message, left: left, isStuck: error.isStuck)
            }
        }
        do {
            try writer.record(.commit(deadline: confirmWithin.map { machine.bootClock + $0 * 1000 }))
        } catch {
            let left = undo(writer, .failure, stuck: nil)
            throw TransactionFailure(message: unwritableJournal(error), left: left)
        }
        return writer.entry
    }

    private func make(_ step: Int, _ planned: PlannedChange, _ writer: JournalWriter) throws(StepFailure) {
        var replaced: ReplacedFile?
        if case .writeFile(let path, _, _) = planned.change {
            do {
                replaced = ReplacedFile(
                    snapshot: try machine.tree.snapshot(path),
                    newFolders: machine.missingFolders(above: path)
                )
            } catch {
                throw StepRunner.unwritable(path, error)
            }
        }
        if case .writeLink(let path, _) = planned.change {
            replaced = ReplacedFile(snapshot: nil, newFolders: machine.missingFolders(above: path))
        }
        if case .writeDocument(let document, _) = planned.change {
            replaced = ReplacedFile(snapshot: FileSnapshot(bytes: try runner.kept(document).bytes), newFolders: [])
        }
        let generated = try runner.replaced(planned.generates)
        try record(.start(step: step, file: replaced, generated: generated), writer)
        try announcing(writer).perform(planned.change)
        onEvent(.performed(step: step))
        try runner.settle(planned.generates)
        try runner.verify(planned.expectation)
        try record(.done(step: step, generated: try runner.written(planned)), writer)
    }

    /// A runner whose programs are in the journal before they begin.
    ///
    /// - Parameter isUndoing: whether they run also where the journal takes no more: putting the machine back comes first.
    private func announcing(_ writer: JournalWriter, isUndoing: Bool = false) -> StepRunner {
        var runner = runner
        runner.announce = { program throws(Errno) in
            do throws(Errno) {
                try writer.record(.running(program))
            } catch {
                if !isUndoing { throw error }
            }
        }
        return runner
    }

    private func record(_ record: JournalRecord, _ writer: JournalWriter) throws(StepFailure) {
        do {
            try writer.record(record)
        } catch {
            throw StepFailure(message: unwritableJournal(error))
        }
    }

    private func observed(_ writer: JournalWriter) -> JournalWriter {
        writer.onRecord = { onEvent(.recorded($0.name)) }
        return writer
    }

    func unwritableJournal(_ error: Errno) -> Text {
        Text(
            en: "The journal in \(journal.folder) could not be written: \(error.description.lowercased()).",
            zh: "无法写入 \(journal.folder) 中的日志：\(Text(reason: error.description.lowercased()).zh)。"
        )
    }

    // MARK: Before the first change

    private func checkIdentities(_ identities: [Identity]) throws(TransactionFailure) {
        for identity in identities {
            guard runner.isReadable(identity) else {
                throw TransactionFailure(
                    message: Text(
                        en: """
                            Whether \(identity.address) is still \(identity.vendor):\(identity.device) cannot be read: nothing \
                            was changed.
                            """,
                        zh: "无法读取 \(identity.address) 是否仍为 \(identity.vendor):\(identity.device)：未做任何更改。"
                    ),
                    isOutdated: true
                )
            }
            guard runner.isPresent(identity) else {
                throw TransactionFailure(
                    message: Text(
                        en:
                            "\(identity.address) is no longer \(identity.vendor):\(identity.device): nothing was changed.",
                        zh: "\(identity.address) 已不是 \(identity.vendor):\(identity.device)：未做任何更改。"
                    ),
                    isOutdated: true
                )
            }
        }
    }

    private func outdated(_ path: String) -> TransactionFailure {
        TransactionFailure(
            message: Text(
                en: "\(path) was changed while the plan was made: nothing was changed. Try again.",
                zh: "制定计划期间 \(path) 已被修改：未做任何更改。请重试。"
            ),
            isOutdated: true
        )
    }

    /// A file that is not what the plan saw belongs to somebody who is at work on it.
    private func checkFiles(_ plan: Plan) throws(TransactionFailure) {
        var expected: [String: [UInt8]?] = [:]
        for planned in plan.changes {
            if case .writeLink(let path, _) = planned.change, (try? machine.link(path)) != planned.before {
                throw outdated(path)
            }
            if case .writeDocument(let document, _) = planned.change {
                do throws(StepFailure) {
                    guard try runner.kept(document) == planned.original else { throw StepFailure(message: .empty) }
                } catch {
                    throw error.message == .empty
                        ? outdated(document.name) : TransactionFailure(message: error.message, isOutdated: true)
                }
            }
            guard case .writeFile(let path, let content, _) = planned.change else { continue }
            if expected[path] == nil {
                let now: [UInt8]?
                do {
                    now = try machine.tree.snapshot(path)?.bytes
                } catch {
                    throw TransactionFailure(message: StepRunner.unwritable(path, error).message)
                }
                guard now == planned.original?.bytes else { throw outdated(path) }
            }
            expected[path] = content?.bytes
        }
    }

    // MARK: Undoing

    /// Undoes what a transaction did; what was put back already stays so.
    ///
    /// - Returns: what could not be put back.
    public func undo(_ entry: JournalEntry, _ cause: UndoCause) -> [Text] {
        if let sentence = outlived(entry, cause) { return [sentence] }
        do {
            return undo(observed(try journal.reopen(entry)), cause, stuck: nil)
        } catch {
            return [unwritableJournal(error)]
        }
    }

    /// Undoes what a transaction did, of which the file in the journal is no longer one: the file stays as it is.
    ///
    /// - Parameter entry: what it said before.
    /// - Returns: what could not be put back.
    public func undoUnrecorded(_ entry: JournalEntry, _ cause: UndoCause) -> [Text] {
        undo(JournalWriter(journal, entry, canAppend: false), cause, stuck: nil)
    }

    /// Undoes what a transaction did to devices, and nothing else. It is not recorded: undoing it once more does nothing.
    func giveDevicesBack(_ entry: JournalEntry, _ cause: UndoCause) {
        _ = undo(JournalWriter(journal, entry, canAppend: false), cause, stuck: nil, only: .devices)
    }

    /// Undoes what a transaction did to files, and leaves devices as they are: those of a release whose assignment is
    /// undone next.
    ///
    /// - Returns: what could not be put back.
    public func undoFiles(_ entry: JournalEntry, _ cause: UndoCause) -> [Text] {
        do {
            return undo(observed(try journal.reopen(entry)), cause, stuck: nil, only: .files)
        } catch {
            return [unwritableJournal(error)]
        }
    }

    /// The part of a transaction that is undone.
    private enum Part { case all, files, devices }

    private func undo(
        _ writer: JournalWriter,
        _ cause: UndoCause,
        stuck: PCIAddress?,
        only part: Part = .all
    ) -> [Text] {
        let leavingDevices = part == .files
        // Where the journal takes no more, putting the machine back comes first: it can be done again.
        let boot = machine.bootID
        // One that goes on where it was interrupted may have been about to do what comes afterwards, and one of which
        // only that is left tries it again.
        let isOnlyAfterwards = writer.entry.end == .incomplete && !writer.entry.steps.contains(.left)
        var isChanged = writer.entry.cause != nil && writer.entry.end == nil || isOnlyAfterwards
        try? writer.record(.undo(cause: cause, boot: boot))
        // What was written to sysfs has ended with the boot in which it was.
        let isSameBoot = boot == writer.entry.header.boot && !leavingDevices
        let runner = announcing(writer, isUndoing: true)
        let undoing = Undoing(runner: runner, entry: writer.entry, isSameBoot: isSameBoot)
        var stuck = Set([stuck].compactMap(\.self))
        var left: [Text] = []
        for step in writer.entry.steps.indices.reversed() {
            switch writer.entry.steps[step] {
            case .pending, .undone: continue
            case .started, .done, .failed, .left: break
            }
            let planned = writer.entry.header.plan.changes[step]
            if part == .devices {
                guard case .writeAttribute = planned.change else { continue }
            }
            // What is remembered in memory belongs to the device.
            if leavingDevices, case .writeFile(let path, _, _) = planned.change, path.hasPrefix("/var/run/") {
                try? writer.record(.undone(step: step))
                continue
            }
            do throws(StepFailure) {
                // The kernel holds the lock of a stuck device: every further write would wait as long.
                if let device = planned.change.device, stuck.contains(device) {
                    let sentences =
                        planned.inverse.isEmpty
                        ? planned.change.sentence : planned.inverse.map(\.sentence).joined(separator: "; ")
                    throw StepFailure(message: Text(en: "Not undone: \(sentences)", zh: "未撤销：\(sentences)"))
                }
                if try undoing.takeBack(step) { isChanged = true }
                onEvent(.takenBack(step: step))
                try? writer.record(.undone(step: step))
            } catch {
                left.append(error.message)
                if error.isStuck, let device = planned.change.device { stuck.insert(device) }
                try? writer.record(.left(step: step, message: error.message, error: error.error?.rawValue))
            }
        }
        for step in part == .devices ? [] : undoing.programsToRepeat {
            let change = writer.entry.header.plan.changes[step].change
            do throws(StepFailure) {
                try runner.perform(change)
                try runner.settle(writer.entry.header.plan.changes[step].generates)
            } catch {
                left.append(error.message)
                try? writer.record(.left(step: step, message: error.message, error: error.error?.rawValue))
            }
        }
        // In another boot the network has started without the change.
        if isChanged && isSameBoot { left += afterUndo(writer.entry, runner) }
        try? writer.record(.end(left.isEmpty ? .undone : .incomplete))
        return left
    }

    /// Such as restarting the network, once a card that carries it is back.
    private func afterUndo(_ entry: JournalEntry, _ runner: StepRunner) -> [Text] {
        entry.header.plan.afterUndo.compactMap { planned in
            progress(planned)
            do throws(StepFailure) {
                try runner.perform(planned.change)
                return nil
            } catch {
                return error.message
            }
        }
    }
}

extension JournalRecord {
    var name: String {
        switch self {
        case .plan: "plan"
        case .start(let step, _, _): "start of step \(step)"
        case .running: "begin of a program"
        case .done(let step, _): "end of step \(step)"
        case .failed(let step, _): "failure of step \(step)"
        case .commit: "commit"
        case .confirm: "confirmation"
        case .trial: "event of the trial"
        case .undo: "begin of undoing"
        case .undone(let step): "undoing of step \(step)"
        case .left(let step, _, _): "what is left of step \(step)"
        case .end: "end of undoing"
        }
    }
}
