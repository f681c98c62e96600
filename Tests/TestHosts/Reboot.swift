import Foundation
import Machine

extension TestHost {
    /// A machine of `Hosts` whose text was changed, for example by a serial number for a card.
    public static func named(_ name: String, replacing edits: [String: String]) throws -> TestHost {
        var text = try String(contentsOf: Manifest.folder.appending(path: name + ".txt"), encoding: .utf8)
        for (old, new) in edits {
            precondition(text.contains(old), "\(name): \(old)")
            text = text.replacingOccurrences(of: old, with: new)
        }
        return try Manifest.host(name, text: text)
    }
}

extension SimulatedSysfs {
    /// The machine after a restart: the disk as it was left, everything else as `host` has it.
    ///
    /// - Parameter boot: names this run of the kernel.
    public func restarted(as host: TestHost, boot: String) -> SimulatedSysfs {
        func isOnDisk(_ path: String) -> Bool {
            !["/sys/", "/proc/", "/var/run/", "/run/", "/dev/"].contains { path.hasPrefix($0) }
        }
        var next = host
        for path in host.nodes.keys where isOnDisk(path) && self.host.nodes[path] == nil { next.remove(path) }
        for (path, node) in self.host.nodes where isOnDisk(path) { next.put(node, at: path) }
        next.file("/proc/sys/kernel/random/boot_id", boot)
        return SimulatedSysfs(next)
    }
}
