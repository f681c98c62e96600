import Changes
import Machine
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// What the journal keeps, who may read it, and what undoing leaves alone.
@Suite struct JournalKeepingTests {
    private static let why = Text(en: "a test", zh: "测试")
    private static let file = "/etc/passthru-test.conf"

    private func router() throws -> SimulatedSysfs {
        SimulatedSysfs(try TestHost.named("i226-router").with(["/proc/sys/kernel/random/boot_id": "first"]))
    }

    private func plan(_ sysfs: SimulatedSysfs, _ text: String = "text\n") throws -> Plan {
        let before = try Machine(sysfs).tree.snapshot(Self.file)?.content
        return Plan(changes: [.file(Self.file, before: before, after: FileContent(text), reason: Self.why)])
    }

    private func mode(_ sysfs: SimulatedSysfs, _ path: String) -> UInt32? {
        guard case .file(_, let mode)? = sysfs.host.nodes[path] else { return nil }
        return mode
    }

    // MARK: Who may read it

    /// Plans hold what files said: passwords of a boot loader, keys.
    @Test func onlyRootReadsTheJournal() throws {
        let sysfs = try router()
        let transaction = Transaction(on: Machine(sysfs))
        let path = transaction.journal.folder + "/0001"
        let entry = try transaction.apply(plan(sysfs), verb: "test")
        #expect(mode(sysfs, path) == 0o600)
        // A line that was cut off is mended by a file of its own.
        let bytes = try Machine(sysfs).read(path)
        try sysfs.put(FileSnapshot(bytes: Array(bytes.dropLast(5)), mode: 0o644), at: path)
        _ = transaction.undo(entry, .request)
        #expect(mode(sysfs, path) == 0o600)
    }

    // MARK: Half a line

    /// Wherever the power cut the last line off, what is added afterwards can be read.
    @Test func nothingIsAddedToHalfALine() throws {
        for length in [1, 2, 9, 10, 20] {
            let sysfs = try router()
            let transaction = Transaction(on: Machine(sysfs))
            let path = transaction.journal.folder + "/0001"
            try transaction.apply(plan(sysfs), verb: "test")
            let bytes = try Machine(sysfs).read(path)
            try sysfs.put(FileSnapshot(bytes: Array(bytes.dropLast(length)), mode: 0o600), at: path)
            let entry = try #require(transaction.journal.entry(1))
            #expect(transaction.undo(entry, .request) == [])
            #expect(transaction.journal.unreadable == [], "\(length) bytes short")
            #expect(transaction.journal.entry(1)?.state == .undone, "\(length) bytes short")
            #expect(sysfs.host.text(Self.file) == nil)
        }
    }

    // MARK: What is kept

    /// Only what has ended, and is older than the last hundred, is forgotten: the rest can still be undone.
    @Test func whatCanBeUndoneIsNeverForgotten() throws {
        let sysfs = try router()
        let transaction = Transaction(on: Machine(sysfs))
        let journal = transaction.journal
        func make(_ name: String, confirmWithin: Int? = nil) throws -> JournalEntry {
            let change = PlannedChange.file("/etc/\(name)", before: nil, after: "x\n", reason: Self.why)
            return try transaction.apply(Plan(changes: [change]), verb: "test", confirmWithin: confirmWithin)
        }
        _ = try make("applied")
        _ = try make("waiting", confirmWithin: 3600)
        // Somebody changed the file: it cannot be taken back.
        let incomplete = try make("incomplete")
        try sysfs.put(FileSnapshot(bytes: [0x21]), at: "/etc/incomplete")
        #expect(transaction.undo(incomplete, .request).count == 1)
        for _ in 4...104 {
            let entry = try make("undone")
            #expect(transaction.undo(entry, .request) == [])
        }
        #expect(try journal.ids() == [1, 2, 3] + Array(4...104), "none is older than the last hundred before it")
        _ = try make("last")
        #expect(try journal.ids() == [1, 2, 3] + Array(5...105))
        #expect(try [1, 2, 3].map { try #require(journal.entry($0)).state } == [.applied, .waiting, .incomplete])
        #expect(transaction.undo(try #require(journal.entry(1)), .request) == [])
        #expect(sysfs.host.text("/etc/applied") == nil)
    }

    // MARK: What undoing leaves alone

    /// Whoever took a file's permissions away had a reason.
    @Test func aFileWhoseModeWasChangedStays() throws {
        let sysfs = try router()
        let transaction = Transaction(on: Machine(sysfs))
        let entry = try transaction.apply(plan(sysfs), verb: "test")
        var file = try #require(try sysfs.snapshot(Self.file))
        let mode = file.mode
        file.mode = 0o600
        try sysfs.put(file, at: Self.file)
        let left = transaction.undo(entry, .request)
        #expect(left.count == 1)
        #expect(left.first?.en.contains("changed by somebody else") == true)
        #expect(left.first?.en.contains("mode \(String(mode, radix: 8))") == true, "\(left.first?.en ?? "")")
        #expect(left.first?.en.contains("mode 600") == true)
        #expect(try sysfs.snapshot(Self.file) == file)
        #expect(transaction.journal.entry(1)?.state == .incomplete)
        // As it was, it can be taken back.
        file.mode = mode
        try sysfs.put(file, at: Self.file)
        #expect(transaction.undo(try #require(transaction.journal.entry(1)), .request) == [])
        #expect(sysfs.host.text(Self.file) == nil)
    }

    // MARK: What holds back the first change

    /// Nothing is left half-way when what would take it back in time cannot be started.
    @Test func aTransactionWhoseWatchdogDoesNotStartIsClosed() throws {
        let sysfs = try router()
        let before = sysfs.host
        let transaction = Transaction(on: Machine(sysfs))
        let failure = #expect(throws: TransactionFailure.self) {
            try transaction.apply(try plan(sysfs), verb: "test", confirmWithin: 60) {
                _ throws(TransactionFailure) in
                throw TransactionFailure(message: Text(en: "no watchdog", zh: "没有看门狗"))
            }
        }
        #expect(failure?.message.en == "no watchdog")
        #expect(transaction.journal.entry(1)?.state == .rolledBack)
        #expect(sysfs.host.differences(from: before) == [])
        #expect(try transaction.recover().isEmpty, "nothing is left to do")
    }
}
