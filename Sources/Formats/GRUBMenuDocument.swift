/// A grub.cfg that can be edited: every byte that an edit does not mean stays. It is read strictly, as GRUB's own
/// parser does; ``GRUBMenu`` tells what the entries do, and ``Line/lineNumber`` is the same in both.
public struct GRUBMenuDocument: Equatable, Sendable {
    /// One `linux`, `linuxefi` or `linux16` line with a kernel's path.
    public struct Line: Equatable, Sendable {
        /// The command's name.
        public let command: String
        /// The kernel's path as written, quotes included.
        public let kernel: String
        /// The words behind it as written.
        public let words: [String]
        /// The bytes from the first of these words to the last; empty behind the path if there are none.
        public let arguments: Range<Int>
        /// The line of the command, from 1.
        public let lineNumber: Int
        /// The character of the command in its line, from 1.
        public let column: Int
        /// The path and the words.
        let parsed: [GRUBScript.Word]
    }

    /// One `menuentry`; or, with no titles, all `linux` lines outside of any.
    public struct Entry: Equatable, Sendable {
        /// The titles of the submenus around it, outermost first, then its own; a variable as "$name".
        public let titles: [String]
        /// Its `--id`; nil if it has none.
        public let id: String?
        /// The bytes from `menuentry` to before its "{".
        public let header: Range<Int>
        /// The bytes between its braces.
        public let body: Range<Int>
        /// The line of `menuentry`, from 1.
        public let lineNumber: Int
        /// Its lines that load a Linux kernel.
        public let linuxLines: [Line]
        /// The words of the header, `menuentry` first.
        let words: [GRUBScript.Word]

        /// Whether it stands in a submenu.
        public var isInSubmenu: Bool { titles.count > 1 }
        /// Whether these are the lines outside of any entry.
        public var isOutside: Bool { titles.isEmpty }
    }

    /// The file as given.
    public let bytes: [UInt8]
    /// The entries in the order of the file; last, if there are any, the lines outside of them.
    public let entries: [Entry]

    /// The entries of a file.
    ///
    /// - Throws: the first thing that GRUB itself would refuse.
    public init(_ bytes: [UInt8]) throws(LoaderFileError) {
        var reader = try GRUBMenuStructure(bytes)
        try reader.readAll()
        self.bytes = bytes
        entries = reader.allEntries
    }

    /// The file with the same edit made in the `linux` lines of chosen entries.
    ///
    /// Words are compared as GRUB hands them to the kernel, and written so that it hands over exactly the word that was
    /// asked for. A word with a variable stays, and counts as not known.
    ///
    /// - Throws: an argument that GRUB cannot hand over, see ``LoaderFileError/Reason/unpassableArgument(_:)``.
    public func edited(_ edit: ArgumentEdit, where chosen: (Entry) -> Bool) throws(LoaderFileError) -> [UInt8] {
        var changes: [ByteChange] = []
        for entry in entries where chosen(entry) {
            changes += try self.changes(edit, in: entry)
        }
        return bytes.applying(changes)
    }

    /// The text of a new `menuentry` made from one of this file, its `linux` lines edited: for another file, such as
    /// custom.cfg. What the header says besides title and id stays (`--class`, `--unrestricted`, `--users` …).
    ///
    /// - Throws: as ``edited(_:where:)``.
    public func copy(
        of entry: Entry,
        title: String,
        id: String,
        edit: ArgumentEdit
    ) throws(LoaderFileError) -> [UInt8] {
        var words = [Array("menuentry".utf8), GRUBQuoting.singleQuoted(title)]
        words += entry.words.kept.map { Array(bytes[$0.range]) }
        words += [Array("--id".utf8), GRUBQuoting.singleQuoted(id), [UInt8(ascii: "{")]]
        let before = entry.body.lowerBound
        let changes = try self.changes(edit, in: entry).map { change in
            ByteChange(change.range.lowerBound - before..<change.range.upperBound - before, change.bytes)
        }
        return Array(words.joined(separator: [UInt8(ascii: " ")]))
            + Array(bytes[entry.body]).applying(changes) + Array("}\n".utf8)
    }

    private func changes(_ edit: ArgumentEdit, in entry: Entry) throws(LoaderFileError) -> [ByteChange] {
        var changes: [ByteChange] = []
        for line in entry.linuxLines {
            guard let path = line.parsed.first else { continue }
            var places = ArgumentPlaces(bytes)
            places.beginPart(at: path.range.upperBound, isBehindWord: true)
            places.append(line.parsed.dropFirst())
            let additions = try GRUBQuoting.additions(edit, at: path.range.lowerBound, in: bytes)
            changes += places.changes(remove: GRUBQuoting.removals(edit), add: additions)
        }
        return changes
    }
}

/// The words of a `menuentry` or `submenu` header.
extension [GRUBScript.Word] {
    /// The title, the id, and the places of both in the header.
    var heading: (title: String, id: String?, own: Set<Int>) {
        var title: String?
        var id: String?
        var own: Set<Int> = [0]
        var index = 1
        while index < count {
            let word = self[index]
            let text = word.title
            // grub-mkconfig's "$menuentry_id_option" is "--id".
            if ["--id", "$menuentry_id_option"].contains(text) {
                id = index + 1 < count ? self[index + 1].title : nil
                own.formUnion([index, index + 1])
                index += 1
            } else if text.hasPrefix("--id=") {
                id = String(text.dropFirst(5))
                own.insert(index)
            } else if ["--class", "--users", "--hotkey", "--source"].contains(text) {
                index += 1
            } else if !text.hasPrefix("--"), title == nil {
                title = text
                own.insert(index)
            }
            index += 1
        }
        return (title ?? "", id, own)
    }

    /// The words that are neither the command, nor title, nor id.
    var kept: [GRUBScript.Word] {
        let own = heading.own
        return indices.filter { !own.contains($0) }.map { self[$0] }
    }
}
