import Foundation
import Guests
import Inventory
import Machine
import Operations
import SystemPackage
import TestHosts
import Testing
import Wording

/// Reading ROMs from a machine whose `rom` attribute behaves as the kernel's does (drivers/pci/pci-sysfs.c).
@Suite struct ROMDumpTests {
    static let card = "pci 0000:01:00.0 8086:10d3 020000 rom group=1 express=endpoint"
    static let rom = SyntheticROM.image(.bios, vendor: 0x8086, device: 0x10D3)
    static let folder = "/sys/bus/pci/devices/0000:01:00.0/"

    static func tree(_ lines: String = card, rom: [UInt8] = rom, files: [String: String] = [:]) throws -> ROMTree {
        var host = try Manifest.host("rom", text: lines + "\n")
        // The folder is a link to the device's own.
        let own = try host.machine.linkTarget(String(folder.dropLast())) + "/"
        for (name, text) in ["enable": "1"].merging(files, uniquingKeysWith: { $1 }) { host.file(own + name, text) }
        return ROMTree(host, rom: rom, own: own)
    }

    static func dump(
        _ tree: ROMTree,
        to file: String = "/nowhere/card.rom",
        device: String = "01:00.0",
        force: Bool = false,
        dryRun: Bool = false
    ) throws -> ROMDump {
        try ROMDump.run(Machine(tree), device: device, file: file, force: force, dryRun: dryRun)
    }

    @Test func whatIsReadIsWritten() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let file = sandbox.folder.appending(path: "card.rom")
        let tree = try Self.tree()
        let dump = try Self.dump(tree, to: file.path)
        #expect(dump.status == .ok && dump.rom?.isUsable == true && dump.rom?.size == Self.rom.count)
        #expect(Array(try Data(contentsOf: file)) == Self.rom)
        #expect(tree.events == ["rom=1", "read rom", "rom=0\n"])
        #expect(!tree.isOn)
        // Nothing is written over by mistake.
        let failure = #expect(throws: Failure.self) { try Self.dump(tree, to: file.path) }
        #expect(failure?.status == .refused)
        #expect(try Self.dump(tree, to: file.path, force: true).status == .ok)
    }

    @Test func aDeviceThatSleepsIsKeptAwakeMeanwhile() throws {
        let tree = try Self.tree(
            Self.card + " driver=vfio-pci",
            files: ["power/control": "auto", "power_state": "D3hot", "enable": "0"]
        )
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        _ = try Self.dump(tree, to: sandbox.folder.appending(path: "card.rom").path)
        #expect(tree.events == ["power/control=on", "rom=1", "read rom", "rom=0\n", "power/control=auto\n"])
        #expect(tree.text("power/control") == "auto")
        #expect(tree.text("power_state") == "D3hot")
    }

    @Test func aDeviceWithoutDriverIsEnabledMeanwhile() throws {
        let tree = try Self.tree(files: ["power/control": "on", "power_state": "D0", "enable": "0"])
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        _ = try Self.dump(tree, to: sandbox.folder.appending(path: "card.rom").path)
        #expect(tree.events == ["enable=1", "rom=1", "read rom", "rom=0\n", "enable=0\n"])
    }

    @Test func whatFailsIsSwitchedBack() throws {
        let file = "/nowhere/card.rom"
        for (error, status) in [(Errno.ioError, Operations.ExitStatus.no), (.timedOut, .failed)] {
            let tree = try Self.tree(files: ["power/control": "auto", "power_state": "D0"])
            tree.readError = error
            let failure = #expect(throws: Failure.self) { try Self.dump(tree, to: file) }
            #expect(failure?.status == status)
            #expect(!tree.isOn && tree.text("power/control") == "auto")
            #expect(!FileManager.default.fileExists(atPath: file))
        }
        let stuck = try Self.tree(files: ["power/control": "auto", "power_state": "D3cold"])
        stuck.neverWakes = true
        let failure = #expect(throws: Failure.self) { try Self.dump(stuck, to: file) }
        #expect(failure?.status == .failed && stuck.events == ["power/control=on", "power/control=auto\n"])
        // What cannot be switched back is named.
        let left = try Self.tree(files: ["power/control": "auto", "power_state": "D0"])
        left.refusedWrites = ["power/control=auto\n"]
        let incomplete = #expect(throws: Failure.self) { try Self.dump(left, to: file) }
        #expect(
            incomplete?.status == .incomplete && incomplete?.details.first?.en.hasSuffix("power/control: auto") == true
        )
        #expect(!left.isOn && !FileManager.default.fileExists(atPath: file))
    }

    @Test func whatIsNoROMIsNotWritten() throws {
        let file = "/nowhere/card.rom"
        let tree = try Self.tree(rom: [UInt8](repeating: 0xFF, count: 65_536))
        let failure = #expect(throws: Failure.self) { try Self.dump(tree, to: file) }
        #expect(failure?.status == .no && failure?.details.count == 1)
        #expect(!FileManager.default.fileExists(atPath: file) && !tree.isOn)
    }

    /// Whoever wants it may look at it all the same.
    @Test func aDamagedROMIsWrittenAndCalledSo() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let file = sandbox.folder.appending(path: "card.rom")
        let tree = try Self.tree(rom: Array(Self.rom.dropLast(7)))
        let dump = try Self.dump(tree, to: file.path)
        #expect(dump.status == .no && dump.rom?.isUsable == false)
        #expect(Array(try Data(contentsOf: file)).count == Self.rom.count - 7)
    }

    @Test func refusals() throws {
        func failure(_ lines: String, _ device: String = "01:00.0") throws -> Operations.ExitStatus? {
            let tree = try Self.tree(lines)
            let failure = #expect(throws: Failure.self) { try Self.dump(tree, device: device) }
            #expect(tree.events.isEmpty)
            return failure?.status
        }
        #expect(try failure("pci 0000:01:00.0 8086:10d3 020000 group=1") == .no)
        #expect(try failure(Self.card + " driver=e1000e") == .refused)
        #expect(try failure(Self.card + " pf=0000:01:00.1") == .no)
        #expect(try failure(Self.card, "09:00.0") == .notFound)
        #expect(try failure(Self.card, "eth0") == .usage)
        let captured = try Manifest.host("rom", text: Self.card + "\n").machine
        let failure = #expect(throws: Failure.self) {
            try ROMDump.run(captured, device: "01:00.0", file: "/nowhere/card.rom", force: false, dryRun: false)
        }
        #expect(failure?.status == .usage)
    }

    @Test func aDryRunDoesNothing() throws {
        let tree = try Self.tree(
            "pci 0000:01:00.0 10de:1b80 030000 rom vga=1 group=1",
            files: ["power/control": "auto", "enable": "0"]
        )
        let dump = try Self.dump(tree, dryRun: true)
        #expect(tree.events.isEmpty && dump.rom == nil && dump.status == .ok)
        #expect(dump.steps.count == 3 && dump.warnings.count == 1)
    }
}

/// `passthru rom check`.
@Suite struct ROMCheckTests {
    static let machine = Result { try Manifest.host("rom", text: ROMDumpTests.card + "\n").machine }

    func check(_ bytes: [UInt8], _ device: String? = nil, _ firmware: GuestFirmware? = nil) throws -> ROMCheck {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let file = try sandbox.write(bytes, as: "file.rom")
        return try ROMCheck.run(try Self.machine.get(), file: file, device: device, firmware: firmware)
    }

    @Test func theRightDevice() throws {
        let rom = ROMDumpTests.rom
        #expect(try check(rom).status == .ok)
        #expect(try check(rom, "01:00.0").status == .ok)
        #expect(try check(rom, "8086:10d3", .bios).status == .ok)
        let uefi = try check(rom, "01:00.0", .uefi)
        #expect(uefi.status == .no && uefi.rom.findings.last?.text.en.contains("no part for UEFI") == true)
        let other = try check(SyntheticROM.image(.bios, vendor: 0x8086, device: 0x100E), "01:00.0")
        #expect(other.status == .no && other.rom.findings.contains { $0.text.en.contains("8086:100e") })
        let listed = SyntheticROM.image(.efi, vendor: 0x8086, device: 0x100E, otherDevices: [0x10D3])
        #expect(try check(listed, "01:00.0", .uefi).status == .ok)
    }

    @Test func intelsGraphicsShareROMs() throws {
        let rom = SyntheticROM.image(.bios, vendor: 0x8086, device: 0x0406)
        let host = try Manifest.host("igd", text: "pci 0000:00:02.0 8086:3e92 030000 rom vga=1 group=0\n")
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let file = try sandbox.write(rom, as: "igd.rom")
        let check = try ROMCheck.run(host.machine, file: file, device: "00:02.0", firmware: nil)
        #expect(check.status == .ok && check.rom.findings.contains { $0.level == .warning })
    }

    @Test func everyDamageIsToldInBothLanguages() throws {
        let damaged: [[UInt8]] = [
            [], [UInt8](repeating: 0xFF, count: 512), [UInt8](repeating: 0, count: 512), Array("PK".utf8) + [3, 4, 0],
            Array("MZ".utf8) + [0, 0], Array("<html>".utf8), SyntheticROM.nvidiaHeader + ROMDumpTests.rom,
            Array(ROMDumpTests.rom.dropLast()), [UInt8](repeating: 0xFF, count: 16) + [0x5A, 0xA5, 0xF0, 0x0F],
        ]
        var said: Set<String> = []
        for bytes in damaged {
            let check = try check(bytes)
            let problem = try #require(check.rom.findings.first { $0.level == .problem })
            #expect(check.status == .no && problem.text.en != problem.text.zh)
            #expect(said.insert(problem.text.en).inserted)
        }
    }

    @Test func filesThatAreNone() throws {
        let machine = try Self.machine.get()
        let failure = #expect(throws: Failure.self) {
            try ROMCheck.run(machine, file: "/no/such/file", device: nil, firmware: nil)
        }
        #expect(failure?.status == .notFound)
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let large = sandbox.folder.appending(path: "large")
        #expect(FileManager.default.createFile(atPath: large.path, contents: nil))
        try FileHandle(forWritingTo: large).truncate(atOffset: 65 << 20)
        let tooLarge = #expect(throws: Failure.self) {
            try ROMCheck.run(machine, file: large.path, device: nil, firmware: nil)
        }
        #expect(tooLarge?.status == .malformed)
    }
}

/// One device of a machine, whose attributes can be switched.
final class ROMTree: FileTree, @unchecked Sendable {
    private var base: MemoryTree
    private let rom: [UInt8]
    private let own: String
    private(set) var isOn = false
    private(set) var events: [String] = []
    var readError: Errno?
    var neverWakes = false
    var refusedWrites: Set<String> = []

    init(_ host: TestHost, rom: [UInt8], own: String) {
        base = host.tree
        self.rom = rom
        self.own = own
    }

    var isWritable: Bool { true }
    var isRoot: Bool { true }

    func text(_ name: String) -> String? { Machine(base).textIfAny(ROMDumpTests.folder + name) }

    func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        guard path.hasSuffix("/rom") else { return try base.read(path, limit: limit) }
        events.append("read rom")
        guard isOn else { throw .invalidArgument }
        if let readError { throw readError }
        return Array(rom.prefix(limit))
    }

    func write(_ path: String, bytes: [UInt8], milliseconds: Int) throws(Errno) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard path.hasPrefix(ROMDumpTests.folder) else { throw .permissionDenied }
        let name = String(path.dropFirst(ROMDumpTests.folder.count))
        events.append(name + "=" + text)
        if refusedWrites.contains(name + "=" + text) { throw .ioError }
        switch name {
        // The kernel takes anything but two bytes that begin with 0 for yes.
        case "rom": isOn = !(bytes.first == UInt8(ascii: "0") && bytes.count == 2)
        case "power/control":
            base.put(text, at: own + name)
            if text == "on", !neverWakes { base.put("D0\n", at: own + "power_state") }
            if text == "auto\n" { base.put("D3hot\n", at: own + "power_state") }
        default: base.put(text, at: own + name)
        }
    }

    func link(_ path: String) throws(Errno) -> String { try base.link(path) }
    func list(_ path: String) throws(Errno) -> [String] { try base.list(path) }
    func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
        try base.status(path, following: following)
    }
}
