/// /etc/kernelstub/configuration of Pop!_OS, a JSON document: only read, as kernelstub(8) itself writes it
/// (`kernelstub --add-options`, `--delete-options`).
public struct KernelstubSettings: Equatable, Sendable {
    /// The arguments of `user.kernel_options`, which count; nil if the document does not say.
    public let options: [String]?

    /// The settings of a file.
    ///
    /// - Returns: nil if the bytes are no JSON object.
    public init?(_ bytes: [UInt8]) {
        guard case .object(let members)? = JSONText.parse(bytes) else { return nil }
        guard case .object(let user)? = members["user"] else {
            options = nil
            return
        }
        switch user["kernel_options"] {
        case .array(let items):
            options = items.compactMap { if case .string(let text) = $0 { text } else { nil } }
        // Older ones hold one line.
        case .string(let line): options = KernelCommandLine(line).words.map(\.text)
        default: options = nil
        }
    }

    /// The arguments as one line.
    public var commandLine: KernelCommandLine? { options.map { KernelCommandLine($0.joined(separator: " ")) } }
}

/// As much of JSON (RFC 8259) as settings need: numbers and words are taken as they are.
private indirect enum JSONText {
    case object([String: JSONText])
    case array([JSONText])
    case string(String)
    case other(String)

    static func parse(_ bytes: [UInt8]) -> JSONText? {
        var reader = Reader(bytes: bytes)
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipBlanks()
        return reader.index == bytes.count ? value : nil
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        mutating func skipBlanks() {
            while index < bytes.count, " \t\r\n".utf8.contains(bytes[index]) {
                index += 1
            }
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            skipBlanks()
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }

        mutating func value(depth: Int) -> JSONText? {
            guard depth < 32 else { return nil }
            if take(UInt8(ascii: "{")) {
                return object(depth)
            }
            if take(UInt8(ascii: "[")) {
                return array(depth)
            }
            guard index < bytes.count else { return nil }
            if bytes[index] == UInt8(ascii: "\"") {
                return string().map { .string($0) }
            }
            let start = index
            while index < bytes.count, isNameByte(bytes[index]) || "+-.".utf8.contains(bytes[index]) {
                index += 1
            }
            return index > start ? .other(bytes[start..<index].text) : nil
        }

        private mutating func object(_ depth: Int) -> JSONText? {
            var members: [String: JSONText] = [:]
            if take(UInt8(ascii: "}")) {
                return .object(members)
            }
            repeat {
                skipBlanks()
                guard let name = string(), take(UInt8(ascii: ":")), let value = value(depth: depth + 1) else {
                    return nil
                }
                members[name] = value
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "}")) ? .object(members) : nil
        }

        private mutating func array(_ depth: Int) -> JSONText? {
            var items: [JSONText] = []
            if take(UInt8(ascii: "]")) {
                return .array(items)
            }
            repeat {
                guard let item = value(depth: depth + 1) else { return nil }
                items.append(item)
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "]")) ? .array(items) : nil
        }

        private mutating func string() -> String? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            var units: [UInt8] = []
            while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                guard bytes[index] == UInt8(ascii: "\\") else {
                    units.append(bytes[index])
                    index += 1
                    continue
                }
                guard index + 1 < bytes.count, let text = escape() else { return nil }
                units += text
            }
            return take(UInt8(ascii: "\"")) ? String(decoding: units, as: UTF8.self) : nil
        }

        /// What an escape stands for; half of a surrogate pair alone becomes U+FFFD.
        private mutating func escape() -> [UInt8]? {
            let kind = bytes[index + 1]
            index += 2
            switch kind {
            case UInt8(ascii: "n"): return [0x0A]
            case UInt8(ascii: "t"): return [0x09]
            case UInt8(ascii: "r"): return [0x0D]
            case UInt8(ascii: "b"): return [0x08]
            case UInt8(ascii: "f"): return [0x0C]
            case UInt8(ascii: "u"):
                guard index + 4 <= bytes.count, let code = UInt16(bytes[index..<index + 4].text, radix: 16) else {
                    return nil
                }
                index += 4
                var units = [code]
                if code & 0xFC00 == 0xD800, bytes[index...].starts(with: "\\u".utf8), index + 6 <= bytes.count,
                    let low = UInt16(bytes[index + 2..<index + 6].text, radix: 16), low & 0xFC00 == 0xDC00
                {
                    units.append(low)
                    index += 6
                }
                return Array(String(decoding: units, as: UTF16.self).utf8)
            default: return "\"\\/".utf8.contains(kind) ? [kind] : nil
            }
        }
    }
}
