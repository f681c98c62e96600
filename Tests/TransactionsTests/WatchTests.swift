import Changes
import Machine
import Operations
import Planning
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// The process that takes a change back: it goes on until that is done.
@Suite struct WatchTests {
    private static let nic = "0000:04:00.0"

    private func router() throws -> SimulatedSysfs {
        SimulatedSysfs(try TestHost.named("i226-router").with(["/proc/sys/kernel/random/boot_id": "first"]))
    }

    /// Assigned, and the time to confirm it is over, because the machine was restarted as far as the journal knows.
    private func overdue() throws -> SimulatedSysfs {
        let sysfs = try router()
        _ = try Assign.run(
            Machine(sysfs),
            devices: [Self.nic],
            mates: [],
            once: true,
            Permissions(confirmWithin: 1)
        ) { _ in }
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        let end = ContinuousClock.now + .milliseconds(1100)
        while ContinuousClock.now < end {}
        return sysfs
    }

    /// The driver may be busy for a while.
    @Test func itTriesAgain() throws {
        let sysfs = try overdue()
        var failures = 0
        sysfs.beforeWrite = { _, path, _ in
            guard path.hasSuffix("/vfio-pci/unbind") || path.hasSuffix("/igc/bind"), failures < 3 else { return nil }
            failures += 1
            return .resourceBusy
        }
        try Watch.run(Machine(sysfs), transaction: 1)
        #expect(failures == 3)
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(Journal(on: Machine(sysfs)).entry(1)?.state == .undone)
    }

    /// Where the disk takes no lock, going on alone is better than leaving the owner locked out.
    @Test(arguments: [Errno.readOnlyFileSystem, .noSpace, .ioError, .permissionDenied])
    func itGoesOnWithoutALock(_ error: Errno) throws {
        let sysfs = try overdue()
        sysfs.lockError = error
        try Watch.run(Machine(sysfs), transaction: 1)
        #expect(sysfs.driver(of: Self.nic) == "igc")
    }

    /// A command that was killed in the middle: what it did is taken back, and no other is waited for.
    @Test func itTakesOverFromADeadCommand() throws {
        let sysfs = try router()
        let transaction = Transaction(on: Machine(sysfs))
        _ = try Assign.run(
            Machine(sysfs),
            devices: [Self.nic],
            mates: [],
            once: true,
            Permissions(confirmWithin: 60)
        ) { _ in }
        // As if it had been killed before the last line was written.
        let path = transaction.journal.folder + "/0001"
        let bytes = try Machine(sysfs).read(path)
        let commit = bytes.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        try sysfs.put(FileSnapshot(bytes: Array(bytes[..<commit]), mode: 0o600), at: path)
        #expect(transaction.journal.entry(1)?.state == .open)
        try Watch.run(Machine(sysfs), transaction: 1)
        #expect(transaction.journal.entry(1)?.state == .rolledBack)
        #expect(transaction.journal.entry(1)?.cause == .interruption)
        #expect(sysfs.driver(of: Self.nic) == "igc")
    }

    /// What ended by itself, or was confirmed, is not touched.
    @Test func itLeavesAloneWhatHasEnded() throws {
        let sysfs = try overdue()
        let transaction = Transaction(on: Machine(sysfs))
        try transaction.confirm(try #require(transaction.journal.entry(1)))
        try Watch.run(Machine(sysfs), transaction: 1)
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        #expect(throws: Failure.self) { try Watch.run(Machine(sysfs), transaction: 2) }
    }
}
