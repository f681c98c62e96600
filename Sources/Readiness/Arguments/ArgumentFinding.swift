import Inventory
import Wording

/// Something about a word of a kernel command line that its owner should know.
public struct ArgumentFinding: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Nothing reads it, here.
        case noOp = "no-op"
        /// Almost the name of something else.
        case typo
        /// It is there more than once.
        case duplicate
        /// It works against passthrough, or against another word.
        case contradiction
        /// It was once of use.
        case stale
        /// It takes protection away.
        case unsafe
    }

    /// The word as it stands on the line.
    public var word: String
    public var kind: Kind
    /// Which rule found it: the name of an advice in kernel-arguments.uci, `typo`, `option` or `duplicate`.
    public var rule: String
    public var reason: Text
    @Nullable public var remedy: Text?

    public init(word: String, kind: Kind, rule: String, reason: Text, remedy: Text?) {
        self.word = word
        self.kind = kind
        self.rule = rule
        self.reason = reason
        self.remedy = remedy
    }
}
