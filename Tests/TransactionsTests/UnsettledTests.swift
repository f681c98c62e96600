import Inventory
import Machine
import Operations
import Planning
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// What a change leaves that could not be taken back, at run time and in the boots that follow.
@Suite struct UnsettledTests {
    private typealias Permanent = PermanentAssignmentTests
    private static let nic = "0000:04:00.0"
    private static let wanted = "/etc/config/passthru"

    private func history(_ sysfs: SimulatedSysfs) throws -> [JournalEntry.State] {
        try History.run(Machine(sysfs), transaction: nil).transactions.map(\.state)
    }

    /// An assignment that nobody confirmed; the device is back, but the disk takes no file.
    private func unconfirmedOnAFullDisk(_ error: Errno = .noSpace) throws -> SimulatedSysfs {
        let sysfs = try Permanent.router()
        _ = try Permanent.assign(sysfs, [Self.nic], Permissions(confirmWithin: 1))
        sysfs.beforeWrite = { _, path, _ in path.hasPrefix("/etc/") ? error : nil }
        // As the watchdog does it.
        let transaction = Transaction(on: Machine(sysfs))
        let entry = try #require(transaction.journal.entry(1))
        #expect(!transaction.undo(entry, .unconfirmed).isEmpty)
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(try history(sysfs) == [.incomplete])
        return sysfs
    }

    @Test(arguments: [Errno.noSpace, .readOnlyFileSystem, .diskQuotaExceeded])
    func whatLacksRoomIsPutBackWhenThereIsRoom(_ error: Errno) throws {
        let sysfs = try unconfirmedOnAFullDisk(error)
        #expect(sysfs.host.text(Self.wanted)?.contains("0000:04:00.0") == true)
        // Still no room: still said, by the next command and by the one after.
        #expect(try Recover.run(Machine(sysfs)).status == .incomplete)
        #expect(try Recover.run(Machine(sysfs)).status == .incomplete)
        sysfs.beforeWrite = { _, _, _ in nil }
        #expect(try Recover.run(Machine(sysfs)).status == .ok)
        #expect(sysfs.host.text(Self.wanted) == nil)
        #expect(try history(sysfs) == [.undone])
        #expect(try Recover.run(Machine(sysfs)).transactions.isEmpty)
    }

    /// The disk is full at the next boot, too: what the file still says is not bound, by neither run.
    @Test(arguments: [false, true]) func whatNobodyConfirmedIsNotBoundAtBoot(_ hasRoom: Bool) throws {
        let full = try unconfirmedOnAFullDisk()
        let sysfs = full.restarted(as: try Permanent.router(boot: "second").host, boot: "second")
        if !hasRoom { sysfs.beforeWrite = full.beforeWrite }
        let early = try BootBinding.run(Machine(sysfs), isEarly: true)
        #expect(early.devices.map(\.result) == [.unsettled])
        #expect(early.devices.first?.reason?.en.contains("passthru undo 1") == true)
        #expect(!early.isGood)
        #expect(sysfs.driver(of: Self.nic) == "igc")
        let boot = try Boot.run(Machine(sysfs), isEarly: false)
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(boot.bindings.devices.map(\.result) == (hasRoom ? [] : [.unsettled]))
        #expect(try history(sysfs) == [hasRoom ? .undone : .incomplete])
        #expect((sysfs.host.text(Self.wanted) == nil) == hasRoom)
    }

    /// The same for an argument of the kernel that "was put back".
    @Test func anArgumentThatCouldNotBeTakenOut() throws {
        let sysfs = try IStoreOSHook.router()
        let before = sysfs.host
        _ = try IOMMUSwitch.run(Machine(sysfs), .init(isOn: true, trialMinutes: nil), Permissions(confirmWithin: 1)) {
            _ in
        }
        sysfs.beforeWrite = { _, path, _ in path.hasPrefix("/etc/config/") ? .noSpace : nil }
        let transaction = Transaction(on: Machine(sysfs))
        #expect(!transaction.undo(try #require(transaction.journal.entry(1)), .unconfirmed).isEmpty)
        sysfs.beforeWrite = { _, _, _ in nil }
        try IStoreOSHook.reboot(sysfs, as: "second")
        _ = try Boot.run(Machine(sysfs), isEarly: false)
        #expect(try history(sysfs) == [.undone])
        let left = sysfs.host.differences(from: before).filter { !$0.hasPrefix("/var/run/") }
        #expect(left == [])
    }

    /// What somebody else changed since is not for want of room: it is said once and not fought over at every start.
    @Test func whatIsSomebodyElsesIsNotTriedAgain() throws {
        let sysfs = try Permanent.router()
        _ = try Permanent.assign(sysfs, [Self.nic])
        let text = try #require(sysfs.host.text(Self.wanted)) + "# mine\n"
        try sysfs.put(FileSnapshot(bytes: Array(text.utf8)), at: Self.wanted)
        #expect(try Undo.run(Machine(sysfs), .transaction(1)) { _ in }.status == .incomplete)
        #expect(try Recover.run(Machine(sysfs)).transactions.isEmpty)
    }

    /// A later assignment of the same device counts, not what an earlier one left.
    @Test func aLaterAssignmentStands() throws {
        let sysfs = try unconfirmedOnAFullDisk()
        sysfs.beforeWrite = { _, _, _ in nil }
        _ = try Permanent.assign(sysfs, [Self.nic])
        let next = sysfs.restarted(as: try Permanent.router(boot: "second").host, boot: "second")
        #expect(try BootBinding.run(Machine(next), isEarly: true).devices.map(\.result) == [.bound])
    }

    // MARK: Whose binding it is

    /// The power failed after our rule was written, and somebody else wants the device with vfio-pci as well.
    @Test(arguments: [
        ("/etc/driverctl.d/pci-0000:02:00.0", "vfio-pci", true),
        ("/etc/udev/rules.d/99-mine.rules", #"KERNEL=="0000:02:00.0", ATTR{driver_override}="vfio-pci""#, true),
        (
            "/etc/udev/rules.d/99-model.rules",
            #"ATTR{vendor}=="0x10de", ATTR{device}=="0x1e07", ATTR{driver_override}="vfio-pci""#, true
        ),
        ("/etc/udev/rules.d/99-other.rules", #"KERNEL=="0000:07:00.0", ATTR{driver_override}="vfio-pci""#, false),
        ("/etc/udev/rules.d/99-comment.rules", "# 0000:02:00.0 vfio-pci", false),
        // These run later than the boot service: what is bound by then was bound by the rule.
        ("/etc/rc.local", "echo vfio-pci > /sys/bus/pci/devices/0000:02:00.0/driver_override", false),
        ("/etc/libvirt/hooks/qemu", "echo 0000:02:00.0 > /sys/bus/pci/drivers/vfio-pci/bind", false),
    ]) func whatOthersBindIsTheirs(_ path: String, _ text: String, _ stays: Bool) throws {
        let work = try CrashTests.desktop()
        let moments = try CrashTests.moments(work) {
            _ = try Permanent.assign($0, [CrashTests.card[0]], mates: Array(CrashTests.card.dropFirst()))
        }
        // The rule is there, and the transaction not yet ended.
        let moment = try #require(moments.last { SimulatedSysfs($0).driver(of: Self.card) == "nouveau" })
        let sysfs = try CrashTests.started(
            try #require(moments.dropLast().last { $0.text(UdevRules.path) != nil && $0 != moment }),
            as: try CrashTests.desktop(boot: "second")
        ) { $0.change { $0.file(path, text) } }
        #expect(sysfs.driver(of: Self.card) == (stays ? "vfio-pci" : "nouveau"))
        let notes = BootReport.read(Machine(sysfs))?.notes.map(\.en) ?? []
        #expect(notes.contains { $0.contains(path) } == stays, "\(notes)")
    }

    private static let card = "0000:02:00.0"

    // MARK: A journal that cannot be read

    private func damaged(_ sysfs: SimulatedSysfs, _ id: String = "0001") throws {
        let path = "/etc/passthru/journal/\(id)"
        let text = try #require(sysfs.host.text(path))
        sysfs.change { $0.file(path, "damaged" + text.dropFirst(7)) }
    }

    private func failure(_ body: () throws -> Void) -> Failure? {
        do {
            try body()
            return nil
        } catch {
            return error as? Failure
        }
    }

    @Test(arguments: [false, true]) func aDamagedFileStopsWhatTakes(_ dryRun: Bool) throws {
        let sysfs = try Permanent.router()
        _ = try Permanent.assign(sysfs, [Self.nic])
        try damaged(sysfs)
        let before = sysfs.host
        let other = ["0000:00:17.0"]
        #expect(failure { _ = try Permanent.assign(sysfs, other, Permissions(dryRun: dryRun)) }?.status == .failed)
        #expect(sysfs.host == before)
        // What gives back goes on, and says it.
        let release = try Release.run(Machine(sysfs), devices: [Self.nic], Permissions(dryRun: dryRun)) { _ in }
        #expect(release.status == .failed)
        #expect(release.unreadable == [1])
        if !dryRun { #expect(sysfs.driver(of: Self.nic) == "igc") }
        // Once the owner has looked at it and put it aside, all goes on.
        sysfs.change { host in
            if let node = host.nodes["/etc/passthru/journal/0001"] {
                host.put(node, at: "/etc/passthru/journal/0001.damaged")
            }
            host.remove("/etc/passthru/journal/0001")
        }
        #expect(try Permanent.assign(sysfs, other, Permissions(dryRun: dryRun)).status == .ok)
    }

    /// What it said may have been that nobody confirmed: the boot binds nothing. An older one stops no boot.
    @Test(arguments: ["0001", "0002"]) func aDamagedFileAtBoot(_ id: String) throws {
        let first = try Permanent.router()
        _ = try Permanent.assign(first, [Self.nic])
        _ = try Permanent.assign(first, ["0000:00:17.0"], once: true)
        try damaged(first, id)
        let sysfs = first.restarted(as: try Permanent.router(boot: "second").host, boot: "second")
        let report = try BootBinding.run(Machine(sysfs), isEarly: true)
        #expect((sysfs.driver(of: Self.nic) == "vfio-pci") == (id == "0001"))
        #expect((report.problem?.en.contains("journal/0002") == true) == (id == "0002"))
    }

    @Test func undoOfAnotherSaysIt() throws {
        let sysfs = try Permanent.router()
        _ = try Permanent.assign(sysfs, [Self.nic], once: true)
        _ = try Permanent.assign(sysfs, ["0000:00:17.0"], once: true)
        try damaged(sysfs)
        let undo = try Undo.run(Machine(sysfs), .transaction(2)) { _ in }
        #expect(undo.status == .failed)
        #expect(sysfs.driver(of: "0000:00:17.0") != "vfio-pci")
    }
}
