/// A file with everything that is put back when a change to it is undone.
public struct FileSnapshot: Sendable, Hashable, Codable {
    public var content: FileContent
    /// Permission bits (07777).
    public var mode: UInt32
    public var owner: UInt32
    public var group: UInt32
    /// When the content was last changed (inode(7)); nil means the moment of writing.
    public var modified: Timestamp?
    /// Extended attributes (xattr(7)), access control lists among them.
    public var attributes: [String: FileContent]

    /// Seconds since 1970 and nanoseconds.
    public struct Timestamp: Sendable, Hashable, Codable {
        public var seconds: Int
        public var nanoseconds: Int

        public init(seconds: Int, nanoseconds: Int) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }
    }

    public var bytes: [UInt8] {
        get { content.bytes }
        set { content.bytes = newValue }
    }

    public init(bytes: [UInt8], mode: UInt32 = 0o644, owner: UInt32 = 0, group: UInt32 = 0) {
        content = FileContent(bytes)
        self.mode = mode
        self.owner = owner
        self.group = group
        attributes = [:]
    }

    init(bytes: [UInt8], status: FileStatus) {
        self.init(bytes: bytes, mode: status.mode, owner: status.owner, group: status.group)
    }

    /// Whether nobody changed content, permissions or owner between the two.
    public func isSameFile(as other: FileSnapshot) -> Bool {
        content == other.content && mode == other.mode && owner == other.owner && group == other.group
    }
}

/// Bytes that are text nearly always: coded as that where it is possible, else as hexadecimal digits.
public struct FileContent: Sendable, Hashable, Codable, ExpressibleByStringInterpolation {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ text: String) { bytes = Array(text.utf8) }
    public init(stringLiteral text: String) { self.init(text) }

    /// The text; nil when the bytes are none.
    public var text: String? { String(validating: bytes, as: UTF8.self) }

    private enum CodingKeys: String, CodingKey { case hexadecimal }

    public init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self.init(text)
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let digits = Array(try container.decode(String.self, forKey: .hexadecimal).utf8)
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count - 1, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .hexadecimal,
                    in: container,
                    debugDescription: "digit pair \(index / 2) is not hexadecimal"
                )
            }
            bytes.append(byte)
        }
        self.init(bytes)
    }

    public func encode(to encoder: any Encoder) throws {
        if let text {
            var container = encoder.singleValueContainer()
            return try container.encode(text)
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try container.encode(digits, forKey: .hexadecimal)
    }
}
