import Foundation
import Guests
import Inventory
import TestHosts
import Testing

/// Every kind of device as arguments. Their lines are in a golden that QEMU judges (Tests/oracles/qemu-arguments).
@Suite struct QEMUArgumentsTests {
    static func pci(_ address: String, _ change: (inout PCIGuestDevice) -> Void = { _ in }) throws -> GuestDevice {
        var device = PCIGuestDevice(try #require(PCIAddress(address)))
        change(&device)
        return .pci(device)
    }

    static func scenarios() throws -> [(name: String, machine: MachineFamily, devices: [GuestDevice])] {
        let vf = NetworkGuestDevice(try #require(PCIAddress("06:10.0")))
        var display = MediatedGuestDevice("b7a3b5d4-2f2b-4b58-93d0-0e5b0f3a8f2c")
        let compute = display
        display.isDisplay = true
        let product = USBGuestDevice(.product(vendor: HardwareID(0x0403), product: HardwareID(0x6001)))
        var ordered = USBGuestDevice(
            .exact(vendor: HardwareID(0x0781), product: HardwareID(0x5583), bus: 2, device: 3)
        )
        ordered.bootOrder = 2
        return [
            ("one function", .q35, [try pci("02:00.0")]),
            (
                "every option", .q35,
                [
                    try pci("02:00.0") {
                        $0.bootOrder = 1
                        $0.rom = .file("/var/lib/a,b c/card's.rom")
                        $0.guestAddress = .integratedGraphics
                        $0.properties = [
                            DeviceProperty("x-vga", .bool(false)), DeviceProperty("x-igd-gms", .unsigned(2)),
                            DeviceProperty("x-msix-relocation", .string("bar2")),
                        ]
                    }
                ]
            ),
            ("no ROM", .q35, [try pci("02:00.0") { $0.rom = .hidden }]),
            (
                "iommufd", .q35,
                [try pci("02:00.0") { $0.usesIOMMUFD = true }, try pci("03:00.0") { $0.usesIOMMUFD = true }]
            ),
            ("a card", .q35, [try pci("01:00.1"), try pci("01:00.0"), try pci("0001:01:00.0")]),
            ("a card on i440fx", .i440fx, [try pci("01:00.1"), try pci("01:00.0"), try pci("02:00.0")]),
            ("a model", .q35, [try pci("02:00.0") { $0.model = "vfio-pci-nohotplug" }]),
            ("a virtual function", .q35, [.network(vf)]),
            ("a mediated device", .q35, [.mediated(compute)]),
            ("a mediated display", .i440fx, [.mediated(display)]),
            (
                "USB", .q35,
                [
                    .usb(product), .usb(USBGuestDevice(.number(bus: 3, device: 7))),
                    .usb(USBGuestDevice(.port(bus: 1, port: "1.4"))), .usb(ordered),
                ]
            ),
            ("USB on i440fx", .i440fx, [.usb(product)]),
        ]
    }

    @Test func everyKindOfDevice() throws {
        var text = "# Every kind of device as arguments of QEMU\n"
        for (name, machine, devices) in try Self.scenarios() {
            text += "\n# \(name)\n\(machine.rawValue)> \(QEMUArguments(devices, machine: machine).line)\n"
        }
        let file = RecipeGoldenTests.folder.appending(path: "recipes/devices.txt")
        if ProcessInfo.processInfo.environment["PASSTHRU_REGENERATE"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
            Issue.record("written anew: run it again without PASSTHRU_REGENERATE")
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test func commasAreDoubledAndWordsQuoted() throws {
        let device = try Self.pci("02:00.0") { $0.rom = .file("/a,b/it's $HOME.rom") }
        let arguments = QEMUArguments([device])
        let last = try #require(arguments.arguments.last)
        #expect(last.hasSuffix(",romfile=/a,,b/it's $HOME.rom"))
        #expect(arguments.line.hasSuffix(#"romfile=/a,,b/it'\''s $HOME.rom'"#))
    }

    /// A shell makes of the line what the arguments were.
    @Test func aShellReadsTheLine() throws {
        let names = ["plain", "a b", "it's", #"a"b"#, "$(reboot)", "`x`", "a\\b", "*", "ü", "a;b", "~", "#", "", "!x"]
        for name in names {
            let arguments = QEMUArguments([try Self.pci("02:00.0") { $0.rom = .file(name) }])
            let shell = Process()
            let pipe = Pipe()
            shell.executableURL = URL(filePath: "/bin/sh")
            shell.arguments = ["-c", "printf '%s\\n' " + arguments.line]
            shell.standardOutput = pipe
            try shell.run()
            let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            shell.waitUntilExit()
            #expect(output == arguments.arguments.joined(separator: "\n") + "\n", "\(name)")
        }
    }

    @Test func placesAreTakenOnce() throws {
        let igd = try Self.pci("00:02.0") { $0.guestAddress = .integratedGraphics }
        let arguments = QEMUArguments([try Self.pci("00:1f.3"), igd]).arguments
        #expect(arguments.contains("vfio-pci,host=0000:00:02.0,id=hostdev0-0,bus=pcie.0,addr=0x2"))
        #expect(arguments.contains("vfio-pci,host=0000:00:1f.3,id=hostdev1-0,bus=passthru1,addr=0x0"))
        let old = QEMUArguments([igd, try Self.pci("02:00.0")], machine: .i440fx, requirements: [.noEmulatedVideo])
        #expect(
            old.arguments == [
                "-vga", "none", "-device", "vfio-pci,host=0000:00:02.0,id=hostdev0-0,bus=pci.0,addr=0x2",
                "-device", "vfio-pci,host=0000:02:00.0,id=hostdev1-0,bus=pci.0,addr=0x11",
            ]
        )
    }
}
