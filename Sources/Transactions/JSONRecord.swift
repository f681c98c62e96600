import FoundationEssentials
import Wording

/// Values as small JSON files, with texts in every language so that they read back as they were.
public enum JSONRecord {
    /// One object, keys sorted, and the end of its line; nil for what JSON cannot say.
    public static func bytes(_ value: some Encodable) -> [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if let key = CodingUserInfoKey.everyLanguage { encoder.userInfo[key] = true }
        return (try? encoder.encode(value)).map { [UInt8]($0) + [UInt8(ascii: "\n")] }
    }

    /// The value; nil when the bytes are no such value.
    public static func value<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
