import Inventory
import Machine
import Operations
import Planning
import Platforms
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// The files by which libvirt and Proxmox call passthru: put there with the first wish, and gone with the last.
@Suite struct HookFilesTests {
    private func failure(_ body: () throws -> Void) -> Failure? {
        do {
            try body()
            return nil
        } catch {
            return error as? Failure
        }
    }

    @Test func assigningBindsNothing() throws {
        let sysfs = try HookHost.desktop()
        let before = sysfs.host
        let outcome = try HookHost.assign(sysfs)
        #expect(outcome.confirmWithin == nil, "nothing is lost yet")
        #expect(outcome.guest == "win11")
        #expect(sysfs.driver(of: HookHost.card[0]) == "nouveau")
        #expect(
            HookHost.changes(sysfs, since: before) == [HookHost.script, "/etc/passthru.conf"],
            "the boot has nothing to do"
        )
        #expect(sysfs.host.text(HookHost.script) == HookScript.libvirt)
        #expect(Machine(sysfs).isExecutable(HookHost.script))
        let text = try #require(sysfs.host.text("/etc/passthru.conf"))
        #expect(text.contains("\toption when 'guest-start'\n\toption manager 'libvirt'\n"))
        #expect(text.contains("\tlist own '\(HookHost.script)'\n"))
        #expect(text.contains("\toption home 'nouveau'\n\toption guest 'win11'\n"))
        #expect(try !HookHost.assign(sysfs).changed, "a second time there is nothing to do")
    }

    @Test func undoIsByteIdentical() throws {
        let sysfs = try HookHost.desktop()
        let before = sysfs.host
        let id = try #require(try HookHost.assign(sysfs).transaction)
        _ = try Undo.run(Machine(sysfs), .transaction(id)) { _ in }
        #expect(HookHost.changes(sysfs, since: before) == [])
    }

    @Test func releaseTakesTheHookWithTheLastDevice() throws {
        let sysfs = try HookHost.desktop()
        let before = sysfs.host
        try HookHost.assign(sysfs)
        _ = try Release.run(Machine(sysfs), devices: [HookHost.card[0]], Permissions()) { _ in }
        #expect(sysfs.host.text(HookHost.script) != nil)
        _ = try Release.run(Machine(sysfs), devices: Array(HookHost.card.dropFirst()), Permissions()) { _ in }
        #expect(HookHost.changes(sysfs, since: before) == [])
    }

    @Test func theOwnersScriptThatDoesTheSameStays() throws {
        let own = "#!/bin/bash\nlogger guest\nexec /usr/sbin/passthru hook libvirt \"$@\"\n"
        let sysfs = try HookHost.desktop { $0.file(HookHost.script, own, mode: 0o755) }
        let before = sysfs.host
        try HookHost.assign(sysfs)
        #expect(sysfs.host.text(HookHost.script) == own)
        _ = try Release.run(Machine(sysfs), devices: HookHost.card, Permissions()) { _ in }
        #expect(HookHost.changes(sysfs, since: before) == [])
    }

    @Test func whatWasChangedSinceStays() throws {
        let sysfs = try HookHost.desktop()
        try HookHost.assign(sysfs)
        let edited = HookScript.libvirt + "# mine\n"
        try sysfs.put(FileSnapshot(bytes: Array(edited.utf8), mode: 0o755), at: HookHost.script)
        let outcome = try Release.run(Machine(sysfs), devices: HookHost.card, Permissions()) { _ in }
        #expect(outcome.warnings.contains { $0.en.contains("\(HookHost.script) was changed by somebody else") })
        #expect(sysfs.host.text(HookHost.script) == edited)
    }

    // MARK: libvirt

    /// Before 6.5 there is one script for all.
    @Test func anOldLibvirt() throws {
        let sysfs = try HookHost.desktop { $0.link("/usr/lib/x86_64-linux-gnu/libvirt.so.0", "libvirt.so.0.6000.0") }
        let before = sysfs.host
        try HookHost.assign(sysfs)
        #expect(sysfs.host.text("/etc/libvirt/hooks/qemu") == HookScript.libvirt)
        _ = try Release.run(Machine(sysfs), devices: HookHost.card, Permissions()) { _ in }
        #expect(HookHost.changes(sysfs, since: before) == [])
    }

    @Test func anOldLibvirtWithAScriptOfTheOwner() throws {
        let sysfs = try HookHost.desktop { host in
            host.link("/usr/lib/x86_64-linux-gnu/libvirt.so.0", "libvirt.so.0.6000.0")
            host.file("/etc/libvirt/hooks/qemu", "#!/bin/sh\nlogger mine\n", mode: 0o755)
        }
        let before = sysfs.host
        let failure = try #require(failure { try HookHost.assign(sysfs) })
        #expect(failure.status == .refused)
        #expect(failure.message.en.contains("/etc/libvirt/hooks/qemu is there and is not passthru's"))
        #expect(HookHost.changes(sysfs, since: before) == [])
    }

    @Test func aScriptOfTheOwnerBesideOurs() throws {
        let sysfs = try HookHost.desktop { $0.file("/etc/libvirt/hooks/qemu", "#!/bin/sh\n", mode: 0o755) }
        let outcome = try HookHost.assign(sysfs)
        #expect(outcome.warnings.contains { $0.en.contains("libvirt runs /etc/libvirt/hooks/qemu first") })
    }

    @Test func versions() throws {
        func version(_ name: String) -> LibvirtVersion? {
            var host = TestHost("library")
            host.link("/usr/lib64/libvirt.so.0", name)
            return LibvirtVersion.read(host.machine)
        }
        #expect(version("libvirt.so.0.9000.0") == LibvirtVersion(9, 0))
        #expect(version("libvirt.so.0.11003.0") == LibvirtVersion(11, 3))
        #expect(version("libvirt.so.0.6004.0").map { $0 < LibvirtVersion(6, 5) } == true)
        #expect(version("libvirt.so.0.6005.0").map { $0 < LibvirtVersion(6, 5) } == false)
        #expect(version("libvirt.so.0") == nil)
        #expect(LibvirtVersion.read(TestHost("none").machine) == nil)
    }

    // MARK: Proxmox

    private static let configuration = "/etc/pve/qemu-server/100.conf"
    private static let snippet = "/var/lib/vz/snippets/passthru"

    private func proxmox(_ text: String = "memory: 4096\nname: win\n\n[before]\nmemory: 2048\n") throws
        -> SimulatedSysfs
    {
        try HookHost.desktop { host in
            host.file(Self.configuration, text, mode: 0o640)
            host.file(
                "/etc/pve/storage.cfg",
                "lvmthin: local-lvm\n\tthinpool data\n\ndir: local\n\tpath /var/lib/vz\n\tcontent iso,vztmpl\n"
            )
        }
    }

    @Test(arguments: ["100", "win"]) func aGuestOfProxmox(_ name: String) throws {
        let sysfs = try proxmox()
        let before = sysfs.host
        try HookHost.assign(sysfs, guest: name)
        #expect(
            sysfs.host.text(Self.configuration)
                == "memory: 4096\nname: win\nhookscript: local:snippets/passthru\n\n[before]\nmemory: 2048\n"
        )
        #expect(sysfs.host.text(Self.snippet) == HookScript.proxmox)
        #expect(Machine(sysfs).isExecutable(Self.snippet))
        #expect(sysfs.host.text("/etc/passthru.conf")?.contains("option guest '100'\n") == true)
        #expect(HookHost.call(sysfs, .start, guest: "100", .proxmox) == nil)
        #expect(sysfs.driver(of: HookHost.card[0]) == "vfio-pci")
        #expect(HookHost.call(sysfs, .stop, guest: "100", .proxmox) == nil)
        _ = try Release.run(Machine(sysfs), devices: HookHost.card, Permissions()) { _ in }
        #expect(HookHost.changes(sysfs, since: before) == [])
    }

    @Test func proxmoxIsUndoneByteForByte() throws {
        let sysfs = try proxmox("name: win\r\nmemory: 4096")
        let before = sysfs.host
        let id = try #require(try HookHost.assign(sysfs, guest: "100").transaction)
        _ = try Undo.run(Machine(sysfs), .transaction(id)) { _ in }
        #expect(HookHost.changes(sysfs, since: before) == [])
    }

    @Test func anotherHookscriptIsNotReplaced() throws {
        let sysfs = try proxmox("name: win\nhookscript: local:snippets/mine.pl\n")
        let before = sysfs.host
        let failure = try #require(failure { try HookHost.assign(sysfs, guest: "100") })
        #expect(failure.status == .refused)
        #expect(failure.message.en.contains("names another script already, hookscript: local:snippets/mine.pl"))
        #expect(HookHost.changes(sysfs, since: before) == [])
    }

    @Test func theOwnersOwnLineStays() throws {
        let text = "name: win\nhookscript: local:snippets/passthru\n"
        let sysfs = try proxmox(text)
        try HookHost.assign(sysfs, guest: "100")
        _ = try Release.run(Machine(sysfs), devices: HookHost.card, Permissions()) { _ in }
        #expect(sysfs.host.text(Self.configuration) == text)
    }

    // MARK: Who is meant

    @Test func guestsThatAreNotThere() throws {
        let sysfs = try proxmox("name: win11\n")
        #expect(failure { try HookHost.assign(sysfs, guest: "nobody") }?.status == .notFound)
        let failure = try #require(failure { try HookHost.assign(sysfs, guest: "win11") })
        #expect(failure.status == .usage, "libvirt and Proxmox have one of that name")
        #expect(failure.details.count == 2)
    }

    @Test func aDeviceThatIsBoundAlready() throws {
        let sysfs = try HookHost.desktop()
        let second = HookHost.card.map { $0.replacing("0000:01:", with: "0000:02:") }
        _ = try Assign.run(
            Machine(sysfs),
            devices: [second[0]],
            mates: Array(second.dropFirst()),
            once: true,
            Permissions()
        ) { _ in }
        let failure = try #require(failure { try HookHost.assign(sysfs, second, consents: []) })
        #expect(failure.message.en.contains("passthru release 0000:02:00.0"))
    }

    @Test func withoutConsentNothingIsWritten() throws {
        let sysfs = try HookHost.desktop()
        let before = sysfs.host
        let failure = try #require(failure { try HookHost.assign(sysfs, consents: []) })
        #expect(failure.guardName == "console-display")
        #expect(HookHost.changes(sysfs, since: before) == [])
    }

    @Test func attachingWhatWaitsForItsGuestBindsNothing() throws {
        let sysfs = try HookHost.desktop()
        try HookHost.assign(sysfs)
        let text = sysfs.host.text("/etc/passthru.conf")
        _ = try GuestAttach.run(
            Machine(sysfs),
            guest: "win11",
            devices: Array(HookHost.card.dropFirst()),
            GuestAttachment(),
            Permissions()
        ) { _ in }
        #expect(sysfs.driver(of: HookHost.card[1]) == "snd_hda_intel")
        #expect(sysfs.host.text("/etc/passthru.conf") == text)
        #expect(sysfs.host.text("/etc/libvirt/qemu/win11.xml")?.contains("function='0x1'") == true)
    }

    // MARK: Boot

    @Test func theBootLeavesThemAlone() throws {
        let sysfs = try HookHost.desktop()
        try HookHost.assign(sysfs)
        let report = try BootBinding.run(Machine(sysfs))
        #expect(report.devices.isEmpty && report.isGood)
        #expect(sysfs.driver(of: HookHost.card[0]) == "nouveau")
        let status = Status.run(Machine(sysfs))
        #expect(status.missing?.isEmpty == true)
        #expect(status.atGuestStart?.map(\.guest) == ["win11"])
        #expect(status.atGuestStart?.first?.state == .waiting)
        #expect(status.atGuestStart?.first?.text.en.hasSuffix("handed over when win11 starts") == true)
        #expect(try Verify.run(Machine(sysfs)).items.isEmpty)
        #expect(Devices.run(Machine(sysfs)).atGuestStart?.map(\.guest) == ["win11", "win11", "win11", "win11"])
        try sysfs.put(nil, at: HookHost.script)
        #expect(try Verify.run(Machine(sysfs)).items.map(\.what) == [HookHost.script])
    }

    @Test func fromTheBootToTheGuestAndBack() throws {
        let sysfs = try HookHost.desktop()
        let before = sysfs.host
        let second = HookHost.card.map { $0.replacing("0000:01:", with: "0000:02:") }
        try HookHost.assign(sysfs, second, consents: [])
        _ = try Assign.run(
            Machine(sysfs),
            devices: [second[0]],
            mates: Array(second.dropFirst()),
            once: false,
            Permissions()
        ) { _ in }
        #expect(sysfs.host.text(HookHost.script) == nil)
        #expect(sysfs.host.text("/etc/modules-load.d/passthru.conf") != nil)
        #expect(sysfs.host.text("/etc/passthru.conf")?.contains("guest-start") == false)
        _ = try Release.run(Machine(sysfs), devices: second, Permissions()) { _ in }
        #expect(HookHost.changes(sysfs, since: before) == [])
    }
}

extension Machine {
    fileprivate func isExecutable(_ path: String) -> Bool { ((try? status(path))?.mode ?? 0) & 0o111 == 0o111 }
}
