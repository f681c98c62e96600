internal import CLinux
internal import Glibc
internal import Synchronization

/// Devices of this machine, by their folders, of which a read did not come back in time.
///
/// Each further read would wait as long and might leave another process behind that nothing can end. So none is made for
/// some seconds, and none at all while the process that is stuck is still there; once the driver let it go, the device is
/// asked again, as by a watchdog that waits for it.
final class StuckDevices: Sendable {
    static let shared = StuckDevices()

    /// For how long a device is not asked again, in milliseconds: longer than one command looks at it.
    private static let rest = 5_000

    private struct Stuck {
        /// 0 where it could be ended.
        var process: pid_t
        /// On the clock since the kernel started, milliseconds.
        var until: Int
    }

    private let devices = Mutex<[String: Stuck]>([:])

    func add(_ device: String, process: pid_t, at now: Int) {
        devices.withLock { $0[device] = Stuck(process: process, until: now + Self.rest) }
    }

    /// Whether the device is one that must not be asked now.
    func hold(_ device: String, at now: Int) -> Bool {
        devices.withLock { devices in
            guard var stuck = devices[device] else { return false }
            if stuck.process != 0, clinux_ended(stuck.process) { stuck.process = 0 }
            let isHeld = stuck.process != 0 || now < stuck.until
            devices[device] = isHeld ? stuck : nil
            return isHeld
        }
    }
}
