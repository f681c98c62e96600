import Inventory

/// Other addresses in the place of a host's own, the same for the same one everywhere in an archive.
///
/// MAC addresses get locally administered ones, counted. IP addresses keep what they are (private, link-local, multicast) and
/// their relations: two that share a network share one afterwards, however long its prefix, so that routes and gateways
/// still fit. What their bits become depends on a secret that is forgotten with this value.
struct AddressPseudonyms {
    private let salt = UInt64.random(in: .min ... .max)
    /// 02 and three bytes of this archive's own: locally administered, and nobody's by chance.
    private let prefix = 0x0200_0000_0000 | UInt64.random(in: 1...0xFFFFFF) << 16
    private(set) var macs: [UInt64: UInt64] = [:]
    private(set) var addresses: Set<[UInt8]> = []

    // MARK: MAC addresses

    /// Nil for what is nobody's: zeros, and groups.
    mutating func mac(_ bytes: some Collection<UInt8>) -> [UInt8]? {
        guard bytes.count == 6, let first = bytes.first, first & 1 == 0, bytes.contains(where: { $0 != 0 }) else {
            return nil
        }
        let key = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if macs[key] == nil { macs[key] = prefix | UInt64(macs.count + 1) & 0xFFFF }
        return macs[key].map(Self.macBytes)
    }

    /// What a known address becomes.
    func known(mac bytes: some Collection<UInt8>) -> [UInt8]? {
        macs[bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }].map(Self.macBytes)
    }

    static func macBytes(_ key: UInt64) -> [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: key >> UInt64(40 - 8 * $0)) }
    }

    /// An EUI-64 that was made of a MAC address, as interface identifiers (RFC 4291, appendix A: FFFE in the middle, the
    /// universal bit turned) and serial numbers of PCI Express devices (FFFF or FFFE) are. Others are counted, too.
    mutating func eui64(_ bytes: [UInt8], isInterface: Bool) -> [UInt8] {
        guard bytes.count == 8, bytes.contains(where: { $0 != 0 }), bytes.contains(where: { $0 != 0xFF }) else {
            return bytes
        }
        if bytes[3] == 0xFF, bytes[4] == 0xFE || bytes[4] == 0xFF {
            var address = Array(bytes[..<3] + bytes[5...])
            let isTurned = isInterface || known(mac: [address[0] ^ 2] + address[1...]) != nil
            if isTurned { address[0] ^= 2 }
            if var other = mac(address) {
                if isTurned { other[0] ^= 2 }
                return Array(other[..<3]) + Array(bytes[3...4]) + Array(other[3...])
            }
        }
        return mac([0x02] + bytes.suffix(5).map { $0 }).map { [0, 0] + $0 } ?? hashed(bytes, 0)
    }

    // MARK: IP addresses

    /// Whether it tells whose host it is: not loopback, "any", multicast, or a mask.
    private static func isOwn(_ address: UInt32) -> Bool {
        let first = address >> 24
        return first != 0 && first != 127 && first < 224 && address >> 16 != 0xA9FE
    }

    /// An IPv4 address.
    ///
    /// - Parameter length: of its network; bits behind it that were zero stay zero.
    mutating func address(_ address: UInt32, length: Int = 32) -> UInt32 {
        guard Self.isOwn(address) else { return address }
        let kept =
            switch address >> 20 {
            case 0x0A0...0x0AF: 8
            case 0xAC1: 12
            case 0xC0A where address >> 16 == 0xC0A8: 16
            case 0x644...0x647: 10
            default: 3
            }
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: address >> UInt32(24 - 8 * $0)) }
        // The last byte stays: it tells nobody's host, and .1 and .255 are read as what they are.
        let mapped = flipped(bytes, kept..<24).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        addresses.insert(bytes)
        let mask = length <= 0 ? 0 : UInt32.max << UInt32(32 - min(length, 32))
        return address & ~mask == 0 ? mapped & mask : mapped
    }

    /// An IPv6 address of 16 bytes; a length as for IPv4.
    mutating func address(_ address: [UInt8], length: Int = 128) -> [UInt8] {
        guard address.count == 16, address.dropLast().contains(where: { $0 != 0 }) else { return address }
        if address.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) {
            let plain = self.address(address[12...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
            return Array(address[..<12]) + (0..<4).map { UInt8(truncatingIfNeeded: plain >> UInt32(24 - 8 * $0)) }
        }
        var mapped = address
        if address[0] == 0xFF {
            // A solicited-node group ends like the address that it is for (RFC 4291, section 2.7.1).
            if address[11] == 1, address[12] == 0xFF { mapped.replaceSubrange(13..., with: hashed(address, 13)[13...]) }
            return mapped
        }
        let isLinkLocal = address[0] == 0xFE && address[1] & 0xC0 == 0x80
        if !isLinkLocal { mapped = flipped(address, (address[0] & 0xFE == 0xFC ? 8 : 3)..<64) }
        let identifier = Array(address[8...])
        // ::1 and the like are nobody's.
        if identifier.prefix(6).contains(where: { $0 != 0 }) {
            let isEUI = identifier[3] == 0xFF && identifier[4] == 0xFE
            mapped.replaceSubrange(
                8...,
                with: isEUI ? eui64(identifier, isInterface: true) : hashed(identifier, 0)
            )
        }
        if mapped != address { addresses.insert(address) }
        let behind = min(max(0, length), 128)..<128
        if behind.allSatisfy({ address[$0 / 8] & UInt8(0x80) >> UInt8($0 % 8) == 0 }) {
            for bit in behind { mapped[bit / 8] &= ~(UInt8(0x80) >> UInt8(bit % 8)) }
        }
        return mapped
    }

    /// Turns bits of a range, each by what stands before it.
    private func flipped(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
        var result = bytes
        for bit in range {
            var hasher = Hasher()
            hasher.combine(salt)
            hasher.combine(bit)
            hasher.combine(bytes.count)
            for index in 0..<bit / 8 { hasher.combine(bytes[index]) }
            hasher.combine(bytes[bit / 8] & ~(UInt8(0xFF) >> UInt8(bit % 8)))
            if hasher.finalize() & 1 != 0 { result[bit / 8] ^= UInt8(0x80) >> UInt8(bit % 8) }
        }
        return result
    }

    /// Bytes from an index on as others.
    private func hashed(_ bytes: [UInt8], _ start: Int) -> [UInt8] {
        var result = bytes
        for index in bytes.indices where index >= start {
            var hasher = Hasher()
            hasher.combine(salt)
            hasher.combine(bytes)
            hasher.combine(index)
            result[index] = UInt8(truncatingIfNeeded: hasher.finalize())
        }
        return result
    }
}
