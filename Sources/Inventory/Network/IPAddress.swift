/// IP addresses as text and back.
public enum IPAddress {
    static func text(_ address: UInt32) -> String {
        "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }

    static func parse4(_ text: String) -> UInt32? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(Substring(part)) else { return nil }
            address = address << 8 | UInt32(byte)
        }
        return address
    }

    /// `192.0.2.0/24` as its network and its length.
    static func prefix4(_ text: String) -> (network: UInt32, length: Int)? {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"))
        guard parts.count == 2, let network = parse4(String(Substring(parts[0]))),
            let length = Int(Substring(parts[1])),
            (0...32).contains(length)
        else { return nil }
        return (network, length)
    }

    static func mask(_ length: Int) -> UInt32 {
        length == 0 ? 0 : UInt32.max << UInt32(32 - length)
    }

    /// 32 hexadecimal digits as 16 bytes.
    static func bytes6(_ digits: String) -> [UInt8]? {
        let utf8 = Array(digits.utf8)
        guard utf8.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 32, by: 2) {
            guard let byte = UInt8(String(decoding: utf8[index..<index + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    /// An IPv6 address in the form of RFC 5952: small letters, the first of the longest runs of zero groups left out.
    public static func text(_ bytes: [UInt8]) -> String {
        let groups = stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < groups.count {
            guard groups[start] == 0 else {
                start += 1
                continue
            }
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start > max(1, best.count) { best = start..<end }
            start = end
        }
        func join(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if best.isEmpty { return join(groups[...]) }
        return join(groups[..<best.lowerBound]) + "::" + join(groups[best.upperBound...])
    }
}
