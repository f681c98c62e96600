/// A sentence for a person, in every language the tool speaks.
///
/// Both languages stand side by side in the code, so that neither can be forgotten:
///
///     Text(en: "\(name) has no driver.", zh: "\(name) 没有驱动程序。")
public struct Text: Sendable, Hashable {
    public let en: String
    public let zh: String

    public init(en: String, zh: String) {
        self.en = en
        self.zh = zh
    }

    /// Something that is the same in every language: an address, a path, a number.
    public init(verbatim string: String) {
        self.init(en: string, zh: string)
    }

    public static let empty = Text(verbatim: "")

    public func string(in language: Language) -> String {
        switch language {
        case .english: en
        case .chinese: zh
        }
    }

    public static func + (left: Text, right: Text) -> Text {
        Text(en: left.en + right.en, zh: left.zh + right.zh)
    }
}

extension Text {
    /// Several texts as a list: commas in English, enumeration commas (、) in Chinese.
    public static func list(_ items: [Text]) -> Text {
        Text(
            en: items.map(\.en).joined(separator: ", "),
            zh: items.map(\.zh).joined(separator: "、")
        )
    }

    public static func list(_ items: [String]) -> Text {
        list(items.map(Text.init(verbatim:)))
    }

    /// Sentences one after the other.
    public static func sentences(_ items: [Text]) -> Text {
        Text(en: items.map(\.en).joined(separator: " "), zh: items.map(\.zh).joined())
    }
}

extension CodingUserInfoKey {
    /// The ``Language`` in which an encoder writes texts; English where it is not set.
    public static let language = CodingUserInfoKey(rawValue: "language")
    /// Whether an encoder writes texts in all languages, to be read back as they were.
    public static let everyLanguage = CodingUserInfoKey(rawValue: "every-language")
}

extension Text: Codable {
    private enum CodingKeys: String, CodingKey { case en, zh }

    /// A text is written in one language, the one that the encoder was told.
    public func encode(to encoder: any Encoder) throws {
        if let key = CodingUserInfoKey.everyLanguage, encoder.userInfo[key] != nil {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(en, forKey: .en)
            return try container.encode(zh, forKey: .zh)
        }
        let language = CodingUserInfoKey.language.flatMap { encoder.userInfo[$0] as? Language } ?? .english
        var container = encoder.singleValueContainer()
        try container.encode(string(in: language))
    }

    /// What was written in one language reads back as the same in all.
    public init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self.init(verbatim: text)
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            en: try container.decode(String.self, forKey: .en),
            zh: try container.decode(String.self, forKey: .zh)
        )
    }
}
