import Changes
import Inventory
import Machine
import SystemPackage
import TestHosts
import TestPlans
import Testing
import Wording

@testable import Transactions

/// Programs that a killed passthru left behind: nothing is put back before they have ended.
@Suite struct OutlivingTests {
    private static let why = Text(en: "a test", zh: "测试")
    private static let menu = "/boot/menu.cfg"
    private static let process = SimulatedSysfs.programProcess

    /// A machine on which passthru was killed when its program had begun: what the program writes comes later.
    private func killed(started: Int = -1_000_000_000) throws -> SimulatedSysfs {
        var host = TestHost("killed")
        host.file("/proc/sys/kernel/random/boot_id", "first")
        host.file(Self.menu, "old\n")
        host.file("/sbin/update-menu", "", mode: 0o755)
        let sysfs = SimulatedSysfs(host)
        sysfs.programs = ["/sbin/update-menu": { _, _ in ProgramResult(status: 0, output: "") }]
        sysfs.programStart = started
        let plan = Plan(changes: [
            .program("/sbin/update-menu", ["--now"], generates: [Self.menu], reason: Self.why)
        ])
        var copy: TestHost?
        let transaction = Transaction(
            on: Machine(sysfs),
            onEvent: { if $0 == .recorded("begin of a program") { copy = sysfs.host } }
        )
        try transaction.apply(plan, verb: "test")
        let left = SimulatedSysfs(try #require(copy))
        left.programs = sysfs.programs
        left.programStart = started
        return left
    }

    @Test func theJournalNamesTheProgramBeforeItBegins() throws {
        let sysfs = try killed()
        let running = try #require(Journal(on: Machine(sysfs)).entry(1)?.running)
        #expect(running.process == Self.process && running.command == Text(verbatim: "/sbin/update-menu --now"))
        #expect(running.milliseconds > 0 && running.grace > 0)
    }

    @Test func aProgramThatCannotBeRecordedDoesNotBegin() throws {
        var host = TestHost("full")
        host.file("/sbin/update-menu", "", mode: 0o755)
        let sysfs = SimulatedSysfs(host)
        sysfs.programs = ["/sbin/update-menu": { _, _ in ProgramResult(status: 0, output: "") }]
        sysfs.beforeJournal = { $0.host.nodes["/proc/\(Self.process)/stat"] == nil ? nil : .noSpace }
        let plan = Plan(changes: [.program("/sbin/update-menu", reason: Self.why)])
        #expect(throws: TransactionFailure.self) { try Transaction(on: Machine(sysfs)).apply(plan, verb: "test") }
        #expect(!sysfs.events.contains(.run("/sbin/update-menu", [])))
    }

    /// It ends by itself, and what it wrote last is put back too.
    @Test func recoverWaitsForIt() throws {
        let sysfs = try killed(started: Machine.live.bootClock / 10)
        var looks = 0
        sysfs.beforeRead = { sysfs, path in
            guard path == "/proc/\(Self.process)/stat" else { return }
            looks += 1
            guard looks == 7 else { return }
            sysfs.change { host in
                host.remove("/proc/\(Self.process)")
                host.file(Self.menu, "new\n")
            }
        }
        let transaction = Transaction(on: Machine(sysfs))
        #expect(transaction.outliving.map(\.process) == [Self.process])
        let recovered = try transaction.recover()
        #expect(transaction.outliving == [])
        #expect(looks >= 7)
        #expect(recovered.map(\.entry.state) == [.rolledBack] && sysfs.signals == [])
        #expect(sysfs.host.text(Self.menu) == "old\n")
    }

    @Test(arguments: [ProcessSignal.terminate, .kill])
    func whatIsOverItsTimeIsEnded(_ signal: ProcessSignal) throws {
        let sysfs = try killed()
        sysfs.endingSignal = signal
        let recovered = try Transaction(on: Machine(sysfs)).recover()
        #expect(recovered.map(\.entry.state) == [.rolledBack])
        let asked = SimulatedSysfs.Signal(.terminate, Self.process)
        #expect(sysfs.signals == (signal == .kill ? [asked, .init(.kill, Self.process)] : [asked]))
    }

    @Test func nothingIsPutBackWhileItRuns() throws {
        let sysfs = try killed()
        sysfs.endingSignal = nil
        sysfs.change { $0.file(Self.menu, "half\n") }
        let machine = Machine(sysfs)
        #expect {
            try Transaction(on: machine).recover()
        } throws: {
            guard let failure = $0 as? TransactionFailure else { return false }
            return failure.isBusy && failure.message.en.contains("/sbin/update-menu --now")
                && failure.message.en.contains("\(Self.process)") && failure.message.zh.contains("\(Self.process)")
        }
        let entry = try #require(Journal(on: machine).entry(1))
        #expect(entry.state == .open && entry.running != nil)
        // The watchdog does the same, and tries again.
        #expect(Transaction(on: machine).undo(entry, .interruption).count == 1)
        #expect(Journal(on: machine).entry(1)?.state == .open)
        #expect(sysfs.host.text(Self.menu) == "half\n")
    }

    /// The owner's way in may be among them: they are back while the program still runs.
    @Test func devicesDoNotWaitForIt() throws {
        let nic = "0000:04:00.0"
        let sysfs = SimulatedSysfs(
            try TestHost.named("i226-router").with([
                "/proc/sys/kernel/random/boot_id": "first", Self.menu: "old\n",
            ])
        )
        sysfs.change { $0.file("/sbin/update-menu", "", mode: 0o755) }
        sysfs.programs = ["/sbin/update-menu": { _, _ in ProgramResult(status: 0, output: "") }]
        var plan = try EveryKind.plan(for: try #require(PCIAddress(nic)), on: Machine(sysfs))
        plan.changes.removeAll { if case .writeAttribute = $0.change { false } else { true } }
        plan.changes.insert(
            contentsOf: ["vfio_iommu_type1", "vfio-pci"].map {
                PlannedChange(.loadModule($0), before: nil, after: nil, inverse: [], reason: Self.why)
            },
            at: 0
        )
        plan.changes.append(.program("/sbin/update-menu", generates: [Self.menu], reason: Self.why))
        var copy: TestHost?
        try Transaction(
            on: Machine(sysfs),
            onEvent: { if $0 == .recorded("begin of a program") { copy = sysfs.host } }
        ).apply(plan, verb: "test")
        let left = SimulatedSysfs(try #require(copy))
        left.endingSignal = nil
        left.change { $0.file(Self.menu, "half\n") }
        #expect(left.driver(of: nic) == "vfio-pci")
        #expect(throws: TransactionFailure.self) { try Transaction(on: Machine(left)).recover() }
        #expect(left.driver(of: nic) == "igc")
        #expect(left.host.text(Self.menu) == "half\n")
        // Once it has ended all is put back, and said once.
        left.change { $0.remove("/proc/\(Self.process)") }
        #expect(try Transaction(on: Machine(left)).recover().map(\.entry.state) == [.rolledBack])
        #expect(left.driver(of: nic) == "igc")
        #expect(left.host.text(Self.menu) == "old\n")
    }

    @Test func aMemberOfItsSessionCounts() throws {
        let sysfs = try killed()
        sysfs.change { $0.remove("/proc/\(Self.process)") }
        sysfs.addProcess(5000, session: Self.process, started: 1)
        _ = try Transaction(on: Machine(sysfs)).recover()
        #expect(sysfs.signals == [.init(.terminate, 5000)])
    }

    /// The number was given to another process, which has a session of its own; one that is only still to be collected has
    /// ended; others have nothing to do with it.
    @Test func strangersAreLeftAlone() throws {
        let sysfs = try killed()
        sysfs.addProcess(Self.process, started: 77)
        sysfs.addProcess(5000, session: Self.process, started: 1)
        _ = try Transaction(on: Machine(sysfs)).recover()
        #expect(sysfs.signals == [])
        let ended = try killed()
        ended.addProcess(Self.process, started: ended.programStart, state: "Z")
        ended.addProcess(5000, started: 1)
        _ = try Transaction(on: Machine(ended)).recover()
        #expect(ended.signals == [])
    }

    @Test func aRestartHasEndedIt() throws {
        let sysfs = try killed()
        sysfs.change { $0.file("/proc/sys/kernel/random/boot_id", "second") }
        #expect(try Transaction(on: Machine(sysfs)).recover().map(\.entry.state) == [.rolledBack])
        #expect(sysfs.signals == [])
    }

    /// What ends in the middle of these may not boot.
    @Test(arguments: [
        ("/usr/sbin/update-initramfs", 20), ("/usr/bin/mkinitcpio", 20), ("/usr/bin/dracut", 20),
        ("/usr/bin/kernel-install", 20), ("/usr/sbin/proxmox-boot-tool", 20), ("/usr/sbin/update-grub", 20),
        ("/etc/init.d/grub", 20), ("/usr/bin/systemctl", 6), ("/etc/init.d/network", 6), ("/usr/bin/virsh", 2),
        ("/sbin/modprobe", 2),
    ])
    func limitsGoByProgram(_ path: String, _ minutes: Int) throws {
        var host = TestHost("limits")
        host.file(path, "", mode: 0o755)
        let sysfs = SimulatedSysfs(host)
        var call: ProgramCall?
        sysfs.answers[path] = {
            call = $0
            return ProgramAnswer(status: 0)
        }
        try Transaction(on: Machine(sysfs)).apply(Plan(changes: [.program(path, reason: Self.why)]), verb: "test")
        #expect(call?.milliseconds == minutes * 60_000)
        #expect(call?.grace == 10_000)
    }
}
