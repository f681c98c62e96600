/// The kernel's words in a document, wherever their bytes stand, and the changes that an edit makes there. One set of
/// rules for every loader: a line of words, the `linux` lines of GRUB, `options` lines, variables of a shell file.
struct ArgumentPlaces {
    /// One word before "--".
    struct Place {
        /// Its bytes.
        let range: Range<Int>
        /// What a removal compares; nil for a word that is not known before the loader runs, which stays.
        let key: [UInt8]?
        /// The word as the kernel reads it; nil for the same.
        let word: KernelCommandLine.Word?
    }

    private let bytes: [UInt8]
    private var places: [Place] = []
    private var partStart = 0
    private var anchor = 0
    private var isBehindWord = false
    private var isEnded = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Begins a part: a line or a value. New words go to the last one, or to the one that holds "--".
    ///
    /// - Parameters:
    ///   - place: where words go if the part has none.
    ///   - isBehindWord: whether a word stands right before that place.
    mutating func beginPart(at place: Int, isBehindWord: Bool) {
        guard !isEnded else { return }
        partStart = places.count
        anchor = place
        self.isBehindWord = isBehindWord
    }

    mutating func append(_ place: Place) {
        if !isEnded {
            places.append(place)
        }
    }

    /// A word "--" was met: what follows is not the kernel's.
    mutating func end() {
        isEnded = true
    }

    /// The words of a line as the kernel splits it; they stand in the document from `offset` on.
    mutating func append(_ line: KernelCommandLine, from offset: Int) {
        for word in line.words {
            let range = word.range.lowerBound + offset..<word.range.upperBound + offset
            append(Place(range: range, key: Array(line.bytes[word.range]), word: word))
        }
        if line.hasEnd {
            end()
        }
    }

    /// The changes of an edit.
    ///
    /// - Parameters:
    ///   - remove: keys of words; for each the last one that is equal goes.
    ///   - add: words, and how they are written here.
    func changes(remove: [[UInt8]], add: [(word: KernelCommandLine.Word, text: [UInt8])]) -> [ByteChange] {
        var kept = [Bool](repeating: true, count: places.count)
        for key in remove {
            if let index = places.indices.last(where: { kept[$0] && places[$0].key == key }) {
                kept[index] = false
            }
        }
        let gone = places.indices.filter { !kept[$0] }.map { places[$0].range }
        var changes = gone.indices.map { ByteChange(removal(of: gone[$0], before: gone[($0 + 1)...])) }
        var known = places.indices.compactMap { kept[$0] ? places[$0].word : nil }
        var text: [UInt8] = []
        for (word, written) in add where !known.contains(where: { $0.isSameSetting(as: word) }) {
            known.append(word)
            text += (text.isEmpty ? [] : [UInt8(ascii: " ")]) + written
        }
        if !text.isEmpty {
            let last = places.indices.last { $0 >= partStart && kept[$0] }.map { places[$0] }
            changes.append(insertion(of: text, behind: last, removed: changes.map(\.range)))
        }
        return changes
    }

    /// A word with the blank before it; of words that begin their line, with the blank behind the last one.
    private func removal(of word: Range<Int>, before others: ArraySlice<Range<Int>>) -> Range<Int> {
        if word.lowerBound > 0, isBlank(bytes[word.lowerBound - 1]) {
            return word.lowerBound - 1..<word.upperBound
        }
        var end = word.upperBound
        for other in others where end < bytes.count && isBlank(bytes[end]) && other.lowerBound == end + 1 {
            end = other.upperBound
        }
        return word.lowerBound..<(end < bytes.count && isBlank(bytes[end]) ? end + 1 : end)
    }

    private func insertion(of text: [UInt8], behind last: Place?, removed: [Range<Int>]) -> ByteChange {
        let space = UInt8(ascii: " ")
        if let last {
            // A quote that is never closed would take in what is behind it.
            let isOpen = last.word.map { bytes[last.range] == $0.bytes[...] && $0.hasOpenQuote } ?? false
            guard isOpen else { return .insertion([space] + text, at: last.range.upperBound) }
            let start = last.range.lowerBound
            return start > 0 && isBlank(bytes[start - 1])
                ? .insertion([space] + text, at: start - 1) : .insertion(text + [space], at: start)
        }
        if isBehindWord {
            return .insertion([space] + text, at: anchor)
        }
        var next = anchor
        while let range = removed.first(where: { $0.contains(next) }) {
            next = range.upperBound
        }
        let isAlone =
            next >= bytes.count || bytes[next] == UInt8(ascii: "\n") || bytes[next] == UInt8(ascii: "\r")
            || next != anchor && isBlank(bytes[next])
        return .insertion(isAlone ? text : text + [space], at: anchor)
    }
}

extension KernelCommandLine.Word {
    fileprivate var bytes: [UInt8] { Array(text.utf8) }

    fileprivate var hasOpenQuote: Bool { text.utf8.count { $0 == UInt8(ascii: "\"") } % 2 == 1 }

    /// Whether both set the same parameter to the same value.
    func isSameSetting(as other: Self) -> Bool { isNamed(other.name) && value == other.value }
}
