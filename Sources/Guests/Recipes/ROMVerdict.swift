internal import Formats
public import Inventory
public import Wording

/// What an expansion ROM is good for: for which device, for which guests, and what is wrong with it.
public struct ROMVerdict: Sendable, Hashable, Encodable {
    /// What is in the file.
    public var images: [ROMImage]
    /// The byte of the file at which the ROM begins; null where there is none.
    @Nullable public var start: Int?
    /// Bytes of the file.
    public var size: Int
    /// Whether a guest can use it: nothing in `findings` is a problem.
    public var isUsable: Bool { !findings.contains { $0.level == .problem } }
    public var findings: [Finding]

    /// Something about the ROM.
    public struct Finding: Sendable, Hashable, Encodable {
        public var level: Level
        public var text: Text
    }

    public enum Level: String, Sendable, Hashable, Encodable {
        /// A guest cannot use it.
        case problem
        /// It may not do what it should.
        case warning
        /// It is as it should be, or does no harm.
        case note
    }

    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - function: the device that the guest sees the ROM behind; nil when nobody said.
    ///   - firmware: what starts the guest; nil when nobody said.
    public init(_ bytes: [UInt8], for function: PCIFunction? = nil, firmware: GuestFirmware? = nil) {
        let rom = OptionROM(bytes)
        images = rom.images.map(ROMImage.init)
        start = rom.images.isEmpty ? nil : rom.start
        size = bytes.count
        findings = rom.findings.map { ROMPhrases.finding($0, in: rom, firmware: firmware) }
        guard !rom.images.isEmpty else { return }
        if let function { findings += ROMPhrases.match(rom, function) }
        findings += ROMPhrases.use(rom, firmware)
    }

    /// Whether there is an image for UEFI on x86-64.
    public var hasEFI: Bool { images.contains { $0.kind == "efi" && $0.machine == "x64" } }
    /// Whether there is an image for a BIOS.
    public var hasBIOS: Bool { images.contains { $0.kind == "bios" } }

    private enum CodingKeys: String, CodingKey { case images, start, size, isUsable = "usable", findings }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(images, forKey: .images)
        try container.encode(start, forKey: .start)
        try container.encode(size, forKey: .size)
        try container.encode(isUsable, forKey: .isUsable)
        try container.encode(findings, forKey: .findings)
    }
}

/// An image of a ROM, as it is shown.
public struct ROMImage: Sendable, Hashable, Encodable {
    /// The byte of the file at which it begins.
    public var offset: Int
    /// Bytes.
    public var length: Int
    /// `bios`, `efi`, `open-firmware`, `hp-pa-risc`, or the number of another code type: `0x70`.
    public var kind: String
    public var vendor: HardwareID
    public var device: HardwareID
    /// The other devices of the vendor that it is for.
    public var otherDevices: [HardwareID]
    /// Whether the bytes of a BIOS image add up to 0; null for other images.
    @Nullable public var checksumRight: Bool?
    /// The machine of a UEFI image, `x64`, `ia32`, `arm64` or a number; null for other images.
    @Nullable public var machine: String?
    /// Whether the driver in a UEFI image is compressed; null for other images.
    @Nullable public var compressed: Bool?

    init(_ image: OptionROM.Image) {
        offset = image.offset
        length = image.length
        kind =
            switch image.code {
            case .bios: "bios"
            case .openFirmware: "open-firmware"
            case .hpPARISC: "hp-pa-risc"
            case .efi: "efi"
            case .other(let number): "0x" + hex(number, width: 2)
            }
        vendor = HardwareID(image.vendor)
        device = HardwareID(image.device)
        otherDevices = image.otherDevices.map(HardwareID.init)
        checksumRight = image.isChecksumRight
        machine = image.efi.map { efi in
            switch efi.machine {
            case OptionROM.EFI.x64: "x64"
            case 0x014C: "ia32"
            case 0xAA64: "arm64"
            default: "0x" + hex(efi.machine, width: 4)
            }
        }
        compressed = image.efi?.isCompressed
    }
}
