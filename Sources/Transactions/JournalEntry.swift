import Changes
import SystemPackage
import Wording

/// A transaction as its journal file tells it.
public struct JournalEntry: Sendable {
    public let id: Int
    public let header: JournalHeader
    /// Seconds since 1970: when it began, and the last thing that was recorded.
    public let began: Int
    public private(set) var changed: Int
    public private(set) var steps: [StepState]
    /// What a step replaced, by its number.
    public private(set) var files: [Int: ReplacedFile] = [:]
    /// What a step's program was about to rewrite, and the checksums of what it wrote, by the step's number.
    public private(set) var generated: [Int: [String: ReplacedFile]] = [:]
    public private(set) var checksums: [Int: [String: String]] = [:]
    public private(set) var isCommitted = false
    public private(set) var isConfirmed = false
    /// The boot clock, in milliseconds, by which the transaction must be confirmed; null when it stays.
    public private(set) var confirmationDeadline: Int?
    /// What happened to the trial boot that it prepared, in order.
    public private(set) var trialEvents: [TrialEvent] = []
    /// Why it was undone, or is being undone.
    public private(set) var cause: UndoCause?
    public private(set) var end: TransactionEnd?
    /// The program that was begun last, if nothing was recorded since: it may run still.
    public private(set) var running: RunningProgram?
    /// Why the first step failed that did.
    public private(set) var failure: Text?
    /// What could not be put back.
    public private(set) var left: [Int: Text] = [:]
    /// Why not, where a file could not be written.
    private var errors: [Int: Errno] = [:]
    /// In which boot it was undone, or last tried (boot_id, random(4)); nil when it was not.
    public private(set) var undoBoot: String?

    /// How far a step is.
    public enum StepState: String, Sendable, Codable {
        case pending, started, done, failed, undone, left
    }

    public enum State: String, Sendable, Codable {
        /// Begun and neither finished nor undone: at work now, or interrupted.
        case open
        case applied
        /// Applied, and reverts unless it is confirmed.
        case waiting
        /// Put back because a step failed or the work was interrupted.
        case rolledBack = "rolled-back"
        case undone
        /// Put back, but not all of it.
        case incomplete
    }

    public var state: State {
        switch end {
        case .incomplete: .incomplete
        case .undone: cause == .failure || cause == .interruption ? .rolledBack : .undone
        case nil:
            if cause != nil || !isCommitted {
                .open
            } else {
                (confirmationDeadline != nil || header.plan.trial != nil) && !isConfirmed ? .waiting : .applied
            }
        }
    }

    /// Whether what is left is so for want of room, or of a disk that takes anything: then it is tried again.
    public var lacksRoom: Bool {
        state == .incomplete
            && errors.values.contains { [.noSpace, .diskQuotaExceeded, .readOnlyFileSystem].contains($0) }
    }

    init(id: Int, header: JournalHeader, time: Int) {
        self.id = id
        self.header = header
        began = time
        changed = time
        steps = Array(repeating: .pending, count: header.plan.changes.count)
    }

    /// Takes in what happened next.
    mutating func take(_ line: JournalLine) {
        changed = line.time
        running = nil
        switch line.record {
        case .plan: break
        case .running(let program): running = program
        case .start(let step, let file, let generated):
            set(step, .started)
            files[step] = file
            self.generated[step] = generated
        case .done(let step, let checksums):
            set(step, .done)
            self.checksums[step] = checksums
        case .failed(let step, let message):
            set(step, .failed)
            failure = failure ?? message
        case .commit(let deadline):
            isCommitted = true
            confirmationDeadline = deadline
        case .confirm: isConfirmed = true
        case .trial(let event): trialEvents.append(event)
        case .undo(let cause, let boot):
            self.cause = cause
            undoBoot = boot
            end = nil
        case .undone(let step):
            set(step, .undone)
            left[step] = nil
            errors[step] = nil
        case .left(let step, let message, let error):
            set(step, .left)
            left[step] = message
            errors[step] = error.map { Errno(rawValue: $0) }
        case .end(let end): self.end = end
        }
    }

    private mutating func set(_ step: Int, _ state: StepState) {
        if steps.indices.contains(step) { steps[step] = state }
    }
}
