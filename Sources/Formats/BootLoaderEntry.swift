/// One file of /boot/loader/entries (Boot Loader Specification, type #1): "key value" lines, "#" comments.
public struct BootLoaderEntry: Equatable, Sendable {
    /// A line of the file.
    public struct Field: Equatable, Sendable {
        /// The key: title, version, linux, initrd, options …
        public let key: String
        /// What follows it, blanks at both ends taken away.
        public let value: String
        /// The value's bytes in ``BootLoaderEntry/bytes``; empty behind the key if there is none.
        let range: Range<Int>
        /// Where the key begins.
        let start: Int
    }

    /// The file as given.
    public let bytes: [UInt8]
    /// The lines, in order.
    public let fields: [Field]

    /// The entry of a file.
    public init(_ bytes: [UInt8]) {
        var found: [Field] = []
        for line in ByteLines(bytes) {
            let text = line.trimmed()
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            let keyEnd = text.firstIndex { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } ?? text.endIndex
            let value = text[keyEnd...].trimmed()
            let range = value.isEmpty ? keyEnd..<keyEnd : value.startIndex..<value.endIndex
            found.append(
                Field(key: text[..<keyEnd].text, value: value.text, range: range, start: text.startIndex)
            )
        }
        self.bytes = bytes
        fields = found
    }

    /// The first value of a key.
    public subscript(key: String) -> String? { fields.first { $0.key == key }?.value }

    /// All `options` lines as one, as the specification joins them; nil if there is none.
    public var options: String? {
        let values = fields.filter { $0.key == "options" }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: " ")
    }

    /// The kernel arguments.
    ///
    /// - Parameter environment: variables of GRUB's environment block, which GRUB's `blscfg` puts in for `$name`
    ///   (Fedora: `$kernelopts`, `$tuned_params`); one that is not there becomes nothing.
    public func commandLine(environment: [String: String] = [:]) -> KernelCommandLine {
        let text = Array((options ?? "").utf8)
        var result: [UInt8] = []
        var index = 0
        // The kernel takes 2048 bytes; nothing grows without end.
        while index < text.count, result.count < 65536 {
            var start = index + 1
            guard text[index] == UInt8(ascii: "$"), start < text.count else {
                result.append(text[index])
                index += 1
                continue
            }
            let isBraced = text[start] == UInt8(ascii: "{")
            start += isBraced ? 1 : 0
            var end = start
            while end < text.count,
                text[end] == UInt8(ascii: "_") || text[end] &- UInt8(ascii: "0") < 10
                    || (text[end] | 0x20) &- UInt8(ascii: "a") < 26
            {
                end += 1
            }
            guard end > start else {
                result.append(text[index])
                index += 1
                continue
            }
            result += (environment[text[start..<end].text] ?? "").utf8
            index = isBraced && end < text.count && text[end] == UInt8(ascii: "}") ? end + 1 : end
        }
        return KernelCommandLine(result)
    }
}
