import Changes
import Formats
import Inventory
import Machine
import Wording

/// Kernel, initramfs and arguments in one file, which the firmware or systemd-boot starts (UAPI.5 Unified Kernel Image): the
/// arguments change only when that file is made anew, by whatever made it.
struct UnifiedKernelImage: BootPlatform {
    private static let folder = "/etc/cmdline.d"
    static let dropIn = folder + "/zz-passthru.conf"
    static let dracutFolder = "/etc/dracut.conf.d"
    static let dracutDropIn = dracutFolder + "/zz-passthru.conf"

    private enum Maker {
        /// `/etc/cmdline.d`, or `/etc/kernel/cmdline` (mkinitcpio(8), `--cmdline`).
        case mkinitcpio(String)
        /// `kernel_cmdline` of dracut.conf(5).
        case dracut(String)
        /// `/etc/kernel/cmdline` (kernel-install(8), `layout=uki`).
        case kernelInstall(String)
    }

    private let machine: Machine
    private let maker: Maker?

    init(_ machine: Machine) {
        self.machine = machine
        maker = Self.maker(machine)
    }

    var title: Text { Text(en: "the unified kernel image", zh: "统一内核映像") }

    // MARK: Who makes it

    /// nil when none does, or more than one might.
    private static func maker(_ machine: Machine) -> Maker? {
        var makers: [Maker] = []
        if let program = machine.program("mkinitcpio"), makesImages(machine) { makers.append(.mkinitcpio(program)) }
        if let program = machine.program("kernel-install"), hasLayout(machine) {
            makers.append(.kernelInstall(program))
        } else if let program = machine.program("dracut"), hasSetting("uefi", machine),
            hasSetting("kernel_cmdline", machine)
        {
            // Without kernel_cmdline dracut finds the arguments by itself, and one that is set would replace them.
            makers.append(.dracut(program))
        }
        return makers.count == 1 ? makers.first : nil
    }

    /// Whether a preset names an image to make.
    private static func makesImages(_ machine: Machine) -> Bool {
        let folder = "/etc/mkinitcpio.d"
        return machine.listIfAny(folder).filter { $0.hasSuffix(".preset") }.contains { name in
            lines(of: "\(folder)/\(name)", machine).contains { line in
                line.utf8.split(separator: UInt8(ascii: "="))[0].reversed().starts(with: "_uki".utf8.reversed())
            }
        }
    }

    private static func hasLayout(_ machine: Machine) -> Bool {
        ["/etc/kernel/install.conf", "/usr/lib/kernel/install.conf"].first(where: machine.exists)
            .map { lines(of: $0, machine).contains("layout=uki") } ?? false
    }

    private static func hasSetting(_ name: String, _ machine: Machine) -> Bool {
        let files = machine.listIfAny(dracutFolder).filter { $0.hasSuffix(".conf") }.map { "\(dracutFolder)/\($0)" }
        return (["/etc/dracut.conf"] + files).contains { path in
            path != dracutDropIn
                && lines(of: path, machine).contains { line in
                    let value = line.hasPrefix(name + "=") || line.hasPrefix(name + "+=")
                    return value && !line.contains("no")
                }
        }
    }

    /// Lines that say something.
    private static func lines(of path: String, _ machine: Machine) -> [String] {
        (machine.textIfAny(path) ?? "").utf8.split(separator: UInt8(ascii: "\n")).map { String(Substring($0)) }
            .filter { !$0.hasPrefix("#") && $0.contains("=") }
    }

    // MARK: The line

    private var parts: [String] {
        machine.listIfAny(Self.folder).filter { $0.hasSuffix(".conf") }.map { "\(Self.folder)/\($0)" }
    }

    var savedLine: KernelCommandLine? {
        switch maker {
        case .mkinitcpio where !parts.isEmpty:
            let words = parts.compactMap { try? machine.read($0) }.flatMap { ArgumentFile($0).commandLine.words }
            return KernelCommandLine(words.map(\.text).joined(separator: " "))
        case .mkinitcpio, .kernelInstall: return KernelArgumentFile(machine: machine).line
        case .dracut:
            // The others of its settings are the shell's, and passthru's own are all that must be known.
            let booted = KernelArgumentFile.withoutLoadersWords(machine.textIfAny("/proc/cmdline") ?? "")
            return KernelCommandLine(booted + " " + ownDracutWords.joined(separator: " "))
        case nil: return nil
        }
    }

    private var ownDracutWords: [String] {
        let text = machine.textIfAny(Self.dracutDropIn) ?? ""
        guard let start = text.firstIndex(of: "\""), let end = text.lastIndex(of: "\""), start < end else { return [] }
        return KernelCommandLine(String(text[text.index(after: start)..<end])).words.map(\.text)
    }

    // MARK: Permanent

    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange] {
        guard !edit.isEmpty else { return [] }
        guard let maker else { throw unclear(edit) }
        let change =
            switch maker {
            case .mkinitcpio where !parts.isEmpty: try dropInChange(edit)
            case .mkinitcpio, .kernelInstall: try KernelArgumentFile(machine: machine).change(edit, isMade: true)
            case .dracut: try dracutChange(edit)
            }
        guard let change else { return [] }
        return try machine.writable([change] + (try runs(maker, edit)))
    }

    private let reason = Text(en: "the arguments of every boot", zh: "每次启动的参数")

    private func dropInChange(_ edit: ArgumentEdit) throws(BootPlatformError) -> PlannedChange? {
        let before = try machine.content(Self.dropIn)
        let now = ArgumentFile(before?.bytes ?? []).commandLine
        let words = KernelCommandLine(now.edited(edit)).words.map(\.text).joined(separator: " ")
        let text = "# Written by passthru (passthru iommu on).\n\(words)\n"
        let after = words.isEmpty ? nil : FileContent(text)
        return before == after ? nil : .file(Self.dropIn, before: before, after: after, reason: reason)
    }

    private func dracutChange(_ edit: ArgumentEdit) throws(BootPlatformError) -> PlannedChange? {
        let before = try machine.content(Self.dracutDropIn)
        let words = KernelCommandLine(edit.line(from: ownDracutWords.joined(separator: " "))).words.map(\.text)
        for word in words where word.utf8.contains(where: { "\"\\$`".utf8.contains($0) }) {
            throw BootPlatformError(
                .refused,
                Text(
                    en: "'\(word)' cannot be written into \(Self.dracutDropIn): nothing was changed.",
                    zh: "“\(word)”无法写入 \(Self.dracutDropIn)：未做任何更改。"
                )
            )
        }
        let text = """
            # Written by passthru (passthru iommu on).
            kernel_cmdline+=" \(words.joined(separator: " ")) "

            """
        let after = words.isEmpty ? nil : FileContent(text)
        return before == after ? nil : .file(Self.dracutDropIn, before: before, after: after, reason: reason)
    }

    /// The images are too large to be kept: they are made once more when the files are back.
    private func runs(_ maker: Maker, _ edit: ArgumentEdit) throws(BootPlatformError) -> [PlannedChange] {
        let reason = Text(en: "makes the kernel image anew", zh: "重新生成内核映像")
        func run(_ program: String, _ arguments: [String]) -> PlannedChange {
            .program(program, arguments, isRepeatedAfterUndo: true, reason: reason)
        }
        switch maker {
        case .mkinitcpio(let program): return [run(program, ["-P"])]
        case .dracut(let program): return [run(program, ["--regenerate-all", "-f"])]
        case .kernelInstall(let program):
            let kernels = machine.listIfAny("/lib/modules").compactMap { version -> (String, String)? in
                ["/lib/modules/\(version)/vmlinuz", "/boot/vmlinuz-\(version)"].first(where: machine.exists)
                    .map { (version, $0) }
            }
            guard !kernels.isEmpty else { throw unclear(edit) }
            return kernels.map { run(program, ["add", $0.0, $0.1]) }
        }
    }

    private func unclear(_ edit: ArgumentEdit) -> BootPlatformError {
        let line = edit.line(
            from: KernelArgumentFile(machine: machine).line.map { $0.words.map(\.text).joined(separator: " ") } ?? ""
        )
        return BootPlatformError(
            .missing,
            Text(
                en: """
                    The arguments are inside of the kernel image, and it is unclear what made it: nothing was changed. Make \
                    it anew by hand with this line, for instance with \
                    ukify build --linux=KERNEL --initrd=INITRAMFS --output=IMAGE --cmdline='\(line)'
                    """,
                zh: """
                    参数在内核映像之中，无法确定映像由什么程序生成：未做任何更改。请用这一行手动重新生成，例如：\
                    ukify build --linux=KERNEL --initrd=INITRAMFS --output=IMAGE --cmdline='\(line)'
                    """
            )
        )
    }

    var trialObstacle: Text? {
        Text(en: "the arguments are inside of the kernel image", zh: "参数在内核映像之中")
    }

    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange] { [] }
    func endOfTrial() throws(BootPlatformError) -> [PlannedChange] { [] }
}
