import Changes
import Foundation
import Machine
import Operations
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// `passthru iommu on` on iStoreOS: prepared, tried, kept or taken back.
@Suite struct TrialBootTests {
    private let sysfs: SimulatedSysfs
    private let before: TestHost
    private var machine: Machine { Machine(sysfs) }

    init() throws {
        sysfs = try IStoreOSHook.router()
        before = sysfs.host
    }

    private func text(_ path: String) -> String? { sysfs.host.text(path) }

    private func prepare(_ wish: IOMMUSwitch.Wish = .init(isOn: true)) throws -> Outcome {
        try IOMMUSwitch.run(machine, wish, Permissions()) { _ in }
    }

    /// What of the disk differs from before; nothing of what a boot makes anew.
    private var differences: [String] {
        sysfs.host.differences(from: before).filter { path in
            !["/proc/", "/sys/", "/var/run/"].contains { path.hasPrefix($0) }
        }
    }

    @Test func theNextBootAloneHasTheArguments() throws {
        let outcome = try prepare()
        #expect(outcome.trial?.wanted.arguments == ["intel_iommu=on", "iommu=pt"])
        #expect(
            outcome.trial?.checks.map(\.text.en) == [
                "the uplink (a link and a default route)", "the bridge br-lan", "the interface eth0",
            ]
        )
        #expect(outcome.afterConfirmation.map(\.target).contains("/etc/config/grub"))
        #expect(outcome.diffAfterConfirmation.contains("+\toption enabled '1'"))
        #expect(text("/etc/config/grub") == before.text("/etc/config/grub"), "nothing permanent yet")
        #expect(text("/boot/grub/grubenv")?.contains("passthru_state=trial") == true)
        #expect(text("/boot/grub/grub.ext.cfg")?.contains("iommu=pt panic=30 passthru.trial=1\"") == true)
        let status = Status.run(machine)
        #expect(status.pending?.map(\.remedy) == ["reboot"])
    }

    @Test func aTrialThatIsConfirmedBecomesPermanent() throws {
        _ = try prepare()
        try IStoreOSHook.reboot(sysfs, as: "second")
        #expect(text("/proc/cmdline")?.hasSuffix("iommu=pt panic=30 passthru.trial=1\n") == true)
        let boot = try Boot.run(machine, isEarly: false)
        #expect(boot.trial?.phase == .running)
        #expect(boot.drift == nil)
        #expect(Status.run(machine).pending?.map(\.remedy) == ["passthru confirm 1"])
        let confirm = try Confirm.run(machine, transaction: nil)
        #expect(confirm.confirmed == [1] && confirm.made == [2])
        #expect(text("/etc/config/grub")?.contains("option cmdline 'intel_iommu=on iommu=pt'") == true)
        #expect(text("/boot/grub/grubenv")?.contains("passthru_state") == false)
        #expect(text("/boot/grub/grubenv")?.contains("IOMMU_CMDLINE=intel_iommu=on iommu=pt\n") == true)
        #expect(text("/etc/grub.cfg.d/50-passthru.cfg") == nil)
        #expect(text("/etc/config/passthru")?.contains("list own 'iommu=pt'") == true)
        try IStoreOSHook.reboot(sysfs, as: "third")
        #expect(text("/proc/cmdline")?.contains("passthru.trial") == false)
        #expect(try Boot.run(machine, isEarly: false).drift?.items == [])
        // A second time there is nothing to do.
        let again = try prepare()
        #expect(!again.changed)
        // And back to the first byte.
        #expect(try Undo.run(machine, .transaction(1)) { _ in }.transactions.map(\.id) == [2, 1])
        #expect(differences == [])
    }

    @Test func aTrialThatDiedIsTakenBackAndTold() throws {
        _ = try prepare()
        try IStoreOSHook.reboot(sysfs, as: "second")
        // It panics before anything of passthru runs.
        try IStoreOSHook.reboot(sysfs, as: "third")
        #expect(text("/proc/cmdline")?.contains("iommu") == false)
        let boot = try Boot.run(machine, isEarly: false)
        #expect(boot.trial?.phase == .over)
        #expect(boot.trial?.left.map(\.en) == [])
        #expect(boot.trial?.story.en.contains("stopped before passthru's boot service ran") == true)
        #expect(differences == [])
        #expect(Status.run(machine).lastTrial?.en.contains("came back without the new arguments") == true)
    }

    /// Whatever brings the trial's line back, a loader that could not forget it or a loaded kexec: it is tried once.
    @Test func aLineThatComesBackIsNoSecondTrial() throws {
        _ = try prepare()
        try IStoreOSHook.reboot(sysfs, as: "second")
        #expect(try Boot.run(machine, isEarly: false).trial?.phase == .running)
        try sysfs.put(FileSnapshot(bytes: Array("third\n".utf8)), at: "/proc/sys/kernel/random/boot_id")
        let boot = try Boot.run(machine, isEarly: false)
        #expect(boot.trial?.phase == .over)
        #expect(boot.trial?.story.en.contains("was restarted before it was confirmed") == true)
        #expect(differences == [])
    }

    /// An owner who takes a word out may have had to.
    @Test func whatTheOwnerTookOutStaysOut() throws {
        _ = try prepare(.init(isOn: true, trialMinutes: nil))
        let settings = try #require(text("/etc/config/grub")).replacingOccurrences(of: "intel_iommu=on ", with: "")
        try sysfs.put(FileSnapshot(bytes: Array(settings.utf8)), at: "/etc/config/grub")
        _ = try sysfs.run("/etc/init.d/grub", ["restart"], milliseconds: 1)
        try IStoreOSHook.reboot(sysfs, as: "second")
        let boot = try Boot.run(machine, isEarly: false)
        #expect(boot.drift?.items.map(\.what) == ["intel_iommu=on", "intel_iommu=on"])
        #expect(boot.drift?.repair == nil)
        #expect(text("/etc/config/grub") == settings)
    }

    /// What reverts must find what it left: at run time and at boot the second change waits for the first.
    @Test(arguments: [false, true]) func nothingIsChangedBesideAChangeThatWaits(_ dryRun: Bool) throws {
        func assign(_ permissions: Permissions) throws {
            _ = try Assign.run(machine, devices: ["0000:04:00.0"], mates: [], once: true, permissions) { _ in }
        }
        func refused(_ body: () throws -> Void) -> Failure? { #expect(throws: Failure.self, performing: body) }
        try assign(Permissions(confirmWithin: 60))
        let waiting = sysfs.host
        let second = Permissions(dryRun: dryRun)
        #expect(refused { _ = try IOMMUSwitch.run(machine, .init(isOn: true), second) { _ in } }?.status == .busy)
        #expect(refused { _ = try Release.run(machine, devices: ["0000:04:00.0"], second) { _ in } }?.status == .busy)
        #expect(sysfs.host == waiting)
        _ = try Confirm.run(machine, transaction: nil)
        _ = try Undo.run(machine, .all) { _ in }
        _ = try prepare()
        let prepared = sysfs.host
        #expect(refused { try assign(second) }?.status == .busy)
        #expect(sysfs.host == prepared)
    }

    /// A disk that takes no journal: the devices are bound all the same.
    @Test func bindingDoesNotWaitForTheJournal() throws {
        _ = try Assign.run(machine, devices: ["0000:04:00.0"], mates: [], once: false, Permissions()) { _ in }
        sysfs.isLockedByAnother = true
        #expect(throws: Failure.self) { try Boot.run(machine, isEarly: false) }
        #expect(BootReport.read(machine)?.devices.map(\.result) == [.bound])
    }

    @Test func aTrialIsNotConfirmedBeforeItHappened() throws {
        _ = try prepare()
        let failure = #expect(throws: Failure.self) { try Confirm.run(machine, transaction: nil) }
        #expect(failure?.status == .no)
        #expect(failure?.message.en.contains("has not happened yet") == true)
        let second = #expect(throws: Failure.self) { try prepare() }
        #expect(second?.status == .busy)
        #expect(try Undo.run(machine, .transaction(1)) { _ in }.transactions.map(\.state) == [.undone])
        #expect(differences == [])
    }

    /// The power fails after the permanent change, before it is noted that the trial was confirmed.
    @Test func whatWasMadePermanentStays() throws {
        _ = try prepare()
        try IStoreOSHook.reboot(sysfs, as: "second")
        _ = try Confirm.run(machine, transaction: nil)
        let journal = "/etc/passthru/journal/0001"
        let lines = try #require(text(journal)).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.dropLast().last?.contains("confirm") == true)
        let cut = lines.dropLast(2).joined(separator: "\n") + "\n"
        try sysfs.put(FileSnapshot(bytes: Array(cut.utf8), mode: 0o600), at: journal)
        try IStoreOSHook.reboot(sysfs, as: "third")
        let boot = try Boot.run(machine, isEarly: false)
        #expect(boot.trial == nil)
        #expect(text("/etc/config/grub")?.contains("option enabled '1'") == true)
        #expect(Journal(on: machine).entry(1)?.state == .applied)
    }

    @Test func whatAnUpgradeTookIsPutBack() throws {
        _ = try prepare(.init(isOn: true, trialMinutes: nil))
        try IStoreOSHook.reboot(sysfs, as: "second")
        #expect(try Boot.run(machine, isEarly: false).drift?.items == [])
        // A firmware that came without the owner's settings.
        try sysfs.put(
            FileSnapshot(bytes: Array((before.text("/etc/config/grub") ?? "").utf8)),
            at: "/etc/config/grub"
        )
        try sysfs.put(nil, at: "/boot/grub/grubenv")
        try IStoreOSHook.reboot(sysfs, as: "third")
        let boot = try Boot.run(machine, isEarly: false)
        #expect(boot.drift?.items.map(\.kind) == [.configured, .configured, .booted, .booted])
        #expect(boot.drift?.repair == 2)
        #expect(text("/boot/grub/grubenv")?.contains("IOMMU_CMDLINE=intel_iommu=on iommu=pt") == true)
        try IStoreOSHook.reboot(sysfs, as: "fourth")
        #expect(try Verify.run(machine).items == [])
    }

    @Test func offTakesOutWhatOnPutIn() throws {
        _ = try prepare(.init(isOn: true, arguments: ["initcall_blacklist=sysfb_init"], trialMinutes: nil))
        #expect(text("/etc/config/grub")?.contains("initcall_blacklist=sysfb_init") == true)
        _ = try prepare(.init(isOn: false, trialMinutes: nil))
        try IStoreOSHook.reboot(sysfs, as: "second")
        #expect(text("/proc/cmdline") == before.text("/proc/cmdline"))
        #expect(text("/etc/config/grub")?.contains("passthru") == false)
    }

    /// Without the menu nothing is known of what stands in it: passthru does not forget what is its own.
    @Test func offDoesNotForgetWhatItCannotSee() throws {
        _ = try prepare(.init(isOn: true, trialMinutes: nil))
        let wanted = text("/etc/config/passthru")
        try sysfs.put(FileSnapshot(bytes: []), at: "/boot/grub/grub.cfg")
        let failure = #expect(throws: Failure.self) { try prepare(.init(isOn: false, trialMinutes: nil)) }
        #expect(failure?.status == .malformed)
        #expect(text("/etc/config/passthru") == wanted)
    }

    /// Whatever the wanted state says is passthru's own, no root goes.
    @Test func noVitalWordIsEverTakenOut() throws {
        let root = "root=PARTUUID=11223344-02"
        let state = "config iommu 'iommu'\n\toption enabled '1'\n\tlist argument '\(root)'\n\tlist own '\(root)'\n"
        try sysfs.put(FileSnapshot(bytes: Array(state.utf8)), at: "/etc/config/passthru")
        let outcome = try IOMMUSwitch.run(machine, .init(isOn: false), Permissions(dryRun: true)) { _ in }
        #expect(!outcome.plan.contains { $0.target.hasPrefix("/boot/") || $0.target.hasPrefix("/etc/config/grub") })
    }

    @Test(arguments: [
        "passthru.trial=7", "panic=0", "a\\b", "a'b", "x=\u{202E}", "dyndbg=\"file x +p\"", "a;b", "a b", "",
    ])
    func wordsThatCannotBeHandedOverAreRefused(_ word: String) throws {
        let failure = #expect(throws: Failure.self) { try prepare(.init(isOn: true, arguments: [word])) }
        #expect([.usage, .refused].contains(failure?.status))
        #expect(differences == [])
    }

    @Test func aMenuThatGRUBCannotReadIsLeftAloneWithItsPlace() throws {
        let menu = try #require(text("/boot/grub/grub.cfg")) + "menuentry \"open {\n"
        try sysfs.put(FileSnapshot(bytes: Array(menu.utf8)), at: "/boot/grub/grub.cfg")
        let failure = #expect(throws: Failure.self) { try prepare() }
        #expect(failure?.status == .malformed)
        #expect(failure?.message.en.contains("/boot/grub/grub.cfg: Line 23, column") == true)
    }

    @Test func aStateWithAWordThatIsNoneIsNamed() throws {
        let state = "config iommu 'iommu'\n\toption enabled '1'\n\tlist argument 'a b'\n"
        try sysfs.put(FileSnapshot(bytes: Array(state.utf8)), at: "/etc/config/passthru")
        let failure = #expect(throws: Failure.self) { try Verify.run(machine) }
        #expect(failure?.status == .malformed)
        #expect(failure?.message.en.contains("/etc/config/passthru, line 3: 'a b' is not one word") == true)
    }

    @Test func aFullEnvironmentBlockIsRefusedBeforeAnythingIsWritten() throws {
        let word = "x=" + String(repeating: "y", count: 1000)
        let failure = #expect(throws: Failure.self) {
            try prepare(.init(isOn: true, arguments: [word], trialMinutes: nil))
        }
        #expect(failure?.status == .refused)
        #expect(failure?.message.en.contains("/boot/grub/grubenv has no room") == true)
        #expect(differences == [])
    }

    @Test func settingsThatCannotBeUnderstoodAreLeftAlone() throws {
        try sysfs.put(FileSnapshot(bytes: Array("config iommu 'iommu\n".utf8)), at: "/etc/config/grub")
        let failure = #expect(throws: Failure.self) { try prepare() }
        #expect(failure?.status == .malformed)
        #expect(failure?.message.en.hasPrefix("/etc/config/grub: Line 1") == true)
    }
}
