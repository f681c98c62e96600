import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// Programs that have a function's device nodes open.
@Suite struct BusyHoldersTests {
    private static let name = "busy-holders"
    private static let card = "0000:00:02.0"

    private func host(_ path: String, _ subsystem: String?, _ functions: [String], _ command: String = "prog") throws
        -> Host
    {
        var host = try BusyHost.read()
        let name = String(path.split(separator: "/").last ?? "")
        let node = HeldNode(path: path, name: name, subsystem: subsystem, functions: functions)
        host.holders?.holders = [DeviceHolder(pid: 4711, command: command, nodes: [node])]
        return host
    }

    @Test(arguments: [
        ("/dev/dri/card0", "drm"), ("/dev/dri/renderD128", "drm"), ("/dev/snd/pcmC0D0p", "sound"),
        ("/dev/nvidia0", "nvidia"), ("/dev/video0", "video4linux"), ("/dev/sda", "block"), ("/dev/vfio/0", "vfio"),
    ])
    func theDriverWouldWait(_ path: String, _ subsystem: String) throws {
        let host = try host(path, subsystem, [Self.card], "Xorg")
        let found = try BusyHost.findings(Self.name, host, Self.card)
        #expect(found.map(\.level) == [.refuse])
        for text in [found.first?.message.en, found.first?.message.zh] {
            #expect(text?.contains("Xorg (PID 4711: \(path))") == true)
        }
    }

    @Test(arguments: [
        ("/dev/ttyUSB0", "tty", GuardLevel.consent), ("/dev/hidraw0", "hidraw", .consent),
        ("/dev/bus/usb/001/004", "usb", .consent), ("/dev/ptp0", "ptp", .consent),
        ("/dev/input/event3", "input", .warn),
    ])
    func othersLoseTheDevice(_ path: String, _ subsystem: String, _ level: GuardLevel) throws {
        let host = try host(path, subsystem, [Self.card])
        #expect(try BusyHost.levels(Self.name, host, Self.card) == [level])
    }

    @Test func whatHangsElsewhereDoesNotCount() throws {
        let host = try host("/dev/dri/card0", "drm", [Self.card])
        #expect(try BusyHost.findings(Self.name, host, BusyHost.card).isEmpty)
        let plan = try BusyHost.plan(host, BusyHost.card)
        #expect(plan.warnings.isEmpty)
    }

    /// A bridge above, and a volume that stands on the function's disk, lead to the function too.
    @Test func volumesAreFollowed() throws {
        var host = try host("/dev/dm-0", "block", [])
        var volume = BlockDevice(name: "dm-0", kind: .deviceMapper)
        volume.slaves = ["sda"]
        host.storage?.devices.append(volume)
        #expect(try BusyHost.levels(Self.name, host, BusyHost.controller) == [.refuse])
        #expect(try BusyHost.levels(Self.name, host, BusyHost.card).isEmpty)
    }

    @Test func whatCannotBeSeenIsSaid() throws {
        var host = try BusyHost.read()
        host.holders?.unknown["holders"] = "permission denied: 3 × /proc/PID/fd"
        let found = try BusyHost.findings(Self.name, host, BusyHost.card)
        #expect(found.map(\.level) == [.consent])
        #expect(found.first?.message.en.contains("3 × /proc/PID/fd") == true)
        // A container shows its own processes only.
        var inside = try BusyHost.read()
        inside.container?.isContainer = true
        #expect(try BusyHost.levels(Self.name, inside, BusyHost.card) == [.consent])
        host.holders = nil
        #expect(try BusyHost.levels(Self.name, host, BusyHost.card) == [.warn])
        // A captured host shows no processes, and its plan is made.
        let captured = Host.read(try TestHost.named("i226-router").machine, GuardTests.parts)
        #expect(try BusyHost.levels(Self.name, captured, BusyHost.card) == [.warn])
        _ = try BusyHost.plan(captured, BusyHost.card)
    }

    @Test func releasingWaitsForTheGuest() throws {
        let address = "0000:3b:02.1"
        var host = BusyHost.seen(try GuardTests.host("rmrr-server"))
        let functions = try GuardTests.functions(host, [address])
        #expect(try !ReleasePlanner(host: host).plan(functions, records: [:]).changes.isEmpty)
        let node = HeldNode(path: "/dev/vfio/41", name: "41", subsystem: "vfio", functions: [address])
        host.holders?.holders = [DeviceHolder(pid: 9, command: "qemu-system-x86", nodes: [node])]
        let refusal = #expect(throws: Refusal.self) {
            try ReleasePlanner(host: host).plan(functions, records: [:])
        }
        #expect(refusal?.guardName == Self.name && refusal?.level == .refuse)
        #expect(refusal?.message.en.contains("qemu-system-x86 (PID 9: /dev/vfio/41)") == true)
        // Bound already: nothing is taken from anybody.
        #expect(try BusyHost.levels(Self.name, host, address).isEmpty)
    }
}
