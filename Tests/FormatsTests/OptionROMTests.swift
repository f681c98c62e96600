import Formats
import Foundation
import TestHosts
import Testing

/// ROMs made for the purpose, and those of the installed packages.
@Suite struct OptionROMTests {
    static let bios = SyntheticROM.image(.bios, vendor: 0x10DE, device: 0x1B80)

    @Test func oneImageForABIOS() throws {
        let rom = OptionROM(Self.bios)
        #expect(rom.findings.isEmpty)
        #expect(rom.start == 0 && rom.hasBIOS && !rom.hasEFI)
        let image = try #require(rom.images.first)
        #expect(rom.images.count == 1)
        #expect(image.vendor == 0x10DE && image.device == 0x1B80 && image.code == .bios)
        #expect(image.length == 2048 && image.isLast && image.isChecksumRight == true && image.efi == nil)
        #expect(image.classCode == 0x030000)
        #expect(image.isFor(vendor: 0x10DE, device: 0x1B80))
        #expect(!image.isFor(vendor: 0x10DE, device: 0x1B81) && !image.isFor(vendor: 0x1002, device: 0x1B80))
    }

    @Test func imagesForBoth() throws {
        let first = SyntheticROM.image(.bios, vendor: 0x1002, device: 0x67DF, blocks: 100, isLast: false)
        let second = SyntheticROM.image(.efi, vendor: 0x1002, device: 0x67DF, otherDevices: [0x67EF, 0x6FDF])
        let rom = OptionROM(first + second)
        #expect(rom.findings.isEmpty)
        #expect(rom.images.map(\.offset) == [0, 51_200] && rom.hasBIOS && rom.hasEFI)
        let efi = try #require(rom.images.last)
        #expect(efi.efi?.machine == OptionROM.EFI.x64 && efi.efi?.isCompressed == true)
        #expect(efi.isChecksumRight == nil)
        #expect(efi.otherDevices == [0x67EF, 0x6FDF] && efi.isFor(vendor: 0x1002, device: 0x6FDF))
        // Filling behind the last image is no content.
        #expect(OptionROM(first + second + [UInt8](repeating: 0xFF, count: 4096)).findings.isEmpty)
        #expect(OptionROM(first + second + [UInt8](repeating: 0, count: 4096)).findings.isEmpty)
    }

    @Test func anotherProcessorsUEFI() {
        let rom = OptionROM(SyntheticROM.image(.efi, vendor: 0x1002, device: 0x67DF, machine: 0xAA64))
        #expect(rom.findings.isEmpty && !rom.hasEFI && rom.images.first?.efi?.machine == 0xAA64)
    }

    static let damaged: [(name: String, bytes: [UInt8], finding: OptionROM.Finding)] = {
        func changed(_ offset: Int, _ byte: UInt8, of rom: [UInt8] = bios) -> [UInt8] {
            var rom = rom
            rom[offset] = byte
            return rom
        }
        let efi = SyntheticROM.image(.efi, vendor: 0x8086, device: 0x4680)
        return [
            ("nothing", [], .empty),
            ("ones", [UInt8](repeating: 0xFF, count: 65_536), .uniform(0xFF)),
            ("zeros", [UInt8](repeating: 0, count: 65_536), .uniform(0)),
            ("neither", Array("no ROM".utf8) + [0, 1, 2], .noSignature),
            ("signature", changed(1, 0), .noSignature),
            ("only the signature", [0x55, 0xAA], .noSignature),
            ("PCIR", changed(0x40, 0x51), .noDataStructure(offset: 0)),
            ("pointer", changed(0x19, 0xFF), .noDataStructure(offset: 0)),
            ("length 0", changed(0x50, 0), .noLength(offset: 0)),
            ("cut off", Array(bios.prefix(1500)), .cutOff(offset: 0, end: 2048, size: 1500)),
            ("length", changed(0x51, 0x10), .cutOff(offset: 0, end: (0x1000 + 4) * 512, size: 2048)),
            ("not last", changed(0x55, 0), .noLastImage(offset: 2048)),
            ("checksum", changed(1000, 0), .badChecksum(offset: 0)),
            ("0ef1", changed(4, 0, of: efi), .noEFISignature(offset: 0)),
            ("rest", bios + [1, 2, 3], .trailing(count: 3, isNVIDIA: false)),
            ("NVIDIA's rest", bios + [0x56, 0x4E, 3], .trailing(count: 3, isNVIDIA: true)),
            ("NVIDIA's header", SyntheticROM.nvidiaHeader + bios, .header(start: 0x600, isNVIDIA: true)),
            ("a header", [1, 2, 3] + bios, .header(start: 3, isNVIDIA: false)),
            ("gzip", [0x1F, 0x8B, 8, 0] + bios, .foreign(.gzip)),
            ("zip", Array("PK".utf8) + [3, 4, 20] + bios, .foreign(.zip)),
            ("7z", Array("7z".utf8) + [0xBC, 0xAF, 0x27, 0x1C, 0], .foreign(.sevenZip)),
            ("rar", Array("Rar!".utf8) + [0x1A, 7], .foreign(.rar)),
            ("xz", [0xFD] + Array("7zXZ".utf8) + [0, 0], .foreign(.xz)),
            ("EFI", Array("MZ".utf8) + bios, .foreign(.efiProgram)),
            ("web page", Array("<!DOCTYPE html>\n<title>404</title>".utf8), .foreign(.text)),
            ("flash", [UInt8](repeating: 0xFF, count: 16) + [0x5A, 0xA5, 0xF0, 0x0F] + bios, .foreign(.firmwareImage)),
            ("volume", [UInt8](repeating: 0, count: 4136) + Array("_FVH".utf8) + bios, .foreign(.firmwareImage)),
        ]
    }()

    @Test(arguments: damaged.indices) func damage(_ index: Int) {
        let (name, bytes, finding) = Self.damaged[index]
        #expect(OptionROM(bytes).findings.contains(finding), "\(name): \(OptionROM(bytes).findings)")
    }

    /// Every file of one changed or missing byte is read without a trap, and says so where it matters.
    @Test func nothingTraps() {
        let whole =
            SyntheticROM.image(.bios, vendor: 0x8086, device: 0x1912, blocks: 1, isLast: false)
            + SyntheticROM.image(.efi, vendor: 0x8086, device: 0x1912, otherDevices: [0x1916], blocks: 1)
        #expect(OptionROM(whole).findings.isEmpty)
        for offset in whole.indices {
            for byte: UInt8 in [0x00, 0xFF, 0x55] {
                var spoilt = whole
                spoilt[offset] = byte
                _ = OptionROM(spoilt)
            }
            let cut = OptionROM(Array(whole.prefix(offset)))
            #expect(!cut.findings.isEmpty, "\(offset)")
        }
    }

    /// Images that point to themselves, or for ever on.
    @Test func aChainWithoutEndIsCut() {
        let one = SyntheticROM.image(.bios, vendor: 0x8086, device: 0x1912, blocks: 1, isLast: false)
        let rom = OptionROM((0..<1000).flatMap { _ in one })
        #expect(rom.images.count == 64)
    }

    // MARK: Outside truth

    static let installed: [URL] = ["/usr/share/qemu", "/usr/lib/ipxe/qemu", "/usr/share/seabios"].flatMap { folder in
        let files = try? FileManager.default.contentsOfDirectory(
            at: URL(filePath: folder),
            includingPropertiesForKeys: nil
        )
        return (files ?? []).filter { ["rom", "bin"].contains($0.pathExtension) }
    }.sorted { $0.path < $1.path }

    /// The name says which device the ROM of a network card is for, and whether UEFI starts it. Debian 12's for ne2k_pci
    /// names none, and those of virtio and eepro100 name a sibling, which QEMU changes in the guest's memory.
    static let ids: [String: (vendor: UInt16, devices: [UInt16])] = [
        "e1000": (0x8086, [0x100E]), "e1000e": (0x8086, [0x10D3]), "eepro100": (0x8086, [0x1209, 0x1229]),
        "pcnet": (0x1022, [0x2000]), "rtl8139": (0x10EC, [0x8139]), "virtio": (0x1AF4, [0x1000, 0x1041]),
        "vmxnet3": (0x15AD, [0x07B0]),
    ]

    @Test(.enabled(if: installed.contains { $0.lastPathComponent.hasPrefix("pxe-") })) func romsOfNetworkCards() throws
    {
        var judged = 0
        for file in Self.installed {
            let name = file.deletingPathExtension().lastPathComponent
            // The BIOS of an emulated display has a name of the same form.
            guard !name.hasPrefix("vgabios"), let dash = name.firstIndex(of: "-"),
                let id = Self.ids[String(name[name.index(after: dash)...])]
            else {
                continue
            }
            let rom = OptionROM(Array(try Data(contentsOf: file)))
            let problems = rom.findings.filter { if case .trailing = $0 { false } else { true } }
            #expect(problems.isEmpty, "\(name): \(rom.findings)")
            #expect(rom.hasBIOS, "\(name)")
            #expect(rom.hasEFI == name.hasPrefix("efi-"), "\(name)")
            for image in rom.images {
                #expect(id.devices.contains { image.isFor(vendor: id.vendor, device: $0) }, "\(name)")
            }
            judged += 1
        }
        #expect(judged >= 8)
    }

    /// The BIOS images of emulated displays are no ROMs of a PCI device each: some have no data structure.
    @Test(.enabled(if: installed.contains { $0.lastPathComponent.hasPrefix("vgabios-") })) func romsOfDisplays() throws
    {
        for file in Self.installed where file.lastPathComponent.hasPrefix("vgabios-") {
            let name = file.deletingPathExtension().lastPathComponent
            let rom = OptionROM(Array(try Data(contentsOf: file)))
            switch name {
            case "vgabios-isavga": #expect(rom.findings == [.noDataStructure(offset: 0)], "\(rom.findings)")
            case "vgabios-stdvga":
                #expect(rom.findings.isEmpty && rom.images.first?.isFor(vendor: 0x1234, device: 0x1111) == true)
            default: #expect(!rom.findings.contains(.noSignature), "\(name)")
            }
        }
    }

    /// A PC's firmware is none either.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/OVMF/OVMF_CODE.fd"))) func aWholeFirmware()
        throws
    {
        let bytes = Array(try Data(contentsOf: URL(filePath: "/usr/share/OVMF/OVMF_CODE.fd")))
        #expect(OptionROM(bytes).findings == [.foreign(.firmwareImage)])
    }
}
