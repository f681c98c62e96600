internal import Glibc

/// The running kernel's own answer about addresses.
enum LiveAddresses {
    /// Addresses by interface name, from getifaddrs(3); nil when the kernel gives none.
    static func read() -> [String: [InterfaceAddress]]? {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return nil }
        defer { freeifaddrs(first) }
        var found: [String: [InterfaceAddress]] = [:]
        var next = first
        while let entry = next {
            next = entry.pointee.ifa_next
            // An IPv4 label such as `eth0:1` stands for its interface.
            let label = String(cString: entry.pointee.ifa_name)
            let name = String(label.prefix { $0 != ":" })
            guard let (address, family) = text(entry.pointee.ifa_addr) else { continue }
            let mask = bytes(entry.pointee.ifa_netmask)?.reduce(0) { $0 + $1.nonzeroBitCount }
            var peer: String?
            if entry.pointee.ifa_flags & UInt32(IFF_POINTOPOINT) != 0,
                let (far, farFamily) = text(entry.pointee.ifa_ifu.ifu_dstaddr), farFamily == family, far != address
            {
                peer = far
            }
            found[name, default: []].append(
                InterfaceAddress(address: address, prefixLength: mask, peer: peer, source: .kernel)
            )
        }
        return found
    }

    private static func text(_ address: UnsafeMutablePointer<sockaddr>?) -> (String, sa_family_t)? {
        guard let address, let bytes = bytes(address) else { return nil }
        if bytes.count == 4 {
            let number = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return (IPAddress.text(number), address.pointee.sa_family)
        }
        return (IPAddress.text(bytes), address.pointee.sa_family)
    }

    private static func bytes(_ address: UnsafeMutablePointer<sockaddr>?) -> [UInt8]? {
        guard let address else { return nil }
        switch CInt(address.pointee.sa_family) {
        case AF_INET:
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            return address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }
}
