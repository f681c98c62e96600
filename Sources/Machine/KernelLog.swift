internal import CLinux
public import SystemPackage

extension Machine {
    /// The newest part of the kernel's log, at most `limit` bytes, as dmesg(1) prints it raw: `<6>[   12.345678] …`.
    ///
    /// `EPERM` where dmesg_restrict keeps it from everybody but root; a captured machine has none (`ENOENT`).
    public func kernelLog(limit: Int = 4 << 20) throws(Errno) -> [UInt8] {
        guard isLive else { throw .noSuchFileOrDirectory }
        var failure: Int = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            let count = clinux_kernel_log(buffer.baseAddress, limit)
            failure = min(0, count)
            initialized = max(0, count)
        }
        guard failure == 0 else { throw Errno(rawValue: CInt(-failure)) }
        return bytes
    }
}
