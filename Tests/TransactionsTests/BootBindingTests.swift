import Inventory
import Machine
import Operations
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// What the boot makes of assignments: of the same machine, and of one that changed.
@Suite struct BootBindingTests {
    private typealias Permanent = PermanentAssignmentTests

    private static let nic = "0000:04:00.0"
    private static let other = "0000:03:00.0"
    private static let card = "8086:125c 020000 rev=04 sub=8086:0000"
    private static let one = "00-00-00-ff-ff-00-00-01"
    private static let two = "00-00-00-ff-ff-00-00-02"

    /// The router, its two last cards with serial numbers, and with the card that nobody uses in the last slot.
    private func router(_ serials: (String, String)? = (one, two), boot: String, driver: String? = "igc") throws
        -> TestHost
    {
        var edits: [String: String] = [:]
        if let serials {
            edits["pci \(Self.other) \(Self.card)"] = "pci \(Self.other) \(Self.card) serial=\(serials.0)"
            edits["pci \(Self.nic) \(Self.card)"] = "pci \(Self.nic) \(Self.card) serial=\(serials.1)"
        }
        var host = try TestHost.named("i226-router", replacing: edits)
        host.file("/proc/sys/kernel/random/boot_id", boot)
        host.file("/usr/sbin/passthru", "")
        if driver == nil {
            host.remove("/sys/devices/pci0000:00/0000:00:1c.3/\(Self.nic)/driver")
            host.remove("/sys/bus/pci/drivers/igc/\(Self.nic)")
        }
        return host
    }

    /// The router with the assignment, started anew.
    private func restarted(_ host: TestHost? = nil) throws -> SimulatedSysfs {
        let before = SimulatedSysfs(try router(boot: "first"))
        _ = try Permanent.assign(before, [Self.nic])
        return before.restarted(as: try host ?? router(boot: "second"), boot: "second")
    }

    private func boot(_ sysfs: SimulatedSysfs, isEarly: Bool = false) throws -> BootReport {
        try BootBinding.run(Machine(sysfs), isEarly: isEarly)
    }

    @Test func aDeviceWhoseDriverLoadedBefore() throws {
        let sysfs = try restarted()
        #expect(sysfs.driver(of: Self.nic) == "igc")
        let report = try boot(sysfs)
        #expect(report.isGood)
        #expect(report.devices.map(\.result) == [.bound])
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        // Its equals are left alone.
        for address in [Self.other, "0000:01:00.0", "0000:02:00.0"] { #expect(sysfs.driver(of: address) == "igc") }
        #expect(Machine(sysfs).textIfAny("/var/run/passthru/home/\(Self.nic)") == "8086:125c igc")
        // It is no transaction; a second run does nothing.
        #expect(try History.run(Machine(sysfs), transaction: nil).transactions.count == 1)
        let writes = sysfs.events.filter { if case .write = $0 { true } else { false } }.count
        #expect(try boot(sysfs).isGood)
        #expect(sysfs.events.filter { if case .write = $0 { true } else { false } }.count == writes)
        let status = Status.run(Machine(sysfs))
        #expect(status.assigned?.map(\.isPermanent) == [true])
        #expect(status.missing?.isEmpty == true)
        #expect(status.boot?.devices.map(\.result) == [.bound])
    }

    @Test func aDeviceWhoseDriverComesLater() throws {
        let sysfs = try restarted(router(boot: "second", driver: nil))
        #expect(try boot(sysfs, isEarly: true).isGood)
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        // Its own driver is remembered although nobody had it.
        #expect(Machine(sysfs).textIfAny("/var/run/passthru/home/\(Self.nic)") == "8086:125c igc")
        _ = try Permanent.release(sysfs, [Self.nic])
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(sysfs.host.text("/etc/config/passthru") == nil)
    }

    /// Bound by the udev rule already: only what it was is remembered.
    @Test func aDeviceThatUdevHasBound() throws {
        var host = try router(boot: "second", driver: nil)
        let folder = "/sys/devices/pci0000:00/0000:00:1c.3/\(Self.nic)"
        host.file("\(folder)/driver_override", "vfio-pci")
        host.folder("/sys/module/vfio_pci")
        let sysfs = try restarted(host)
        try sysfs.write("/sys/bus/pci/drivers_probe", bytes: Array(Self.nic.utf8), milliseconds: 0)
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        #expect(try boot(sysfs).isGood)
        #expect(Machine(sysfs).textIfAny("/var/run/passthru/home/\(Self.nic)") == "8086:125c igc")
    }

    @Test func swappedCards() throws {
        let sysfs = try restarted(router((Self.two, Self.one), boot: "second"))
        let report = try boot(sysfs)
        #expect(!report.isGood)
        let device = try #require(report.devices.first)
        #expect(device.result == .changed)
        #expect(device.reason?.en.contains(Self.one) == true)
        #expect(device.elsewhere?.description == Self.other)
        // Neither is taken, not even tried.
        for address in [Self.nic, Self.other] {
            #expect(sysfs.driver(of: address) == "igc")
            #expect(sysfs.override(of: address) == nil)
        }
        #expect(!sysfs.events.contains { if case .write = $0 { true } else { false } })
        let status = Status.run(Machine(sysfs))
        #expect(status.missing?.map(\.result) == [.changed])
        #expect(status.missing?.first?.elsewhere?.description == Self.other)
    }

    /// The same where a udev rule, which sees no serial numbers, has held the wrong card back: its driver gets it.
    @Test func aSwappedCardThatUdevHeldBack() throws {
        var host = try router((Self.two, Self.one), boot: "second", driver: nil)
        host.file("/sys/devices/pci0000:00/0000:00:1c.3/\(Self.nic)/driver_override", "vfio-pci")
        let sysfs = try restarted(host)
        #expect(try boot(sysfs).devices.map(\.result) == [.changed])
        #expect(sysfs.override(of: Self.nic) == nil)
        #expect(sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func anotherDeviceAtTheAddress() throws {
        let sysfs = try restarted()
        sysfs.replaceIdentity(of: Self.nic, vendor: "144d", device: "a80a")
        #expect(try boot(sysfs).devices.map(\.result) == [.changed])
        #expect(sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func aDeviceThatIsGone() throws {
        let sysfs = try restarted()
        sysfs.vanish(Self.nic)
        let report = try boot(sysfs)
        #expect(report.devices.map(\.result) == [.absent])
        #expect(report.devices.first?.elsewhere == nil)
        #expect(sysfs.driver(of: Self.other) == "igc")
    }

    /// After an upgrade without the modules nothing is half done: no override, no device without a driver.
    @Test func vfioIsMissing() throws {
        let host = try router(boot: "second").without("/lib/modules/6.6.93/vfio-pci.ko")
        let sysfs = try restarted(host)
        sysfs.modprobe = { _, arguments in
            arguments.contains { $0.hasPrefix("vfio") }
                ? ProgramResult(status: 255, output: "failed to find a module named vfio-pci") : nil
        }
        let report = try boot(sysfs)
        #expect(report.devices.map(\.result) == [.unavailable])
        #expect(report.devices.first?.reason?.en.contains("6.6.93") == true)
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(sysfs.override(of: Self.nic) == nil)
        #expect(!sysfs.events.contains { if case .write = $0 { true } else { false } })
    }

    @Test func theIOMMUIsOff() throws {
        var host = try router(boot: "second")
        for path in host.nodes.keys where path.hasSuffix("/iommu_group") { host.remove(path) }
        let sysfs = try restarted(host)
        #expect(try boot(sysfs).devices.map(\.result) == [.unavailable])
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(sysfs.override(of: Self.nic) == nil)
    }

    /// The driver does not let go in time, or vfio-pci does not take it: the host keeps it, and the report says why.
    @Test func aBindingThatFails() throws {
        let sysfs = try restarted()
        sysfs.beforeWrite = { _, path, _ in path.hasSuffix("igc/unbind") ? .resourceBusy : nil }
        let report = try boot(sysfs)
        #expect(report.devices.map(\.result) == [.failed])
        #expect(report.devices.first?.reason?.en.contains("igc/unbind") == true)
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(sysfs.override(of: Self.nic) == nil)
        #expect(!Machine(sysfs).exists("/var/run/passthru/home/\(Self.nic)"))
        let stuck = try restarted()
        stuck.hangingDrivers = ["igc"]
        #expect(try boot(stuck).devices.map(\.result) == [.failed])
    }

    /// The root disk stands at the address now, with all that identifies the old device: hardware does not do that, but an
    /// owner who edits the file may.
    @Test func theDiskThatTheHostRunsFrom() throws {
        let sysfs = try restarted()
        let text = """
            config assignment 'disk'
            	option address '0000:05:00.0'
            	option id '1e4b:1202'
            config assignment 'bridge'
            	option address '0000:00:1c.3'
            	option id '8086:54bb'

            """
        try sysfs.put(FileSnapshot(bytes: Array(text.utf8)), at: "/etc/config/passthru")
        #expect(try boot(sysfs).devices.map(\.result) == [.refused, .refused])
        #expect(sysfs.driver(of: "0000:05:00.0") == "nvme")
    }

    @Test func aMalformedFile() throws {
        let sysfs = try restarted()
        try sysfs.put(FileSnapshot(bytes: Array("config\n".utf8)), at: "/etc/config/passthru")
        let report = try boot(sysfs)
        #expect(report.problem?.en.hasPrefix("/etc/config/passthru, line 1: ") == true)
        #expect(!report.isGood)
        #expect(sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func theRescueWord() throws {
        let sysfs = try restarted()
        sysfs.change { $0.file("/proc/cmdline", ($0.text("/proc/cmdline") ?? "") + " passthru.bind=0") }
        let report = try boot(sysfs)
        #expect(!report.isGood)
        #expect(sysfs.driver(of: Self.nic) == "igc")
        let missing = Status.run(Machine(sysfs)).missing
        #expect(missing?.map(\.reason?.en) == ["Nothing is bound in this boot: its kernel line says passthru.bind=0."])
    }

    @Test func nothingIsWanted() throws {
        let sysfs = SimulatedSysfs(try router(boot: "first"))
        let report = try boot(sysfs)
        #expect(report.isGood)
        #expect(report.devices.isEmpty)
    }

    /// Early, and on a disk that takes nothing yet.
    @Test func withoutAJournal() throws {
        let sysfs = try restarted()
        sysfs.beforeJournal = { _ in .readOnlyFileSystem }
        #expect(try boot(sysfs, isEarly: true).isGood)
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
    }

    /// Before `/var` is mounted the reports lie in `/run`, where `/var/run` leads later.
    @Test func beforeVarIsThere() throws {
        let sysfs = try restarted()
        try sysfs.put(FileSnapshot(bytes: []), at: "/run/something")
        for path in sysfs.host.nodes.keys where path.hasPrefix("/var") { try sysfs.put(nil, at: path) }
        #expect(try boot(sysfs, isEarly: true).isGood)
        #expect(Machine(sysfs).exists("/run/passthru/home/\(Self.nic)"))
        #expect(BootReport.read(Machine(sysfs))?.isGood == true)
        #expect(!Machine(sysfs).exists("/var/run"))
    }

    // MARK: Undoing what an earlier boot made

    @Test func undoGivesBackWhatTheBootBound() throws {
        let first = SimulatedSysfs(try router(boot: "first"))
        let before = first.host
        _ = try Permanent.assign(first, [Self.nic])
        let sysfs = first.restarted(as: try router(boot: "second"), boot: "second")
        _ = try boot(sysfs)
        let undone = try Undo.run(Machine(sysfs), .all) { _ in }
        #expect(undone.status == .ok, "\(undone.transactions.flatMap(\.left).map(\.en))")
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(sysfs.override(of: Self.nic) == nil)
        let changes = Permanent.changes(sysfs, since: before).filter { $0 != "/var/run/passthru/boot.json" }
        #expect(changes == [])
    }

    /// The owner did not confirm and restarted: nothing is bound. Where the early run cannot see the journal yet it binds,
    /// and the next one, after recovery, lets it go.
    @Test(arguments: [true, false]) func anUnconfirmedAssignmentEndsWithTheRestart(_ seesJournal: Bool) throws {
        let first = SimulatedSysfs(try router(boot: "first"))
        _ = try Permanent.assign(first, [Self.nic], Permissions(confirmWithin: 90))
        let sysfs = first.restarted(as: try router(boot: "second"), boot: "second")
        let journal = sysfs.host.nodes.filter { $0.key.contains("/passthru/journal") }
        if !seesJournal { sysfs.change { for path in journal.keys { $0.remove(path) } } }
        let early = try boot(sysfs, isEarly: true)
        #expect(early.devices.map(\.result) == [seesJournal ? .unsettled : .bound])
        #expect(sysfs.driver(of: Self.nic) == (seesJournal ? "igc" : "vfio-pci"))
        sysfs.change { for (path, node) in journal { $0.put(node, at: path) } }
        _ = try Recover.run(Machine(sysfs))
        #expect(sysfs.host.text("/etc/config/passthru") == nil)
        _ = try boot(sysfs)
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(sysfs.override(of: Self.nic) == nil)
    }

    // MARK: Guests that wait

    private static let domain = """
        <domain type='kvm'><name>router-vm</name><memory>1048576</memory><devices>
        <hostdev mode='subsystem' type='pci' managed='yes'>
        <source><address domain='0x0000' bus='0x04' slot='0x00' function='0x0'/></source></hostdev>
        </devices></domain>
        """

    @Test func aGuestWaitsForItsDevice() throws {
        func withGuest(_ host: TestHost) -> TestHost {
            var host = host
            host.file("/etc/libvirt/qemu/router-vm.xml", Self.domain)
            host.file("/etc/libvirt/qemu/other.xml", "<domain><name>other</name></domain>")
            host.link("/etc/libvirt/qemu/autostart/router-vm.xml", "/etc/libvirt/qemu/router-vm.xml")
            host.link("/etc/libvirt/qemu/autostart/other.xml", "/etc/libvirt/qemu/other.xml")
            return host
        }
        let first = SimulatedSysfs(withGuest(try router(boot: "first")))
        _ = try Permanent.assign(first, [Self.nic])
        let autostart = { (sysfs: SimulatedSysfs) in Machine(sysfs).listIfAny("/etc/libvirt/qemu/autostart") }
        // A bad boot: the cards were swapped.
        let bad = first.restarted(as: try router((Self.two, Self.one), boot: "second"), boot: "second")
        #expect(try boot(bad).held == ["router-vm"])
        #expect(autostart(bad) == ["other.xml"])
        #expect(try boot(bad).held == ["router-vm"], "told again, held once")
        #expect(Status.run(Machine(bad)).boot?.held == ["router-vm"])
        #expect(
            try History.run(Machine(bad), transaction: nil).transactions.map(\.verb) == ["assign", "hold-autostart"]
        )
        // A good one: put back as they were.
        let good = bad.restarted(as: try router(boot: "third"), boot: "third")
        let report = try boot(good)
        #expect(report.isGood)
        #expect(report.held == [])
        #expect(autostart(good) == ["other.xml", "router-vm.xml"])
        #expect(
            try Machine(good).link("/etc/libvirt/qemu/autostart/router-vm.xml") == "/etc/libvirt/qemu/router-vm.xml"
        )
        #expect(try History.run(Machine(good), transaction: nil).transactions.map(\.state) == [.applied, .undone])
    }

    @Test func aProxmoxGuestIsNotHeldAndThatIsTold() throws {
        var host = try router((Self.two, Self.one), boot: "second")
        host.file("/etc/pve/qemu-server/100.conf", "name: nas\nonboot: 1\nhostpci0: 0000:04:00.0\n")
        let first = SimulatedSysfs(try router(boot: "first"))
        _ = try Permanent.assign(first, [Self.nic])
        var disk = first.host
        disk.file("/etc/pve/qemu-server/100.conf", "name: nas\nonboot: 1\nhostpci0: 0000:04:00.0\n")
        let sysfs = SimulatedSysfs(disk).restarted(as: host, boot: "second")
        let report = try boot(sysfs)
        #expect(report.held == [])
        #expect(report.notes.contains { $0.en.contains("nas (Proxmox)") })
    }
}
