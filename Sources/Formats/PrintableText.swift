/// Text from an untrusted document, made safe to print inside a message: control characters (C0 but tab, DEL, C1) and
/// undecodable bytes become `\xNN`, and more than `limit` scalars are cut with "…".
public func printable(_ bytes: some Sequence<UInt8>, limit: Int = 120) -> String {
    var result = ""
    var count = 0
    for scalar in String(decoding: Array(bytes.prefix(limit * 4 + 4)), as: UTF8.self).unicodeScalars {
        if count == limit {
            return result + "…"
        }
        count += 1
        if scalar.value < 0x20 && scalar != "\t" || (0x7F...0x9F).contains(scalar.value) || isDirectionControl(scalar) {
            result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// Bidirectional controls (UAX #9), which can make a printed path read differently from what it is.
private func isDirectionControl(_ scalar: Unicode.Scalar) -> Bool {
    (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
}
