/// An address or a register image, encoded as a string such as `"0xfed90000"`.
///
/// A JSON number is a double to most readers and loses the low bits of a 64-bit register.
@propertyWrapper
public struct Hexadecimal<Value: FixedWidthInteger & UnsignedInteger & Sendable>: Codable, Sendable, Hashable {
    /// The number.
    public var wrappedValue: Value

    /// Wraps a number.
    public init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        let digits = text.dropFirst(2)
        guard text.hasPrefix("0x"), digits.allSatisfy(\.isHexDigit), let value = Value(digits, radix: 16) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a 0x number: \(text)")
        }
        wrappedValue = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode("0x" + String(wrappedValue, radix: 16))
    }
}

/// A number in lowercase hexadecimal digits, padded with zeros to `width`.
func hexadecimal(_ value: some BinaryInteger, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
