import Inventory
import Machine
import Operations
import Planning
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// Assignments that hold at every boot: what `assign` and `release` write, and what is left afterwards.
@Suite struct PermanentAssignmentTests {
    static let nic = "0000:04:00.0"

    static func router(boot: String = "first") throws -> SimulatedSysfs {
        let host = try TestHost.named("i226-router").with([
            "/proc/sys/kernel/random/boot_id": boot, "/usr/sbin/passthru": "",
        ])
        return SimulatedSysfs(host)
    }

    static func desktop(boot: String = "first") throws -> SimulatedSysfs {
        var host = try TestHost.named("two-gpus-desktop").with([
            "/proc/sys/kernel/random/boot_id": boot, "/usr/sbin/passthru": "",
        ])
        host.file("/usr/sbin/update-initramfs", "", mode: 0o755)
        let sysfs = SimulatedSysfs(host)
        sysfs.programs["/usr/sbin/update-initramfs"] = { _, _ in ProgramResult(status: 0, output: "") }
        return sysfs
    }

    static func assign(
        _ sysfs: SimulatedSysfs,
        _ devices: [String],
        mates: [String] = [],
        once: Bool = false,
        nodes: NodeAccess? = nil,
        _ permissions: Permissions = Permissions()
    ) throws -> Outcome {
        try Assign.run(
            Machine(sysfs),
            devices: devices,
            mates: mates,
            once: once,
            nodes: nodes,
            permissions
        ) { _ in }
    }

    static func release(_ sysfs: SimulatedSysfs, _ devices: [String]) throws -> Outcome {
        try Release.run(Machine(sysfs), devices: devices, Permissions()) { _ in }
    }

    /// What is not as it was, without what passthru may leave: loaded modules.
    static func changes(_ sysfs: SimulatedSysfs, since before: TestHost) -> [String] {
        sysfs.host.differences(from: before).filter {
            !$0.hasPrefix("/sys/module/") && !$0.hasPrefix("/sys/bus/pci/drivers/vfio-pci")
        }
    }

    private func failure(_ body: () throws -> Void) -> Failure? {
        do {
            try body()
            return nil
        } catch {
            return error as? Failure
        }
    }

    @Test func onARouter() throws {
        let sysfs = try Self.router()
        let before = sysfs.host
        let outcome = try Self.assign(sysfs, [Self.nic])
        // Only of what a simulated host does not show.
        #expect(outcome.warnings.allSatisfy { $0.en.contains("cannot be seen") }, "\(outcome.warnings.map(\.en))")
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        let text = try #require(sysfs.host.text("/etc/config/passthru"))
        #expect(text.contains("config assignment 'pci_0000_04_00_0'"))
        #expect(text.contains("option id '8086:125c'"))
        #expect(text.contains("option home 'igc'"))
        #expect(sysfs.host.text("/etc/init.d/passthru")?.contains("START=09") == true)
        #expect(Machine(sysfs).isExecutable("/etc/init.d/passthru"))
        #expect(try Machine(sysfs).link("/etc/rc.d/S09passthru") == "../init.d/passthru")
        #expect(sysfs.host.text("/etc/modules.d/00-passthru") == "vfio_iommu_type1\nvfio-pci\n")
        // An upgrade keeps it all, and nothing of the boot loader; this host keeps lists nowhere else.
        let kept = try #require(sysfs.host.text("/etc/sysupgrade.conf"))
        for path in ["/etc/config/passthru", "/etc/passthru/", "/etc/rc.d/S09passthru", "/etc/modules.d/00-passthru"] {
            #expect(kept.contains(path + "\n"))
        }
        #expect(!kept.contains("grub"))
        for text in [text, kept, sysfs.host.text("/etc/modules.d/00-passthru") ?? ""] {
            #expect(!text.contains("ids="))
        }
        // A second time there is nothing to do, and releasing takes all of it away.
        #expect(try !Self.assign(sysfs, [Self.nic]).changed)
        _ = try Self.release(sysfs, [Self.nic])
        #expect(Self.changes(sysfs, since: before) == [])
        #expect(sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func theListOfWhatAnUpgradeKeeps() throws {
        let sysfs = try Self.router()
        try sysfs.put(FileSnapshot(bytes: Array("/etc/hosts\n".utf8)), at: "/lib/upgrade/keep.d/base-files")
        let before = sysfs.host
        _ = try Self.assign(sysfs, [Self.nic])
        let list = try #require(sysfs.host.text("/lib/upgrade/keep.d/passthru"))
        // It must keep itself, or the second upgrade would lose everything.
        #expect(list.hasSuffix("/lib/upgrade/keep.d/passthru\n"))
        #expect(sysfs.host.text("/etc/sysupgrade.conf") == nil)
        _ = try Self.release(sysfs, [Self.nic])
        #expect(Self.changes(sysfs, since: before) == [])
    }

    @Test func theOwnersListOfWhatIsKept() throws {
        let sysfs = try Self.router()
        try sysfs.put(FileSnapshot(bytes: Array("## mine\n/etc/mine\n".utf8)), at: "/etc/sysupgrade.conf")
        let before = sysfs.host
        _ = try Self.assign(sysfs, [Self.nic])
        #expect(
            sysfs.host.text("/etc/sysupgrade.conf")?.hasPrefix("## mine\n/etc/mine\n/etc/config/passthru\n") == true
        )
        _ = try Self.release(sysfs, [Self.nic])
        #expect(Self.changes(sysfs, since: before) == [])
    }

    @Test func onASystemdHost() throws {
        let sysfs = try Self.desktop()
        let before = sysfs.host
        let mates = ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
        _ = try Self.assign(sysfs, ["0000:02:00.0"], mates: mates)
        #expect(sysfs.host.text("/etc/passthru.conf")?.contains("option home 'nouveau'") == true)
        #expect(sysfs.host.text("/etc/systemd/system/passthru-early.service")?.contains("boot --early") == true)
        let link = "/etc/systemd/system/sysinit.target.wants/passthru-early.service"
        #expect(try Machine(sysfs).link(link) == "/etc/systemd/system/passthru-early.service")
        #expect(sysfs.host.text("/etc/modules-load.d/passthru.conf")?.contains("vfio-pci\n") == true)
        let rule = try #require(sysfs.host.text("/etc/udev/rules.d/70-passthru.rules"))
        #expect(
            rule.contains(
                """
                KERNEL=="0000:02:00.0", ATTR{vendor}=="0x10de", ATTR{device}=="0x1e07", \
                ATTR{subsystem_vendor}=="0x1043", ATTR{subsystem_device}=="0x866a", GOTO="passthru_bind"

                """
            )
        )
        // The equal card in the other slot is not meant.
        #expect(!rule.contains("0000:01:00"))
        // Display drivers are in the initramfs.
        #expect(Machine(sysfs).isExecutable("/etc/initramfs-tools/hooks/passthru"))
        let updates = { sysfs.events.filter { $0 == .run("/usr/sbin/update-initramfs", ["-u"]) }.count }
        #expect(updates() == 1)
        _ = try Self.release(sysfs, ["0000:02:00.0"] + mates)
        #expect(Self.changes(sysfs, since: before) == [])
        #expect(updates() == 2)
    }

    /// A network card's driver is in no initramfs: it is left alone.
    @Test func theInitramfsIsOnlyTouchedWhereItMatters() throws {
        var host = try TestHost.named("rmrr-server")
        host.folder("/etc/initramfs-tools")
        host.file("/usr/sbin/update-initramfs", "", mode: 0o755)
        let sysfs = SimulatedSysfs(host)
        _ = try Self.assign(sysfs, ["0000:3b:02.3"])
        #expect(sysfs.host.text("/etc/udev/rules.d/70-passthru.rules")?.contains("0000:3b:02.3") == true)
        #expect(sysfs.host.text("/etc/initramfs-tools/hooks/passthru") == nil)
        #expect(!sysfs.events.contains(.run("/usr/sbin/update-initramfs", ["-u"])))
    }

    @Test func undoMakesTheInitramfsAnew() throws {
        let sysfs = try Self.desktop()
        let before = sysfs.host
        let mates = ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
        let id = try #require(try Self.assign(sysfs, ["0000:02:00.0"], mates: mates).transaction)
        #expect(try Undo.run(Machine(sysfs), .transaction(id)) { _ in }.status == .ok)
        #expect(Self.changes(sysfs, since: before) == [])
        #expect(sysfs.events.filter { $0 == .run("/usr/sbin/update-initramfs", ["-u"]) }.count == 2)
    }

    @Test func withoutAServiceManagerTheLineIsTold() throws {
        var host = try TestHost.named("two-gpus-desktop").without("/run/systemd")
        host.file("/usr/sbin/passthru", "")
        let sysfs = SimulatedSysfs(host)
        let mates = ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
        let outcome = try Self.assign(sysfs, ["0000:02:00.0"], mates: mates)
        #expect(outcome.warnings.contains { $0.en.contains("`/usr/sbin/passthru boot`") })
        #expect(sysfs.host.text("/etc/passthru.conf") != nil)
    }

    @Test func forNowOnlyWritesNoFile() throws {
        let sysfs = try Self.router()
        _ = try Self.assign(sysfs, [Self.nic], once: true)
        #expect(sysfs.host.text("/etc/config/passthru") == nil)
        // Bound already: only the files change.
        let outcome = try Self.assign(sysfs, [Self.nic])
        #expect(outcome.changed)
        #expect(!outcome.plan.contains { $0.action == "write" })
        #expect(sysfs.host.text("/etc/config/passthru")?.contains("option home 'igc'") == true)
    }

    /// What the one left behind stays, to the byte.
    @Test func oneOfTwoIsReleased() throws {
        let sysfs = try Self.desktop()
        let mates = ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
        _ = try Self.assign(sysfs, ["0000:02:00.0"], mates: mates)
        let one = sysfs.host
        _ = try Self.release(sysfs, [mates[2]])
        #expect(sysfs.host.text("/etc/passthru.conf")?.contains("0000:02:00.3") == false)
        #expect(sysfs.host.text("/etc/udev/rules.d/70-passthru.rules")?.contains("0000:02:00.3") == false)
        #expect(sysfs.host.text("/etc/udev/rules.d/70-passthru.rules")?.contains("0000:02:00.2") == true)
        _ = try Self.assign(sysfs, [mates[2]])
        #expect(Self.changes(sysfs, since: one) == [])
    }

    @Test(arguments: ["config assignment 'x'\n", "nonsense\n"])
    func aMalformedFileStopsEverything(_ text: String) throws {
        let sysfs = try Self.router()
        try sysfs.put(FileSnapshot(bytes: Array(text.utf8)), at: "/etc/config/passthru")
        let before = sysfs.host
        for failure in [
            failure { _ = try Self.assign(sysfs, [Self.nic]) }, failure { _ = try Self.release(sysfs, [Self.nic]) },
        ] {
            #expect(failure?.status == .malformed)
            #expect(failure?.message.en.hasPrefix("/etc/config/passthru, line 1: ") == true)
        }
        #expect(Self.changes(sysfs, since: before) == [])
        #expect(Status.run(Machine(sysfs)).wantedProblem != nil)
    }

    /// The device is gone: its assignment can be released all the same, by address or by name.
    @Test(arguments: [nic, "pci_0000_04_00_0"])
    func aDeviceThatIsGoneIsReleased(_ name: String) throws {
        let sysfs = try Self.router()
        _ = try Self.assign(sysfs, [Self.nic])
        let later = sysfs.restarted(as: try Self.router().host, boot: "second")
        later.vanish(Self.nic)
        #expect(try Self.release(later, [name]).changed)
        #expect(later.host.text("/etc/config/passthru") == nil)
        #expect(failure { _ = try Self.release(later, [name]) } != nil)
    }

    /// The owner's own service stays when the last assignment goes.
    @Test func aServiceThatWasThereStays() throws {
        let sysfs = try Self.router()
        let script = "#!/bin/sh /etc/rc.common\nSTART=12\nboot() { nice /usr/sbin/passthru boot; }\n"
        try sysfs.put(FileSnapshot(bytes: Array(script.utf8), mode: 0o755), at: "/etc/init.d/passthru")
        try sysfs.putLink("../init.d/passthru", at: "/etc/rc.d/S12passthru")
        let before = sysfs.host
        _ = try Self.assign(sysfs, [Self.nic])
        #expect(sysfs.host.text("/etc/init.d/passthru") == script)
        _ = try Self.release(sysfs, [Self.nic])
        #expect(Self.changes(sysfs, since: before) == [])
    }

    /// Both are undone at once, whatever was released in between.
    @Test func everythingIsUndone() throws {
        let sysfs = try Self.desktop()
        let before = sysfs.host
        let mates = ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
        _ = try Self.assign(sysfs, ["0000:02:00.0"], mates: mates)
        _ = try Self.release(sysfs, mates)
        _ = try Self.assign(sysfs, mates)
        _ = try Self.release(sysfs, ["0000:02:00.0"] + mates)
        let undone = try Undo.run(Machine(sysfs), .all) { _ in }
        #expect(undone.status == .ok, "\(undone.transactions.flatMap(\.left).map(\.en))")
        #expect(Self.changes(sysfs, since: before) == [])
        for mate in mates { #expect(sysfs.driver(of: mate) != "vfio-pci") }
    }

    // MARK: Device nodes

    @Test func nodesForAGroupOnASystemdHost() throws {
        let sysfs = try Self.desktop()
        try sysfs.put(FileSnapshot(bytes: Array("root:x:0:\nkvm:x:104:\n".utf8)), at: "/etc/group")
        try sysfs.put(FileSnapshot(bytes: [], mode: 0o755), at: "/usr/bin/find")
        sysfs.programs["/usr/bin/find"] = { _, _ in ProgramResult(status: 0, output: "") }
        let before = sysfs.host
        let mates = ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
        _ = try Self.assign(sysfs, ["0000:02:00.0"], mates: mates, nodes: .group("kvm"))
        let rule = try #require(sysfs.host.text("/etc/udev/rules.d/70-passthru.rules"))
        #expect(rule.contains("SUBSYSTEM==\"vfio\", GROUP=\"kvm\", MODE=\"0660\"\n"))
        #expect(sysfs.host.text("/etc/passthru.conf")?.contains("option group 'kvm'") == true)
        let ran = sysfs.events.compactMap { event in
            if case .run("/usr/bin/find", let arguments) = event { arguments.joined(separator: " ") } else { nil }
        }
        #expect(ran.contains("/dev/vfio -type c ! -name vfio -exec chmod 0660 {} ;"))
        #expect(ran.contains("/dev/vfio -type c ! -name vfio -exec chown 0:kvm {} ;"))
        _ = try Self.release(sysfs, ["0000:02:00.0"] + mates)
        #expect(Self.changes(sysfs, since: before) == [])
        let missing = failure { _ = try Self.assign(sysfs, [Self.nic], nodes: .group("nobody-here")) }
        #expect(missing?.status == .notFound)
    }

    @Test func nodesForEverybodyOnARouter() throws {
        let sysfs = try Self.router()
        let before = sysfs.host
        _ = try Self.assign(sysfs, [Self.nic], Permissions(unsafe: [.worldNodes]))
        for folder in ["vfio", "misc"] {
            #expect(
                sysfs.host.text("/etc/hotplug.d/\(folder)/10-passthru")?.contains("chmod 0666 \"/dev/$DEVNAME\"")
                    == true
            )
        }
        #expect(Status.run(Machine(sysfs)).unsafe.contains { $0.mode == .worldNodes && $0.isOn == true })
        _ = try Self.assign(sysfs, [Self.nic], nodes: .root)
        #expect(sysfs.host.text("/etc/hotplug.d/vfio/10-passthru") == nil)
        #expect(!Status.run(Machine(sysfs)).unsafe.contains { $0.mode == .worldNodes })
        _ = try Self.release(sysfs, [Self.nic])
        #expect(Self.changes(sysfs, since: before) == [])
    }
}

extension Machine {
    fileprivate func isExecutable(_ path: String) -> Bool { ((try? status(path))?.mode ?? 0) & 0o111 != 0 }
}
