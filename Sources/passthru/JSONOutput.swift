import FoundationEssentials
import Wording

/// The one way in which passthru writes JSON: keys sorted, slashes as they are.
enum JSONOutput {
    static func string(_ value: some Encodable, in language: Language) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        if let key = CodingUserInfoKey.language { encoder.userInfo[key] = language }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
