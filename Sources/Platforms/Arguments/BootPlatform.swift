import Changes
import Formats
import Inventory
import Machine
import Wording

/// How one kind of system keeps kernel arguments for its next boots, and how it boots once with others.
public protocol BootPlatform: Sendable {
    /// What people call it, and where it keeps the arguments.
    var title: Text { get }
    /// The line of the entry that boots when nobody chooses; nil when it could not be told.
    var savedLine: KernelCommandLine? { get }
    /// The changes after which the next boots have the edit.
    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange]
    /// Why no boot can be tried; nil when one can.
    var trialObstacle: Text? { get }
    /// The changes after which the next boot, and no other, has the edit and the marks.
    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange]
    /// The changes that take the way to the trial away; first of all the loader's order to take it.
    func endOfTrial() throws(BootPlatformError) -> [PlannedChange]
}

/// Why a boot configuration cannot be changed.
public struct BootPlatformError: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// A file cannot be understood.
        case malformed
        /// A part that is needed is not there.
        case missing
        /// It can be done, but must not.
        case refused
    }

    public var kind: Kind
    public var message: Text

    public init(_ kind: Kind, _ message: Text) {
        self.kind = kind
        self.message = message
    }

    static func malformed(_ path: String, _ error: some Error) -> BootPlatformError {
        BootPlatformError(
            .malformed,
            Text(
                en: "\(path): \(error) The file is left alone: mend it first.",
                zh: "\(path)：\(error) 文件保持不变：请先修正它。"
            )
        )
    }

    static func unreadable(_ path: String, _ error: some Error) -> BootPlatformError {
        let reason = "\(error)".lowercased()
        return BootPlatformError(
            .missing,
            Text(
                en: "\(path) cannot be read: \(reason).",
                zh: "无法读取 \(path)：\(Text(reason: reason).zh)。"
            )
        )
    }
}

/// The platform that a machine boots by.
public enum BootPlatforms {
    /// Found by the loader that started the kernel and by what the system has, not by its name; nil when no known one
    /// keeps the arguments here.
    public static func find(_ machine: Machine, loader: BootLoader) -> (any BootPlatform)? {
        if let platform = IStoreOSGRUBHook(machine) { return platform }
        switch loader.kind {
        case .grub: return grub(machine) ?? MissingBootFolder(machine) ?? ByHandLoader(machine, loader)
        case .systemdBoot: return systemdBoot(machine, loader)
        case .unifiedKernelImage: return UnifiedKernelImage(machine)
        case .efiStub, .syslinux, .lilo, .refind: return ByHandLoader(machine, loader)
        case .unknown:
            // Nothing tells it: only where no more than one could be it.
            let grub = grub(machine)
            if grub is OpenWrtMenu || grub is GRUBBootLoaderEntries { return grub }
            let other = systemdBoot(machine, loader)
            if grub != nil, other != nil, !(other is ProxmoxBootTool) { return nil }
            return grub ?? other ?? MissingBootFolder(machine)
        }
    }

    private static func grub(_ machine: Machine) -> (any BootPlatform)? {
        if let platform = OpenWrtMenu(machine) { return platform }
        if let platform = GRUBBootLoaderEntries(machine) { return platform }
        return GRUBMkconfig(machine)
    }

    private static func systemdBoot(_ machine: Machine, _ loader: BootLoader) -> (any BootPlatform)? {
        if let platform = ProxmoxBootTool(machine) { return platform }
        if let platform = Kernelstub(machine, loader) { return platform }
        return SystemdBootEntries(machine, loader)
    }
}

extension Machine {
    /// A file as it is, nil when there is none.
    func content(_ path: String) throws(BootPlatformError) -> FileContent? {
        do {
            return try tree.snapshot(path)?.content
        } catch {
            throw .unreadable(path, error)
        }
    }
}

extension ArgumentEdit {
    /// A line after the edit, as text.
    func line(from text: String) -> String {
        String(decoding: KernelCommandLine(text).edited(self), as: UTF8.self)
    }

    /// GRUB reads these words as a part of its script, without quotes: what means something there cannot be handed over.
    func requirePlainWords() throws(BootPlatformError) {
        let special = "\\\"'`$;|&<>(){}# \t\n".utf8
        guard let word = add.first(where: { $0.utf8.contains { special.contains($0) } }) else { return }
        throw BootPlatformError(
            .refused,
            Text(
                en: "'\(word)' cannot be handed to the kernel here: GRUB would take a character of it for its own.",
                zh: "“\(word)”在这里无法传给内核：其中有字符会被 GRUB 当作自己的语法。"
            )
        )
    }

    /// The edit with more words behind it.
    func adding(_ words: [String]) -> ArgumentEdit { ArgumentEdit(remove: remove, add: add + words) }
}
