public import Machine
internal import SystemPackage

/// The ranges of addresses that the firmware gave to the PCI buses: what devices' memory can be placed in.
public struct HostWindows: Sendable, Hashable, Codable {
    public struct Window: Sendable, Hashable, Codable {
        /// `PCI Bus 0000:00`
        public var name: String
        @Hexadecimal public var first: UInt64
        @Hexadecimal public var last: UInt64
    }

    /// Those of the root buses; null when they could not be seen.
    @Nullable public var windows: [Window]?
    public var unknown: [String: String] = [:]

    static let path = "/proc/iomem"

    /// Addresses are shown to root only; others see zeros.
    public static func read(_ machine: Machine) -> HostWindows {
        do {
            let lines = try machine.lines(in: path) { line in
                line.first != 0x20 && line.firstRange(of: " : PCI Bus ".utf8) != nil
            }
            let windows = lines.compactMap(Window.init)
            guard windows.allSatisfy({ $0.last == 0 }) else { return HostWindows(windows: windows) }
            return HostWindows(windows: nil, unknown: ["windows": "\(path): shown to root only"])
        } catch {
            return HostWindows(windows: nil, unknown: ["windows": reason(error, path)])
        }
    }

    /// Whether devices can be placed beyond the first 4 GiB of addresses; nil when that could not be seen.
    public var reachAbove4G: Bool? { windows.map { $0.contains { $0.last > UInt64(UInt32.max) } } }
}

extension HostWindows.Window {
    /// `4000000000-7fffffffff : PCI Bus 0000:00`
    fileprivate init?(_ line: String) {
        let parts = line.utf8.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard parts.count == 3 else { return nil }
        let ends = parts[0].split(separator: UInt8(ascii: "-")).compactMap { UInt64(Substring($0), radix: 16) }
        guard ends.count == 2 else { return nil }
        self.init(name: String(Substring(parts[2])), first: ends[0], last: ends[1])
    }
}
