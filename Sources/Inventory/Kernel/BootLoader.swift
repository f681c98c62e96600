import Formats
public import Machine

/// The boot loader that started this kernel, told from what it left behind and not from what is installed.
public struct BootLoader: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable {
        case grub
        case systemdBoot = "systemd-boot"
        /// A unified kernel image that the firmware or systemd-boot started.
        case unifiedKernelImage = "unified-kernel-image"
        /// The firmware itself started the kernel, with a line that stands in its own memory.
        case efiStub = "efi-stub"
        /// SYSLINUX, EXTLINUX and their kin.
        case syslinux
        case lilo, refind, unknown
    }

    public var kind: Kind
    /// Whether the firmware is UEFI; null when that cannot be seen.
    @Nullable public var isEFI: Bool?
    /// The entry that was chosen, where the loader says so.
    @Nullable public var entry: String?
    /// The entry that the firmware's variable, and no file, makes the default.
    @Nullable public var defaultEntry: String?
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
        loader.defaultEntry = variable("LoaderEntryDefault", machine)
        let info = variable("LoaderInfo", machine)
        let stub = variable("StubInfo", machine)
        for (name, value) in [("LoaderInfo", info), ("StubInfo", stub)] {
            if let value { loader.evidence.append("\(variableFolder)/\(name): \(value)") }
        }
        if stub != nil {
            loader.kind = .unifiedKernelImage
        } else if let info {
            let names: [(String, Kind)] = [("GRUB", .grub), ("systemd-boot", .systemdBoot), ("rEFInd", .refind)]
            loader.kind = names.first { info.hasPrefix($0.0) }?.1 ?? .unknown
        } else {
            loader.judgeByNumber(machine)
        }
        guard loader.kind == .unknown, info == nil, let line = machine.textIfAny("/proc/cmdline") else { return loader }
        loader.judge(KernelCommandLine(line), saved, machine)
        return loader
    }

    /// By the number that loaders for the BIOS hand to the kernel (Documentation/admin-guide/sysctl/kernel.rst,
    /// "bootloader_type"; Documentation/arch/x86/boot.rst, "type_of_loader"): the type times 16, and a version.
    private mutating func judgeByNumber(_ machine: Machine) {
        let path = "/proc/sys/kernel/bootloader_type"
        guard let number = machine.textIfAny(path).flatMap({ Int($0) }), number > 0 else { return }
        switch number >> 4 {
        case 0: kind = .lilo
        case 3: kind = .syslinux
        case 7: kind = .grub
        default: return
        }
        evidence.append("\(path): \(number)")
    }

    /// By the words that only one loader adds, and by whose saved line it is.
    private mutating func judge(_ booted: KernelCommandLine, _ saved: BootConfiguration, _ machine: Machine) {
        let marks = ["BOOT_IMAGE", "initrd"]
        func plain(_ line: KernelCommandLine) -> Set<String> {
            Set(line.words.filter { word in !marks.contains { word.isNamed($0) } }.map(\.text))
        }
        let words = plain(booted)
        let match = saved.lines.first { plain(KernelCommandLine($0.arguments)) == words && $0.isLoadersOwn }
        // Where variables can be seen, systemd-boot would have left its own.
        let isAlone = !machine.listIfAny(Self.variableFolder).isEmpty
        if let image = booted.last(of: "BOOT_IMAGE") {
            kind = Self.leavingImage(machine)
            evidence.append("/proc/cmdline: BOOT_IMAGE=\(image)")
        } else if let initrd = booted.last(of: "initrd"), initrd.hasPrefix("\\") {
            let isRefind = machine.exists("/boot/refind_linux.conf")
            kind = !isAlone ? .systemdBoot : isRefind ? .refind : .efiStub
            evidence.append("/proc/cmdline: initrd=\(initrd)")
        } else if let match {
            kind = match.file.hasSuffix("grub.cfg") ? .grub : isAlone ? .unknown : .systemdBoot
        }
        if let match { evidence.append("/proc/cmdline: as in \(match.file)") }
    }

    /// Which loader that says BOOT_IMAGE it was: GRUB, unless it has no menu here and another has its own.
    private static func leavingImage(_ machine: Machine) -> Kind {
        if ["/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"].contains(where: machine.exists) { return .grub }
        if syslinuxFiles.contains(where: machine.exists) { return .syslinux }
        return machine.exists("/etc/lilo.conf") ? .lilo : .grub
    }

    /// Where SYSLINUX and EXTLINUX keep their menu.
    public static let syslinuxFiles = [
        "/boot/syslinux/syslinux.cfg", "/boot/extlinux/extlinux.conf", "/boot/extlinux.conf", "/boot/syslinux.cfg",
        "/boot/EFI/syslinux/syslinux.cfg", "/boot/efi/EFI/syslinux/syslinux.cfg",
    ]

    /// The entry that systemd-boot takes at the next boot alone; nil when it has no such order.
    public static func oneShotEntry(_ machine: Machine) -> String? { variable("LoaderEntryOneShot", machine) }

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
