import Foundation
import Guests
import Inventory
import Machine
import Operations
import Planning
import Readiness
import Testing

/// Machines of the rig, captured by `passthru capture` inside them: what a real kernel shows, without booting one.
@Suite struct RigCaptureTests {
    private func machine(_ name: String) throws -> Machine {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try Machine.captured(at: folder.appending(path: "TestHosts/Captures/\(name).tar").path)
    }

    @Test(arguments: ["intel", "amd"])
    func readyWithOneUnknown(_ name: String) throws {
        let doctor = Doctor.run(try machine(name))
        #expect(doctor.ready == .yes)
        #expect(doctor.reason == .none)
        // Devices that share a group, and some that nothing resets: advice, on a host that is ready.
        let problems = doctor.findings.filter { $0.verdict == .problem }
        #expect(problems.map(\.id) == ["group-quality", "reset-methods"])
        #expect(problems.allSatisfy { $0.importance == .advice })
        #expect(doctor.findings.filter { $0.verdict == .unknown }.map(\.id) == ["vfio-nodes"])
    }

    @Test(arguments: ["intel", "amd"])
    func groupsOfTheUsualBoard(_ name: String) throws {
        let devices = try #require(Devices.run(try machine(name)).devices)
        #expect(devices.count == (name == "amd" ? 24 : 23))
        let root = try #require(PCIAddress("00:05.0"))
        let port = try #require(devices.first { $0.address == root })
        let mates = devices.filter { $0.group == port.group }.map(\.address.description)
        #expect(
            mates == [
                "0000:00:05.0", "0000:04:00.0", "0000:05:00.0", "0000:05:01.0", "0000:06:00.0", "0000:06:00.1",
                "0000:07:00.0",
            ]
        )
        let unit = devices.first { $0.class.short == 0x0806 }
        #expect((unit != nil) == (name == "amd"))
        #expect(unit?.group == nil)
        #expect(unit.map { $0.verdict == .kept } ?? true)
    }

    @Test func detailsOfARealConfigurationSpace() throws {
        let show = try Show.run(try machine("intel"), device: "0000:06:00.1")
        let details = try #require(show.device.details)
        #expect(details.parents?.map(\.description) == ["0000:00:05.0", "0000:04:00.0", "0000:05:00.0"])
        #expect(details.configSize == 4096)
        #expect(details.capabilities?.portType == .endpoint)
        #expect(details.capabilities?.msix == true)
        #expect(details.modules == ["e1000e"])
        #expect(details.resources.filter { $0.index < 6 }.count == 4)
        #expect(show.groupMates.count == 6)
    }

    @Test func usbDevicesAndTheirUses() throws {
        let devices = try #require(USB.run(try machine("intel")).devices)
        let stick = try #require(devices.first { $0.vendorID == HardwareID(0x46f4) })
        #expect(stick.portPath == "2-4")
        #expect(stick.usedBy.contains { $0.kind == "block" && $0.name == "sda" })
        let serial = try #require(devices.first { $0.vendorID == HardwareID(0x0403) })
        #expect(serial.usedBy.contains { $0.name == "ttyUSB0" })
        #expect(serial.interfaces.first?.driver == "ftdi_sio")
    }
}

/// What `capture` writes, and where it does not.
@Suite struct CaptureTests {
    @Test func aMissingFolderIsNotMade() throws {
        let folder = NSTemporaryDirectory() + "passthru-\(UUID().uuidString)"
        let capture = try Capture.run(Machine(MemoryTree()), redacting: true)
        #expect(throws: Failure.self) { try Capture.write(capture, to: folder + "/host.tar") }
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}

/// Arguments for a QEMU started by hand.
@Suite struct QEMUArgumentsTests {
    @Test func functionsOfOneDeviceStayOnOneSlot() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let machine = try Machine.captured(at: folder.appending(path: "TestHosts/Captures/intel.tar").path)
        let arguments = try GuestDocuments.qemuArguments(machine, devices: ["06:00.1", "01:00.0", "06:00.0"])
        #expect(
            arguments.arguments == [
                "-device", "pcie-root-port,id=passthru0,chassis=200",
                "-device", "vfio-pci,host=0000:01:00.0,id=hostdev0-0,bus=passthru0,addr=0x0,rombar=0",
                "-device", "pcie-root-port,id=passthru1,chassis=201",
                "-device",
                "vfio-pci,host=0000:06:00.0,id=hostdev1-0,bus=passthru1,addr=0x0.0x0,multifunction=on,rombar=0",
                "-device", "vfio-pci,host=0000:06:00.1,id=hostdev1-1,bus=passthru1,addr=0x0.0x1,rombar=0",
            ]
        )
    }

    @Test func aBridgeIsRefused() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let machine = try Machine.captured(at: folder.appending(path: "TestHosts/Captures/intel.tar").path)
        #expect(throws: Failure.self) { try GuestDocuments.qemuArguments(machine, devices: ["00:03.0"]) }
    }
}
