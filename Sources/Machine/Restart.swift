internal import CLinux
internal import Glibc
public import SystemPackage

/// A hardware watchdog that this process has armed: unless it is fed, the machine restarts, also when the process dies.
public final class Watchdog: @unchecked Sendable {
    private let descriptor: CInt

    fileprivate init(_ descriptor: CInt) { self.descriptor = descriptor }

    /// Puts the restart off once more.
    public func feed() { _ = clinux_watchdog_feed(descriptor) }

    /// Disarms it.
    public func disarm() { clinux_watchdog_close(descriptor) }
}

extension Machine {
    private static let watchdogPath = "/dev/watchdog"

    /// Whether the machine has a hardware watchdog.
    public var hasWatchdog: Bool { exists(Self.watchdogPath) }

    /// Arms the hardware watchdog (Documentation/watchdog/watchdog-api.rst).
    ///
    /// - Parameter seconds: within which it must be fed, as near as the device can.
    /// - Throws: `ENOENT` where there is none, `EBUSY` where somebody else feeds it.
    public func armWatchdog(seconds: Int) throws(Errno) -> Watchdog {
        guard isLive else { throw .noSuchFileOrDirectory }
        // One that cannot be disarmed would restart the machine once its work is done.
        guard textIfAny("/sys/class/watchdog/watchdog0/nowayout") != "1" else { throw .notSupported }
        let descriptor = clinux_watchdog_open(Self.watchdogPath, CInt(seconds))
        guard descriptor >= 0 else { throw Errno(rawValue: -descriptor) }
        return Watchdog(descriptor)
    }

    /// Restarts the machine: in good order, and at once where that does not come about within a minute.
    public func restart() { tree.restart() }

    /// What a server on a TCP port of this machine says first; nil when none answers. On a machine that is not live, nil.
    public func greeting(port: Int, milliseconds: Int) -> String? {
        guard isLive, let port = UInt16(exactly: port) else { return nil }
        var length = 0
        var error: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            error = clinux_greeting(port, buffer.baseAddress, 256, &length, CInt(milliseconds))
            count = error == 0 ? length : 0
        }
        return error == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }
}

extension FolderTree {
    public func restart() {
        guard isLive else { return }
        let machine = Machine(self)
        if let program = machine.program("reboot") { _ = try? machine.run(program, [], milliseconds: 10_000) }
        for _ in 0..<60 { machine.pause(milliseconds: 1_000) }
        _ = clinux_restart()
    }
}
