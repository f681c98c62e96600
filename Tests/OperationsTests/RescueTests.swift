import Changes
import Machine
import Operations
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// What a boot must not do: bind where the owner asked for rescue, keep a trial that is not well, start what is switched off.
@Suite struct RescueTests {
    private static let nic = "0000:04:00.0"

    // MARK: passthru.bind=0

    private func restarted(_ word: String, isEarly: Bool = false) throws -> (BootReport, String?) {
        let host = try TestHost.named("i226-router").with([
            "/proc/sys/kernel/random/boot_id": "first", "/usr/sbin/passthru": "",
        ])
        let before = SimulatedSysfs(host)
        _ = try Assign.run(Machine(before), devices: [Self.nic], mates: [], once: false, Permissions()) { _ in }
        let line = (host.text("/proc/cmdline") ?? "").split(separator: "\n").joined()
        let sysfs = before.restarted(as: host.with(["/proc/cmdline": "\(line) \(word)"]), boot: "second")
        return (try BootBinding.run(Machine(sysfs), isEarly: isEarly), sysfs.driver(of: Self.nic))
    }

    /// README names the word: from the boot menu it gives the host all of its devices.
    @Test(arguments: [false, true])
    func theRescueWordBindsNothing(_ isEarly: Bool) throws {
        let (report, driver) = try restarted("passthru.bind=0", isEarly: isEarly)
        #expect(driver == "igc")
        #expect(report.devices.isEmpty)
        #expect(report.problem?.en.contains("passthru.bind=0") == true)
        #expect(report.problem?.zh.contains("passthru.bind=0") == true)
        #expect(!report.isGood)
    }

    @Test(arguments: ["quiet", "passthru.bind=1", "passthru.bind=00", "xpassthru.bind=0", "x=passthru.bind=0"])
    func otherWordsBind(_ word: String) throws {
        let (report, driver) = try restarted(word)
        #expect(driver == "vfio-pci" && report.isGood, "\(report.problem?.en ?? "")")
    }

    // MARK: Trials that are judged

    /// A trial that runs, judged by these checks.
    private func trial(_ checks: [HealthCheck], hold: Int = 1, patience: Int) throws -> SimulatedSysfs {
        let sysfs = try IStoreOSHook.router()
        let machine = Machine(sysfs)
        _ = try IOMMUSwitch.run(machine, .init(isOn: true), Permissions()) { _ in }
        // The same trial, in seconds instead of minutes.
        let first = try #require(Journal(on: machine).entry(1))
        var plan = first.header.plan
        let wanted = try #require(plan.trial).wanted
        #expect(Transaction(on: machine).undo(first, .request) == [])
        let mark = Trial.mark(2)
        plan.trial = Trial(mark: mark, wanted: wanted, checks: checks, holdSeconds: hold, patienceSeconds: patience)
        plan.changes = []
        try Transaction(on: machine).apply(plan, verb: "iommu")
        let line = (sysfs.host.text("/proc/cmdline") ?? "").split(separator: "\n").joined()
        try sysfs.put(FileSnapshot(bytes: Array("\(line) \(mark)\n".utf8)), at: "/proc/cmdline")
        try sysfs.put(FileSnapshot(bytes: Array("second\n".utf8)), at: "/proc/sys/kernel/random/boot_id")
        #expect(Journal(on: machine).entry(2)?.trialPhase(on: machine) == .running)
        return sysfs
    }

    /// The bridge is not there: the trial is given up, and the restart brings back the boot before it.
    @Test func aSickTrialIsGivenUp() throws {
        let sysfs = try trial([.uplink, .bridge("br-none")], patience: 2)
        let machine = Machine(sysfs)
        let settings = sysfs.host.text("/etc/config/grub")
        try TrialBoot.watch(machine, transaction: 2)
        #expect(sysfs.restarts == 1)
        let journal = Journal(on: machine)
        #expect(journal.entry(2)?.trialPhase(on: machine) == .over)
        #expect(journal.entry(2)?.trialStory.en.contains("missing was the bridge br-none") == true)
        #expect(try journal.ids() == [1, 2], "nothing was made permanent")
        #expect(sysfs.host.text("/etc/config/grub") == settings)
    }

    /// Nothing to judge by is not health: then the owner must confirm.
    @Test func aTrialWithoutChecksIsNotKept() throws {
        let sysfs = try trial([], patience: 2)
        try TrialBoot.watch(Machine(sysfs), transaction: 2)
        #expect(sysfs.restarts == 1)
        #expect(Journal(on: Machine(sysfs)).entry(2)?.trialStory.en.contains("nobody confirmed it in time") == true)
        #expect(try Journal(on: Machine(sysfs)).ids() == [1, 2])
    }

    @Test func aTrialThatIsWellIsKeptOnceItHeld() throws {
        let sysfs = try trial([.uplink, .bridge("br-lan")], hold: 1, patience: 60)
        let began = ContinuousClock.now
        try TrialBoot.watch(Machine(sysfs), transaction: 2)
        #expect(ContinuousClock.now - began >= .milliseconds(950), "it must hold for a second")
        #expect(sysfs.restarts == 0)
        #expect(Journal(on: Machine(sysfs)).entry(2)?.state == .applied)
        #expect(sysfs.host.text("/etc/config/grub")?.contains("option enabled '1'") == true)
    }

    /// It is well, but the restart comes before that has held for long enough.
    @Test func aTrialThatDoesNotHoldInTimeIsGivenUp() throws {
        let sysfs = try trial([.uplink], hold: 60, patience: 1)
        try TrialBoot.watch(Machine(sysfs), transaction: 2)
        #expect(sysfs.restarts == 1)
        #expect(try Journal(on: Machine(sysfs)).ids() == [1, 2])
    }

    // MARK: Words that win

    private func refusal(_ words: String, amd: Bool = false) throws -> Failure? {
        let sysfs = try IStoreOSHook.router()
        let menu = try #require(sysfs.host.text("/boot/grub/grub.cfg"))
        let edited = menu.replacing("rootwait", with: "rootwait \(words)")
        #expect(edited != menu)
        try sysfs.put(FileSnapshot(bytes: Array(edited.utf8)), at: "/boot/grub/grub.cfg")
        let before = sysfs.host
        do {
            _ = try IOMMUSwitch.run(Machine(sysfs), .init(isOn: true, trialMinutes: nil), Permissions()) { _ in }
            return nil
        } catch {
            #expect(sysfs.host.differences(from: before) == [], "nothing was changed")
            return error
        }
    }

    /// What the owner, or a guide, has put on the line wins over what passthru would add: the boot would change nothing.
    @Test(
        arguments: [
            ("iommu=off", "iommu=off"), ("intel_iommu=off", nil), ("intremap=off", "intremap=off"),
            ("intel_iommu=on,off iommu=off", "iommu=off"), ("quiet", nil), ("iommu=pt", nil), ("amd_iommu=off", nil),
        ] as [(String, String?)]
    )
    func aLineThatSaysTheOppositeIsRefused(_ words: String, _ named: String?) throws {
        let failure = try refusal(words)
        #expect((failure?.status == .refused) == (named != nil), "\(failure?.message.en ?? "not refused")")
        if let named { #expect(failure?.message.en.contains("The line also says \(named), which wins") == true) }
    }
}
