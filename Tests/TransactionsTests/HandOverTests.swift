import Inventory
import Machine
import Operations
import Planning
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// Devices that go when their guest starts and come back when it has stopped.
@Suite struct HandOverTests {
    private let card = HookHost.card

    /// A desktop on which the first card is wanted by the guest, as it is before the guest starts.
    private func prepared(_ edit: (inout TestHost) -> Void = { _ in }) throws -> SimulatedSysfs {
        let sysfs = try HookHost.desktop(edit)
        try HookHost.assign(sysfs)
        return sysfs
    }

    private func history(_ sysfs: SimulatedSysfs) throws -> [History.Transaction] {
        try History.run(Machine(sysfs), transaction: nil).transactions.filter { $0.verb == "hand-over" }
    }

    private func status(_ sysfs: SimulatedSysfs) throws -> GuestHandOver {
        try #require(Status.run(Machine(sysfs)).atGuestStart?.first)
    }

    // MARK: There and back

    @Test func theCardGoesInOrderAndComesBack() throws {
        let sysfs = try prepared()
        let before = sysfs.host
        let start = sysfs.events.count
        #expect(HookHost.call(sysfs, .start) == nil)
        for address in card { #expect(sysfs.driver(of: address) == "vfio-pci") }
        let steps = sysfs.events[start...].map(\.description).filter { !$0.contains("cgroup.events") }
        let order = [
            "/usr/bin/systemctl stop gdm.service", "0 > \(HookHost.console)",
            "efi-framebuffer.0 > \(HookHost.picture)unbind",
            "0000:01:00.0 > /sys/bus/pci/drivers/nouveau/unbind", "0000:01:00.0 > /sys/bus/pci/drivers_probe",
        ]
        let places = order.map { steps.firstIndex(of: $0) }
        #expect(!places.contains(nil), "\(steps)")
        #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted(), "\(steps)")
        #expect(try history(sysfs).map(\.state) == [.applied, .applied])
        #expect(try history(sysfs).map(\.guest) == ["win11", "win11"])

        let middle = sysfs.events.count
        #expect(HookHost.call(sysfs, .stop) == nil)
        #expect(HookHost.changes(sysfs, since: before) == [])
        let back = sysfs.events[middle...].map(\.description).filter { !$0.contains("cgroup.events") }
        let home = try #require(back.firstIndex(of: "0000:01:00.0 > /sys/bus/pci/drivers/nouveau/bind"))
        let picture = try #require(back.firstIndex(of: "efi-framebuffer.0 > \(HookHost.picture)bind"))
        let console = try #require(back.firstIndex(of: "1 > \(HookHost.console)"))
        #expect(home < picture && picture < console)
        #expect(back.last == "/usr/bin/systemctl start gdm.service")
        #expect(try history(sysfs).map(\.state) == [.undone, .undone])
        #expect(try history(sysfs).map(\.cause) == [.guestStopped, .guestStopped])
    }

    /// libvirt waits for the hook: whoever asks it anything waits for ever.
    @Test func noProgramIsRunThatCouldAskTheCaller() throws {
        let sysfs = try prepared()
        _ = HookHost.call(sysfs, .start)
        _ = HookHost.call(sysfs, .start)
        _ = HookHost.call(sysfs, .stop)
        _ = HookHost.call(sysfs, .other)
        #expect(HookHost.programs(sysfs) == ["systemctl stop gdm.service", "systemctl start gdm.service"])
    }

    @Test func theModulesAreLoadedWhereTheyAreMissing() throws {
        let sysfs = try prepared { host in
            for name in ["vfio_pci", "vfio_iommu_type1"] { host.remove("/sys/module/\(name)") }
            let loaded = (host.text("/proc/modules") ?? "").split(separator: "\n").filter { !$0.hasPrefix("vfio_") }
            host.file("/proc/modules", loaded.joined(separator: "\n"))
        }
        #expect(HookHost.call(sysfs, .start) == nil)
        let programs = Set(HookHost.programs(sysfs).map { $0.split(separator: " ")[0] })
        #expect(programs == ["systemctl", "modprobe"])
    }

    @Test func aSecondStartDoesNothing() throws {
        let sysfs = try prepared()
        #expect(HookHost.call(sysfs, .start) == nil)
        let host = sysfs.host
        let count = sysfs.events.count
        #expect(HookHost.call(sysfs, .start) == nil)
        #expect(sysfs.events.count == count)
        #expect(sysfs.host == host)
    }

    @Test func nothingIsDoneForOthersOrAtOtherMoments() throws {
        let sysfs = try prepared()
        let host = sysfs.host
        let count = sysfs.events.count
        for moment in [Hook.Moment.start, .stop, .other] {
            #expect(HookHost.call(sysfs, moment, guest: "another") == nil)
        }
        #expect(HookHost.call(sysfs, .stop) == nil, "it never started")
        #expect(HookHost.call(sysfs, .other) == nil)
        #expect(HookHost.call(sysfs, .start, .proxmox) == nil, "libvirt starts it, not Proxmox")
        #expect(sysfs.events.count == count)
        #expect(sysfs.host == host)
    }

    /// A file that nobody can understand does not keep guests from starting that have nothing to do with it.
    @Test func aMalformedFile() throws {
        let sysfs = try prepared()
        let text = try #require(sysfs.host.text("/etc/passthru.conf")) + "nonsense\n"
        try sysfs.put(FileSnapshot(bytes: Array(text.utf8)), at: "/etc/passthru.conf")
        #expect(HookHost.call(sysfs, .start, guest: "another") == nil)
        #expect(HookHost.call(sysfs, .start)?.status == .malformed)
    }

    @Test func momentsOfTheCallers() {
        #expect(Hook.moment(libvirt: "prepare", "begin") == .start)
        #expect(Hook.moment(libvirt: "release", "end") == .stop)
        for (operation, part) in [
            ("start", "begin"), ("started", "begin"), ("stopped", "end"), ("reconnect", "begin"), ("migrate", "begin"),
            ("restore", "begin"), ("attach", "begin"), ("", ""),
        ] { #expect(Hook.moment(libvirt: operation, part) == .other) }
        #expect(Hook.moment(proxmox: "pre-start") == .start)
        #expect(Hook.moment(proxmox: "post-stop") == .stop)
        #expect(Hook.moment(proxmox: "post-start") == .other)
        #expect(Hook.moment(proxmox: "pre-stop") == .other)
    }

    // MARK: What stays

    @Test func anotherCardLeavesTheConsoleAlone() throws {
        let second = card.map { $0.replacing("0000:01:", with: "0000:02:") }
        let sysfs = try HookHost.desktop()
        try HookHost.assign(sysfs, second, consents: [])
        let start = sysfs.events.count
        // Nobody holds it, so that nobody has to go.
        #expect(HookHost.call(sysfs, .start) { [] } == nil)
        for address in second { #expect(sysfs.driver(of: address) == "vfio-pci") }
        let steps = sysfs.events[start...].map(\.description)
        #expect(!steps.contains { $0.contains("vtconsole") || $0.contains("framebuffer") || $0.contains("systemctl") })
        #expect(try history(sysfs).count == 1)
    }

    @Test func theFirmwaresPictureThatIsGoneIsSaid() throws {
        let sysfs = try prepared()
        sysfs.takesFirmwarePicture = true
        #expect(HookHost.call(sysfs, .start) == nil)
        let failure = try #require(HookHost.call(sysfs, .stop))
        #expect(failure.status == .incomplete)
        #expect(failure.message.en.contains("efi-framebuffer.0 is no longer there"))
        // All the rest is back.
        for address in card { #expect(sysfs.driver(of: address) != "vfio-pci") }
        #expect(sysfs.host.text(HookHost.console)?.hasPrefix("1") == true)
        #expect(HookHost.programs(sysfs).last == "systemctl start gdm.service")
        // The next boot makes it anew.
        try sysfs.put(FileSnapshot(bytes: Array("second\n".utf8)), at: "/proc/sys/kernel/random/boot_id")
        _ = try Recover.run(Machine(sysfs))
        #expect(try history(sysfs).map(\.state) == [.undone, .undone])
    }

    // MARK: Failures

    /// Whatever write fails, the host has everything again.
    @Test func everyStepThatFailsIsTakenBack() throws {
        let whole = try prepared()
        let base = whole.host
        let start = whole.events.count
        #expect(HookHost.call(whole, .start) == nil)
        let steps = whole.events[start...].filter { !$0.description.contains("cgroup.events") }
        #expect(steps.count > 15)
        for step in steps.indices {
            let sysfs = HookHost.simulated(base)
            let before = sysfs.host
            let failing = steps[step]
            var hasFailed = false
            switch failing {
            case .run:
                sysfs.programs["/usr/bin/systemctl"] = { _, arguments in
                    ProgramResult(status: arguments.first == "stop" ? 1 : 0, output: "no\n")
                }
                hasFailed = true
            case .write(let path, let value):
                sysfs.beforeWrite = { _, now, what in
                    guard !hasFailed, now == path, what == value else { return nil }
                    hasFailed = true
                    return .ioError
                }
            case .replace(let path, _):
                sysfs.beforeWrite = { _, now, _ in
                    guard !hasFailed, now == path else { return nil }
                    hasFailed = true
                    return .noSpace
                }
            }
            let failure = HookHost.call(sysfs, .start)
            #expect(hasFailed && failure?.status == .failed, "\(failing): \(String(describing: failure))")
            #expect(HookHost.changes(sysfs, since: before) == [], "\(failing)")
            #expect(try history(sysfs).allSatisfy { $0.state == .rolledBack }, "\(failing)")
            #expect(HookHost.call(sysfs, .stop) == nil, "libvirt calls this, too")
        }
    }

    @Test func anotherDeviceAtTheAddressIsLeftAlone() throws {
        let sysfs = try prepared()
        sysfs.replaceIdentity(of: card[1], vendor: "1002", device: "ab38")
        let before = sysfs.host
        let failure = try #require(HookHost.call(sysfs, .start))
        #expect(failure.status == .refused)
        #expect(failure.message.en.contains("1002:ab38 is there, not 10de:10f7"))
        #expect(sysfs.host == before)
        sysfs.vanish(card[1])
        #expect(HookHost.call(sysfs, .start)?.status == .notFound)
    }

    @Test func anotherPassthruAtWork() throws {
        let sysfs = try prepared()
        let before = sysfs.host
        sysfs.isLockedByAnother = true
        #expect(HookHost.call(sysfs, .start)?.status == .busy)
        #expect(sysfs.host == before)
    }

    // MARK: Guards

    @Test func onlyWhatWasConsentedTo() throws {
        let sysfs = try prepared()
        let path = "/etc/passthru.conf"
        let text = try #require(sysfs.host.text(path))
        let line = "\tlist consent 'console-display=0000:01:00.0'\n"
        #expect(text.components(line) == 1, "only the card itself shows the console: \(text)")
        try sysfs.put(FileSnapshot(bytes: Array(text.replacing(line, with: "").utf8)), at: path)
        let before = sysfs.host
        let failure = try #require(HookHost.call(sysfs, .start))
        #expect(failure.status == .refused)
        #expect(failure.guardName == "console-display")
        #expect(failure.message.en.contains("--at-guest-start --consent console-display=0000:01:00.0"))
        #expect(sysfs.host == before)
    }

    private func holder(_ pid: Int, _ name: String) -> DeviceHolder {
        let node = HeldNode(path: "/dev/dri/card0", name: "card0", subsystem: "drm", functions: ["0000:01:00.0"])
        return DeviceHolder(pid: pid, command: name, nodes: [node])
    }

    /// A service that computes on the card would not end with the login screen: nobody's session is ended for nothing.
    @Test func aServiceThatHoldsTheCard() throws {
        let sysfs = try prepared { $0.file("/proc/7/cgroup", "0::/system.slice/ollama.service") }
        let before = sysfs.host
        let failure = try #require(HookHost.call(sysfs, .start) { [holder(7, "ollama")] })
        #expect(failure.status == .refused)
        #expect(failure.message.en.contains("ollama (PID 7: /dev/dri/card0)"))
        #expect(sysfs.host == before)
        #expect(HookHost.programs(sysfs) == [])
    }

    @Test func theLoginScreenLetsGo() throws {
        let sysfs = try prepared { $0.file("/proc/8/cgroup", "0::/user.slice/user-1000.slice/session-2.scope") }
        let failure = HookHost.call(sysfs, .start) {
            // Some looks later it is gone.
            HookHost.programs(sysfs).isEmpty ? [holder(8, "Xorg")] : []
        }
        #expect(failure == nil)
        #expect(sysfs.driver(of: card[0]) == "vfio-pci")
    }

    @Test func somebodyHoldsOnToTheCard() throws {
        let sysfs = try prepared { $0.file("/proc/8/cgroup", "0::/user.slice/user-1000.slice/session-2.scope") }
        let before = sysfs.host
        let failure = try #require(HookHost.call(sysfs, .start) { [holder(8, "game")] })
        #expect(failure.status == .refused)
        #expect(failure.message.en.contains("game (PID 8: /dev/dri/card0)"))
        #expect(HookHost.changes(sysfs, since: before) == [])
        #expect(HookHost.programs(sysfs) == ["systemctl stop gdm.service", "systemctl start gdm.service"])
    }

    /// It would wait for the guest, and libvirt for it.
    @Test func aGuestThatStillRuns() throws {
        let sysfs = try prepared()
        #expect(HookHost.call(sysfs, .start) == nil)
        let node = HeldNode(path: "/dev/vfio/10", name: "10", subsystem: "vfio", functions: card)
        let qemu = DeviceHolder(pid: 9, command: "qemu-system-x86", nodes: [node])
        let before = sysfs.host
        #expect(HookHost.call(sysfs, .stop) { [qemu] }?.status == .refused)
        #expect(sysfs.host == before)
    }

    // MARK: What happens in between

    @Test func aRestartEndsIt() throws {
        let sysfs = try prepared()
        let before = sysfs.host
        #expect(HookHost.call(sysfs, .start) == nil)
        let journal = sysfs.host.nodes.filter { $0.key.contains("/passthru/journal") }
        // The machine comes up anew: what was in sysfs is as at first, only the journal stays.
        var host = before
        for (path, node) in journal { host.put(node, at: path) }
        host.file("/proc/sys/kernel/random/boot_id", "second")
        let next = SimulatedSysfs(host)
        #expect(try history(next).map(\.state) == [.applied, .applied])
        #expect(try status(next).state == .waiting)
        let recovered = try Recover.run(Machine(next))
        #expect(recovered.transactions.map(\.cause) == [.restart, .restart])
        #expect(try history(next).map(\.state) == [.undone, .undone])
        #expect(next.events == [], "nothing of it is taken back in another boot")
    }

    /// From some moment on nothing reaches the machine any more, not even the journal: as when passthru is killed.
    @Test(arguments: [1, 3, 4, 6, 9, 14, 17]) func aCrashInTheMiddleIsPutBack(_ writes: Int) throws {
        let sysfs = try prepared()
        let before = sysfs.host
        var left = writes
        sysfs.beforeWrite = { _, _, _ in
            left -= 1
            return left < 0 ? .ioError : nil
        }
        sysfs.beforeJournal = { _ in left < 0 ? .ioError : nil }
        let systemctl = sysfs.programs["/usr/bin/systemctl"]
        sysfs.programs["/usr/bin/systemctl"] = { sysfs, arguments in
            left < 0
                ? ProgramResult(status: 1, output: "dead\n")
                : systemctl?(sysfs, arguments)
                    ?? ProgramResult(status: 1, output: "")
        }
        #expect(HookHost.call(sysfs, .start) != nil)
        sysfs.beforeWrite = { _, _, _ in nil }
        sysfs.beforeJournal = { _ in nil }
        left = .max
        // libvirt calls this in any case.
        #expect(HookHost.call(sysfs, .stop) == nil)
        #expect(HookHost.changes(sysfs, since: before) == [])
    }

    @Test func theOwnerTakesItBack() throws {
        let sysfs = try prepared()
        let before = sysfs.host
        #expect(HookHost.call(sysfs, .start) == nil)
        #expect(try status(sysfs).transaction == 3)
        let failure = #expect(throws: Failure.self) {
            try Release.run(Machine(sysfs), devices: [card[0]], Permissions()) { _ in }
        }
        #expect(failure?.message.en.contains("passthru undo 3") == true)
        // Both that belong together.
        let undone = try Undo.run(Machine(sysfs), .transaction(3)) { _ in }
        #expect(undone.transactions.map(\.id) == [3, 2])
        #expect(HookHost.changes(sysfs, since: before) == [])
        #expect(HookHost.call(sysfs, .stop) == nil)
    }
}

extension String {
    fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}
