import Changes
import Formats
import Machine
import Wording

/// The entries of boot loaders that read a file each (UAPI.1 Boot Loader Specification, type #1).
struct BootEntries {
    /// One file.
    struct Entry {
        let path: String
        /// The file's name without the counter of boot attempts: `arch.conf` of `arch+2-1.conf`.
        let id: String
        let content: FileContent
        let document: BootLoaderEntry

        /// Whether it is one to fall back to, which the owner may want to stay as it is.
        var isRescue: Bool { id.utf8.split(separator: UInt8(ascii: "-")).contains { $0.elementsEqual("rescue".utf8) } }
    }

    /// The name and title of the entry that is booted once.
    static let trialName = "passthru-trial"
    static let trialTitle = "passthru: trial boot"

    /// Those that start a Linux kernel of this machine, passthru's own left out, by name.
    let entries: [Entry]

    /// - Parameter folders: where the entries are.
    /// - Throws: where one cannot be read.
    init(_ machine: Machine, in folders: [String]) throws(BootPlatformError) {
        var found: [Entry] = []
        for folder in folders {
            for name in machine.listIfAny(folder) where name.hasSuffix(".conf") {
                let path = "\(folder)/\(name)"
                guard let content = try machine.content(path) else { continue }
                let entry = Entry(
                    path: path,
                    id: Self.id(of: name),
                    content: content,
                    document: BootLoaderEntry(content.bytes)
                )
                if entry.document["linux"] != nil, entry.id != Self.trialName + ".conf" { found.append(entry) }
            }
        }
        // Another system on the same partition has its own; a copied disk still has the old machine's.
        let machineID = machine.textIfAny("/etc/machine-id")
        let own = found.filter { $0.document["machine-id"] == nil || $0.document["machine-id"] == machineID }
        entries = own.isEmpty ? found : own
    }

    /// The entry with this id; `.conf` may be left out, as GRUB does.
    func entry(_ id: String?) -> Entry? {
        guard let id else { return nil }
        return entries.first { $0.id == id || $0.id == id + ".conf" }
    }

    /// The changes of each entry's own line.
    func changes(
        _ edit: ArgumentEdit,
        leavesRescueAlone: Bool,
        unless isElsewhere: (Entry) -> Bool = { _ in false }
    ) -> [PlannedChange] {
        entries.compactMap { entry in
            if leavesRescueAlone && entry.isRescue { return nil }
            let own = isElsewhere(entry) ? ArgumentEdit(remove: edit.remove) : edit
            let after = entry.document.edited(own)
            guard after != entry.content.bytes else { return nil }
            let reason = Text(en: "the arguments of every boot", zh: "每次启动的参数")
            return .file(entry.path, before: entry.content, after: FileContent(after), reason: reason)
        }
    }

    /// The name without `+TRIES-LEFT-TRIES-DONE` (systemd.io, "Automatic Boot Assessment").
    static func id(of name: String) -> String {
        let stem = name.dropLast(".conf".count)
        guard let plus = stem.lastIndex(of: "+") else { return name }
        let counter = stem[stem.index(after: plus)...]
        let isCounter = !counter.isEmpty && counter.utf8.allSatisfy { $0 == UInt8(ascii: "-") || $0 &- 0x30 < 10 }
        return isCounter ? stem[..<plus] + ".conf" : name
    }
}

/// `/etc/kernel/cmdline`, out of which kernel-install, ukify, mkinitcpio and proxmox-boot-tool make kernels' lines.
struct KernelArgumentFile {
    static let path = "/etc/kernel/cmdline"
    /// What stands in for it where it is missing (kernel-install(8)).
    private static let vendorPath = "/usr/lib/kernel/cmdline"

    let machine: Machine

    /// The line that is taken now; nil when there is none.
    var line: KernelCommandLine? {
        for path in [Self.path, Self.vendorPath] {
            if let bytes = try? machine.read(path) { return ArgumentFile(bytes).commandLine }
        }
        return machine.textIfAny("/proc/cmdline").map { KernelCommandLine(Self.withoutLoadersWords($0)) }
    }

    /// The change of the file; nil when it has no need of one.
    ///
    /// - Parameter isMade: whether it comes into being where it is missing, out of what is taken without it.
    func change(_ edit: ArgumentEdit, isMade: Bool) throws(BootPlatformError) -> PlannedChange? {
        let before = try machine.content(Self.path)
        var start = before?.bytes
        if start == nil {
            start = try machine.content(Self.vendorPath)?.bytes
            if start == nil, isMade, let text = machine.textIfAny("/proc/cmdline") {
                start = Array((Self.withoutLoadersWords(text) + "\n").utf8)
            }
        }
        guard let start else { return nil }
        let after = ArgumentFile(start).edited(edit)
        guard after != start else { return nil }
        let reason = Text(en: "the arguments of kernels to come", zh: "以后安装的内核的参数")
        return .file(Self.path, before: before, after: FileContent(after), reason: reason)
    }

    /// A booted line without what the loader adds of its own, and without a trial's words.
    static func withoutLoadersWords(_ text: String) -> String {
        KernelCommandLine(text).words.filter { word in
            !["BOOT_IMAGE", "initrd", "passthru.trial"].contains { word.isNamed($0) }
                && word.text != Trial.panicArgument
        }.map(\.text).joined(separator: " ")
    }
}
