/// Kernel arguments that go from, and come to, a line.
public struct ArgumentEdit: Sendable, Hashable, Codable {
    /// Words that go. Each entry takes one away: the last word with exactly this text.
    public var remove: [String]
    /// Words that come, in order, each only if it is not there already. A word whose value holds blanks is written as
    /// the kernel reads it: `dyndbg="file a.c +p"`.
    public var add: [String]

    /// An edit.
    public init(remove: [String] = [], add: [String] = []) {
        self.remove = remove
        self.add = add
    }

    /// Whether it changes nothing, whatever the line.
    public var isEmpty: Bool { remove.isEmpty && add.isEmpty }

    /// The words of ``add``, one by one.
    var addedWords: [KernelCommandLine.Word] { add.flatMap { KernelCommandLine($0).words } }
    /// The words of ``remove``, as text.
    var removedTexts: [[UInt8]] { remove.map { Array($0.utf8) } }
    /// ``addedWords`` as a line of the kernel's own has them.
    var plainAdditions: [(word: KernelCommandLine.Word, text: [UInt8])] {
        addedWords.map { ($0, Array($0.text.utf8)) }
    }
}

extension KernelCommandLine {
    /// The line's bytes after an edit, nothing else changed.
    ///
    /// For each word of `remove` the last word with exactly this text goes, with the blank before it. Words of `add`
    /// that are not there already (the same parameter, "-" and "_" being the same, with the same value) come behind the
    /// kernel's last word, before a "--". What init gets is not touched; a newline at the end stays.
    public func edited(_ edit: ArgumentEdit) -> [UInt8] {
        var places = ArgumentPlaces(bytes)
        places.beginPart(at: 0, isBehindWord: false)
        places.append(self, from: 0)
        return bytes.applying(places.changes(remove: edit.removedTexts, add: edit.plainAdditions))
    }

    /// Which of the words are not there yet, each once.
    public func missing(_ words: [String]) -> [String] {
        var known = self.words
        var result: [String] = []
        for text in words {
            let new = KernelCommandLine(text).words.filter { word in
                !known.contains { $0.isSameSetting(as: word) }
            }
            if !new.isEmpty {
                known += new
                result.append(text)
            }
        }
        return result
    }
}
