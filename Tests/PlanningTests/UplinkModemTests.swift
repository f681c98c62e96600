import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// The modem by which a router calls home.
@Suite struct UplinkModemTests {
    private static let name = "uplink-modem"
    private static let usb = "0000:00:14.0"
    private static let eth0 = "0000:00:1c.0/0000:01:00.0/net/eth0"

    private func router() throws -> TestHost { try .named("i226-router") }

    private func modem() throws -> TestHost {
        let folder = WayIn.stick + "/1-2:1.4/usbmisc/cdc-wdm0"
        var host = try router().with(["\(folder)/dev": "180:0"])
        host.relativeLink("/sys/class/usbmisc/cdc-wdm0", to: folder)
        return host
    }

    @Test func whileAnotherDefaultRouteStaysTheOwnerMayConsent() throws {
        let finding = try WayIn.finding(Self.name, modem(), Self.usb)
        #expect(finding.level == .consent)
        #expect(finding.message.en.contains("cdc-wdm0 behind 0000:00:14.0"))
        #expect(finding.message.en.contains("A way in that stays: eth0 (default route"))
    }

    /// The bridge is a way in, but no way out.
    @Test func withoutOneItIsRefused() throws {
        #expect(try WayIn.finding(Self.name, modem().withoutLink(Self.eth0), Self.usb).level == .refuse)
        #expect(
            try WayIn.findings(Self.name, modem(), Self.usb, "0000:01:00.0").map(\.level) == [.refuse]
        )
    }

    @Test(arguments: [
        ("3g", "/dev/ttyUSB0"), ("modemmanager", "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2"),
    ])
    func theConfigurationDialsByIt(_ proto: String, _ node: String) throws {
        let host = try router().withTerminal("ttyUSB0", in: WayIn.stick + "/1-2:1.0/ttyUSB0", consoles: "tty0")
        func configured(_ node: String) -> TestHost {
            host.with([
                "/etc/config/network": "config interface wwan\n\toption proto \(proto)\n\toption device \(node)\n"
            ])
        }
        #expect(try WayIn.finding(Self.name, configured(node), Self.usb).level == .consent)
        #expect(try WayIn.findings(Self.name, configured(node + "9"), Self.usb).isEmpty)
    }

    @Test func anInterfaceOfAModem() throws {
        let folder = WayIn.stick + "/1-2:1.4/net/wwan0"
        func host(_ type: String) throws -> TestHost {
            var host = try router().with([
                "\(folder)/uevent": "DEVTYPE=\(type)\nINTERFACE=wwan0", "\(folder)/flags": "0x1002",
                "\(folder)/ifindex": "20", "\(folder)/type": "1",
            ])
            host.folder("\(folder)/device")
            host.relativeLink("/sys/class/net/wwan0", to: folder)
            return host
        }
        #expect(try WayIn.finding(Self.name, host("wwan"), Self.usb).level == .consent)
        // An adapter for a cable is no modem.
        #expect(try WayIn.writes(host("eth"), Self.usb) == WayIn.writes(of: Self.usb, from: "xhci_hcd"))
    }

    @Test func aSerialAdapterIsNoModem() throws {
        #expect(try WayIn.writes(router(), Self.usb) == WayIn.writes(of: Self.usb, from: "xhci_hcd"))
    }
}
