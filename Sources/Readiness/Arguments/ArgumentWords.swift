import Formats

/// The words of a line and the items of their comma-separated values, in names "_" for "-", each with its place.
struct ArgumentWords {
    struct Place {
        /// The index of the word in the line.
        var word: Int
        /// Counts through all items of the line, so that what comes later has the larger number.
        var position: Int
        var text: String
    }

    let words: [Place]
    let items: [Place]

    init(_ line: KernelCommandLine) {
        var words: [Place] = []
        var items: [Place] = []
        var position = 0
        for (index, word) in line.words.enumerated() {
            let name = word.canonicalName
            guard let value = word.value else {
                words.append(Place(word: index, position: position, text: name))
                position += 1
                continue
            }
            words.append(Place(word: index, position: position, text: "\(name)=\(value)"))
            for item in value.utf8.split(separator: UInt8(ascii: ",")) {
                items.append(Place(word: index, position: position, text: "\(name)=\(Substring(item))"))
                position += 1
            }
            position += 1
        }
        self.words = words
        self.items = items
    }

    /// The places that a pattern matches, as words or as items.
    func places(of patterns: [ArgumentPattern]) -> [Place] {
        (words + items).filter { place in patterns.contains { $0.matches(place.text) } }
    }

    /// The places that an advice is about.
    func places(of advice: ArgumentTable.Advice) -> [Place] {
        let whole = words.filter { place in advice.matches.contains { $0.matches(place.text) } }
        let parts = items.filter { place in advice.items.contains { $0.matches(place.text) } }
        return (whole + parts).sorted { ($0.word, $0.position) < ($1.word, $1.position) }
    }
}

extension KernelCommandLine.Word {
    /// The name with "_" for "-": to the kernel both are the same.
    var canonicalName: String {
        String(decoding: name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }
}
