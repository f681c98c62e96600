import Formats
public import Machine

/// The boot loader that started this kernel, told from what it left behind and not from what is installed.
public struct BootLoader: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable {
        case grub
        case systemdBoot = "systemd-boot"
        /// A unified kernel image that the firmware or systemd-boot started.
        case unifiedKernelImage = "unified-kernel-image"
        case unknown
    }

    public var kind: Kind
    /// Whether the firmware is UEFI; null when that cannot be seen.
    @Nullable public var isEFI: Bool?
    /// The entry that was chosen, where the loader says so.
    @Nullable public var entry: String?
    /// What tells it, a file and what it says each.
    public var evidence: [String]

    public init(kind: Kind, isEFI: Bool?, entry: String?, evidence: [String]) {
        self.kind = kind
        self.isEFI = isEFI
        self.entry = entry
        self.evidence = evidence
    }

    /// The vendor of the variables that boot loaders leave (systemd.io, "The Boot Loader Interface").
    static let variableFolder = "/sys/firmware/efi/efivars"
    private static let vendor = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

    public static func read(_ machine: Machine, _ saved: BootConfiguration) -> BootLoader {
        var loader = BootLoader(kind: .unknown, isEFI: nil, entry: nil, evidence: [])
        loader.isEFI = machine.exists("/sys/firmware") ? machine.exists("/sys/firmware/efi") : nil
        loader.entry = variable("LoaderEntrySelected", machine)
        let info = variable("LoaderInfo", machine)
        let stub = variable("StubInfo", machine)
        for (name, value) in [("LoaderInfo", info), ("StubInfo", stub)] {
            if let value { loader.evidence.append("\(variableFolder)/\(name): \(value)") }
        }
        if stub != nil {
            loader.kind = .unifiedKernelImage
        } else if let info {
            loader.kind = info.hasPrefix("GRUB") ? .grub : info.hasPrefix("systemd-boot") ? .systemdBoot : .unknown
        }
        guard loader.kind == .unknown, let line = machine.textIfAny("/proc/cmdline") else { return loader }
        loader.judge(KernelCommandLine(line), saved)
        return loader
    }

    /// By the words that only one loader adds, and by whose saved line it is.
    private mutating func judge(_ booted: KernelCommandLine, _ saved: BootConfiguration) {
        let marks = ["BOOT_IMAGE", "initrd"]
        func plain(_ line: KernelCommandLine) -> Set<String> {
            Set(line.words.filter { word in !marks.contains { word.isNamed($0) } }.map(\.text))
        }
        let words = plain(booted)
        let match = saved.lines.first { plain(KernelCommandLine($0.arguments)) == words && $0.isLoadersOwn }
        if let image = booted.last(of: "BOOT_IMAGE") {
            kind = .grub
            evidence.append("/proc/cmdline: BOOT_IMAGE=\(image)")
        } else if let initrd = booted.last(of: "initrd"), initrd.hasPrefix("\\") {
            kind = .systemdBoot
            evidence.append("/proc/cmdline: initrd=\(initrd)")
        } else if let match {
            kind = match.file.hasSuffix("grub.cfg") ? .grub : .systemdBoot
        }
        if let match { evidence.append("/proc/cmdline: as in \(match.file)") }
    }

    /// The text of an EFI variable: four bytes of attributes, then UTF-16 with a zero at its end
    /// (Documentation/filesystems/efivarfs.rst).
    private static func variable(_ name: String, _ machine: Machine) -> String? {
        guard let bytes = try? machine.read("\(variableFolder)/\(name)-\(vendor)"), bytes.count > 4 else { return nil }
        let units = stride(from: 4, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
        return String(decoding: units.prefix { $0 != 0 }, as: UTF16.self)
    }
}

extension BootConfiguration.Line {
    /// Whether a loader reads the file itself, and not a program that writes the loader's files.
    var isLoadersOwn: Bool { file.hasSuffix("/grub.cfg") || file.contains("/loader/entries/") }
}
