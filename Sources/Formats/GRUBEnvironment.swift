/// GRUB's environment block (grubenv; GNU GRUB manual, "Environment block"; grub-core/lib/envblk.c): a header line,
/// "name=value" lines in which a backslash keeps the next byte as it is, then "#" up to the block's size.
public struct GRUBEnvironment: Equatable, Sendable {
    /// One variable.
    public struct Variable: Equatable, Sendable {
        /// Its name.
        public let name: String
        /// Its value.
        public let value: String
    }

    /// The block as given.
    public let bytes: [UInt8]
    /// The variables, in the order of the block.
    public let variables: [Variable]
    /// The block's size in bytes, 1024 as grub-editenv makes it.
    public let size: Int
    /// How many of these bytes are still free.
    public let free: Int

    /// The variables of a block.
    ///
    /// - Returns: nil if the bytes do not begin as a block does.
    public init?(_ bytes: [UInt8]) {
        let header = Array("# GRUB Environment Block\n".utf8)
        guard bytes.starts(with: header) else { return nil }
        self.bytes = bytes
        size = bytes.count
        let hash = UInt8(ascii: "#")
        free = bytes.reversed().prefix { $0 == hash }.count
        var found: [Variable] = []
        var index = header.count
        while index < bytes.count {
            var line: [UInt8] = []
            let isComment = bytes[index] == hash
            while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
                if !isComment, bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                    index += 1
                }
                line.append(bytes[index])
                index += 1
            }
            index += 1
            if !isComment, let equals = line.firstIndex(of: UInt8(ascii: "=")), equals > 0 {
                found.append(Variable(name: line[..<equals].text, value: line[(equals + 1)...].text))
            }
        }
        variables = found
    }

    /// The variables by name; of several with one name the last counts, as for GRUB's `load_env`.
    public var values: [String: String] {
        Dictionary(variables.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    }
}
