import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// The last keyboard.
@Suite struct LastInputTests {
    private static let name = "last-input"
    private static let usb = "0000:00:14.0"

    private func router() throws -> TestHost {
        try TestHost.named("i226-router").withKeyboard("input4", in: WayIn.stick + "/1-2:1.0/0003:046D:C31C.0001")
    }

    @Test func itsControllerStaysWhileNothingElseLeadsIn() throws {
        let sitting = try WayIn.finding(Self.name, router().withSession(terminal: 1025), Self.usb)
        #expect(sitting.level == .refuse)
        #expect(sitting.message.en.contains("Keyboard input4"))
        // 10.0.0.7
        let ssh = try WayIn.finding(Self.name, router().withSSH(at: "0700000A"), Self.usb)
        #expect(ssh.level == .consent)
        #expect(ssh.message.en.contains("SSH session over eth0"))
        #expect(try WayIn.finding(Self.name, router(), Self.usb).level == .consent)
    }

    @Test func anotherKeyboardStays() throws {
        let both = try router().withSession(terminal: 1025)
            .withKeyboard("input3", in: "/sys/devices/platform/i8042/serio0")
        #expect(try WayIn.writes(both, Self.usb) == WayIn.writes(of: Self.usb, from: "xhci_hcd"))
        // One that a program makes is none, nor is a button.
        let virtual = try router().withSession(terminal: 1025).withKeyboard("input9", in: "/sys/devices/virtual")
        #expect(try WayIn.finding(Self.name, virtual, Self.usb).level == .refuse)
        let button = try router().withSession(terminal: 1025)
            .withKeyboard("input1", in: "/sys/devices/LNXSYSTM:00/LNXPWRBN:00", keys: "10000000000000 0")
        #expect(try WayIn.finding(Self.name, button, Self.usb).level == .refuse)
    }

    @Test func aHostWithoutAnyKeyboardLosesNone() throws {
        let headless = try TestHost.named("i226-router").withSession(terminal: 1025)
        #expect(try WayIn.writes(headless, Self.usb) == WayIn.writes(of: Self.usb, from: "xhci_hcd"))
    }

    @Test func whatCannotBeSeenMayBeIt() throws {
        let blind = try TestHost.named("i226-router").without("/sys/class/input", "/sys/class/mem")
        #expect(try WayIn.finding(Self.name, blind.withSession(terminal: 1025), Self.usb).level == .refuse)
        #expect(try WayIn.findings(Self.name, blind, "0000:04:00.0").isEmpty)
    }
}
