import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// The screen that shows the console.
@Suite struct ConsoleDisplayTests {
    private static let name = "console-display"
    private static let second = "/sys/devices/pci0000:00/0000:00:01.1/0000:02:00.0"

    private func desktop() throws -> TestHost { try .named("two-gpus-desktop") }

    @Test func theDisplayOfTheFirmware() throws {
        // No session can be seen: the network must do, and the message says so.
        let captured = try WayIn.finding(Self.name, desktop(), "0000:01:00.0")
        #expect(captured.level == .consent)
        #expect(captured.message.en.contains("enp0s31f6"))
        #expect(captured.message.en.contains("without a session"))
        // 192.168.7.20
        let ssh = try WayIn.finding(Self.name, desktop().withSSH(at: "1407A8C0"), "0000:01:00.0")
        #expect(ssh.level == .consent)
        #expect(ssh.message.en.contains("A way in that stays: this SSH session over enp0s31f6."), "\(ssh.message.en)")
        let sitting = try WayIn.finding(Self.name, desktop().withSession(terminal: 1025), "0000:01:00.0")
        #expect(sitting.level == .refuse)
        #expect(sitting.message.en.contains("0000:01:00.0 is the display of the firmware and the console"))
        #expect(sitting.message.zh.contains("请通过 SSH 或串口登录"))
    }

    @Test func aSerialLineIsAWayInToo() throws {
        let session = try desktop().withSession(terminal: 1088)
            .withTerminal("ttyS0", in: "/sys/devices/platform/serial8250", consoles: "tty0")
        #expect(try WayIn.finding(Self.name, session, "0000:01:00.0").message.en.contains("serial line ttyS0"))
        let console = try desktop().withSession(terminal: 1025)
            .withTerminal("ttyS0", in: "/sys/devices/platform/serial8250", consoles: "tty0 ttyS0")
        let finding = try WayIn.finding(Self.name, console, "0000:01:00.0")
        #expect(finding.level == .consent)
        #expect(finding.message.en.contains("serial console ttyS0"))
    }

    /// A session whose interface goes in the same request proves nothing.
    @Test func theWayInMustStay() throws {
        let host = try desktop().withSSH(at: "1407A8C0")
        let found = try WayIn.findings(Self.name, host, "0000:01:00.0", "0000:00:1f.6")
        #expect(found.map(\.level) == [.refuse])
        // A loopback connection shows no way at all: 127.0.0.1.
        #expect(try WayIn.finding(Self.name, desktop().withSSH(at: "0100007F"), "0000:01:00.0").level == .refuse)
    }

    @Test func theSecondCardMayGo() throws {
        let sitting = try desktop().withSession(terminal: 1025)
        let mates = ["0000:02:00.0", "0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
        let drivers = ["nouveau", "snd_hda_intel", "xhci_hcd", "nvidia-gpu"]
        #expect(
            try WayIn.writes(sitting, mates[0], mates[1], mates[2], mates[3])
                == zip(mates, drivers).flatMap { WayIn.writes(of: $0, from: $1) }
        )
    }

    @Test func bothCardsLeaveTheHostBlind() throws {
        let found = try WayIn.findings(Self.name, desktop().withSession(terminal: 1025), "0000:01:00.0", "0000:02:00.0")
        #expect(found.map { $0.device?.description } == ["0000:01:00.0", "0000:02:00.0"])
        #expect(found.last?.message.en.contains("the only display") == true)
    }

    @Test func theOnlyDisplay() throws {
        let router = try TestHost.named("i226-router")
        #expect(try WayIn.finding(Self.name, router, "0000:00:02.0").level == .consent)
        #expect(try WayIn.finding(Self.name, router.withSession(terminal: 34816), "0000:00:02.0").level == .refuse)
        // Bound to vfio-pci it shows nothing any more.
        var gone = router
        gone.relativeLink("/sys/devices/pci0000:00/0000:00:02.0/driver", to: "/sys/bus/pci/drivers/vfio-pci")
        #expect(try WayIn.findings(Self.name, gone, "0000:00:02.0").isEmpty)
    }

    /// Without the firmware's mark, the terminals are where the first frame buffer is.
    @Test func theFirstFrameBuffer() throws {
        let folder = Self.second + "/graphics/fb0"
        func host(bound: String) throws -> TestHost {
            var host = try desktop().without(
                "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/boot_vga",
                Self.second + "/boot_vga"
            ).with([
                "/proc/iomem": "00000000-00000000 : Reserved", "\(folder)/name": "nouveaudrmfb",
                "/sys/class/vtconsole/vtcon0/name": "(M) frame buffer device",
                "/sys/class/vtconsole/vtcon0/bind": bound,
            ])
            host.relativeLink("/sys/class/graphics/fb0", to: folder)
            return host
        }
        let finding = try WayIn.finding(Self.name, host(bound: "1"), "0000:02:00.0")
        #expect(finding.message.en.contains("shows the console (fb0)"))
        #expect(try WayIn.findings(Self.name, host(bound: "1"), "0000:01:00.0").isEmpty)
        #expect(try WayIn.findings(Self.name, host(bound: "0"), "0000:02:00.0").isEmpty)
    }

    @Test func aScreenWhereTheFrameBufferIsNobodys() throws {
        let host = try desktop().without("/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/boot_vga").with([
            "/proc/iomem": "00000000-00000000 : Reserved", "/sys/class/vtconsole/vtcon0/bind": "1",
            "/sys/class/vtconsole/vtcon0/name": "(M) frame buffer device",
        ])
        #expect(try WayIn.finding(Self.name, host, "0000:01:00.0").message.en.contains("DP-1"))
        #expect(try WayIn.findings(Self.name, host, "0000:02:00.0").isEmpty)
    }

    @Test func whatCannotBeSeenMayBeIt() throws {
        let blind = try desktop().without("/sys/class/drm", "/sys/class/mem").withSession(terminal: 1025)
        #expect(try WayIn.finding(Self.name, blind, "0000:02:00.0").level == .refuse)
    }
}
