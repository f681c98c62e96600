/// A message as its program writes it: fixed words with holes between them, `group {group:number} is not viable`.
///
/// `{name:kind}` is a hole that is remembered by its name; `{bdf}` is short for `{bdf:bdf}`. Two holes never touch, and
/// a template begins with fixed words. Upper and lower case are the same, a blank stands for any amount of white space,
/// and all kinds of quotes are the same: ``MessageLine`` brings a line into that form.
struct MessageTemplate: Sendable, Hashable {
    enum Kind: String, Sendable {
        /// `0000:02:00.0` or `02:00.0`
        case bdf
        /// Decimal, with a sign.
        case number
        /// With or without 0x.
        case hex
        /// Anything without a blank.
        case word
        /// From a slash to a blank or quote.
        case path
        /// Anything without a quote.
        case quoted
        case text

        /// The most bytes that a hole takes.
        var limit: Int {
            switch self {
            case .bdf: 16
            case .number: 20
            case .hex: 18
            case .word: 160
            case .path: 240
            case .quoted: 200
            case .text: 400
            }
        }
    }

    enum Piece: Sendable, Hashable {
        case words([UInt8])
        case hole(Kind, name: String)
    }

    /// As written in the data.
    let text: String
    let pieces: [Piece]
    /// Bytes of fixed words in all.
    let size: Int
    /// The letters and digits that it begins with; empty when it begins with something else.
    let lead: [UInt8]

    struct Mistake: Error, CustomStringConvertible {
        var description: String
    }

    init(_ text: String) throws {
        self.text = text
        var pieces: [Piece] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw Mistake(description: "\(text): { without }") }
                let parts = rest[rest.index(after: rest.startIndex)..<end].split(separator: ":")
                guard let name = parts.first, let kind = parts.last.flatMap({ Kind(rawValue: String($0)) }) else {
                    throw Mistake(description: "\(text): no such kind of hole")
                }
                if case .hole? = pieces.last { throw Mistake(description: "\(text): two holes touch") }
                pieces.append(.hole(kind, name: String(name)))
                rest = rest[rest.index(after: end)...]
            } else {
                let end = rest.firstIndex(of: "{") ?? rest.endIndex
                pieces.append(.words(MessageLine.folded(Array(rest[..<end].utf8))))
                rest = rest[end...]
            }
        }
        guard case .words(let first)? = pieces.first, !first.isEmpty else {
            throw Mistake(description: "\(text): a template begins with fixed words")
        }
        self.pieces = pieces
        lead = Array(first.prefix { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x7A }.prefix(8))
        size = pieces.reduce(0) { sum, piece in
            if case .words(let words) = piece { sum + words.count } else { sum }
        }
    }

    /// A place where a template fits.
    struct Match: Sendable, Hashable {
        var range: Range<Int>
        var captures: [Capture]
        /// How many bytes of fixed words were there: fewer than the template has when the line was cut off.
        var matched: Int

        struct Capture: Sendable, Hashable {
            var name: String
            var range: Range<Int>
        }
    }
}
