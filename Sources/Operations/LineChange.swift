import Changes
import Formats
import Inventory
import Machine
import Planning
import Platforms
import Wording

/// What has to change so that a machine boots with the wanted words: from what stands there now, and from what passthru
/// itself put there before.
struct LineChange {
    let machine: Machine
    let host: Host
    let platform: any BootPlatform
    let wanted: WantedLine
    let file: WantedFile
    let edit: ArgumentEdit
    /// Of the wanted words, those that are passthru's own after the change.
    let own: [String]
    /// The line as the next boots have it after the change.
    let line: KernelCommandLine
    let warnings: [Text]

    init(to wanted: WantedLine, _ machine: Machine, _ host: Host) throws(Failure) {
        self.machine = machine
        self.host = host
        self.wanted = wanted
        file = try WantedFile.read(machine)
        let loader = host.boot?.loader ?? BootLoader(kind: .unknown, isEFI: nil, entry: nil, evidence: [])
        guard let platform = BootPlatforms.find(machine, loader: loader) else {
            throw Self.unknownLoader(wanted, loader)
        }
        self.platform = platform
        guard let saved = platform.savedLine else { throw Self.unreadableLine(platform, file, wanted) }
        let before = (file.state.iommu?.own ?? []).filter { !Self.isVital($0) }
        let leaving = before.filter { !wanted.arguments.contains($0) }
        func isSaved(_ word: String) -> Bool { saved.words.contains { $0.text == word } }
        let staying = before.filter { wanted.arguments.contains($0) && isSaved($0) }
        let missing = KernelCommandLine(saved.edited(ArgumentEdit(remove: leaving))).missing(wanted.arguments)
        edit = ArgumentEdit(remove: leaving.filter(isSaved), add: missing)
        own = wanted.arguments.filter { staying.contains($0) || missing.contains($0) }
        line = KernelCommandLine(saved.edited(edit))
        var warnings: [Text] = []
        let assigned = file.state.assignments.count
        if !wanted.isOn, assigned > 0 {
            warnings.append(
                Text(
                    en: "\(assigned) assigned devices cannot be bound once the IOMMU is off.",
                    zh: "IOMMU 关闭后，已分配的 \(assigned) 个设备将无法绑定。"
                )
            )
        }
        self.warnings = warnings
    }

    /// Words without which no boot comes to its root: whatever a file says, they are never taken out.
    private static func isVital(_ word: String) -> Bool {
        let names = ["root", "rootwait", "rootfstype", "rootflags", "ro", "rw", "init", "initrd", "noinitrd"]
        return KernelCommandLine(word).words.contains { word in names.contains { word.isNamed($0) } }
    }

    /// Why there is no line to change: what the platform itself has to say, or that no entry starts a kernel.
    private static func unreadableLine(
        _ platform: any BootPlatform,
        _ file: WantedFile,
        _ wanted: WantedLine
    ) -> Failure {
        let edit = ArgumentEdit(remove: file.state.iommu?.own ?? [], add: wanted.arguments)
        do {
            _ = try platform.permanent(edit, leavesFailsafeAlone: false)
        } catch {
            return Failure(error)
        }
        return Failure(
            .malformed,
            Text(
                en: "No entry that starts a Linux kernel was found in \(platform.title.en): nothing was changed.",
                zh: "在\(platform.title.zh)中没有找到启动 Linux 内核的启动项：未做任何更改。"
            )
        )
    }

    /// Why the wanted words would do nothing: the line says the opposite, in words that are not passthru's.
    var contradiction: Text? {
        guard wanted.isOn, !wanted.arguments.isEmpty else { return nil }
        let switches: [(Bool, String)] = [
            (line.iommu.isOff, "iommu=off"), (line.amdIOMMU.isOff && host.firmware?.iommuKind == .amd, "amd_iommu=off"),
            (line.intelIOMMU.isOn == false && host.firmware?.iommuKind == .intel, "intel_iommu=off"),
            (line.interruptRemapping.isOn == false, "intremap=off"),
        ]
        guard let word = switches.first(where: \.0)?.1 else { return nil }
        return Text(
            en: "The line also says \(word), which wins: take it out first, in \(platform.title.en).",
            zh: "命令行中还有 \(word)，且以它为准：请先在\(platform.title.zh)中去掉它。"
        )
    }

    /// The changes that make it so for good, the wanted state included.
    func permanent() throws(Failure) -> (changes: [PlannedChange], warnings: [Text]) {
        var changes: [PlannedChange]
        do throws(BootPlatformError) {
            changes = try platform.permanent(edit, leavesFailsafeAlone: wanted.leavesFailsafeAlone)
        } catch {
            throw Failure(error)
        }
        var state = file.state
        state.iommu =
            wanted.isOn ? .init(isEnabled: true, arguments: wanted.arguments, own: own) : nil
        let permanence = Permanence(on: machine, host, from: file, to: state)
        return (changes + permanence.changes, permanence.warnings)
    }

    /// The changes that only bring the boot service in, which looks after a trial.
    func serviceOnly() -> (changes: [PlannedChange], warnings: [Text]) {
        var state = file.state
        state.iommu = state.iommu ?? .init(isEnabled: false)
        let permanence = Permanence(on: machine, host, from: file, to: state)
        return (permanence.changes, permanence.warnings)
    }

    /// What the owner must do by hand where no known loader keeps the arguments.
    private static func unknownLoader(_ wanted: WantedLine, _ loader: BootLoader) -> Failure {
        let words = wanted.arguments.joined(separator: " ")
        guard wanted.isOn else {
            return Failure(
                .missing,
                Text(
                    en: "No boot loader that passthru knows keeps the kernel's arguments here: nothing was changed.",
                    zh: "本机的内核参数不在 passthru 已知的引导程序中：未做任何更改。"
                )
            )
        }
        return Failure(
            .missing,
            Text(
                en: """
                    No boot loader that passthru knows keeps the kernel's arguments here: nothing was changed. Append \
                    this to the kernel's line of every boot entry by hand, then restart: \(words)
                    """,
                zh: """
                    本机的内核参数不在 passthru 已知的引导程序中：未做任何更改。请手动把以下内容追加到每个启动项的内核命令行，然后\
                    重启：\(words)
                    """
            )
        )
    }
}
