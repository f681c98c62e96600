import Inventory
import Machine
import Operations
import Planning
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// The power fails before each single write of a verb, the journal's own included, on a machine whose udev and initramfs carry
/// out the rule that was written: the next boot ends with what was before or what was wanted, and nothing is with vfio-pci
/// that neither passthru's wanted state nor somebody else wants there.
@Suite struct CrashTests {
    static let card = ["0000:02:00.0", "0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
    static let nic = "0000:04:00.0"

    /// The desktop, as it is whenever nothing of passthru's has taken hold yet.
    static func desktop(boot: String = "first") throws -> SimulatedSysfs {
        let sysfs = try PermanentAssignmentTests.desktop(boot: boot)
        sysfs.change { $0.file(UdevRules.image, "") }
        sysfs.programs["/usr/sbin/update-initramfs"] = UdevRules.updateInitramfs
        return sysfs
    }

    /// The disk at every moment at which the power can fail while `body` runs, and at its end.
    static func moments(_ sysfs: SimulatedSysfs, _ body: (SimulatedSysfs) throws -> Void) rethrows -> [TestHost] {
        var moments: [TestHost] = []
        sysfs.beforeWrite = { sysfs, _, _ in
            moments.append(sysfs.host)
            return nil
        }
        sysfs.beforeJournal = { sysfs in
            moments.append(sysfs.host)
            return nil
        }
        try body(sysfs)
        sysfs.beforeWrite = { _, _, _ in nil }
        sysfs.beforeJournal = { _ in nil }
        return moments + [sysfs.host]
    }

    /// The machine after its next start, with all that passthru does then.
    static func started(
        _ host: TestHost,
        as fresh: SimulatedSysfs,
        boot: String = "second",
        others: (SimulatedSysfs) -> Void = { _ in }
    ) throws -> SimulatedSysfs {
        let next = SimulatedSysfs(host).restarted(as: fresh.host, boot: boot)
        next.programs = fresh.programs
        others(next)
        next.startUdev()
        _ = try Boot.run(Machine(next), isEarly: true)
        _ = try Boot.run(Machine(next), isEarly: false)
        return next
    }

    static func bound(_ sysfs: SimulatedSysfs) -> Set<String> {
        Set(sysfs.addresses.filter { sysfs.driver(of: $0) == "vfio-pci" || sysfs.override(of: $0) == "vfio-pci" })
    }

    private static func wanted(_ sysfs: SimulatedSysfs) throws -> Set<String> {
        Set(try WantedFile.read(Machine(sysfs)).state.atBoot.map { "\($0.identity.address)" })
    }

    private static func files(_ host: TestHost) -> TestHost {
        var files = TestHost("files")
        for (path, node) in host.nodes where path.hasPrefix("/etc/") || path.hasPrefix("/boot/") {
            files.put(node, at: path)
        }
        return files
    }

    @Test func assigningACardThatTheInitramfsHolds() throws {
        let before = try Self.desktop()
        let work = try Self.desktop()
        let moments = try Self.moments(work) {
            _ = try PermanentAssignmentTests.assign($0, [Self.card[0]], mates: Array(Self.card.dropFirst()))
        }
        #expect(moments.count > 40)
        let whole = Self.files(work.host)
        let fresh = try Self.desktop(boot: "second")
        for (index, moment) in moments.enumerated() {
            let sysfs = try Self.started(moment, as: fresh)
            let files = Self.files(sysfs.host)
            let isOld = files.differences(from: Self.files(before.host)).isEmpty
            let isNew = files.differences(from: whole).isEmpty
            let place = "moment \(index) of \(moments.count): \(moment.differences(from: before.host))"
            #expect(isOld || isNew, "\(place), \(files.differences(from: Self.files(before.host)))")
            #expect(Self.bound(sysfs) == (isNew ? Set(Self.card) : []), "\(place)")
            #expect(try Self.wanted(sysfs) == (isNew ? Set(Self.card) : []), "\(place)")
            // The card is with its drivers, not without any.
            if isOld { #expect(sysfs.driver(of: Self.card[0]) == "nouveau", "\(place)") }
        }
    }

    @Test func releasingIt() throws {
        let work = try Self.desktop()
        _ = try PermanentAssignmentTests.assign(work, [Self.card[0]], mates: Array(Self.card.dropFirst()))
        let before = Self.files(work.host)
        let moments = try Self.moments(work) { _ = try PermanentAssignmentTests.release($0, Self.card) }
        let whole = Self.files(work.host)
        let fresh = try Self.desktop(boot: "second")
        for (index, moment) in moments.enumerated() {
            let sysfs = try Self.started(moment, as: fresh)
            let files = Self.files(sysfs.host)
            let isOld = files.differences(from: before).isEmpty
            let isNew = files.differences(from: whole).isEmpty
            #expect(isOld || isNew, "moment \(index)")
            #expect(Self.bound(sysfs) == (isOld ? Set(Self.card) : []), "moment \(index)")
        }
    }
}
