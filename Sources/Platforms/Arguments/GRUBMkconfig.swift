import Changes
import Formats
import Inventory
import Machine
import Wording

/// Systems whose menu grub-mkconfig writes: Debian, Ubuntu, Proxmox with GRUB, Arch. The arguments stand in a file of
/// passthru's own in `/etc/default/grub.d` where grub-mkconfig reads that folder, else in `/etc/default/grub`.
struct GRUBMkconfig: BootPlatform {
    static let defaults = "/etc/default/grub"
    static let folder = "/etc/default/grub.d"
    /// Read last, so that no other file of the folder sets the variable anew.
    static let dropIn = folder + "/zz-passthru.cfg"
    /// The id and title of the entry that is booted once.
    static let entry = "passthru-trial"
    static let begin = "### BEGIN passthru trial ###\n"
    static let end = "### END passthru trial ###\n"

    private let machine: Machine
    private let home: String
    /// proxmox-boot-tool, where it keeps the menu that GRUB reads on boot partitions that are not mounted: the one in
    /// /boot/grub is not read there.
    private let syncing: String?
    private var menuPath: String { home + "/grub.cfg" }
    private var customPath: String { home + "/custom.cfg" }
    private var environment: GRUBEnvironmentFile { .init(machine: machine, path: home + "/grubenv") }

    init?(_ machine: Machine) {
        guard machine.exists(Self.defaults) else { return nil }
        syncing = machine.exists(ProxmoxBootTool.list) ? machine.program("proxmox-boot-tool") : nil
        let home = ["/boot/grub", "/boot/grub2"].first { machine.exists($0 + "/grub.cfg") }
        guard let home = home ?? syncing.map({ _ in "/boot/grub" }) else { return nil }
        self.machine = machine
        self.home = home
    }

    var title: Text {
        usesDropIn
            ? Text(en: "GRUB (\(Self.folder))", zh: "GRUB 配置（\(Self.folder)）")
            : Text(en: "GRUB (\(Self.defaults))", zh: "GRUB 配置（\(Self.defaults)）")
    }

    private var menu: GRUBMenu? {
        (try? machine.read(menuPath)).map { GRUBMenu($0, savedEnvironment: environment.values) }
    }

    var savedLine: KernelCommandLine? {
        guard syncing != nil else { return menu?.defaultEntry?.linux.first?.commandLine }
        let parts = machine.listIfAny(Self.folder).filter { $0.hasSuffix(".cfg") }.map { "\(Self.folder)/\($0)" }
        return GRUBDefaults(([Self.defaults] + parts).compactMap { try? machine.read($0) }).arguments
    }

    func handContent() throws(BootPlatformError) -> FileContent? { try machine.content(Self.defaults) }

    // MARK: Permanent

    /// Debian's grub-mkconfig reads the folder, the one of GRUB itself does not.
    private var usesDropIn: Bool {
        let programs = ["grub-mkconfig", "grub2-mkconfig"].compactMap { machine.program($0) }
        let texts = programs.compactMap { machine.textIfAny($0) }
        guard texts.isEmpty else { return texts.contains { $0.contains("default/grub.d") } }
        return machine.exists(Self.folder)
    }

    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange] {
        guard !edit.isEmpty else { return [] }
        let change = try usesDropIn ? dropInChange(edit) : defaultsChange(edit)
        // Where the settings are right already, the menu that lacks the words was never made from them.
        return try machine.writable([change].compactMap(\.self) + [try regeneration(expecting: edit.add.first)])
    }

    private func dropInChange(_ edit: ArgumentEdit) throws(BootPlatformError) -> PlannedChange? {
        let before = try machine.content(Self.dropIn)
        let variable = GRUBDefaults.normalEntries
        // The file appends to the variable: of its value alone, the words are passthru's.
        let now = before.flatMap { GRUBDefaults([$0.bytes]).defaultCommandLine } ?? KernelCommandLine("")
        let words = KernelCommandLine(now.edited(edit)).words.map(\.text)
        let after: FileContent?
        do {
            after =
                words.isEmpty
                ? nil
                : FileContent(
                    try GRUBDefaults.dropIn(
                        arguments: words,
                        comment: "Written by passthru (passthru iommu on). Recovery entries do not get \(variable)."
                    )
                )
        } catch {
            throw .malformed(Self.dropIn, error)
        }
        let reason = Text(en: "the arguments of every boot", zh: "每次启动的参数")
        return before == after ? nil : .file(Self.dropIn, before: before, after: after, reason: reason)
    }

    private func defaultsChange(_ edit: ArgumentEdit) throws(BootPlatformError) -> PlannedChange? {
        guard let before = try machine.content(Self.defaults) else { return nil }
        let after: [UInt8]
        do {
            after = try GRUBDefaults.edited(before.bytes, edit: edit)
        } catch {
            throw .malformed(Self.defaults, error)
        }
        let reason = Text(en: "the arguments of every boot", zh: "每次启动的参数")
        return before.bytes == after
            ? nil : .file(Self.defaults, before: before, after: FileContent(after), reason: reason)
    }

    func regeneration(expecting word: String?) throws(BootPlatformError) -> PlannedChange {
        let reason = Text(en: "writes the menu anew", zh: "重新生成菜单")
        let expectation = word.map { Expectation.fileContains(path: menuPath, text: $0) }
        // It also copies kernels and menu to each boot partition, which are not mounted.
        if let syncing { return ProxmoxBootTool.refresh(syncing) }
        if let program = machine.program("update-grub") {
            return .program(program, generates: [menuPath], expectation: expectation, reason: reason)
        }
        for name in ["grub-mkconfig", "grub2-mkconfig"] {
            guard let program = machine.program(name) else { continue }
            return .program(
                program,
                ["-o", menuPath],
                generates: [menuPath],
                expectation: expectation,
                reason: reason
            )
        }
        throw BootPlatformError(
            .missing,
            Text(
                en: "There is no update-grub or grub-mkconfig on this machine to write \(menuPath) with.",
                zh: "本机没有 update-grub 或 grub-mkconfig，无法生成 \(menuPath)。"
            )
        )
    }

    // MARK: Trial

    var trialObstacle: Text? {
        if syncing != nil { return ProxmoxBootTool.obstacle }
        if let obstacle = GRUBTrial.obstacle(to: home, machine) { return obstacle }
        guard let text = machine.textIfAny(menuPath) else {
            return Text(en: "\(menuPath) cannot be read", zh: "无法读取 \(menuPath)")
        }
        for word in ["next_entry", "custom.cfg"] where !text.contains(word) {
            return Text(en: "\(menuPath) does not take \(word)", zh: "\(menuPath) 不支持 \(word)")
        }
        return nil
    }

    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange] {
        guard let content = try machine.content(menuPath) else { return [] }
        let block: [UInt8]
        do {
            let document = try GRUBMenuDocument(content.bytes)
            guard let titles = menu?.defaultEntry?.titles,
                let entry = document.entries.first(where: { $0.titles == titles })
            else { throw noDefault }
            block = try document.copy(
                of: entry,
                title: "passthru: trial boot",
                id: Self.entry,
                edit: edit.adding(marks)
            )
        } catch let error as BootPlatformError {
            throw error
        } catch {
            throw .malformed(menuPath, error)
        }
        let before = try machine.content(customPath)
        let own = Array(Self.begin.utf8) + block + Array(Self.end.utf8)
        var changes: [PlannedChange] = [
            .file(
                customPath,
                before: before,
                after: FileContent(Self.withoutTrial(before?.bytes ?? []) + own),
                reason: Text(en: "an entry with the new arguments", zh: "带新参数的启动项")
            )
        ]
        let order = Text(en: "the next boot takes that entry, once", zh: "下次启动采用该启动项，仅一次")
        if let change = try environment.change("next_entry", to: Self.entry, reason: order) { changes.append(change) }
        return changes
    }

    private var noDefault: BootPlatformError {
        BootPlatformError(
            .refused,
            Text(
                en: "Which entry of \(menuPath) boots by default cannot be told: no trial is possible.",
                zh: "无法确定 \(menuPath) 的默认启动项：不能试启动。"
            )
        )
    }

    func endOfTrial() throws(BootPlatformError) -> [PlannedChange] {
        var changes: [PlannedChange] = []
        let reason = Text(en: "the trial is over", zh: "试启动已结束")
        if environment.values["next_entry"] == Self.entry,
            let change = try environment.change("next_entry", to: nil, reason: reason)
        {
            changes.append(change)
        }
        if let before = try machine.content(customPath) {
            let rest = Self.withoutTrial(before.bytes)
            if rest != before.bytes {
                let after = rest.isEmpty ? nil : FileContent(rest)
                changes.append(.file(customPath, before: before, after: after, reason: reason))
            }
        }
        return changes
    }

    /// The owner's own entries.
    private static func withoutTrial(_ bytes: [UInt8]) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let start = text.range(of: begin), let stop = text.range(of: end) else { return bytes }
        guard start.lowerBound < stop.upperBound else { return bytes }
        return Array((text[..<start.lowerBound] + text[stop.upperBound...]).utf8)
    }
}

extension String {
    /// The first place of a text.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
