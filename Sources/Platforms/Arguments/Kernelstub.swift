import Changes
import Formats
import Inventory
import Machine
import Wording

/// Pop!_OS: kernelstub makes systemd-boot's entries out of its own settings.
///
/// The settings are edited, and `kernelstub` without arguments is run, as each new kernel does. `kernelstub -a` would do
/// the same, but can be taken back only by `-d`, which puts all arguments into another order; and run once more after an
/// undo, it would add them again.
struct Kernelstub: BootPlatform {
    static let configuration = "/etc/kernelstub/configuration"

    private let machine: Machine
    private let program: String
    private let loader: SystemdBootEntries

    init?(_ machine: Machine, _ loader: BootLoader) {
        guard machine.exists(Self.configuration), let program = machine.program("kernelstub"),
            let entries = SystemdBootEntries(machine, loader)
        else { return nil }
        self.machine = machine
        self.program = program
        self.loader = entries
    }

    var title: Text { Text(en: "kernelstub (\(Self.configuration))", zh: "kernelstub 配置（\(Self.configuration)）") }

    var savedLine: KernelCommandLine? { loader.savedLine }

    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange] {
        guard let before = try machine.content(Self.configuration) else { return [] }
        guard let after = KernelstubSettings.edited(before.bytes, edit) else {
            throw BootPlatformError(
                .malformed,
                Text(
                    en: """
                        \(Self.configuration) is not as kernelstub writes it: user.kernel_options is no list of words. The \
                        file is left alone: mend it first.
                        """,
                    zh: "\(Self.configuration) 不是 kernelstub 的格式：user.kernel_options 不是词的列表。文件保持不变：请先修正它。"
                )
            )
        }
        guard after != before.bytes else { return [] }
        let reason = Text(en: "the arguments of every boot", zh: "每次启动的参数")
        let changes: [PlannedChange] = [
            .file(Self.configuration, before: before, after: FileContent(after), reason: reason),
            .program(
                program,
                generates: [Self.configuration] + generated,
                expectation: try expectation(edit),
                reason: Text(en: "writes the boot entries anew", zh: "重新生成启动项")
            ),
        ]
        return try machine.writable(changes)
    }

    private func expectation(_ edit: ArgumentEdit) throws(BootPlatformError) -> Expectation? {
        guard let word = edit.add.first, let entry = try made().first else { return nil }
        return .fileContains(path: entry.path, text: word)
    }

    /// The entries that are kernelstub's.
    private func made() throws(BootPlatformError) -> [BootEntries.Entry] {
        try loader.entries().entries.filter { $0.id.hasSuffix("-current.conf") || $0.id.hasSuffix("-oldkern.conf") }
    }

    /// The small files that it writes; kernels and initramfs are copies, and the same afterwards.
    private var generated: [String] {
        var paths = ((try? made()) ?? []).map(\.path)
        for home in loader.homes {
            for folder in machine.listIfAny(home + "/EFI") {
                let path = "\(home)/EFI/\(folder)/cmdline"
                if machine.exists(path) { paths.append(path) }
            }
        }
        return paths
    }

    // MARK: Trial

    var trialObstacle: Text? { loader.trialObstacle }

    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange] {
        try loader.trial(edit, marks: marks)
    }

    func endOfTrial() throws(BootPlatformError) -> [PlannedChange] { try loader.endOfTrial() }
}
