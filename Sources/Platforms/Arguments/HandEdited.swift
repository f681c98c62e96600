import Changes
import Formats
import Inventory
import Machine
import Wording

/// A platform with a file into which people write arguments by hand.
public protocol HandEdited: BootPlatform {
    /// That file.
    var handPath: String { get }
    /// The kernel's lines in it, the one that boots by default first, without what is said by variables.
    func handLines() throws(BootPlatformError) -> [KernelCommandLine]
    /// The changes by which passthru takes words over: each line loses those that do nothing, and those that belong to the
    /// platform's own place go there.
    ///
    /// - Parameter sort: what is to be done with the words of a line.
    func takingOver(_ sort: (KernelCommandLine) -> HandWords) throws(BootPlatformError) -> HandOver
}

/// What becomes of the words of one line.
public struct HandWords: Sendable, Hashable {
    /// Words that do something.
    public var useful: [String]
    /// Words that go, each as often as it goes.
    public var useless: [String]
    /// What takes the place of useless words.
    public var instead: [String]

    public init(useful: [String], useless: [String], instead: [String]) {
        self.useful = useful
        self.useless = useless
        self.instead = instead
    }

    /// What is on the line in the end.
    public var wanted: [String] { useful + instead }
}

/// The changes of taking words over.
public struct HandOver: Sendable {
    public var changes: [PlannedChange]
    /// The words that are passthru's own afterwards.
    public var own: [String]
}

private let cleaning = Text(en: "takes out the words that were written by hand", zh: "去掉手工写入的词")

extension GRUBMenuDocument {
    /// The lines of the file, those of the entry that boots by default first.
    fileprivate var handLines: [(entry: Int, line: KernelCommandLine)] {
        let titles = GRUBMenu(bytes).defaultEntry?.titles
        let first = entries.firstIndex { $0.titles == titles }
        let order = entries.indices.sorted { ($0 == first ? 0 : 1, $0) < ($1 == first ? 0 : 1, $1) }
        return order.flatMap { index in
            entries[index].linuxLines.map { line in
                (index, KernelCommandLine(line.words.filter { !$0.contains("$") }.joined(separator: " ")))
            }
        }
    }

    /// The file with each entry's lines edited by what they say.
    fileprivate func edited(_ edit: (KernelCommandLine) -> ArgumentEdit) throws(LoaderFileError) -> [UInt8] {
        var document = self
        for (index, line) in handLines {
            let edit = edit(line)
            guard !edit.isEmpty else { continue }
            let number = entries[index].lineNumber
            let titles = entries[index].titles
            document = try GRUBMenuDocument(
                try document.edited(edit) { $0.lineNumber == number && $0.titles == titles }
            )
        }
        return document.bytes
    }
}

extension IStoreOSGRUBHook: HandEdited {
    var handPath: String { Self.menu }

    func handLines() throws(BootPlatformError) -> [KernelCommandLine] {
        try handDocument()?.handLines.map(\.line) ?? []
    }

    /// Useful words move to the settings, which outlive an upgrade.
    func takingOver(_ sort: (KernelCommandLine) -> HandWords) throws(BootPlatformError) -> HandOver {
        guard let document = try handDocument(), let line = document.handLines.first?.line else {
            return HandOver(changes: [], own: [])
        }
        let own = configuredLine.missing(sort(line).wanted)
        var changes = try permanent(ArgumentEdit(add: own), leavesFailsafeAlone: false)
        let after: [UInt8]
        do {
            after = try document.edited { line in
                let words = sort(line)
                return ArgumentEdit(remove: words.useful + words.useless)
            }
        } catch {
            throw .malformed(Self.menu, error)
        }
        if after != document.bytes {
            changes.append(
                .file(Self.menu, before: FileContent(document.bytes), after: FileContent(after), reason: cleaning)
            )
        }
        return HandOver(changes: changes, own: own)
    }
}

extension OpenWrtMenu: HandEdited {
    var handPath: String { Self.menu }

    func handLines() throws(BootPlatformError) -> [KernelCommandLine] {
        try handDocument()?.handLines.map(\.line) ?? []
    }

    /// The menu is the place itself: useful words stay and become passthru's own.
    func takingOver(_ sort: (KernelCommandLine) -> HandWords) throws(BootPlatformError) -> HandOver {
        guard let document = try handDocument(), let line = document.handLines.first?.line else {
            return HandOver(changes: [], own: [])
        }
        let after: [UInt8]
        do {
            after = try document.edited { line in
                let words = sort(line)
                return ArgumentEdit(remove: words.useless, add: words.instead)
            }
        } catch {
            throw .malformed(Self.menu, error)
        }
        var changes: [PlannedChange] = []
        if after != document.bytes {
            changes.append(
                .file(Self.menu, before: FileContent(document.bytes), after: FileContent(after), reason: cleaning)
            )
        }
        return HandOver(changes: changes, own: sort(line).wanted)
    }
}

extension GRUBMkconfig: HandEdited {
    var handPath: String { Self.defaults }
    private static let variables = [GRUBDefaults.normalEntries, "GRUB_CMDLINE_LINUX"]

    func handLines() throws(BootPlatformError) -> [KernelCommandLine] {
        guard let bytes = try handContent()?.bytes else { return [] }
        return [GRUBDefaults([bytes]).arguments]
    }

    /// The file outlives upgrades, and is the owner's: useful words stay there, and stay the owner's.
    func takingOver(_ sort: (KernelCommandLine) -> HandWords) throws(BootPlatformError) -> HandOver {
        guard let before = try handContent() else { return HandOver(changes: [], own: []) }
        var bytes = before.bytes
        do {
            for variable in Self.variables {
                guard let value = GRUBDefaults([bytes]).assignments[variable] else { continue }
                let words = sort(KernelCommandLine(value))
                let edit = ArgumentEdit(remove: words.useless, add: words.instead)
                if !edit.isEmpty { bytes = try GRUBDefaults.edited(bytes, variable: variable, edit: edit) }
            }
        } catch {
            throw .malformed(Self.defaults, error)
        }
        guard bytes != before.bytes else { return HandOver(changes: [], own: []) }
        let change = PlannedChange.file(Self.defaults, before: before, after: FileContent(bytes), reason: cleaning)
        return HandOver(changes: [change, try regeneration(expecting: nil)], own: [])
    }
}
