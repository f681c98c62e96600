import Changes
import Formats
import Inventory
import Machine
import Wording

/// systemd-boot with a file for each entry: Arch, Debian and Fedora where kernel-install makes the entries, and the trial of
/// Pop!_OS.
struct SystemdBootEntries: BootPlatform {
    /// Where the EFI system partition and the extended boot loader partition are mounted (bootctl(1), `--esp-path`).
    private static let homes = ["/efi", "/boot/efi", "/boot"]
    static let trialID = BootEntries.trialName + ".conf"

    private let machine: Machine
    private let loader: BootLoader
    let homes: [String]

    init?(_ machine: Machine, _ loader: BootLoader) {
        homes = Self.homes.filter { home in
            machine.listIfAny(home + "/loader/entries").contains { $0.hasSuffix(".conf") }
        }
        guard !homes.isEmpty else { return nil }
        self.machine = machine
        self.loader = loader
    }

    private var folders: [String] { homes.map { $0 + "/loader/entries" } }

    var title: Text {
        let places = folders.joined(separator: ", ")
        return Text(en: "the boot entries in \(places)", zh: "\(places) 中的启动项")
    }

    func entries() throws(BootPlatformError) -> BootEntries { try BootEntries(machine, in: folders) }

    // MARK: The default

    /// What names the default: the firmware's variable before the file (loader.conf(5), `default`).
    private var pattern: String? {
        if let entry = loader.defaultEntry, !entry.isEmpty { return entry }
        for home in Self.homes {
            guard let bytes = try? machine.read(home + "/loader/loader.conf") else { continue }
            // The same lines of a key and a value as an entry's.
            return BootLoaderEntry(bytes).fields.last { $0.key == "default" }?.value
        }
        return nil
    }

    private func ordered(_ entries: BootEntries) -> [BootEntries.Entry] {
        entries.entries.sorted { SystemdBootOrder.isBefore($0, $1) }
    }

    private func named(_ entries: [BootEntries.Entry]) -> BootEntries.Entry? {
        guard let pattern, !pattern.hasPrefix("@") else { return nil }
        return entries.first { SystemdBootOrder.matches($0.id, pattern) }
    }

    /// The entry that boots when nobody chooses.
    private func usual(_ entries: BootEntries) -> BootEntries.Entry? {
        let ordered = ordered(entries)
        return named(ordered) ?? entries.entry(loader.entry) ?? ordered.first
    }

    var savedLine: KernelCommandLine? { (try? entries()).flatMap { usual($0)?.document.commandLine() } }

    // MARK: Permanent

    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange] {
        guard !edit.isEmpty else { return [] }
        var changes = try entries().changes(edit, leavesRescueAlone: leavesFailsafeAlone)
        // kernel-install makes the entries of later kernels out of it.
        if machine.program("kernel-install") != nil || machine.exists(KernelArgumentFile.path),
            let change = try KernelArgumentFile(machine: machine).change(edit, isMade: false)
        {
            changes.append(change)
        }
        return try machine.writable(changes)
    }

    // MARK: Trial

    var trialObstacle: Text? {
        guard machine.program("bootctl") != nil else { return Text(en: "bootctl is missing", zh: "缺少 bootctl") }
        guard !machine.listIfAny("/sys/firmware/efi/efivars").isEmpty else {
            return Text(
                en: "the firmware's variables cannot be seen in /sys/firmware/efi/efivars",
                zh: "在 /sys/firmware/efi/efivars 中看不到固件变量"
            )
        }
        guard let entries = try? entries(), let entry = usual(entries) else {
            return Text(en: "no entry that boots by default was found", zh: "未找到默认启动项")
        }
        guard let system = BootFileSystem.holding(entry.path, machine) else {
            return Text(
                en: "what \(entry.path) lies on could not be read",
                zh: "无法得知 \(entry.path) 所在的文件系统"
            )
        }
        guard system.type == "vfat" else {
            return Text(
                en: "\(Machine.parent(of: entry.path)) is on no mounted EFI system partition",
                zh: "\(Machine.parent(of: entry.path)) 不在已挂载的 EFI 系统分区上"
            )
        }
        if system.isReadOnly {
            return Text(en: "\(system.mountPoint) is mounted read-only", zh: "\(system.mountPoint) 以只读方式挂载")
        }
        return orderObstacle(entries, entry)
    }

    /// Why the trial's entry could become the default of every boot.
    private func orderObstacle(_ entries: BootEntries, _ entry: BootEntries.Entry) -> Text? {
        if let pattern, pattern.hasPrefix("@") {
            return Text(
                en: "the default is \(pattern), which a trial would change",
                zh: "默认启动项为 \(pattern)，试启动会改变它"
            )
        }
        let trial = (Self.trialID, BootLoaderEntry(Self.copy(of: entry, ArgumentEdit())))
        let others = ordered(entries)
        let isNamed = named(others) != nil
        let fits = pattern.map { SystemdBootOrder.matches(Self.trialID, $0) } ?? false
        let isLast = others.allSatisfy { SystemdBootOrder.isSurelyBefore(($0.id, $0.document), trial) }
        let comesFirst = others.first.map { !SystemdBootOrder.isSurelyBefore(($0.id, $0.document), trial) } ?? true
        if isNamed && !fits || isNamed && isLast || !isNamed && !fits && !comesFirst { return nil }
        return Text(
            en: "no default entry is named in loader.conf, so that a new one could take its place",
            zh: "loader.conf 中没有指定默认启动项，新启动项可能取而代之"
        )
    }

    /// A second entry that comes as late as it can in the menu.
    private static func copy(of entry: BootEntries.Entry, _ edit: ArgumentEdit) -> [UInt8] {
        let copy = entry.document.copy(title: BootEntries.trialTitle, edit: edit)
        var result: [UInt8] = []
        for line in copy.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if BootLoaderEntry(Array(line)).fields.first?.key == "sort-key" { continue }
            result += line + [UInt8(ascii: "\n")]
        }
        return result.dropLast() + (copy.last == UInt8(ascii: "\n") ? [] : [UInt8(ascii: "\n")])
    }

    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange] {
        guard let entry = usual(try entries()), let bootctl = machine.program("bootctl") else { return [] }
        let path = Machine.parent(of: entry.path) + "/" + Self.trialID
        let changes: [PlannedChange] = [
            .file(
                path,
                before: try machine.content(path),
                after: FileContent(Self.copy(of: entry, edit.adding(marks))),
                reason: Text(en: "an entry with the new arguments", zh: "带新参数的启动项")
            ),
            .program(
                bootctl,
                ["set-oneshot", Self.trialID],
                inverse: [.runProgram(path: bootctl, arguments: ["set-oneshot", ""])],
                reason: Text(en: "the next boot takes that entry, once", zh: "下次启动采用该启动项，仅一次")
            ),
        ]
        return try machine.writable(changes)
    }

    func endOfTrial() throws(BootPlatformError) -> [PlannedChange] {
        var changes: [PlannedChange] = []
        let reason = Text(en: "the trial is over", zh: "试启动已结束")
        // systemd-boot takes the order away when it follows it.
        if BootLoader.oneShotEntry(machine) == Self.trialID, let bootctl = machine.program("bootctl") {
            changes.append(.program(bootctl, ["set-oneshot", ""], reason: reason))
        }
        for folder in folders {
            let path = "\(folder)/\(Self.trialID)"
            if let before = try machine.content(path) {
                changes.append(.file(path, before: before, after: nil, reason: reason))
            }
        }
        return changes
    }
}
