import Wording

/// What is known of one message: how it reads, what it means, what to do. One object of
/// `Sources/CLinux/data/messages/*.json`; `docs/messages.md` says how to add one.
public struct MessageEntry: Sendable {
    public enum Role: String, Sendable, Codable {
        /// Something is wrong.
        case cause
        /// Nothing is wrong: people ask about it, or take it for proof of something.
        case benign
        /// Says that something failed, and another message says what.
        case wrapper
    }

    /// Stable name for scripts.
    public var id: String
    /// How it reads, in every wording that is known.
    var templates: [MessageTemplate]
    /// What rules it out on the same line.
    var exclusions: [MessageTemplate]
    /// Questions that people ask in their own words; only a short text is taken for one.
    public var questions: [String]
    /// In a whole log the message counts only if one of these words stands somewhere in it.
    public var context: [String]
    /// The same, in a short text too.
    public var needs: [String]
    public var samples: [String]
    /// Messages that look like it and are not it.
    public var near: [String]
    public var cause: Text
    public var remedy: Text
    public var actor: Actor
    public var role: Role
    /// Checks and probes that tell whether it is so on a host.
    public var checks: [String]
    /// Messages that follow from it.
    public var explains: [String]
    public var found: [Source]
    /// Where it holds, in words; nil for every version.
    public var versions: String?

    /// Where the wording was seen.
    public struct Source: Sendable, Hashable, Codable {
        /// In a file of a package of Debian: its name, the version, the path inside it.
        public var package: String?
        public var version: String?
        public var file: String?
        /// Or in a public repository, in `file`.
        public var repository: String?
        /// Or in a public thread.
        public var thread: String?
        /// The bytes that are there, with the program's own placeholders.
        public var literal: String
    }
}

extension MessageEntry {
    /// The templates as they stand in the data.
    public var matches: [String] { templates.map(\.text) }
}

extension MessageEntry: Decodable {
    private enum CodingKeys: String, CodingKey {
        case id, match, not, question, context, needs, samples, near, cause, remedy, actor, role, checks, explains
        case found, versions
    }

    private struct Pair: Decodable {
        var en: String
        var zh: String
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func texts(_ key: CodingKeys) throws -> [String] {
            try values.decodeIfPresent([String].self, forKey: key) ?? []
        }
        func templates(_ key: CodingKeys) throws -> [MessageTemplate] {
            try texts(key).map { text in
                do {
                    return try MessageTemplate(text)
                } catch {
                    throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "\(error)")
                }
            }
        }
        func text(_ key: CodingKeys) throws -> Text {
            let pair = try values.decode(Pair.self, forKey: key)
            return Text(en: pair.en, zh: pair.zh)
        }
        id = try values.decode(String.self, forKey: .id)
        self.templates = try templates(.match)
        exclusions = try templates(.not)
        questions = try texts(.question)
        context = try texts(.context)
        needs = try texts(.needs)
        samples = try texts(.samples)
        near = try texts(.near)
        cause = try text(.cause)
        remedy = try text(.remedy)
        actor = try values.decode(Actor.self, forKey: .actor)
        role = try values.decodeIfPresent(Role.self, forKey: .role) ?? .cause
        checks = try texts(.checks)
        explains = try texts(.explains)
        found = try values.decodeIfPresent([Source].self, forKey: .found) ?? []
        versions = try values.decodeIfPresent(String.self, forKey: .versions)
    }
}
