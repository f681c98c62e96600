internal import Glibc
internal import Machine

/// The machine's own TCP connections (`/proc/net/tcp` and `/proc/net/tcp6`, Documentation/networking/proc_net_tcp.rst).
struct TCPSockets {
    /// One end of a connection.
    struct End: Hashable {
        /// `192.0.2.1`, or an IPv6 address as RFC 5952 writes it; an IPv4 address that came as IPv6 is IPv4 again.
        var address: String
        var port: UInt16
    }

    struct Connection: Hashable {
        var local: End
        var peer: End

        /// Whether it comes from this machine itself.
        var isLoopback: Bool { local.address.hasPrefix("127.") || local.address == "::1" }
    }

    /// Established connections by their socket's inode.
    private(set) var established: [String: Connection] = [:]
    /// Ports on which somebody listens.
    private(set) var listening: Set<UInt16> = []
    /// Why a list could not be read.
    private(set) var unreadable: String?

    static func read(_ machine: Machine) -> TCPSockets {
        var sockets = TCPSockets()
        for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
            do throws(Unreadable) {
                for line in try machine.textLines(path).dropFirst() { sockets.take(line) }
            } catch {
                // A kernel without IPv6 has no second list.
                if path == "/proc/net/tcp" || !error.isAbsence { sockets.unreadable = error.reason }
            }
        }
        return sockets
    }

    /// `  0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 12345 …`
    private mutating func take(_ line: String) {
        let words = Lines.words(line)
        guard words.count >= 10, let local = Self.end(words[1]), let peer = Self.end(words[2]) else { return }
        // <net/tcp_states.h>: 1 is established, 10 is listening.
        switch words[3] {
        case "01": established[words[9]] = Connection(local: local, peer: peer)
        case "0A": listening.insert(local.port)
        default: break
        }
    }

    /// Words of 32 bits in the order of the processor's bytes, a colon, the port.
    private static func end(_ text: String) -> End? {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"))
        guard parts.count == 2, let port = UInt16(Substring(parts[1]), radix: 16) else { return nil }
        let digits = String(Substring(parts[0]))
        if digits.utf8.count == 8, let address = UInt32(digits, radix: 16)?.byteSwapped {
            return End(address: IPAddress.text(address), port: port)
        }
        guard let bytes = IPAddress.bytes6(digits) else { return nil }
        let ordered = stride(from: 0, to: 16, by: 4).flatMap { bytes[$0..<$0 + 4].reversed() }
        return End(address: IPAddress.plain(ordered), port: port)
    }
}

extension IPAddress {
    /// Sixteen bytes as text; `::ffff:192.0.2.1` is `192.0.2.1`.
    static func plain(_ bytes: [UInt8]) -> String {
        let isMapped =
            bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? text(bytes[12...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }) : text(bytes)
    }

    /// An address as its 4 or 16 bytes; nil for anything else. A zone such as `%eth0` is no part of it.
    public static func bytes(_ text: String) -> [UInt8]? {
        let text = text.utf8.firstIndex(of: UInt8(ascii: "%")).map { String(text[..<$0]) } ?? text
        if let address = parse4(text) { return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: address >> $0) } }
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: &address) { Array($0) }
    }

    /// Whether `address` lies in `prefix`, such as `192.0.2.0/24`; how long the prefix is, nil when it does not.
    static func length(of prefix: String, around address: [UInt8]) -> Int? {
        let parts = prefix.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard parts.count == 2, let network = bytes(parts[0]), let length = Int(parts[1]),
            network.count == address.count, (0...address.count * 8).contains(length)
        else { return nil }
        for (index, pair) in zip(network, address).enumerated() {
            let bits = min(8, max(0, length - index * 8))
            let mask = bits == 0 ? 0 : UInt8.max << UInt8(8 - bits)
            if pair.0 & mask != pair.1 & mask { return nil }
        }
        return length
    }
}
