import Changes
import Formats
import Inventory
import Machine
import Wording

/// Systems whose GRUB reads entries from files (`blscfg`): Fedora, RHEL and their kin.
///
/// What `grubby --update-kernel=ALL` would edit is edited here: the entries, `/etc/kernel/cmdline`, `GRUB_CMDLINE_LINUX`,
/// and `kernelopts` in GRUB's environment block where the entries say `$kernelopts` (RHEL 8). Editing the files needs no
/// program, and is taken back byte for byte.
struct GRUBBootLoaderEntries: BootPlatform {
    static let folder = "/boot/loader/entries"
    static let defaults = "/etc/default/grub"
    private static let variable = "kernelopts"

    private let machine: Machine
    private let home: String
    private var menuPath: String { home + "/grub.cfg" }
    private var environment: GRUBEnvironmentFile { .init(machine: machine, path: home + "/grubenv") }
    private var trialPath: String { "\(Self.folder)/\(BootEntries.trialName).conf" }

    init?(_ machine: Machine) {
        // RHEL 8 with EFI has its menu on the EFI system partition.
        let vendors = machine.listIfAny("/boot/efi/EFI").map { "/boot/efi/EFI/" + $0 }
        let home = (["/boot/grub2", "/boot/grub"] + vendors).first { folder in
            (try? machine.read(folder + "/grub.cfg")).map { GRUBMenu($0).usesBootLoaderEntries } == true
        }
        guard let home, machine.listIfAny(Self.folder).contains(where: { $0.hasSuffix(".conf") }) else { return nil }
        self.machine = machine
        self.home = home
    }

    var title: Text { Text(en: "the boot entries in \(Self.folder)", zh: "\(Self.folder) 中的启动项") }

    // MARK: The default

    private func entries() throws(BootPlatformError) -> BootEntries { try BootEntries(machine, in: [Self.folder]) }

    /// What `default` will be when nobody has asked for one boot with another entry.
    private var selection: String? {
        var values = environment.values
        values["next_entry"] = nil
        return (try? machine.read(menuPath)).flatMap { GRUBMenu($0, savedEnvironment: values).selection }
    }

    /// The entry that the loader's settings name.
    private func named(_ entries: BootEntries) -> BootEntries.Entry? {
        guard let selection, !selection.isEmpty else { return nil }
        return entries.entry(selection) ?? entries.entries.first { $0.document["title"] == selection }
    }

    var savedLine: KernelCommandLine? {
        guard let entries = try? entries() else { return nil }
        // Without a named one GRUB takes the newest kernel: the one of this boot is the best guess.
        let image = KernelCommandLine(machine.textIfAny("/proc/cmdline") ?? "").last(of: "BOOT_IMAGE")
        let booted = entries.entries.first { entry in
            guard let kernel = entry.document["linux"] else { return false }
            return image?.hasSuffix(kernel) == true
        }
        let entry = named(entries) ?? booted ?? entries.entries.first
        return entry?.document.commandLine(environment: variables)
    }

    /// The environment block's variables, with what the menu itself sets `kernelopts` to where the block has none.
    private var variables: [String: String] {
        var values = environment.values
        values[Self.variable] = values[Self.variable] ?? menuOptions
        return values
    }

    private var menuOptions: String? {
        guard let text = machine.textIfAny(menuPath) else { return nil }
        let start = "set \(Self.variable)=\""
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let words = String(Substring(line)).trimmingPrefix { $0 == " " || $0 == "\t" }
            guard words.hasPrefix(start), let end = words.lastIndex(of: "\"") else { continue }
            let from = words.index(words.startIndex, offsetBy: start.count)
            return from <= end ? String(words[from..<end]) : nil
        }
        return nil
    }

    private static func usesVariable(_ entry: BootEntries.Entry) -> Bool {
        let words = KernelCommandLine(entry.document.options ?? "").words.map(\.text)
        return words.contains("$\(variable)") || words.contains("${\(variable)}")
    }

    // MARK: Permanent

    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange] {
        try edit.requirePlainWords()
        guard !edit.isEmpty else { return [] }
        let entries = try entries()
        var changes = entries.changes(edit, leavesRescueAlone: leavesFailsafeAlone, unless: Self.usesVariable)
        let reason = Text(en: "the arguments of every boot", zh: "每次启动的参数")
        if entries.entries.contains(where: Self.usesVariable) {
            let now = variables[Self.variable] ?? ""
            let after = edit.line(from: now)
            if after != now, let change = try environment.change(Self.variable, to: after, reason: reason) {
                changes.append(change)
            }
        }
        if let change = try KernelArgumentFile(machine: machine).change(edit, isMade: false) { changes.append(change) }
        if let change = try defaultsChange(edit) { changes.append(change) }
        return try machine.writable(changes)
    }

    private func defaultsChange(_ edit: ArgumentEdit) throws(BootPlatformError) -> PlannedChange? {
        guard let before = try machine.content(Self.defaults) else { return nil }
        let after: [UInt8]
        do {
            after = try GRUBDefaults.edited(before.bytes, variable: "GRUB_CMDLINE_LINUX", edit: edit)
        } catch {
            throw .malformed(Self.defaults, error)
        }
        let reason = Text(en: "the arguments of menus to come", zh: "以后生成的菜单的参数")
        return before.bytes == after
            ? nil : .file(Self.defaults, before: before, after: FileContent(after), reason: reason)
    }

    // MARK: Trial

    var trialObstacle: Text? {
        // The block may be a link to the EFI system partition.
        let block = (try? machine.linkTarget(environment.path)) ?? environment.path
        if let obstacle = GRUBTrial.obstacle(to: Machine.parent(of: block), machine) { return obstacle }
        guard let text = machine.textIfAny(menuPath), text.contains("next_entry") else {
            return Text(en: "\(menuPath) does not take next_entry", zh: "\(menuPath) 不支持 next_entry")
        }
        guard let entries = try? entries(), named(entries) != nil else {
            // A new entry could then become the default of every boot.
            return Text(
                en: "no default entry is named (grubby --set-default), so that a new one could take its place",
                zh: "没有指定默认启动项（grubby --set-default），新启动项可能取而代之"
            )
        }
        return nil
    }

    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange] {
        guard let entry = named(try entries()) else { return [] }
        // With the variable's value in its place, words in it can be taken away.
        let document = BootLoaderEntry(
            entry.content.bytes.replacing(["${\(Self.variable)}", "$\(Self.variable)"], with: variables[Self.variable])
        )
        let copy = document.copy(title: BootEntries.trialTitle, edit: edit.adding(marks))
        var changes: [PlannedChange] = [
            .file(
                trialPath,
                before: try machine.content(trialPath),
                after: FileContent(copy),
                reason: Text(en: "an entry with the new arguments", zh: "带新参数的启动项")
            )
        ]
        let order = Text(en: "the next boot takes that entry, once", zh: "下次启动采用该启动项，仅一次")
        if let change = try environment.change("next_entry", to: BootEntries.trialName, reason: order) {
            changes.append(change)
        }
        return try machine.writable(changes)
    }

    func endOfTrial() throws(BootPlatformError) -> [PlannedChange] {
        var changes: [PlannedChange] = []
        let reason = Text(en: "the trial is over", zh: "试启动已结束")
        if environment.values["next_entry"] == BootEntries.trialName,
            let change = try environment.change("next_entry", to: nil, reason: reason)
        {
            changes.append(change)
        }
        if let before = try machine.content(trialPath) {
            changes.append(.file(trialPath, before: before, after: nil, reason: reason))
        }
        return changes
    }
}

extension [UInt8] {
    /// The bytes with each of these texts replaced; as they are where there is nothing to put in.
    fileprivate func replacing(_ texts: [String], with value: String?) -> [UInt8] {
        guard let value else { return self }
        var result: [UInt8] = []
        var index = 0
        while index < count {
            let rest = self[index...]
            if let text = texts.first(where: { rest.starts(with: $0.utf8) }) {
                result += value.utf8
                index += text.utf8.count
            } else {
                result.append(self[index])
                index += 1
            }
        }
        return result
    }
}
