/// Tells which templates can stand in a line at all, by one rare word of each: most lines of a log have none of them and
/// are never looked at again.
struct MessageIndex: Sendable {
    /// What a word leads to.
    enum Target: Sendable, Hashable {
        case template(entry: Int, number: Int)
        /// A word that entries want to see somewhere in the text.
        case context(Int)
        /// A word that lines about passthrough have.
        case topic
    }

    struct Key: Sendable {
        /// In lower case, four bytes at least.
        var bytes: [UInt8]
        var targets: [Target]
    }

    /// A key's first four bytes, and the next key with the same hash and one more, or 0.
    struct Link: Sendable {
        var gram: UInt32
        var next: UInt16
    }

    /// Words of a line that is about passthrough even where no template knows it.
    static let topics = ["vfio", "iommu", "dmar", "amd-vi", "hostdev", "passthrough", "hostpci", "sr-iov", "usb-host"]

    private(set) var keys: [Key] = []
    private(set) var contexts: [String] = []
    /// For each hash of four bytes the first key of its chain and one more, or 0.
    private(set) var table = [UInt16](repeating: 0, count: 1 << 16)
    /// For each key.
    private(set) var chain: [Link] = []

    /// A hash is the upper 16 bits of four bytes times this (Knuth, volume 3, section 6.4).
    static let factor: UInt32 = 0x9E37_79B1
    static let shift: UInt32 = 16

    init(_ entries: [MessageEntry]) {
        var counts: [UInt32: Int] = [:]
        for entry in entries {
            var grams: Set<UInt32> = []
            for template in entry.templates {
                for word in Self.words(of: template) { grams.formUnion(Self.grams(word.bytes)) }
            }
            for gram in grams { counts[gram, default: 0] += 1 }
        }
        var targets: [[UInt8]: [Target]] = [:]
        for (number, entry) in entries.enumerated() {
            for (place, template) in entry.templates.enumerated() {
                for piece in Self.rarest(of: template, counts) {
                    targets[piece, default: []].append(.template(entry: number, number: place))
                }
            }
            for word in entry.context + entry.needs {
                let bytes = MessageLine.folded(Array(word.utf8))
                if bytes.count >= 4, !contexts.contains(word) {
                    contexts.append(word)
                    targets[bytes, default: []].append(.context(contexts.count - 1))
                }
            }
        }
        for word in Self.topics { targets[Array(word.utf8), default: []].append(.topic) }
        for (bytes, found) in targets.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let gram = Self.gram(bytes)
            let place = Int((gram &* Self.factor) >> Self.shift)
            keys.append(Key(bytes: bytes, targets: found))
            chain.append(Link(gram: gram, next: table[place]))
            table[place] = UInt16(keys.count)
        }
    }

    /// The pieces of words by which a template is found, at most two. The first stands in the first part of the template
    /// where that is possible, so that a line that was cut off is found by it; the second in another word, for lines in
    /// which a terminal tore the first.
    static func rarest(of template: MessageTemplate, _ counts: [UInt32: Int]) -> [[UInt8]] {
        var pieces: [(bytes: [UInt8], end: Int, word: Int)] = []
        for (number, (word, start)) in words(of: template).enumerated() {
            for place in 0...(word.count - 4) {
                let piece = Array(word[place..<min(place + 10, word.count)])
                pieces.append((piece, start + place + piece.count, number))
                if piece.count > 4 { pieces.append((Array(piece.prefix(4)), start + place + 4, number)) }
            }
        }
        func isCommon(_ piece: [UInt8]) -> Bool { grams(piece).allSatisfy(commonGrams.contains) }
        func rarest(_ pieces: [(bytes: [UInt8], end: Int, word: Int)]) -> (bytes: [UInt8], end: Int, word: Int)? {
            pieces.map { piece in
                (piece, (isCommon(piece.bytes) ? 1 : 0, counts[gram(piece.bytes)] ?? 0, -piece.bytes.count))
            }.min { $0.1 < $1.1 }?.0
        }
        let early = pieces.filter { $0.end * 20 <= template.size * 11 }
        guard let first = rarest(early.isEmpty ? Array(pieces.prefix(1)) : early) else { return [] }
        let second = rarest(pieces.filter { $0.word != first.word }).flatMap { isCommon($0.bytes) ? nil : $0.bytes }
        return [first.bytes] + (second.map { [$0] } ?? [])
    }

    /// Four bytes each of words that ordinary lines of logs are full of.
    private static let commonGrams: Set<UInt32> = {
        let words = """
            00:02.0 0000: 0000 already apparmor=" audio audit bound bridge bytes change changed command config \
            configuration connected connection controller data default detected device devices disabled disk driver \
            enabled entered error event failed fault forwarding found hardware host i915_ initialized input intel_ \
            interface interrupt kernel leaving link load loaded loading memory message mode module network normal nvme \
            number operation pcieport port power profile queue queues read/ ready register registered request reset \
            resource root running service signaling size slot start started starting state status stop support system \
            systemd target time type= unit user using version virtual with write xhci_hcd
            """
        return words.utf8.split(separator: 0x20).reduce(into: []) { $0.formUnion(grams(Array($1))) }
    }()

    /// A word's first four bytes.
    private static func gram(_ word: [UInt8]) -> UInt32 { word.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } }

    /// Runs of letters, digits and the signs that stand inside words, which no line break and no escape tears apart, and
    /// how many bytes of fixed words are before each.
    static func words(of template: MessageTemplate) -> [(bytes: [UInt8], start: Int)] {
        var words: [(bytes: [UInt8], start: Int)] = []
        var seen = 0
        for case .words(let bytes) in template.pieces {
            for part in bytes.split(whereSeparator: { !isInside($0) }) where part.count >= 4 {
                words.append((Array(part), seen + part.startIndex))
            }
            seen += bytes.count
        }
        return words
    }

    private static func isInside(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x7A || [0x2D, 0x5F, 0x2F, 0x2E, 0x3D].contains(byte)
            || byte >= 0x80
    }

    static func grams(_ word: [UInt8]) -> [UInt32] {
        guard word.count >= 4 else { return [] }
        return (0...(word.count - 4)).map { start in
            word[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}
