extension GRUBDefaults {
    /// The variable whose arguments normal entries get and recovery entries do not.
    public static let normalEntries = "GRUB_CMDLINE_LINUX_DEFAULT"

    /// A file for /etc/default/grub.d that adds arguments to normal entries; recovery entries stay as they are.
    ///
    /// The words are quoted twice: for GRUB, whose script grub-mkconfig puts them into as they are, and for the shell.
    ///
    /// - Parameters:
    ///   - arguments: the kernel's words; each once.
    ///   - comment: what a reader of the file should know; each line gets a "#".
    /// - Throws: an argument that GRUB cannot hand over.
    public static func dropIn(arguments: [String], comment: String) throws(LoaderFileError) -> [UInt8] {
        let edit = ArgumentEdit(add: KernelCommandLine([]).missing(arguments))
        let words = try GRUBQuoting.additions(edit, at: 0, in: [])
        var result: [UInt8] = []
        for line in ByteLines(Array(comment.utf8)) {
            result += Array("#".utf8) + (line.isEmpty ? [] : [UInt8(ascii: " ")]) + line + Array("\n".utf8)
        }
        result += Array("\(normalEntries)=\"$\(normalEntries)".utf8)
        for (_, text) in words {
            result += [UInt8(ascii: " ")] + text.flatMap { escaped($0, in: .double) }
        }
        return result + Array("\"\n".utf8)
    }

    /// /etc/default/grub with the arguments in one variable edited, nothing else changed; for systems whose
    /// grub-mkconfig does not read grub.d.
    ///
    /// The value that counts is edited where it stands: the last assignment, with those before it as far as it takes
    /// them in (`+=`, `$variable`). Quotes stay, and what is added is quoted as its place needs it. A file that does not
    /// set the variable gets a line at its end.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - variable: GRUB_CMDLINE_LINUX or ``normalEntries``.
    /// - Throws: where the value cannot be known, because a program or a condition makes it, or GRUB would not take it.
    public static func edited(
        _ file: [UInt8],
        variable: String = normalEntries,
        edit: ArgumentEdit
    ) throws(LoaderFileError) -> [UInt8] {
        let value = try ShellValuePlaces(of: variable, in: file)
        guard let last = value.lastValue else {
            guard value.depth == 0 else { throw LoaderFileError(.conditional(variable), at: file.count, in: file) }
            let words = try GRUBQuoting.additions(
                ArgumentEdit(add: KernelCommandLine([]).missing(edit.add)),
                at: file.count,
                in: file
            )
            guard !words.isEmpty else { return file }
            let text = words.map(\.text).joined(separator: [UInt8(ascii: " ")])
            let line = Array("\(variable)=\"".utf8) + text.flatMap { escaped($0, in: .double) } + Array("\"".utf8)
            let isEnded = file.isEmpty || file.last == UInt8(ascii: "\n")
            return file + (isEnded ? [] : file.lineEnd) + line + file.lineEnd
        }
        // An array, or something else that is no plain value.
        if last.lowerBound < file.count,
            file[last.lowerBound] == UInt8(ascii: "(")
                || (last.upperBound < file.count && file[last.upperBound] == UInt8(ascii: "("))
        {
            throw LoaderFileError(.conditional(variable), at: last.lowerBound, in: file)
        }
        let text = value.elements.map(\.byte)
        var places = ArgumentPlaces(text)
        places.beginPart(at: 0, isBehindWord: false)
        places.append(try words(of: text, value, last, in: file))
        let additions = try GRUBQuoting.additions(edit, at: last.lowerBound, in: file)
        let changes = places.changes(remove: GRUBQuoting.removals(edit), add: additions)
        return file.applying(changes.flatMap { inFile($0, value, last, file) })
    }

    /// The words of a value as GRUB will part them.
    private static func words(
        of text: [UInt8],
        _ value: ShellValuePlaces,
        _ last: Range<Int>,
        in file: [UInt8]
    ) throws(LoaderFileError) -> [GRUBScript.Word] {
        func place(_ offset: Int) -> Int {
            offset < value.elements.count ? value.elements[offset].range.lowerBound : last.lowerBound
        }
        let tokens: [GRUBLexer.Token]
        do {
            tokens = try GRUBLexer.strictTokens(text)
        } catch {
            throw LoaderFileError(error.reason, at: last.lowerBound, in: file)
        }
        var words: [GRUBScript.Word] = []
        for token in tokens {
            switch token {
            case .word(let word):
                guard let keyword = word.keyword, ["{", "}"].contains(keyword) else {
                    words.append(word)
                    continue
                }
                throw LoaderFileError(.strayWord(keyword), at: place(word.range.lowerBound), in: file)
            case .end(let byte, let offset):
                let text = byte == UInt8(ascii: "\n") ? "\\n" : String(decoding: [byte], as: UTF8.self)
                throw LoaderFileError(.strayWord(text), at: place(offset), in: file)
            }
        }
        return words
    }

    /// A change of the value as changes of the file.
    private static func inFile(
        _ change: ByteChange,
        _ value: ShellValuePlaces,
        _ last: Range<Int>,
        _ file: [UInt8]
    ) -> [ByteChange] {
        guard change.range.isEmpty else {
            return change.range.map { ByteChange(value.elements[$0].range) }
        }
        let place: Int
        let quotes: ShellValuePlaces.Quotes
        if change.range.lowerBound > 0 {
            let element = value.elements[change.range.lowerBound - 1]
            (place, quotes) = (element.range.upperBound, element.quotes)
        } else if let element = value.elements.first {
            (place, quotes) = (element.range.lowerBound, element.quotes)
        } else {
            switch file[last].first {
            case UInt8(ascii: "\""): (place, quotes) = (last.lowerBound + 1, .double)
            case UInt8(ascii: "'"): (place, quotes) = (last.lowerBound + 1, .single)
            default: (place, quotes) = (last.lowerBound, .none)
            }
        }
        return [.insertion(change.bytes.flatMap { escaped($0, in: quotes) }, at: place)]
    }

    /// A byte as the shell wants it between these quotes (POSIX.1, Shell Command Language, 2.2 Quoting).
    private static func escaped(_ byte: UInt8, in quotes: ShellValuePlaces.Quotes) -> [UInt8] {
        let isSpecial =
            switch quotes {
            case .double: "\\\"$`".utf8.contains(byte)
            case .single: false
            case .none: !isNameByte(byte) && byte < 0x80 && !"-=.,:/@%+".utf8.contains(byte)
            }
        if quotes == .single, byte == UInt8(ascii: "'") {
            return Array("'\\''".utf8)
        }
        return isSpecial ? [UInt8(ascii: "\\"), byte] : [byte]
    }
}
