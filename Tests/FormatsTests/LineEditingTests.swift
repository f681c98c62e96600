import Testing

@testable import Formats

@Suite struct ModuleLinesTests {
    private let file = utf8(
        "# Owner's\r\nblacklist i915\r\n  blacklist   snd-hda-intel # sound\r\noptions vfio_pci ids=8086:4e71 \\\r\n   disable_vga=1\r\n\r\nvfio-pci ids=1:2"
    )

    @Test func reading() {
        let lines = ModuleLines(file).lines
        #expect(lines.map(\.number) == [2, 3, 4, 7])
        #expect(lines.map(\.blacklisted) == ["i915", "snd-hda-intel", nil, nil])
        #expect(lines[2].options(of: "vfio-pci") == ["ids=8086:4e71", "disable_vga=1"])
        #expect(lines[3].options(of: "vfio_pci") == ["ids=1:2"])
        #expect(lines[0].options(of: "vfio_pci") == nil)
    }

    @Test func editing() {
        let lines = ModuleLines(file)
        let text = String(decoding: file, as: UTF8.self)
        func removed(_ chosen: (ModuleLines.Line) -> Bool) -> String {
            String(decoding: lines.removing(where: chosen), as: UTF8.self)
        }
        #expect(removed { _ in false } == text)
        #expect(removed { $0.blacklisted == "i915" } == text.replacing("blacklist i915\r\n", with: ""))
        #expect(removed { $0.number == 7 } == text.replacing("\r\nvfio-pci ids=1:2", with: ""))
        #expect(
            removed { $0.number == 4 }
                == text.replacing("options vfio_pci ids=8086:4e71 \\\r\n   disable_vga=1\r\n", with: "")
        )
        let added = lines.adding(["blacklist i915", "blacklist xe", "blacklist  xe", ""])
        #expect(String(decoding: added, as: UTF8.self) == text + "\r\nblacklist xe")
        #expect(ModuleLines(added).adding(["blacklist xe"]) == added)
        #expect(ModuleLines(added).removing { $0.blacklisted == "xe" } == file)
        #expect(ModuleLines([]).adding(["vfio-pci ids=1:2"]) == utf8("vfio-pci ids=1:2\n"))
    }
}

@Suite struct ScriptLinesTests {
    private let script = """
        #!/bin/sh -e
        # chmod 666 /dev/vfio/vfio
        chmod 0666 /dev/vfio/vfio /dev/vfio/*
        modprobe vfio-pci ids=8086:4e71 disable_vga=1
        echo "8086 4e71" > /sys/bus/pci/drivers/vfio-pci/new_id 2>/dev/null
        for dev in 0000:01:00.0 0000:01:00.1; do
            echo vfio-pci > /sys/bus/pci/devices/$dev/driver_override
            echo $dev >/sys/bus/pci/devices/$dev/driver/unbind
        done
        echo 0000:02:00.0 > /sys/bus/pci/drivers/vfio-pci/bind; ip link set br-lan up
        if [ -e /dev/vfio ]; then chmod 666 /dev/vfio/vfio; fi
        chmod 755 /etc/init.d/x
        modprobe i915
        insmod /lib/modules/5.10/vfio_pci.ko
        exit 0
        """

    @Test func reading() {
        let lines = ScriptLines(utf8(script)).lines
        #expect(lines.map(\.number) == [3, 4, 5, 7, 8, 10, 11, 14])
        #expect(
            lines.map(\.purpose) == [
                .nodeMode(mode: "0666", paths: ["/dev/vfio/vfio", "/dev/vfio/*"]),
                .loadModule(name: "vfio-pci", options: ["ids=8086:4e71", "disable_vga=1"]),
                .newID(ids: "8086 4e71", path: "/sys/bus/pci/drivers/vfio-pci/new_id"),
                .driverOverride(driver: "vfio-pci", path: "/sys/bus/pci/devices/$dev/driver_override"),
                .unbind(device: "$dev", path: "/sys/bus/pci/devices/$dev/driver/unbind"),
                .bind(device: "0000:02:00.0", path: "/sys/bus/pci/drivers/vfio-pci/bind"),
                .nodeMode(mode: "666", paths: ["/dev/vfio/vfio"]),
                .loadModule(name: "vfio_pci", options: []),
            ]
        )
        #expect(lines.map(\.isAlone) == [true, true, true, true, true, false, false, true])
        #expect(lines.map(\.isInBlock) == [false, false, false, true, true, false, true, false])
        #expect(lines[1].text == "modprobe vfio-pci ids=8086:4e71 disable_vga=1")
    }

    @Test func removing() throws {
        let lines = ScriptLines(utf8(script))
        #expect(lines.removing([]) == utf8(script))
        #expect(lines.removing([1, 2, 10, 12]) == utf8(script))
        #expect(
            lines.removing([4]) == utf8(script.replacing("modprobe vfio-pci ids=8086:4e71 disable_vga=1\n", with: ""))
        )
        let all = lines.removing(Set(lines.lines.map(\.number)))
        #expect(ScriptLines(all).lines.map(\.isAlone) == [false, false])
        try run("sh", ["-n", "-c", String(decoding: all, as: UTF8.self)])
        #expect(String(decoding: all, as: UTF8.self).contains("do\n    :\n    :\ndone\n"))
        let crlf = ScriptLines(utf8("a\r\nchmod 666 /dev/vfio/vfio\r\nb"))
        #expect(crlf.removing([2]) == utf8("a\r\nb"))
        #expect(ScriptLines(utf8("a\nmodprobe vfio-pci")).removing([2]) == utf8("a"))
    }
}
