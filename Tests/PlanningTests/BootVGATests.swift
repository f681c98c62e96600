import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// The firmware's mark on a display, where nothing else says that the console is there.
@Suite struct BootVGATests {
    private static let first = "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"
    private static let second = "/sys/devices/pci0000:00/0000:00:01.1/0000:02:00.0"

    /// The desktop with two cards, without any trace of the firmware's frame buffer.
    private func desktop(_ marks: [String: String]) throws -> TestHost {
        var host = try TestHost.named("two-gpus-desktop")
            .with(["/proc/iomem": "00000000-00000000 : Reserved"])
            .without("\(Self.first)/boot_vga", "\(Self.second)/boot_vga")
        for (folder, mark) in marks { host.file("\(folder)/boot_vga", mark) }
        return host
    }

    private func findings(_ host: TestHost, _ address: String, _ parts: Host.Parts = GuardTests.parts) throws
        -> [GuardFinding]
    {
        let host = Host.read(host.machine, parts)
        let request = Request(try GuardTests.functions(host, [address]), on: host)
        return Guards.findings(request).filter { $0.guardName == "console-display" }
    }

    private static let says = "is the display of the firmware and the console"

    /// Without a driver there is no card in /sys/class/drm: the function's own file says it.
    @Test func theFunctionsOwnMark() throws {
        func bare(_ marks: [String: String]) throws -> TestHost {
            var host = try desktop(marks).without("/sys/class/drm")
            host.folder("/sys/class/drm")
            return host
        }
        let marked = try bare([Self.first: "1", Self.second: "0"])
        let found = try findings(marked, "0000:01:00.0")
        #expect(found.count == 1 && found.first?.message.en.contains(Self.says) == true)
        #expect(try findings(marked, "0000:02:00.0").isEmpty)
        #expect(try findings(bare([:]), "0000:01:00.0").isEmpty)
        let other = try findings(bare([Self.second: "1"]), "0000:02:00.0")
        #expect(other.first?.message.en.contains(Self.says) == true)
    }

    /// Where the function's details were not asked for, as `passthru devices` does, its card says it.
    @Test func theCardsMark() throws {
        let parts = GuardTests.parts.subtracting(.pciDetails)
        let marked = try desktop([Self.first: "1", Self.second: "0"])
        #expect(Host.read(marked.machine, parts).functions.allSatisfy { $0.details == nil })
        let found = try findings(marked, "0000:01:00.0", parts)
        #expect(found.count == 1 && found.first?.message.en.contains(Self.says) == true)
        #expect(try findings(marked, "0000:02:00.0", parts).isEmpty)
        let unmarked = try findings(desktop([Self.first: "0", Self.second: "0"]), "0000:01:00.0", parts)
        #expect(!unmarked.contains { $0.message.en.contains(Self.says) })
    }

    /// The mark of another card keeps the kernel's terminals there, whatever the first frame buffer is.
    @Test func theMarkOfAnotherCardGoesBeforeTheFirstFrameBuffer() throws {
        func host(_ marks: [String: String]) throws -> TestHost {
            let folder = Self.second + "/graphics/fb0"
            var host = try desktop(marks).with([
                "\(folder)/name": "nouveaudrmfb", "/sys/class/vtconsole/vtcon0/name": "(M) frame buffer device",
                "/sys/class/vtconsole/vtcon0/bind": "1",
            ])
            host.relativeLink("/sys/class/graphics/fb0", to: folder)
            return host
        }
        #expect(try findings(host([Self.first: "1"]), "0000:02:00.0").isEmpty)
        #expect(try findings(host([:]), "0000:02:00.0").first?.message.en.contains("shows the console (fb0)") == true)
    }
}
