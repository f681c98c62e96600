import Changes
import Formats
import Inventory
import Machine
import Wording

/// iStoreOS' own way: `/etc/config/grub`, from which `/etc/init.d/grub restart` fills GRUB's environment block and puts
/// `/etc/grub.cfg.d/*.cfg` together to `/boot/grub/grub.ext.cfg`; the menu appends `$cmdline_ext` to every entry.
struct IStoreOSGRUBHook: BootPlatform {
    static let configuration = "/etc/config/grub"
    static let service = "/etc/init.d/grub"
    static let merge = "/usr/sbin/update-grub"
    static let menu = "/boot/grub/grub.cfg"
    static let extra = "/boot/grub/grub.ext.cfg"
    static let snippet = "/etc/grub.cfg.d/50-passthru.cfg"
    static let environmentPath = "/boot/grub/grubenv"
    /// The state of the trial, in GRUB's environment block.
    static let state = "passthru_state"
    /// passthru's own section of `/etc/config/grub`.
    static let section = "passthru"
    private static let iommuNames = ["intel_iommu", "amd_iommu", "iommu"]

    private let machine: Machine
    private var environment: GRUBEnvironmentFile { .init(machine: machine, path: Self.environmentPath) }

    init?(_ machine: Machine) {
        guard Platform.Capability.grubHook.isThere(on: machine) else { return nil }
        self.machine = machine
    }

    var title: Text {
        Text(en: "iStoreOS' GRUB settings (\(Self.configuration))", zh: "iStoreOS 的 GRUB 设置（\(Self.configuration)）")
    }

    /// What GRUB itself will find, not the settings that it was made from: an upgrade may have lost the one or the other.
    var savedLine: KernelCommandLine? {
        guard let bytes = try? machine.read(Self.menu) else { return nil }
        let sources = [Self.extra: try? machine.read(Self.extra)].compactMapValues(\.self)
        let menu = GRUBMenu(bytes, savedEnvironment: environment.values, sources: sources)
        return menu.defaultEntry?.linux.first?.commandLine
    }

    private func document() throws(BootPlatformError) -> UCIDocument {
        let bytes = try machine.content(Self.configuration)?.bytes ?? []
        do {
            return try UCIDocument(bytes)
        } catch {
            throw .malformed(Self.configuration, error)
        }
    }

    /// What the settings alone say.
    var configuredLine: KernelCommandLine {
        let settings = (try? document()).map { IStoreOSGRUB($0) }
        return settings?.arguments(isIntel: isIntel) ?? KernelCommandLine("")
    }

    private var isIntel: Bool { machine.textIfAny("/proc/cpuinfo")?.contains("Intel") == true }

    /// The menu, read as strictly as GRUB does; nil when there is none.
    func handDocument() throws(BootPlatformError) -> GRUBMenuDocument? {
        guard let content = try machine.content(Self.menu) else { return nil }
        do {
            return try GRUBMenuDocument(content.bytes)
        } catch {
            throw .malformed(Self.menu, error)
        }
    }

    // MARK: Permanent

    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange] {
        guard !edit.isEmpty else { return [] }
        try checkMenu()
        try edit.requirePlainWords()
        let before = try machine.content(Self.configuration)
        let after = try edited(edit)
        try checkRoom(for: after)
        var changes: [PlannedChange] = []
        if after.bytes != before?.bytes ?? [] {
            let reason = Text(en: "the arguments of every boot", zh: "每次启动的参数")
            changes.append(
                .file(Self.configuration, before: before, after: FileContent(after.bytes), reason: reason)
            )
        }
        changes.append(regeneration(expecting: edit.add.first))
        return try machine.writable(changes)
    }

    /// A menu that GRUB cannot read boots nothing, whatever is set.
    private func checkMenu() throws(BootPlatformError) {
        guard let bytes = try machine.content(Self.menu)?.bytes else { return }
        do {
            _ = try GRUBMenuDocument(bytes)
        } catch {
            throw .malformed(Self.menu, error)
        }
    }

    private func regeneration(expecting word: String?) -> PlannedChange {
        .program(
            Self.service,
            ["restart"],
            generates: [Self.environmentPath, Self.extra],
            expectation: word.map { .fileContains(path: Self.environmentPath, text: $0) },
            reason: Text(en: "writes them for GRUB", zh: "写入 GRUB")
        )
    }

    /// The settings after the edit. The IOMMU's own words go to the section that LuCI's page shows, the others to one that
    /// is passthru's.
    private func edited(_ edit: ArgumentEdit) throws(BootPlatformError) -> UCIDocument {
        var document = try document()
        func isOfIOMMU(_ word: String) -> Bool {
            Self.iommuNames.contains { name in KernelCommandLine(word).words.first?.isNamed(name) == true }
        }
        let iommu = ArgumentEdit(remove: edit.remove.filter(isOfIOMMU), add: edit.add.filter(isOfIOMMU))
        let others = ArgumentEdit(
            remove: edit.remove.filter { !isOfIOMMU($0) },
            add: edit.add.filter { !isOfIOMMU($0) }
        )
        do {
            if let section = document.section(named: "iommu") {
                let isOn = section.boolean("enabled") == true
                let now = isOn ? section["cmdline"] ?? "" : ""
                let text = iommu.line(from: now)
                if text != now {
                    if text.isEmpty {
                        document = try UCIDocument(document.setting("enabled", to: .text("0"), inSection: "iommu"))
                    } else {
                        document = try UCIDocument(document.setting("enabled", to: .text("1"), inSection: "iommu"))
                        document = try UCIDocument(document.setting("cmdline", to: .text(text), inSection: "iommu"))
                    }
                }
            } else if !iommu.add.isEmpty {
                document = try UCIDocument(
                    document.adding(
                        type: "iommu",
                        name: "iommu",
                        options: [("enabled", .text("1")), ("cmdline", .text(iommu.add.joined(separator: " ")))]
                    )
                )
            }
            let own = document.section(named: Self.section)
            let now = own?["cmdline"] ?? ""
            let text = others.line(from: now)
            if text.isEmpty {
                if own != nil { document = try UCIDocument(document.removing(section: Self.section)) }
            } else if own == nil {
                document = try UCIDocument(
                    document.adding(
                        type: "cmdline",
                        name: Self.section,
                        options: [
                            ("enabled", .text("1")), ("cmdline", .text(text)), ("comment", .text("passthru")),
                        ]
                    )
                )
            } else if text != now {
                document = try UCIDocument(document.setting("cmdline", to: .text(text), inSection: Self.section))
            }
            return document
        } catch {
            throw .malformed(Self.configuration, error)
        }
    }

    /// The init script does not look whether the block took what it wrote: it is counted before.
    private func checkRoom(for document: UCIDocument) throws(BootPlatformError) {
        let settings = IStoreOSGRUB(document)
        let custom = settings.additions.compactMap { $0.isEnabled ? $0.commandLine : nil }.joined(separator: " ")
        let iommu = settings.isIOMMUEnabled ? settings.iommuCommandLine ?? "intel_iommu=on iommu=pt" : ""
        _ = try environment.bytes(setting: [("IOMMU_CMDLINE", iommu), ("CUSTOM_CMDLINE", custom + " ")])
    }

    // MARK: Trial

    var trialObstacle: Text? {
        guard machine.program("update-grub") != nil else {
            return Text(en: "\(Self.merge) is missing", zh: "缺少 \(Self.merge)")
        }
        return GRUBTrial.obstacle(to: "/boot/grub", machine)
    }

    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange] {
        let line = IStoreOSGRUB(try edited(edit)).arguments(isIntel: isIntel)
        let words = line.words.map(\.text) + marks
        var changes: [PlannedChange] = [
            .file(
                Self.snippet,
                before: try machine.content(Self.snippet),
                after: FileContent(Self.script(words)),
                reason: Text(en: "the arguments of one boot", zh: "只用于一次启动的参数")
            ),
            merging(expecting: "passthru_boot_trial"),
        ]
        // Last of all: before it, the functions are there and nobody calls for the trial.
        let order = Text(en: "the next boot is the trial", zh: "下次启动为试启动")
        if let change = try environment.change(Self.state, to: "trial", reason: order) { changes.append(change) }
        return changes
    }

    func endOfTrial() throws(BootPlatformError) -> [PlannedChange] {
        var changes: [PlannedChange] = []
        let reason = Text(en: "the trial is over", zh: "试启动已结束")
        if let change = try environment.change(Self.state, to: nil, reason: reason) { changes.append(change) }
        if let before = try machine.content(Self.snippet) {
            changes.append(.file(Self.snippet, before: before, after: nil, reason: reason))
            changes.append(merging(expecting: nil))
        }
        return changes
    }

    private func merging(expecting text: String?) -> PlannedChange {
        .program(
            Self.merge,
            generates: [Self.extra],
            expectation: text.map { .fileContains(path: Self.extra, text: $0) },
            reason: Text(en: "puts GRUB's additions together", zh: "合并 GRUB 附加配置")
        )
    }

    /// What GRUB does before the menu. Its images for BIOS have no `test`, and take an unknown command for true: the state
    /// is therefore a part of a function's name. The trial goes on only when the block really has taken the new state, so
    /// that it cannot come twice.
    static func script(_ words: [String]) -> String {
        let line = words.map(GRUBTrial.quoted).joined(separator: " ")
        return """
            # Written by passthru: one boot with other kernel arguments. It goes when the trial is over.
            function passthru_boot_trial {
            	set \(state)=failed
            	save_env --file \(environmentPath) \(state)
            	set \(state)=trial
            	load_env --file \(environmentPath) \(state)
            	passthru_go_${\(state)}
            }
            function passthru_go_failed {
            	set cmdline_ext="\(line)"
            }
            function passthru_go_trial {
            	echo "passthru: no trial, \(environmentPath) cannot be written"
            }
            function passthru_boot_failed {
            	set passthru_idle=1
            }
            function passthru_boot_ {
            	set passthru_idle=1
            }
            passthru_boot_${\(state)}

            """
    }
}
