internal import Glibc

extension RouteDump {
    /// Every route of the running kernel, of both families and all tables; nil when it cannot be had. Needs no root.
    static func live() -> RouteDump? {
        // A table that changes while it is read is read again.
        for _ in 0..<4 {
            guard let dump = once() else { return nil }
            if !dump.isInterrupted { return dump }
        }
        return nil
    }

    private static func once() -> RouteDump? {
        let netlinkRoute: CInt = 0
        let descriptor = socket(AF_NETLINK, CInt(SOCK_RAW.rawValue) | CInt(SOCK_CLOEXEC.rawValue), netlinkRoute)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // The kernel answers at once; the deadline is for one that does not.
        var deadline = timeval(tv_sec: 3, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
        guard request(descriptor) else { return nil }
        var dump = RouteDump()
        while !dump.isDone {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, initialized in
                repeat {
                    count = recv(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_TRUNC))
                } while count < 0 && errno == EINTR
                initialized = max(0, min(count, buffer.count))
            }
            guard count > 0, count <= bytes.count, dump.take(bytes[...]) else { return nil }
        }
        return dump
    }

    /// Sends `RTM_GETROUTE` with `NLM_F_REQUEST | NLM_F_DUMP`: a `struct nlmsghdr` and an empty `struct rtmsg`.
    private static func request(_ descriptor: CInt) -> Bool {
        var message = [UInt8](repeating: 0, count: 28)
        message.withUnsafeMutableBytes { buffer in
            buffer.storeBytes(of: 28, toByteOffset: 0, as: UInt32.self)
            buffer.storeBytes(of: 26, toByteOffset: 4, as: UInt16.self)
            buffer.storeBytes(of: 0x301, toByteOffset: 6, as: UInt16.self)
            buffer.storeBytes(of: 1, toByteOffset: 8, as: UInt32.self)
        }
        // A netlink socket that was given no address speaks with the kernel.
        return send(descriptor, message, message.count, 0) == message.count
    }
}
