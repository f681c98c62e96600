/// How much of a document is read before it is refused.
public struct XMLLimits: Sendable {
    public var bytes = 4 << 20
    public var depth = 64
    public var elements = 100_000

    public init() {}
}

/// Why a document is no XML that can be read.
public struct XMLError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Reason: Equatable, Sendable {
        /// In expat's words.
        case malformed(String)
        case documentType
        /// Another encoding than UTF-8, by its name.
        case encoding(String)
        case tooLong(limit: Int)
        case tooDeep(limit: Int)
        case tooManyElements(limit: Int)
    }

    public var reason: Reason
    /// From 1.
    public var line: Int
    /// From 1, in characters.
    public var column: Int

    public init(_ reason: Reason, line: Int = 1, column: Int = 1) {
        self.reason = reason
        self.line = line
        self.column = column
    }

    public var description: String {
        let what =
            switch reason {
            case .malformed(let words): words
            case .documentType: "a document type declaration, which is not read"
            case .encoding(let name): "the encoding \(name), where only UTF-8 is read"
            case .tooLong(let limit): "longer than \(limit) bytes"
            case .tooDeep(let limit): "elements nested deeper than \(limit)"
            case .tooManyElements(let limit): "more than \(limit) elements"
            }
        return "line \(line), column \(column): \(what)"
    }
}
