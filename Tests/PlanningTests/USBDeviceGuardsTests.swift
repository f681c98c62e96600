import Inventory
import Machine
import Planning
import TestHosts
import Testing
import Wording

/// Single USB devices: what the guards know of whole controllers holds for them.
@Suite struct USBDeviceGuardsTests {
    private func findings(_ machine: Machine, _ portPath: String) throws -> [GuardFinding] {
        let host = Host.read(machine, [.pci, .consumers, .kernel])
        return USBDeviceGuards.findings(try #require(host.usb?.device(portPath)), on: host)
    }

    private let server = HostManifest.machine(serverManifest)

    @Test func theStickWithTheSystemStays() throws {
        let first = try #require(try findings(server, "1-2").first)
        #expect(first.guardName == "system-storage")
        #expect(first.level == .refuse)
        #expect(first.message.en.contains("the USB device 1-2"), "\(first.message.en)")
        #expect(first.message.zh.contains("USB 设备 1-2"))
    }

    @Test func theLastKeyboardNeedsAWayIn() throws {
        let found = try findings(server, "1-4.1")
        #expect(found.map(\.guardName) == ["last-input"])
        #expect(found.allSatisfy { !$0.message.en.contains("ffffffff") })
    }

    @Test func aSerialAdapterThatNobodyUsesMayGo() throws { #expect(try findings(server, "1-4.3").isEmpty) }

    @Test func aHubIsNoDevice() throws {
        for path in ["1-4", "usb1"] { #expect(try findings(server, path).map(\.level) == [.refuse]) }
    }

    @Test func theLastNetworkAdapterStays() throws {
        var host = try TestHost.named("i226-router")
        let network = WayIn.stick + "/1-2:1.0/net/eth9"
        host = host.with([
            "\(network)/address": "02:00:00:00:09:09", "\(network)/flags": "0x1003", "\(network)/ifindex": "9",
            "\(network)/operstate": "up", "\(network)/carrier": "1",
        ])
        host.relativeLink("/sys/class/net/eth9", to: network)
        // Another card stays, and this one has no address: it may go.
        #expect(try findings(host.machine, "1-2").isEmpty)
        let route =
            "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\neth9 00000000 0101A8C0 0003 0 0 0 00000000 0 0 0"
        let found = try findings(host.with(["/proc/net/route": route]).machine, "1-2")
        #expect(found.first?.guardName == "management-network")
    }
}
