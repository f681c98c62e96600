import Foundation
import TestHosts
import Testing

@testable import Formats

private let pciPath = "/usr/share/misc/pci.ids"
private let usbPath = "/var/lib/usbutils/usb.ids"

/// The lists read the slow and obvious way.
private struct NaiveList {
    var vendors: [String: String] = [:]
    var devices: [String: String] = [:]
    var subsystems: [String: String] = [:]
    var classes: [String: String] = [:]

    init(_ path: String) throws {
        let text = String(decoding: try bytes(of: path), as: UTF8.self)
        var vendor = ""
        var device = ""
        var scope = ""
        for line in text.components(separatedBy: "\n") where !line.hasPrefix("#") && !line.isEmpty {
            let tabs = line.prefix { $0 == "\t" }.count
            let body = String(line.dropFirst(tabs))
            if tabs == 0 {
                scope =
                    body.hasPrefix("C ")
                    ? "C"
                    : body.range(of: "^[0-9a-f]{4} ", options: .regularExpression) != nil
                        ? "V" : ""
            }
            let name = { (count: Int) in body.dropFirst(count).trimmingCharacters(in: .whitespaces) }
            switch (scope, tabs) {
            case ("V", 0):
                vendor = String(body.prefix(4))
                vendors[vendor] = name(4)
            case ("V", 1):
                device = vendor + String(body.prefix(4))
                devices[device] = name(4)
            case ("V", 2):
                subsystems[device + body.prefix(9).replacing(" ", with: "")] = name(9)
            case ("C", 0):
                vendor = String(body.dropFirst(2).prefix(2))
                classes[vendor] = name(4)
            case ("C", 1):
                device = vendor + String(body.prefix(2))
                classes[device] = name(2)
            case ("C", 2): classes[device + body.prefix(2)] = name(2)
            default: break
            }
        }
    }
}

private func number<Number: FixedWidthInteger>(_ text: some StringProtocol) -> Number {
    Number(text, radix: 16) ?? 0
}

@Suite struct HardwareNamesTests {
    private let small = utf8(
        """
        # List of PCI ID's
        #\tVersion: 2024.01.02
        8086  Intel Corporation
        \t1533  I210 Gigabit Network Connection
        \t\t103c 0003  Ethernet I210-T1 GbE NIC
        # a comment
        \tzzzz  nonsense
        \t\t1111 2222  of nonsense
        1022  AMD
        \t1533  I210 Gigabit Network Connection
        C 0c  Serial bus controller
        \t03  USB controller
        \t\t30  XHCI
        """
    )

    @Test func smallList() throws {
        let block = HardwareNamesParser.parse(small)
        let names = try #require(HardwareNames(block))
        #expect(names.kind == .pci)
        #expect(names.version == "2024.01.02")
        #expect(names.vendor(0x8086) == "Intel Corporation")
        #expect(names.vendor(0x1022) == "AMD")
        #expect(names.vendor(0x1023) == nil)
        #expect(names.device(0x1022, 0x1533) == "I210 Gigabit Network Connection")
        #expect(names.subsystem(0x8086, 0x1533, 0x103C, 3) == "Ethernet I210-T1 GbE NIC")
        #expect(names.subsystem(0x8086, 0x1533, 0x8086, 0x1533) == "I210 Gigabit Network Connection")
        #expect(names.subsystem(0x8086, 0x1533, 0x1111, 0x2222) == nil)
        #expect(names.pciClass(0x0C, 3, 0x30) == "USB controller (XHCI)")
        #expect(names.pciClass(0x0C, 3, 0x31) == "USB controller")
        #expect(names.pciClass(0x0C, 9) == "Serial bus controller")
        #expect(names.pciClass(0x0D, 0) == nil)
        #expect(names.usbVendor(0x8086) == nil)
        // One string for both devices of one name.
        let text = String(decoding: block, as: UTF8.self)
        #expect(text.components(separatedBy: "I210 Gigabit Network Connection").count == 2)
        let crlf = Array(String(decoding: small, as: UTF8.self).replacing("\n", with: "\r\n").utf8)
        #expect(HardwareNamesParser.parse(crlf) == block)
        #expect(HardwareNames(HardwareNamesParser.parse([]))?.version == "")
    }

    @Test func memoryOfOthersIsSearchedInPlace() throws {
        // At an odd address, as embedded bytes may lie.
        let block = HardwareNamesParser.parse(small)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: block.count + 1, alignment: 8)
        defer { memory.deallocate() }
        let odd = UnsafeMutableRawBufferPointer(rebasing: memory[1...])
        odd.copyBytes(from: block)
        let names = try #require(HardwareNames(UnsafeRawBufferPointer(odd)))
        #expect(names.device(0x8086, 0x1533) == "I210 Gigabit Network Connection")
        #expect(HardwareNames(UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }

    @Test func newerListWins() throws {
        let older = try #require(HardwareNames(HardwareNamesParser.parse(small)))
        let newText = utf8("# List of PCI ID's\n# Version: 2025.01.01\n")
        let newer = try #require(HardwareNames(HardwareNamesParser.parse(newText)))
        #expect(newer.isNewer(than: older))
        #expect(!older.isNewer(than: newer))
        let usb = try #require(HardwareNames(HardwareNamesParser.parse(newText, kind: .usb)))
        #expect(!usb.isNewer(than: older))
    }

    @Test func latin1IsRepaired() throws {
        let text =
            utf8("# List of USB ID's\n046d  Logitech ") + [0xAE, 0x20, 0xE9] + utf8(" \u{E9}\u{1B}\n")
            + utf8("1111  ") + [0xE4, 0xB8] + utf8("\n2222  ") + [UInt8](repeating: 0x78, count: 70_000)
        let names = try #require(HardwareNames(HardwareNamesParser.parse(text)))
        #expect(names.kind == .usb)
        #expect(names.usbVendor(0x046D) == "Logitech \u{AE} \u{E9} \u{E9}")
        #expect(names.usbVendor(0x1111) == "\u{E4}\u{B8}")
        #expect(names.usbVendor(0x2222)?.count == 65535)
    }

    @Test func foreignBlocksNeverCrash() {
        let block = HardwareNamesParser.parse(small)
        for count in 0..<block.count {
            #expect(HardwareNames(Array(block[..<count])) == nil)
        }
        var random = FixedSeed(state: 7)
        var accepted = 0
        for _ in 0..<20_000 {
            var bad = block
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bad[Int.random(in: 0..<bad.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let names = HardwareNames(bad) else { continue }
            accepted += 1
            _ = (names.version, names.vendor(0x8086), names.device(0x8086, 0x1533), names.pciClass(0x0C, 3, 0x30))
            _ = names.subsystem(0x8086, 0x1533, 0x103C, 3)
        }
        #expect(accepted > 1000)
    }

    @Test func randomTextNeverCrashes() {
        var random = FixedSeed(state: 8)
        for _ in 0..<5000 {
            var text = small
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                text[Int.random(in: 0..<text.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            #expect(HardwareNames(HardwareNamesParser.parse(text)) != nil)
        }
    }

    @Test(.enabled(if: isInstalled(pciPath))) func wholePCIListAgreesWithNaiveReading() throws {
        let names = try #require(HardwareNames(HardwareNamesParser.parse(bytes(of: pciPath))))
        let naive = try NaiveList(pciPath)
        #expect(naive.devices.count > 10_000 && naive.subsystems.count > 10_000)
        for (id, name) in naive.vendors {
            #expect(names.vendor(number(id)) == name)
        }
        for (id, name) in naive.devices {
            #expect(names.device(number(id.prefix(4)), number(id.suffix(4))) == name)
        }
        for (id, name) in naive.subsystems {
            let parts: [UInt16] = (0..<4).map { number(id.dropFirst($0 * 4).prefix(4)) }
            #expect(names.subsystem(parts[0], parts[1], parts[2], parts[3]) == name)
        }
        for (id, name) in naive.classes {
            let parts: [UInt8] = (0..<3).map { number(id.dropFirst($0 * 2).prefix(2)) }
            switch id.count {
            case 2: #expect(names.pciClass(parts[0], 0xFE) == name)
            case 4: #expect(names.pciClass(parts[0], parts[1]) == name)
            default: #expect(names.pciInterface(parts[0], parts[1], parts[2]) == name)
            }
        }
        var random = FixedSeed(state: 3)
        for _ in 0..<5000 {
            let vendor = UInt16.random(in: 0...0xFFFF, using: &random)
            let device = UInt16.random(in: 0...0xFFFF, using: &random)
            let id = String(format: "%04x%04x", Int(vendor), Int(device))
            #expect(names.vendor(vendor) == naive.vendors[String(id.prefix(4))])
            #expect(names.device(vendor, device) == naive.devices[id])
        }
    }

    @Test(.enabled(if: isInstalled(usbPath))) func wholeUSBListAgreesWithNaiveReading() throws {
        let names = try #require(HardwareNames(HardwareNamesParser.parse(bytes(of: usbPath))))
        let naive = try NaiveList(usbPath)
        #expect(naive.devices.count > 10_000)
        for (id, name) in naive.vendors {
            #expect(names.usbVendor(number(id)) == name)
        }
        for (id, name) in naive.devices {
            #expect(names.usbProduct(number(id.prefix(4)), number(id.suffix(4))) == name)
        }
        for (id, name) in naive.classes {
            let parts: [UInt8] = (0..<3).map { number(id.dropFirst($0 * 2).prefix(2)) }
            switch id.count {
            case 2: #expect(names.usbClass(parts[0]) == name)
            case 4: #expect(names.usbSubclass(parts[0], parts[1]) == name)
            default: #expect(names.usbProtocol(parts[0], parts[1], parts[2]) == name)
            }
        }
    }

    /// The names that lspci prints for made-up functions with the list's own identifiers.
    @Test(.enabled(if: isInstalled("/usr/bin/lspci") && isInstalled(pciPath))) func lspciPrintsTheSame() throws {
        let names = try #require(HardwareNames(HardwareNamesParser.parse(bytes(of: pciPath))))
        let naive = try NaiveList(pciPath)
        var random = FixedSeed(state: 11)
        let ids = naive.subsystems.keys.sorted().shuffled(using: &random).prefix(2000)
        let classes = naive.classes.keys.filter { $0.count == 4 }.sorted()
        struct Function {
            let slot: String
            let parts: [UInt16]
            let base: UInt8
            let sub: UInt8
        }
        var dump = ""
        var functions: [Function] = []
        for (index, id) in ids.enumerated() {
            var parts: [UInt16] = (0..<4).map { number(id.dropFirst($0 * 4).prefix(4)) }
            if index % 5 == 0 {
                parts[3] = UInt16.random(in: 0...0xFFFF, using: &random)
            }
            if index % 7 == 0 {
                (parts[2], parts[3]) = (parts[0], parts[1])
            }
            let code = index % 9 == 0 ? "02fe" : classes[index % classes.count]
            let base: UInt8 = number(code.prefix(2))
            let sub: UInt8 = number(code.suffix(2))
            // Bridges keep their subsystem elsewhere.
            guard base != 6 else { continue }
            // lspci looks up no subsystem below vendor 0 or device 0, though the list has some.
            guard parts[0] != 0, parts[1] != 0 else { continue }
            let slot = String(format: "%02x:%02x.%x", index / 256, (index % 256) / 8, index % 8)
            var space = [UInt8](repeating: 0, count: 64)
            for (place, value) in [(0, parts[0]), (2, parts[1]), (0x2C, parts[2]), (0x2E, parts[3])] {
                space[place] = UInt8(value & 0xFF)
                space[place + 1] = UInt8(value >> 8)
            }
            space[0x0A] = sub
            space[0x0B] = base
            dump += "\(slot) made up\n"
            for row in 0..<4 {
                let cells = space[row * 16..<row * 16 + 16].map { String(format: "%02x", $0) }
                dump += String(format: "%02x: ", row * 16) + cells.joined(separator: " ") + "\n"
            }
            dump += "\n"
            functions.append(Function(slot: slot, parts: parts, base: base, sub: sub))
        }
        let output = try withFolder { folder in
            let file = folder.appending(path: "dump")
            try Data(dump.utf8).write(to: file)
            return try run(
                "lspci",
                ["-i", pciPath, "-O", "hwdb.disable=1", "-A", "dump", "-F", file.path(), "-vmm", "-nn"]
            )
        }
        let records = String(decoding: output, as: UTF8.self).components(separatedBy: "\n\n")
            .map { $0.split(separator: "\n") }.filter { !$0.isEmpty }
        try #require(records.count == functions.count)
        var compared = 0
        for (record, function) in zip(records, functions) {
            func line(_ key: String) -> String? {
                record.first { $0.hasPrefix(key + ":\t") }.map { String($0.dropFirst(key.count + 2)) }
            }
            let parts = function.parts
            #expect(line("Slot") == function.slot)
            func expect(_ key: String, _ name: String?, _ missing: String, _ code: Int) {
                compared += 1
                let ours = (name ?? missing) + String(format: " [%04x]", code)
                let theirs = line(key) ?? ""
                if theirs.hasSuffix("...") {
                    // lspci cuts names of more than about 120 bytes.
                    #expect(ours.hasPrefix(theirs.dropLast(3)))
                } else {
                    #expect(theirs == ours)
                }
            }
            let classCode = Int(function.base) << 8 | Int(function.sub)
            expect("Class", names.pciClass(function.base, function.sub), "Class", classCode)
            expect("Vendor", names.vendor(parts[0]), "Vendor", Int(parts[0]))
            expect("Device", names.device(parts[0], parts[1]), "Device", Int(parts[1]))
            // lspci prints no subsystem of vendor 0 or ffff.
            guard parts[2] != 0, parts[2] != 0xFFFF else { continue }
            expect("SVendor", names.vendor(parts[2]), "Unknown vendor", Int(parts[2]))
            let subsystem = names.subsystem(parts[0], parts[1], parts[2], parts[3])
            expect("SDevice", subsystem, "Device", Int(parts[3]))
        }
        #expect(compared > 5000)
        print("names: \(compared) names compared with lspci")
    }

    @Test(.enabled(if: isInstalled(pciPath))) func figures() throws {
        for path in [pciPath, usbPath] where isInstalled(path) {
            let text = try bytes(of: path)
            var best = Duration.seconds(9)
            var block: [UInt8] = []
            for _ in 0..<7 {
                let start = ContinuousClock.now
                block = HardwareNamesParser.parse(text)
                best = min(best, ContinuousClock.now - start)
            }
            #expect(HardwareNamesParser.parse(text) == block)
            #expect(block.count < text.count)
            print("names: \(path) \(text.count) bytes to \(block.count) in \(best)")
        }
    }
}
