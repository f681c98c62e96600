import Changes
import Inventory
import Machine
import Wording

/// What one line of a transaction's journal file says happened, or is about to happen.
enum JournalRecord: Sendable, Codable {
    /// What is going to be done; always the first.
    case plan(JournalHeader)
    /// The step is about to be made; `file` is what it is about to replace, `generated` what its program is.
    case start(step: Int, file: ReplacedFile?, generated: [String: ReplacedFile]?)
    /// A program is about to begin, of the step that the records before tell, or of what follows undoing; whichever record
    /// comes next says that it has ended. Absent in the files of 0.1.0.
    case running(RunningProgram)
    /// `generated`: the checksums of what its program wrote.
    case done(step: Int, generated: [String: String]?)
    case failed(step: Int, message: Text)
    /// Every step is done: from here on the transaction counts as applied. `deadline`: see
    /// ``JournalEntry/confirmationDeadline``.
    case commit(deadline: Int?)
    case confirm
    /// What happened to the trial that the plan prepared.
    case trial(TrialEvent)
    /// What was done is about to be undone.
    case undo(cause: UndoCause, boot: String?)
    case undone(step: Int)
    /// The step could not be undone; `error`: the errno (errno(3)) of the file that could not be written, nil for other
    /// reasons, and in the files of release 0.1.0.
    case left(step: Int, message: Text, error: Int32?)
    case end(TransactionEnd)
}

/// The first record of a journal file.
public struct JournalHeader: Sendable, Codable {
    /// The newest form of the records, which this program writes. 1 was that of release 0.1.0; 2 names programs while they
    /// run, and why a file could not be put back.
    public static let newestVersion = 2

    /// The form of the file's records; nil in those of release 0.1.0, which stands for 1.
    public var version: Int? = newestVersion
    /// The command that made the plan: `assign`, `release` …
    public var verb: String
    public var devices: [PCIAddress]
    /// The kernel's boot_id: what was written to sysfs ends with that boot.
    @Nullable public var boot: String?
    /// Seconds after which the transaction reverts unless it is confirmed; null when it stays.
    @Nullable public var confirmWithin: Int?
    /// The transaction that this one makes permanent: both are undone together.
    @Nullable public var follows: Int?
    /// The guest for whose run it was made: it is taken back when that stops, and has ended with the boot by itself.
    public var guest: String?
    public var plan: Plan
}

/// A program that was started, and outlives a passthru that is killed: it leads a session of its own.
public struct RunningProgram: Sendable, Hashable, Codable {
    /// The command as messages name it.
    public var command: Text
    /// Its process: the number, and when it started, which tell it from every other of the boot; see ``ProcessStatus``.
    public var process: Int
    public var started: Int
    /// Milliseconds that it may take, and that it has to end by itself after SIGTERM.
    public var milliseconds: Int
    public var grace: Int
}

/// A file before a change replaced it.
public struct ReplacedFile: Sendable, Codable {
    /// Null when there was none.
    @Nullable public var snapshot: FileSnapshot?
    /// Folders that the change has to make, outermost first.
    public var newFolders: [String]
}

/// Why a transaction was undone.
public enum UndoCause: String, Sendable, Codable {
    /// A step failed.
    case failure
    /// The owner asked for it.
    case request
    /// Nobody confirmed in time.
    case unconfirmed
    /// The trial boot that the plan prepared was not kept.
    case trial
    /// passthru was stopped half-way: killed, or the power failed.
    case interruption
    /// The guest stopped for whose run it was made.
    case guestStopped = "guest-stopped"
    /// The machine was started anew, and what was made for a guest's run has ended with that.
    case restart
}

/// How a transaction ended.
public enum TransactionEnd: String, Sendable, Codable {
    case undone
    /// Something could not be put back.
    case incomplete
}

/// A record with its time.
struct JournalLine: Sendable, Codable {
    /// Seconds since 1970.
    var time: Int
    var record: JournalRecord
}
