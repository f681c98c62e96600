/// The first two numbers of a kernel's release: what parameters appear and go with.
public struct KernelVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let major: Int
    public let minor: Int

    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// `6.1.0-28-amd64` is 6.1. Nil when the text does not begin with two numbers.
    public init?(_ release: String) {
        let parts = release.utf8.split(separator: UInt8(ascii: "."), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let major = Int(Substring(parts[0])), major >= 0,
            let minor = Int(Substring(parts[1].prefix { (0x30...0x39).contains($0) }))
        else { return nil }
        self.major = major
        self.minor = minor
    }

    public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    public var description: String { "\(major).\(minor)" }
}

extension Kernel {
    /// The running kernel's version; nil when its release is not known.
    public var version: KernelVersion? { release.flatMap { KernelVersion($0) } }
}
