public import Machine

/// The daemon of libvirt that runs QEMU guests on this host itself: `libvirtd`, or `virtqemud` of the modular ones.
public struct LibvirtDaemon: Sendable, Hashable {
    /// `libvirtd` or `virtqemud`
    public var name: String
    public var pid: Int
    /// Seconds since 1970; nil where it cannot be told.
    public var started: Int?

    public init(name: String, pid: Int, started: Int?) {
        self.name = name
        self.pid = pid
        self.started = started
    }

    /// Those of the system that run now, without containers' and users' own; nil where processes cannot be seen.
    public static func read(_ machine: Machine) -> [LibvirtDaemon]? {
        guard machine.isLive, let processes = try? machine.processes() else { return nil }
        let own = try? machine.link("/proc/self/ns/pid")
        return processes.compactMap { pid in
            guard let name = machine.textIfAny("/proc/\(pid)/comm"), ["libvirtd", "virtqemud"].contains(name),
                (try? machine.link("/proc/\(pid)/ns/pid")) == own, (try? machine.status("/proc/\(pid)"))?.owner == 0
            else { return nil }
            return LibvirtDaemon(name: name, pid: pid, started: started(pid, machine))
        }
    }

    /// The 22nd word of `/proc/PID/stat` counts hundredths of a second since the kernel's start (proc(5), USER_HZ).
    private static func started(_ pid: Int, _ machine: Machine) -> Int? {
        guard let text = machine.textIfAny("/proc/\(pid)/stat"), let end = text.utf8.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        // The third word is the first behind the name.
        let words = Lines.words(String(text[text.utf8.index(after: end)...]))
        guard words.count > 19, let ticks = Int(words[19]) else { return nil }
        return machine.wallClock - machine.bootClock / 1000 + ticks / 100
    }
}

/// The version of the libvirt that is installed on this host, as its library's file name says it:
/// `libvirt.so.0.9000.0` is 9.0.0.
public struct LibvirtVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var major: Int
    public var minor: Int

    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    public static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }

    /// `9.0`
    public var description: String { "\(major).\(minor)" }

    private static let folders = [
        "/usr/lib64", "/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/lib",
    ]

    /// Nil where no such library is found.
    public static func read(_ machine: Machine) -> LibvirtVersion? {
        for folder in folders {
            guard let name = machine.linkName("\(folder)/libvirt.so.0") else { continue }
            let parts = name.split(separator: ".")
            guard parts.count == 5, let number = Int(parts[3]), number >= 1000 else { continue }
            return LibvirtVersion(number / 1000, number % 1000)
        }
        return nil
    }
}
