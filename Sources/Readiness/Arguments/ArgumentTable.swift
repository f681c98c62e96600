import Formats
import Inventory
import Wording

/// What is known of kernel arguments: `Sources/CLinux/data/kernel-arguments.uci`, whose head says what each option means.
struct ArgumentTable: Sendable {
    /// A parameter whose misspellings are found.
    struct Parameter: Sendable {
        var name: String
        /// The options that it takes between commas; empty where any value goes.
        var options: [String]
        /// Whether a word can stand on the line twice and mean something else each time.
        var isPositional: Bool
        var purpose: Text
    }

    /// What to say about a word, and where.
    struct Advice: Sendable {
        var id: String
        /// Patterns for whole words, and for the items of comma-separated values.
        var matches: [ArgumentPattern]
        var items: [ArgumentPattern]
        var kind: ArgumentFinding.Kind
        var reason: Text
        var remedy: Text
        var source: String
        var conditions: ArgumentConditions
        var samples: [String]
        var counters: [String]
    }

    var parameters: [Parameter]
    var advice: [Advice]

    /// The table in this binary, read when it is first needed; nil when it could not be read.
    static let builtIn = try? ArgumentTable(ArgumentData.bytes)

    /// A mistake in the data: the section or its option.
    struct Mistake: Error, CustomStringConvertible {
        var description: String
    }

    init(_ bytes: [UInt8]) throws {
        let document = try UCIDocument(bytes)
        parameters = try document.sections(ofType: "parameter").map { section in
            Parameter(
                name: try section.needed("name"),
                options: section.list("options"),
                isPositional: section.boolean("positional") == true,
                purpose: Text(en: try section.needed("en"), zh: try section.needed("zh"))
            )
        }
        advice = try document.sections(ofType: "advice").map { section in
            guard let kind = ArgumentFinding.Kind(rawValue: try section.needed("kind")) else {
                throw Mistake(description: "\(section.name ?? "advice"): no such kind")
            }
            return Advice(
                id: section.name ?? "",
                matches: section.list("match").map { ArgumentPattern($0) },
                items: section.list("item").map { ArgumentPattern($0) },
                kind: kind,
                reason: Text(en: try section.needed("en"), zh: try section.needed("zh")),
                remedy: Text(en: try section.needed("remedy_en"), zh: try section.needed("remedy_zh")),
                source: try section.needed("source"),
                conditions: try ArgumentConditions(section),
                samples: section.list("sample"),
                counters: section.list("counter")
            )
        }
    }

    func parameter(_ name: String) -> Parameter? { parameters.first { $0.name == name } }
}

extension UCIDocument.Section {
    /// An option that has to be there.
    func needed(_ option: String) throws -> String {
        guard let text = self[option], !text.isEmpty else {
            throw ArgumentTable.Mistake(description: "\(name ?? self["name"] ?? type): no \(option)")
        }
        return text
    }
}

/// A word with `*`, `?` and `[…]` for other text (fnmatch(3)).
struct ArgumentPattern: Sendable, Hashable {
    var text: String

    init(_ text: String) { self.text = text }

    func matches(_ word: String) -> Bool {
        ModuleAliases.matches(pattern: Array(text.utf8)[...], name: Array(word.utf8))
    }
}
