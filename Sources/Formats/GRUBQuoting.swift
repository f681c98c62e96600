/// How a kernel argument is written in a GRUB script, and what GRUB then hands to the kernel (grub-core/lib/cmdline.c,
/// grub_create_loader_cmdline): a word with a space gets double quotes around it, and a backslash goes before each
/// quote and backslash, but not before that of `\xNN`.
enum GRUBQuoting {
    /// A word of a `linux` command, quotes of the script taken away, as the kernel gets it.
    static func handed(_ plain: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        let backslash = UInt8(ascii: "\\")
        let hasSpace = plain.contains(UInt8(ascii: " "))
        var result: [UInt8] = hasSpace ? [quote] : []
        var index = 0
        while index < plain.count {
            let byte = plain[index]
            if byte == backslash, index + 3 < plain.count, plain[index + 1] == UInt8(ascii: "x"),
                isHexadecimal(plain[index + 2]), isHexadecimal(plain[index + 3])
            {
                result += plain[index..<index + 4]
                index += 4
                continue
            }
            if byte == backslash || byte == quote || byte == UInt8(ascii: "'") {
                result.append(backslash)
            }
            result.append(byte)
            index += 1
        }
        return hasSpace ? result + [quote] : result
    }

    /// The word that the kernel reads when GRUB hands it a word of a `linux` command; nil if it is not exactly one.
    static func kernelWord(_ plain: [UInt8]) -> KernelCommandLine.Word? {
        let line = KernelCommandLine(handed(plain))
        return line.words.count == 1 && !line.hasEnd ? line.words.first : nil
    }

    /// What a `linux` command must get so that the kernel reads this word: no quotes around the whole or the value.
    static func plain(_ word: KernelCommandLine.Word) -> [UInt8] {
        Array((word.name + (word.value.map { "=" + $0 } ?? "")).utf8)
    }

    /// A kernel's word as it is written in a script: bare, `name="value"` or `"all of it"`.
    ///
    /// - Returns: nil if GRUB cannot hand over such a word, because of a quote or a backslash within.
    static func written(_ word: KernelCommandLine.Word) -> [UInt8]? {
        let whole = plain(word)
        guard let back = kernelWord(whole), back.name == word.name, back.value == word.value else { return nil }
        guard let value = word.value, word.name.utf8.allSatisfy(isSafe), word.name.utf8.first != UInt8(ascii: "#")
        else { return quoted(whole) }
        return Array((word.name + "=").utf8) + (value.isEmpty ? [] : quoted(Array(value.utf8)))
    }

    /// The additions of an edit as a script has them.
    ///
    /// - Throws: a word that GRUB cannot hand over; the place is the one given.
    static func additions(
        _ edit: ArgumentEdit,
        at offset: Int,
        in bytes: [UInt8]
    ) throws(LoaderFileError) -> [(word: KernelCommandLine.Word, text: [UInt8])] {
        var result: [(word: KernelCommandLine.Word, text: [UInt8])] = []
        for word in edit.addedWords {
            guard let text = written(word) else {
                throw LoaderFileError(.unpassableArgument(word.text), at: offset, in: bytes)
            }
            result.append((word, text))
        }
        return result
    }

    /// The removals of an edit, as ``GRUBScript/Word/plain`` of the words that they mean.
    static func removals(_ edit: ArgumentEdit) -> [[UInt8]] {
        edit.remove.map { text in
            let words = KernelCommandLine(text).words
            return words.count == 1 ? plain(words[0]) : Array(text.utf8)
        }
    }

    /// Text as one word of a script, in single quotes.
    static func singleQuoted(_ text: String) -> [UInt8] {
        let quote = UInt8(ascii: "'")
        return [quote] + text.utf8.flatMap { $0 == quote ? Array("'\\''".utf8) : [$0] } + [quote]
    }

    private static func quoted(_ text: [UInt8]) -> [UInt8] {
        if !text.isEmpty, text.first != UInt8(ascii: "#"), text.allSatisfy(isSafe) {
            return text
        }
        let quote = UInt8(ascii: "\"")
        return [quote] + text.flatMap { "$\"\\".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] } + [quote]
    }

    /// Whether a byte stands for itself outside of quotes.
    private static func isSafe(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && !"{}|&$;<>'\"\\".utf8.contains(byte)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 6
    }
}

extension ArgumentPlaces {
    /// The words behind the kernel's path of a `linux` command. Those with variables stay what they are.
    mutating func append(_ words: some Collection<GRUBScript.Word>) {
        for word in words {
            let plain = word.plain
            if plain == Array("--".utf8) {
                return end()
            }
            append(Place(range: word.range, key: plain, word: plain.flatMap { GRUBQuoting.kernelWord($0) }))
        }
    }
}
