import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// Functions and disks that guests have, or would like to have.
@Suite struct GuestDevicesTests {
    private static let name = "guest-devices"

    private func host(_ guests: KnownGuest..., lines: String = "") throws -> Host {
        var host = try BusyHost.read(lines)
        host.guests?.guests = guests
        return host
    }

    @Test func aRunningGuestKeepsItsDevice() throws {
        let host = try host(BusyHost.guest("win11", BusyHost.card, running: true))
        let found = try BusyHost.findings(Self.name, host, BusyHost.card)
        #expect(found.map(\.level) == [.refuse])
        #expect(found.first?.message.en.contains("win11") == true && found.first?.message.zh.contains("win11") == true)
    }

    @Test func oneGuestThatIsConfiguredForItIsTheUsualWay() throws {
        let host = try host(BusyHost.guest("win11", BusyHost.card), BusyHost.guest("other", "0000:03:00.0"))
        #expect(try BusyHost.levels(Self.name, host, BusyHost.card) == [.warn])
        let plan = try BusyHost.plan(host, BusyHost.card)
        #expect(plan.warnings.map { $0.en.contains("win11") } == [true])
    }

    @Test func twoGuestsNeedConsent() throws {
        let host = try host(BusyHost.guest("win11", BusyHost.card), BusyHost.guest("linux", BusyHost.card))
        #expect(try BusyHost.levels(Self.name, host, BusyHost.card) == [.consent])
        #expect(throws: Refusal.self) { try BusyHost.plan(host, BusyHost.card) }
        _ = try BusyHost.plan(host, BusyHost.card, consents: [Consent(guardName: Self.name, token: BusyHost.card)])
    }

    @Test func aGuestsDiskIsNotTaken() throws {
        var guest = BusyHost.guest("nas")
        guest.disks = [HostDisk(path: "/dev/disk/by-id/ata-WDC", device: "sda")]
        #expect(try BusyHost.levels(Self.name, host(guest), BusyHost.controller) == [.consent])
        #expect(try BusyHost.levels(Self.name, host(guest), BusyHost.card).isEmpty)
        guest.isRunning = true
        #expect(try BusyHost.levels(Self.name, host(guest), BusyHost.controller) == [.refuse])
        // A path that leads nowhere may be any disk.
        guest.disks = [HostDisk(path: "/dev/disk/by-id/gone", device: nil)]
        #expect(try BusyHost.levels(Self.name, host(guest), BusyHost.controller) == [.warn])
    }

    @Test func whatCannotBeSeenIsNotSilent() throws {
        var host = try host(BusyHost.guest("win11", BusyHost.card, running: nil))
        host.guests?.guests[0].unknown["isRunning"] = "not shown to this user: /proc"
        host.guests?.unknown["running"] = "not shown to this user: /proc"
        #expect(try BusyHost.levels(Self.name, host, BusyHost.card).contains(.consent))
        #expect(throws: Refusal.self) { try BusyHost.plan(host, BusyHost.card) }
        host.guests = GuestInventory()
        host.guests?.unknown["/etc/libvirt/qemu/a.xml"] = "line 3: no element found: /etc/libvirt/qemu/a.xml"
        let found = try BusyHost.findings(Self.name, host, BusyHost.card)
        #expect(found.map(\.level) == [.warn])
        #expect(found.first?.message.en.contains("/etc/libvirt/qemu/a.xml") == true)
        host.guests = nil
        #expect(try BusyHost.levels(Self.name, host, BusyHost.card) == [.warn])
    }

    @Test func withoutGuestsNothingIsSaid() throws {
        let host = try host()
        #expect(try BusyHost.findings(Self.name, host, BusyHost.card).isEmpty)
        #expect(try BusyHost.plan(host, BusyHost.card).warnings.isEmpty)
    }

    @Test func aRunningGuestIsNotRobbedByRelease() throws {
        let address = "0000:3b:02.1"
        var host = BusyHost.seen(try GuardTests.host("rmrr-server"))
        let functions = try GuardTests.functions(host, [address])
        host.guests?.guests = [BusyHost.guest("db", address)]
        #expect(try !ReleasePlanner(host: host).plan(functions, records: [:]).changes.isEmpty)
        host.guests?.guests = [BusyHost.guest("db", address, running: true)]
        let refusal = #expect(throws: Refusal.self) {
            try ReleasePlanner(host: host).plan(functions, records: [:])
        }
        #expect(refusal?.guardName == Self.name)
        // Who runs is not known: the owner must say so.
        host.guests = GuestInventory()
        host.guests?.unknown["running"] = "not shown to this user: /proc"
        #expect(throws: Refusal.self) { try ReleasePlanner(host: host).plan(functions, records: [:]) }
        let consent = Consent(guardName: Self.name, token: address)
        let plan = try ReleasePlanner(host: host).plan(functions, records: [:], consents: [consent])
        #expect(!plan.changes.isEmpty)
    }
}
