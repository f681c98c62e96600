import FoundationEssentials
import Wording

/// The one way in which passthru writes JSON: keys sorted, slashes as they are.
enum JSONOutput {
    /// One object and the end of its line, in UTF-8.
    static func bytes(_ value: some Encodable, in language: Language) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        if let key = CodingUserInfoKey.language { encoder.userInfo[key] = language }
        let data = try encoder.encode(value)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + 1)
        bytes += data
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}
