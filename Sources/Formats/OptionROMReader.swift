/// Reads what ``OptionROM`` holds.
struct OptionROMReader {
    let bytes: [UInt8]
    var images: [OptionROM.Image] = []
    var start = 0
    var findings: [OptionROM.Finding] = []

    /// Images are measured in these.
    private static let block = 512
    /// More images than any ROM has: a chain that does not end is cut here.
    private static let mostImages = 64

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func readAll() {
        guard let first = bytes.first else { return findings.append(.empty) }
        if bytes.allSatisfy({ $0 == first }) { return findings.append(.uniform(first)) }
        guard isSignature(at: 0) else { return readBehindHeader() }
        readImages()
    }

    /// The ROM may begin later in the file, or the file is something else.
    private mutating func readBehindHeader() {
        let isNVIDIA = bytes.starts(with: "NVGI".utf8)
        if !isNVIDIA, let foreign = OptionROM.Foreign(bytes) { return findings.append(.foreign(foreign)) }
        let places = 1..<max(1, bytes.count)
        guard let place = places.first(where: { isSignature(at: $0) && dataStructure(of: $0) != nil }) else {
            return findings.append(.noSignature)
        }
        findings.append(.header(start: place, isNVIDIA: isNVIDIA))
        start = place
        readImages()
    }

    private mutating func readImages() {
        var offset = start
        while images.count < Self.mostImages {
            guard isSignature(at: offset) else {
                findings.append(images.isEmpty ? .noSignature : .noLastImage(offset: offset - start))
                return
            }
            guard let structure = dataStructure(of: offset) else {
                return findings.append(.noDataStructure(offset: offset - start))
            }
            let image = image(at: offset, structure)
            images.append(image)
            if image.length == 0 { return findings.append(.noLength(offset: offset - start)) }
            let end = offset + image.length
            guard end <= bytes.count else {
                return findings.append(.cutOff(offset: offset - start, end: end - start, size: bytes.count - start))
            }
            if image.isChecksumRight == false { findings.append(.badChecksum(offset: offset - start)) }
            if image.code == .efi && image.efi == nil { findings.append(.noEFISignature(offset: offset - start)) }
            offset = end
            if image.isLast { break }
        }
        readTrailing(from: offset)
    }

    private mutating func readTrailing(from offset: Int) {
        let rest = bytes[offset...]
        guard let first = rest.first, !rest.allSatisfy({ $0 == 0xFF }), !rest.allSatisfy({ $0 == 0 }) else { return }
        // NVIDIA's own images carry other signatures than the specification's.
        let isNVIDIA = images.first?.vendor == 0x10DE && (first == 0x56 || isSignature(at: offset))
        findings.append(.trailing(count: rest.count, isNVIDIA: isNVIDIA))
    }

    private func image(at offset: Int, _ structure: Int) -> OptionROM.Image {
        let revision = bytes[structure + 0x0C]
        var image = OptionROM.Image(
            offset: offset,
            length: Int(word(structure + 0x10)) * Self.block,
            code: OptionROM.Code(bytes[structure + 0x14]),
            vendor: word(structure + 4),
            device: word(structure + 6),
            classCode: UInt32(bytes[structure + 0x0D]) | UInt32(word(structure + 0x0E)) << 8,
            revision: revision,
            isLast: bytes[structure + 0x15] & 0x80 != 0
        )
        if revision >= 3 { image.otherDevices = deviceList(structure) }
        switch image.code {
        case .bios: image.isChecksumRight = isChecksumRight(at: offset)
        case .efi where long(offset + 4) == 0x0EF1:
            image.efi = OptionROM.EFI(machine: word(offset + 0x0A), isCompressed: word(offset + 0x0C) == 1)
        default: break
        }
        return image
    }

    /// The ids behind a data structure of revision 3, up to a 0; its vendor's for all of them.
    private func deviceList(_ structure: Int) -> [UInt16] {
        let distance = Int(word(structure + 8))
        guard distance > 0 else { return [] }
        var ids: [UInt16] = []
        var place = structure + distance
        while place + 2 <= bytes.count, ids.count < 1024 {
            let id = word(place)
            if id == 0 { break }
            ids.append(id)
            place += 2
        }
        return ids
    }

    /// A BIOS adds up as many blocks as the third byte says.
    private func isChecksumRight(at offset: Int) -> Bool {
        let length = Int(bytes[offset + 2]) * Self.block
        guard length > 0, offset + length <= bytes.count else { return false }
        return bytes[offset..<(offset + length)].reduce(0) { $0 &+ $1 } == 0
    }

    private func isSignature(at offset: Int) -> Bool {
        offset + 0x1A <= bytes.count && bytes[offset] == 0x55 && bytes[offset + 1] == 0xAA
    }

    /// Where an image's PCI data structure is, if it has one that is whole.
    private func dataStructure(of offset: Int) -> Int? {
        let place = offset + Int(word(offset + 0x18))
        guard place + 0x18 <= bytes.count, bytes[place...].starts(with: "PCIR".utf8) else { return nil }
        return place
    }

    private func word(_ offset: Int) -> UInt16 {
        guard offset + 2 <= bytes.count else { return 0 }
        return UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
    }

    private func long(_ offset: Int) -> UInt32 { UInt32(word(offset)) | UInt32(word(offset + 2)) << 16 }
}

extension OptionROM.Foreign {
    /// What a file is by its first bytes; nil when that is not known.
    init?(_ bytes: [UInt8]) {
        func begins(_ start: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: start) }
        if begins([0x1F, 0x8B]) {
            self = .gzip
        } else if begins(Array("PK".utf8) + [3, 4]) {
            self = .zip
        } else if begins([0xFD] + Array("7zXZ".utf8) + [0]) {
            self = .xz
        } else if begins(Array("7z".utf8) + [0xBC, 0xAF, 0x27, 0x1C]) {
            self = .sevenZip
        } else if begins(Array("Rar!".utf8)) {
            self = .rar
        } else if begins(Array("MZ".utf8)) {
            self = .efiProgram
        } else if begins([0x5A, 0xA5, 0xF0, 0x0F], at: 0x10) || Self.hasFirmwareVolume(bytes) {
            // The first is the signature of Intel's flash descriptor.
            self = .firmwareImage
        } else if bytes.prefix(4096).allSatisfy({ (0x20...0x7E).contains($0) || (0x09...0x0D).contains($0) }) {
            self = .text
        } else {
            return nil
        }
    }

    /// A firmware volume has `_FVH` at its byte 40, and begins at a multiple of eight (UEFI PI specification, volume 3).
    private static func hasFirmwareVolume(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var place = 40
            while place + 4 <= bytes.count {
                if bytes[place] == 0x5F, bytes[place + 1] == 0x46, bytes[place + 2] == 0x56, bytes[place + 3] == 0x48 {
                    return true
                }
                place += 8
            }
            return false
        }
    }
}
