/// What /etc/default/grub and /etc/default/grub.d/*.cfg say about kernel arguments (GNU GRUB manual, "Simple
/// configuration handling"): grub-mkconfig writes both variables into normal entries, the first one alone into
/// recovery entries.
public struct GRUBDefaults: Equatable, Sendable {
    /// GRUB_CMDLINE_LINUX; nil if it is not set.
    public let commandLine: KernelCommandLine?
    /// GRUB_CMDLINE_LINUX_DEFAULT; nil if it is not set.
    public let defaultCommandLine: KernelCommandLine?
    /// False if a value depends on a program's output or on a condition, see ``ShellAssignments``.
    public let isExact: Bool
    /// Every variable of the files.
    public let assignments: ShellAssignments

    /// The settings of files in the order in which grub-mkconfig reads them: /etc/default/grub, then grub.d by name.
    public init(_ files: [[UInt8]]) {
        assignments = ShellAssignments(files)
        let names = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"]
        commandLine = assignments[names[0]].map { KernelCommandLine($0) }
        defaultCommandLine = assignments[names[1]].map { KernelCommandLine($0) }
        let values = assignments.values
        isExact = names.allSatisfy { values[$0]?.isExact != false }
    }

    /// The arguments of a normal entry, in grub-mkconfig's order.
    public var arguments: KernelCommandLine {
        KernelCommandLine(
            [commandLine, defaultCommandLine].compactMap { $0.map { String(decoding: $0.bytes, as: UTF8.self) } }
                .joined(separator: " ")
        )
    }
}
