import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// The console on a serial line.
@Suite struct SerialConsoleTests {
    private static let name = "serial-console"
    private static let usb = "0000:00:14.0"
    private static let port = WayIn.stick + "/1-2:1.0/ttyUSB0"

    private func router(_ consoles: String) throws -> TestHost {
        try TestHost.named("i226-router").withTerminal("ttyUSB0", in: Self.port, consoles: consoles)
    }

    @Test func whileTheNetworkStaysTheOwnerMayConsent() throws {
        let finding = try WayIn.finding(Self.name, router("tty0 ttyUSB0"), Self.usb)
        #expect(finding.level == .consent)
        #expect(finding.message.en.contains("ttyUSB0 behind 0000:00:14.0 is a console of the kernel"))
        #expect(finding.message.en.contains("the network by eth0"))
    }

    @Test func withoutTheNetworkItIsRefused() throws {
        let cut = try router("tty0 ttyUSB0").withoutLink(
            "0000:00:1c.0/0000:01:00.0/net/eth0",
            "0000:00:1c.1/0000:02:00.0/net/eth1",
            "0000:00:1c.2/0000:03:00.0/net/eth2"
        )
        #expect(try WayIn.finding(Self.name, cut, Self.usb).level == .refuse)
    }

    @Test func theCommandLineNamesIt() throws {
        let host = try router("tty0").with(["/proc/cmdline": "quiet console=tty0 console=ttyUSB0,115200n8"])
        #expect(try WayIn.finding(Self.name, host, Self.usb).level == .consent)
        let other = try router("tty0").with(["/proc/cmdline": "quiet console=tty0 console=ttyUSB01"])
        #expect(try WayIn.findings(Self.name, other, Self.usb).isEmpty)
    }

    @Test func theOwnerIsLoggedInByIt() throws {
        let finding = try WayIn.finding(Self.name, router("tty0").withSession(terminal: 48128), Self.usb)
        #expect(finding.message.en.contains("carries this session"))
    }

    @Test func anAdapterThatIsNoConsoleMayGo() throws {
        #expect(try WayIn.writes(router("tty0"), Self.usb) == WayIn.writes(of: Self.usb, from: "xhci_hcd"))
        // The board's own port is nobody's function.
        let own = try TestHost.named("i226-router")
            .withTerminal("ttyS0", in: "/sys/devices/pnp0/00:01", consoles: "tty0 ttyS0")
        #expect(try WayIn.writes(own, Self.usb) == WayIn.writes(of: Self.usb, from: "xhci_hcd"))
    }

    @Test func aPortThatNothingTellsAboutMayBeIt() throws {
        let host = try router("tty0").without("/sys/class/tty/console", "/proc/consoles")
        #expect(try WayIn.finding(Self.name, host, Self.usb).message.en.contains("may be a console"))
    }
}
