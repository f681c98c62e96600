/// An expansion ROM of a PCI device (PCI Firmware Specification 3.3, section 5; UEFI specification, "PCI Option ROMs"):
/// one image after the other, each for one kind of firmware.
///
/// Everything in it counts as hostile: no length or offset is believed that leads out of the file.
public struct OptionROM: Sendable, Hashable, Codable {
    /// The images in their order; none where the file is no ROM.
    public var images: [Image] = []
    /// Where the first image begins in the file: 0 unless something was put in front of it.
    public var start = 0
    /// What is wrong with the file, or noteworthy about it.
    public var findings: [Finding] = []

    public init(_ bytes: [UInt8]) {
        var reader = OptionROMReader(bytes)
        reader.readAll()
        images = reader.images
        start = reader.start
        findings = reader.findings
    }

    /// One image of a ROM.
    public struct Image: Sendable, Hashable, Codable {
        /// Where it begins in the file.
        public var offset: Int
        /// Bytes, as its PCI data structure says.
        public var length: Int
        public var code: Code
        public var vendor: UInt16
        public var device: UInt16
        /// The other devices of the vendor that the image is for; empty before revision 3 of the data structure.
        public var otherDevices: [UInt16] = []
        /// Base class, subclass and programming interface.
        public var classCode: UInt32
        /// Of the PCI data structure: 0 before PCI 3.0, then 3.
        public var revision: UInt8
        /// Whether no image follows.
        public var isLast: Bool
        /// Whether the bytes of an image for a BIOS add up to 0, without which a BIOS does not run it; nil of other images.
        public var isChecksumRight: Bool?
        /// What an image for UEFI says beside; nil of other images.
        public var efi: EFI?

        /// Whether it is for this device.
        public func isFor(vendor: UInt16, device: UInt16) -> Bool {
            vendor == self.vendor && (device == self.device || otherDevices.contains(device))
        }
    }

    /// The code type of an image.
    public enum Code: Sendable, Hashable, Codable {
        /// 0: a PC's BIOS.
        case bios
        /// 1.
        case openFirmware
        /// 2.
        case hpPARISC
        /// 3: UEFI.
        case efi
        case other(UInt8)

        public init(_ number: UInt8) {
            switch number {
            case 0: self = .bios
            case 1: self = .openFirmware
            case 2: self = .hpPARISC
            case 3: self = .efi
            default: self = .other(number)
            }
        }
    }

    /// The header of an image for UEFI.
    public struct EFI: Sendable, Hashable, Codable {
        /// The machine type of the driver in it: 0x8664 for x86-64, 0x014c for IA-32, 0xaa64 for ARM64.
        public var machine: UInt16
        /// Whether the driver is compressed by the algorithm of the UEFI specification.
        public var isCompressed: Bool

        /// The machine type of UEFI on x86-64.
        public static let x64: UInt16 = 0x8664
    }

    /// Something about a ROM's file that is wrong or noteworthy.
    public enum Finding: Sendable, Hashable, Codable {
        case empty
        /// The bytes are all the same: 0xff is what comes from a device that does not answer, 0x00 from one that is off.
        case uniform(UInt8)
        /// Something else, as its first bytes say.
        case foreign(Foreign)
        /// Neither the signature 55 aa at the beginning nor a whole image behind it.
        case noSignature
        /// A header of NVIDIA's update tools, or something else, stands before the ROM, which begins at `start`.
        case header(start: Int, isNVIDIA: Bool)
        /// The image at `offset` has no PCI data structure where it should be.
        case noDataStructure(offset: Int)
        /// The image at `offset` says that it is empty.
        case noLength(offset: Int)
        /// The image at `offset` should end at `end`, and the file has only `size` bytes.
        case cutOff(offset: Int, end: Int, size: Int)
        /// No image follows the one that ends at `offset`, though it is not marked as the last.
        case noLastImage(offset: Int)
        /// The bytes of the BIOS image at `offset` do not add up to 0.
        case badChecksum(offset: Int)
        /// The UEFI image at `offset` lacks its own signature, 0ef1.
        case noEFISignature(offset: Int)
        /// `count` bytes follow the last image that are not filling.
        case trailing(count: Int, isNVIDIA: Bool)
    }

    /// What was brought in place of a ROM.
    public enum Foreign: String, Sendable, Hashable, Codable {
        /// A program for UEFI (PE/COFF), what a ROM's UEFI image has inside.
        case efiProgram
        /// The contents of a board's flash chip, or a part of it: it has firmware volumes or a flash descriptor.
        case firmwareImage
        case gzip, zip, xz, sevenZip, rar
        /// Text, a web page for example.
        case text
    }

    /// Whether there is an image for UEFI on x86-64.
    public var hasEFI: Bool { images.contains { $0.efi?.machine == EFI.x64 } }
    /// Whether there is an image for a BIOS.
    public var hasBIOS: Bool { images.contains { $0.code == .bios } }
}
