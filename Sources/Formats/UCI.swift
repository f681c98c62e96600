/// A file of /etc/config as OpenWrt's UCI reads it (libuci, file.c): `config TYPE [NAME]`, `option NAME VALUE`,
/// `list NAME VALUE`, `package NAME`; words in single quotes (nothing is special), double quotes (a backslash keeps the
/// next byte) or bare; "#" begins a comment, ";" ends a statement, quoted values may go over lines.
public struct UCIDocument: Equatable, Sendable {
    /// An option's value.
    public enum Value: Equatable, Sendable {
        /// Of `option`.
        case text(String)
        /// Of `list`, in order.
        case list([String])
    }

    /// One option of a section.
    public struct Option: Equatable, Sendable {
        /// Its name.
        public let name: String
        /// Its value; of several `option` lines with one name the last counts.
        public internal(set) var value: Value
        /// The statements that made it, as places in ``UCIDocument/bytes``.
        public internal(set) var ranges: [Range<Int>]
        /// The value's place in each of them; empty behind the name if there is none.
        var values: [Range<Int>]
    }

    /// One section.
    public struct Section: Equatable, Sendable {
        /// Its type.
        public let type: String
        /// Its name; nil for an anonymous section.
        public let name: String?
        /// Its options, in order of first mention.
        public internal(set) var options: [Option] = []
        /// The `config` statements that open it, more than one if a named section is opened again.
        public internal(set) var ranges: [Range<Int>]

        /// The text of an option; nil if there is none, or if it is a list.
        public subscript(option: String) -> String? {
            guard case .text(let text)? = options.first(where: { $0.name == option })?.value else { return nil }
            return text
        }

        /// The items of a list; an option is a list of one, as OpenWrt's scripts take it; empty if there is none.
        public func list(_ option: String) -> [String] {
            switch options.first(where: { $0.name == option })?.value {
            case .text(let text): [text]
            case .list(let items): items
            case nil: []
            }
        }

        /// An option as OpenWrt's config_get_bool reads it: 1, on, true, yes, enabled, or 0, off, false, no, disabled;
        /// nil if it is missing or something else.
        public func boolean(_ option: String) -> Bool? {
            switch self[option] {
            case "1", "on", "true", "yes", "enabled": true
            case "0", "off", "false", "no", "disabled": false
            default: nil
            }
        }
    }

    /// The file as given.
    public let bytes: [UInt8]
    /// The `package` line's name.
    public let package: String?
    /// The sections, in order.
    public let sections: [Section]

    /// The sections of a file.
    ///
    /// - Throws: the first line that libuci would refuse.
    public init(_ bytes: [UInt8]) throws(UCIError) {
        var reader = UCIReader(bytes: bytes)
        try reader.readAll()
        self.bytes = bytes
        package = reader.package
        sections = reader.sections
    }

    /// The section of a name.
    public func section(named name: String) -> Section? {
        sections.first { $0.name == name }
    }

    /// The sections of a type.
    public func sections(ofType type: String) -> [Section] {
        sections.filter { $0.type == type }
    }
}

/// A line that UCI does not take.
public struct UCIError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Equatable, Sendable {
        /// The statement's first word is none of package, config, option, list.
        case unknownStatement(String)
        /// A word is missing or too much.
        case wrongNumberOfWords
        /// A name has other than letters, digits and "_" (types: any visible byte).
        case badName(String)
        /// An option stands before the first section.
        case optionOutsideSection
        /// A section is opened again with another type.
        case typeChanged(String)
        /// A quote is not closed.
        case openQuote
    }

    /// What is wrong.
    public let reason: Reason
    /// The line, from 1.
    public let line: Int

    /// One sentence.
    public var description: String {
        switch reason {
        case .unknownStatement(let word):
            "Line \(line): '\(word)' is none of package, config, option, list."
        case .wrongNumberOfWords: "Line \(line): a word is missing, or there is one too many."
        case .badName(let name): "Line \(line): '\(name)' is no valid name."
        case .optionOutsideSection: "Line \(line): an option stands before the first section."
        case .typeChanged(let name): "Line \(line): the section '\(name)' is opened again with another type."
        case .openQuote: "Line \(line): a quote is not closed."
        }
    }
}
