import Changes
import Inventory
import Machine
import Operations
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// Undoing, confirming, the journal's own failures, and two at a time.
@Suite struct UndoTests {
    private static let nic = "0000:04:00.0"

    private func router() throws -> SimulatedSysfs {
        SimulatedSysfs(try TestHost.named("i226-router").with(["/proc/sys/kernel/random/boot_id": "first"]))
    }

    private func assign(_ sysfs: SimulatedSysfs, _ permissions: Permissions = Permissions()) throws -> Outcome {
        try Assign.run(Machine(sysfs), devices: [Self.nic], mates: [], once: true, permissions) { _ in }
    }

    private func release(_ sysfs: SimulatedSysfs) throws -> Outcome {
        try Release.run(Machine(sysfs), devices: [Self.nic], Permissions()) { _ in }
    }

    private func undo(_ sysfs: SimulatedSysfs, _ target: Undo.Target) throws -> Undo {
        try Undo.run(Machine(sysfs), target) { _ in }
    }

    private func failure(_ body: () throws -> Void) -> Failure? {
        do {
            try body()
            return nil
        } catch {
            return error as? Failure
        }
    }

    private func changes(_ sysfs: SimulatedSysfs, since before: TestHost) -> [String] {
        sysfs.host.differences(from: before).filter {
            !$0.hasPrefix("/sys/module/") && !$0.hasPrefix("/sys/bus/pci/drivers/vfio-pci")
        }
    }

    @Test func anAssignmentIsUndone() throws {
        let sysfs = try router()
        let before = sysfs.host
        let id = try #require(try assign(sysfs).transaction)
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        let undone = try undo(sysfs, .transaction(id))
        #expect(undone.transactions.map(\.state) == [.undone])
        #expect(changes(sysfs, since: before) == [])
        #expect(try undo(sysfs, .transaction(id)).transactions.isEmpty, "a second time there is nothing to do")
        #expect(try History.run(Machine(sysfs), transaction: nil).transactions.map(\.state) == [.undone])
    }

    @Test func theLaterOneGoesFirst() throws {
        let sysfs = try router()
        let before = sysfs.host
        _ = try assign(sysfs)
        _ = try release(sysfs)
        let refused = try #require(failure { _ = try undo(sysfs, .transaction(1)) })
        #expect(refused.status == .refused)
        #expect(refused.message.en.contains("passthru undo 2"))
        #expect(try undo(sysfs, .all).transactions.map(\.id) == [2, 1])
        #expect(changes(sysfs, since: before) == [])
    }

    @Test func unknownTransactionsAreNotFound() throws {
        let sysfs = try router()
        #expect(failure { _ = try undo(sysfs, .transaction(7)) }?.status == .notFound)
        #expect(failure { _ = try History.run(Machine(sysfs), transaction: 7) }?.status == .notFound)
        #expect(try undo(sysfs, .all).transactions.isEmpty)
    }

    /// Somebody gave the card to another driver meanwhile: it stays there, and the tool says so.
    @Test func whatSomebodyElseDidSinceStays() throws {
        let sysfs = try router()
        _ = try assign(sysfs)
        sysfs.register(.init(name: "other", ids: []))
        try sysfs.write("/sys/bus/pci/drivers/vfio-pci/unbind", bytes: Array(Self.nic.utf8), milliseconds: 1)
        let override = "/sys/bus/pci/devices/\(Self.nic)/driver_override"
        try sysfs.write(override, bytes: Array("other".utf8), milliseconds: 1)
        try sysfs.write("/sys/bus/pci/drivers/other/bind", bytes: Array(Self.nic.utf8), milliseconds: 1)
        let undone = try undo(sysfs, .all)
        #expect(undone.status == .incomplete)
        #expect(undone.transactions.first?.left.contains { $0.en.contains("changed to other meanwhile") } == true)
        #expect(sysfs.driver(of: Self.nic) == "other")
        // Once the owner took it back by hand, the rest goes.
        try sysfs.write("/sys/bus/pci/drivers/other/unbind", bytes: Array(Self.nic.utf8), milliseconds: 1)
        try sysfs.write(override, bytes: Array("\n".utf8), milliseconds: 1)
        #expect(try undo(sysfs, .all).transactions.map(\.state) == [.undone])
        #expect(sysfs.driver(of: Self.nic) == "igc")
    }

    /// A program made a file: it comes back from the journal, unless somebody made it anew meanwhile; then the program
    /// makes it once more, from what it reads now.
    @Test(arguments: [false, true]) func whatAProgramMadeComesBack(_ isMadeAnew: Bool) throws {
        let source = "/etc/default/grub"
        let made = "/boot/grub/grub.cfg"
        let sysfs = SimulatedSysfs(
            try TestHost.named("i226-router").with([source: "A\n", made: "old A\n", "/usr/sbin/update-grub": ""])
        )
        var kernel = "old"
        func regenerate(_ sysfs: SimulatedSysfs) {
            let text = (try? sysfs.read(source, limit: .max)) ?? []
            try? sysfs.put(FileSnapshot(bytes: Array("\(kernel) ".utf8) + text), at: made)
        }
        sysfs.programs["/usr/sbin/update-grub"] = { sysfs, _ in
            regenerate(sysfs)
            return ProgramResult(status: 0, output: "")
        }
        let before = sysfs.host
        let why = Text(verbatim: "a test")
        let plan = Plan(changes: [
            .file(source, before: "A\n", after: "B\n", reason: why),
            .program(
                "/usr/sbin/update-grub",
                generates: [made],
                expectation: .fileContains(path: made, text: "B"),
                reason: why
            ),
        ])
        let transaction = Transaction(on: Machine(sysfs))
        let entry = try transaction.apply(plan, verb: "test")
        #expect(sysfs.host.text(made) == "old B\n")
        if isMadeAnew {
            kernel = "new"
            regenerate(sysfs)
        }
        let stored = try #require(transaction.journal.entry(entry.id))
        #expect(transaction.undo(stored, .request) == [])
        #expect(sysfs.host.text(made) == (isMadeAnew ? "new A\n" : "old A\n"))
        if !isMadeAnew { #expect(changes(sysfs, since: before) == []) }
    }

    @Test func aProgramThatLeavesOutWhatWasAskedIsTakenBack() throws {
        let sysfs = SimulatedSysfs(
            try TestHost.named("i226-router").with(["/boot/grub/grub.cfg": "old\n", "/usr/sbin/update-grub": ""])
        )
        sysfs.programs["/usr/sbin/update-grub"] = { sysfs, _ in
            try? sysfs.put(FileSnapshot(bytes: Array("nothing\n".utf8)), at: "/boot/grub/grub.cfg")
            return ProgramResult(status: 0, output: "")
        }
        let before = sysfs.host
        let planned = PlannedChange.program(
            "/usr/sbin/update-grub",
            generates: ["/boot/grub/grub.cfg"],
            expectation: .fileContains(path: "/boot/grub/grub.cfg", text: "iommu=pt"),
            reason: Text(verbatim: "a test")
        )
        let failed = #expect(throws: TransactionFailure.self) {
            try Transaction(on: Machine(sysfs), settling: 0).apply(Plan(changes: [planned]), verb: "test")
        }
        #expect(failed?.message.en.contains("does not have iommu=pt") == true)
        #expect(changes(sysfs, since: before) == [])
    }

    @Test func aFileThatSomebodyElseChangedIsShownNotOverwritten() throws {
        let sysfs = SimulatedSysfs(
            try TestHost.named("i226-router").with(["/etc/default/grub": "A=1\nB=2\n", "/etc/other": "x\n"])
        )
        let why = Text(verbatim: "a test")
        let plan = Plan(changes: [
            .file("/etc/default/grub", before: "A=1\nB=2\n", after: "A=1\nB=3\n", reason: why),
            .file("/etc/other", before: "x\n", after: "y\n", reason: why),
        ])
        let transaction = Transaction(on: Machine(sysfs))
        let entry = try transaction.apply(plan, verb: "test")
        let edited = FileSnapshot(bytes: Array("A=1\nB=3\nC=4\n".utf8))
        try sysfs.put(edited, at: "/etc/default/grub")
        let left = transaction.undo(entry, .request)
        #expect(sysfs.host.text("/etc/default/grub") == "A=1\nB=3\nC=4\n")
        #expect(sysfs.host.text("/etc/other") == "x\n", "the other file is put back all the same")
        let said = try #require(left.first?.en)
        #expect(said.contains("-B=2\n+B=3\n"), "what passthru had changed")
        #expect(said.contains("+C=4\n"), "what was changed since")
        #expect(Journal(on: Machine(sysfs)).entry(entry.id)?.state == .incomplete)
    }

    @Test func aFileThatChangedSinceThePlanStopsEverything() throws {
        let sysfs = SimulatedSysfs(try TestHost.named("i226-router").with(["/etc/other": "y\n"]))
        let plan = Plan(changes: [.file("/etc/other", before: "x\n", after: "z\n", reason: .empty)])
        do {
            try Transaction(on: Machine(sysfs)).apply(plan, verb: "test")
            Issue.record("it was applied")
        } catch {
            #expect(error.isOutdated)
        }
        #expect(sysfs.events.isEmpty)
    }

    @Test func anotherPassthruIsWaitedForInVain() throws {
        let sysfs = try router()
        sysfs.isLockedByAnother = true
        #expect(failure { _ = try assign(sysfs) }?.status == .busy)
        #expect(failure { _ = try undo(sysfs, .all) }?.status == .busy)
        #expect(sysfs.events.isEmpty)
        #expect(failure { _ = try assign(sysfs, Permissions(dryRun: true)) } == nil, "a dry run needs no lock")
    }

    @Test func whatWasShownIsWhatIsDone() throws {
        let sysfs = try router()
        let shown = try assign(sysfs, Permissions(dryRun: true)).plan
        #expect(failure { _ = try assign(sysfs, Permissions(shown: Array(shown.dropLast()))) }?.status == .busy)
        #expect(sysfs.events.isEmpty)
        #expect(failure { _ = try assign(sysfs, Permissions(shown: shown)) } == nil)
    }

    /// The disk is full from the first, second, third … write to the journal on.
    @Test(arguments: 0..<16)
    func aFullDisk(_ writes: Int) throws {
        let sysfs = try router()
        let before = sysfs.host
        var count = 0
        sysfs.beforeJournal = { _ in
            count += 1
            return count > writes ? .noSpace : nil
        }
        let failed = failure { _ = try assign(sysfs) }
        guard count > writes else { return #expect(failed == nil) }
        #expect(failed?.status == .failed)
        #expect(failed?.message.en.contains("no space left") == true)
        #expect(changes(sysfs, since: before) == [])
        // Once there is room again, the journal is put in order.
        sysfs.beforeJournal = { _ in nil }
        for (_, left) in try Transaction(on: Machine(sysfs)).recover() { #expect(left == []) }
        #expect(changes(sysfs, since: before) == [])
        for entry in try Journal(on: Machine(sysfs)).entries() { #expect(entry.state == .rolledBack) }
    }

    @Test func aReadOnlyPlaceRollsBack() throws {
        let sysfs = SimulatedSysfs(try TestHost.named("i226-router").with(["/etc/other": "x\n"]))
        let before = sysfs.host
        sysfs.beforeWrite = { _, path, _ in path.hasPrefix("/boot") ? .readOnlyFileSystem : nil }
        let plan = Plan(changes: [
            .file("/etc/other", before: "x\n", after: "z\n", reason: .empty),
            .file("/boot/grub/new", before: nil, after: "z\n", reason: .empty),
        ])
        do {
            try Transaction(on: Machine(sysfs)).apply(plan, verb: "test")
            Issue.record("it was applied")
        } catch {
            #expect(error.left.isEmpty)
            #expect(error.message.en.contains("read-only"))
        }
        #expect(changes(sysfs, since: before) == [])
    }

    /// Bound by somebody else, without a record: the card goes back to where it was found.
    @Test func aReleaseWithoutARecordIsUndone() throws {
        let sysfs = SimulatedSysfs(try .named("rmrr-server"))
        let function = "0000:3b:02.1"
        sysfs.register(.init(name: "iavf", ids: ["8086:154c"]))
        try sysfs.put(nil, at: "/var/run/passthru/home/\(function)")
        let before = (sysfs.driver(of: function), sysfs.override(of: function))
        _ = try Release.run(Machine(sysfs), devices: [function], Permissions()) { _ in }
        #expect(sysfs.driver(of: function) == "iavf")
        let transaction = Transaction(on: Machine(sysfs))
        let entry = try #require(transaction.journal.entry(1))
        #expect(transaction.undo(entry, .unconfirmed) == [])
        #expect((sysfs.driver(of: function), sysfs.override(of: function)) == before)
    }

    /// A release whose assignment is undone too is not made undone step by step: the host may use the card by now.
    @Test func undoingBothTouchesNothing() throws {
        let sysfs = try router()
        _ = try assign(sysfs)
        _ = try release(sysfs)
        let count = sysfs.events.count
        _ = try undo(sysfs, .all)
        #expect(sysfs.events.count == count, "\(sysfs.events[count...])")
        #expect(try History.run(Machine(sysfs), transaction: nil).transactions.allSatisfy { $0.state == .undone })
    }

    /// Nor when it was assigned once more since.
    @Test func undoingThreeTakesTheCardNoSecondTime() throws {
        let sysfs = try router()
        let before = sysfs.host
        _ = try assign(sysfs)
        _ = try release(sysfs)
        _ = try assign(sysfs)
        let count = sysfs.events.count
        #expect(try undo(sysfs, .all).transactions.map(\.state) == [.undone, .undone, .undone])
        #expect(
            !sysfs.events[count...].contains { "\($0)".contains("vfio-pci/bind") || "\($0)".hasPrefix("vfio-pci >") }
        )
        #expect(changes(sysfs, since: before) == [])
    }

    /// To undo a release is to take the card: what the guards have against it counts.
    @Test func undoingAReleaseAsksTheGuards() throws {
        let sysfs = try router()
        _ = try assign(sysfs)
        _ = try release(sysfs)
        _ = try Undo.run(Machine(sysfs), .transaction(2)) { _ in }
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci", "nothing stands against it")
        _ = try release(sysfs)
        // Meanwhile the host came to need it.
        try sysfs.put(
            FileSnapshot(
                bytes: Array("config interface 'lan'\n\toption device 'eth3'\n\toption proto 'static'\n".utf8)
            ),
            at: "/etc/config/network"
        )
        let refused = failure { _ = try Undo.run(Machine(sysfs), .transaction(3)) { _ in } }
        #expect(refused?.status == .refused)
        #expect(refused?.message.en.contains("eth3") == true, "\(refused?.message.en ?? "")")
        #expect(sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func anotherCardAtTheAddressIsLeftAlone() throws {
        let sysfs = try router()
        _ = try assign(sysfs)
        sysfs.replaceIdentity(of: Self.nic, vendor: "10ec", device: "8125")
        let count = sysfs.events.count
        #expect(try undo(sysfs, .all).transactions.map(\.state) == [.undone])
        #expect(sysfs.events[count...].allSatisfy { "\($0)".contains("/var/run/passthru/home") })
    }

    // MARK: Commit-confirm

    /// The disk filled up meanwhile: the card comes back all the same, and the network is restarted once.
    @Test func revertingNeedsNoRoom() throws {
        var host = try TestHost.named("i226-router")
        host.file("/etc/init.d/network", "", mode: 0o755)
        let sysfs = SimulatedSysfs(host)
        var restarts = 0
        sysfs.programs["/etc/init.d/network"] = { _, _ in
            restarts += 1
            return ProgramResult(status: 0, output: "")
        }
        _ = try assign(sysfs, Permissions(confirmWithin: 1))
        sysfs.beforeJournal = { _ in .noSpace }
        let deadline = ContinuousClock.now + .milliseconds(1100)
        while ContinuousClock.now < deadline {}
        try Watch.run(Machine(sysfs), transaction: 1)
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(restarts == 1)
        #expect(failure { _ = try Confirm.run(Machine(sysfs), transaction: 1) }?.status == .no, "it is too late")
        sysfs.beforeJournal = { _ in nil }
        #expect(try Recover.run(Machine(sysfs)).transactions.map(\.state) == [.undone])
        #expect(restarts == 1)
    }

    @Test func whatNobodyConfirmsReverts() throws {
        let sysfs = try router()
        let before = sysfs.host
        let outcome = try assign(sysfs, Permissions(confirmWithin: 1))
        #expect(outcome.confirmWithin == 1)
        let transaction = Transaction(on: Machine(sysfs))
        let waiting = try #require(transaction.journal.entry(1))
        #expect(waiting.state == .waiting)
        #expect(Status.run(Machine(sysfs)).pending?.map(\.remedy) == ["passthru confirm 1"])
        #expect(!transaction.isOverdue(waiting))
        // A restart ends the time too.
        try sysfs.put(FileSnapshot(bytes: Array("second\n".utf8)), at: "/proc/sys/kernel/random/boot_id")
        #expect(transaction.isOverdue(waiting))
        try sysfs.put(FileSnapshot(bytes: Array("first\n".utf8)), at: "/proc/sys/kernel/random/boot_id")
        let deadline = ContinuousClock.now + .milliseconds(1100)
        while ContinuousClock.now < deadline {}
        try Watch.run(Machine(sysfs), transaction: 1)
        let entry = try #require(transaction.journal.entry(1))
        #expect(entry.state == .undone)
        #expect(entry.cause == .unconfirmed)
        #expect(changes(sysfs, since: before) == [])
    }

    @Test func whatIsConfirmedStays() throws {
        let sysfs = try router()
        _ = try assign(sysfs, Permissions(confirmWithin: 60))
        #expect(try Confirm.run(Machine(sysfs), transaction: nil).confirmed == [1])
        try Watch.run(Machine(sysfs), transaction: 1)
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        #expect(failure { _ = try Confirm.run(Machine(sysfs), transaction: nil) }?.status == .no)
        #expect(failure { _ = try Confirm.run(Machine(sysfs), transaction: 1) }?.status == .no)
        #expect(failure { _ = try Confirm.run(Machine(sysfs), transaction: 2) }?.status == .notFound)
    }

    @Test func theNetworkIsStartedAnewAsThePlatformDoesIt() throws {
        var host = try TestHost.named("i226-router")
        host.file("/etc/init.d/network", "", mode: 0o755)
        let sysfs = SimulatedSysfs(host)
        var restarts: [[String]] = []
        sysfs.programs["/etc/init.d/network"] = { _, arguments in
            restarts.append(arguments)
            return ProgramResult(status: 0, output: "")
        }
        _ = try assign(sysfs)
        #expect(restarts.isEmpty)
        _ = try undo(sysfs, .all)
        #expect(restarts == [["restart"]])
    }

    // MARK: The journal's file

    @Test func aLineThatWasCutOffCountsAsNotWritten() throws {
        let sysfs = try router()
        _ = try assign(sysfs)
        let journal = Journal(on: Machine(sysfs))
        let path = journal.folder + "/0001"
        let whole = Array(try #require(sysfs.host.text(path)).utf8)
        // The commit is the last line: cut anywhere in it, the transaction was not applied.
        let end = whole.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        for length in [end, end + 1, end + 9, whole.count - 2] {
            try sysfs.put(FileSnapshot(bytes: Array(whole[..<length])), at: path)
            #expect(journal.entry(1)?.state == .open, "\(length) of \(whole.count)")
        }
        // Only the line end is missing: the line is whole.
        try sysfs.put(FileSnapshot(bytes: Array(whole.dropLast())), at: path)
        #expect(journal.entry(1)?.state == .applied)
        #expect(try undo(sysfs, .all).transactions.map(\.state) == [.undone])
        #expect(journal.entry(1)?.state == .undone, "what was added after it can be read")
    }

    /// Damage in the middle is no power failure: what the rest says must not be thrown away.
    @Test func aDamagedFileIsNotTakenForAnInterruptedOne() throws {
        let sysfs = try router()
        _ = try assign(sysfs)
        let journal = Journal(on: Machine(sysfs))
        let path = journal.folder + "/0001"
        var bytes = Array(try #require(sysfs.host.text(path)).utf8)
        let second = try #require(bytes.firstIndex(of: UInt8(ascii: "\n"))) + 20
        bytes[second] ^= 1
        try sysfs.put(FileSnapshot(bytes: bytes), at: path)
        let recover = try Recover.run(Machine(sysfs))
        #expect(recover.transactions.isEmpty && recover.unreadable == [1])
        #expect(recover.status == .failed)
        #expect(failure { _ = try undo(sysfs, .transaction(1)) }?.status == .failed)
        #expect(try undo(sysfs, .all).status == .failed)
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        #expect(sysfs.host.text(path).map { Array($0.utf8) } == bytes)
    }

    @Test(arguments: ["9223372036854775807", "0", "-1", "00001", "lock", "1e3"])
    func namesThatAreNoNumbersAreIgnored(_ name: String) throws {
        let sysfs = try router()
        try sysfs.put(FileSnapshot(bytes: []), at: Journal(on: Machine(sysfs)).folder + "/" + name)
        #expect(try assign(sysfs).transaction == 1)
    }

    @Test func aFileThatIsNoJournalIsNamed() throws {
        let sysfs = try router()
        _ = try assign(sysfs)
        try sysfs.put(FileSnapshot(bytes: Array("nonsense\n".utf8)), at: Journal(on: Machine(sysfs)).folder + "/0002")
        let history = try History.run(Machine(sysfs), transaction: nil)
        #expect(history.transactions.map(\.id) == [1])
        #expect(history.unreadable == [2])
        #expect(try release(sysfs).transaction == 3)
    }
}
