/// The version of a program.
public struct SoftwareVersion: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    public var major: Int
    public var minor: Int
    public var patch: Int

    public init(_ major: Int, _ minor: Int = 0, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// `9.0.0` or `7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)`; nil when the text does not begin with two numbers.
    public init?(_ text: String) {
        let numbers = text.utf8.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
            .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Int(Substring($0)) }
        guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        self.init(major, minor, numbers.count > 2 ? numbers[2] ?? 0 : 0)
    }

    public static func < (left: SoftwareVersion, right: SoftwareVersion) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    public var description: String { "\(major).\(minor).\(patch)" }
}

/// The programs that run a guest, as far as it is known which they are: a document says the same thing differently for
/// different ones.
public struct Hypervisor: Sendable, Hashable, Codable {
    public var libvirt: SoftwareVersion?
    public var qemu: SoftwareVersion?
    /// The names of the properties that QEMU's devices have, by the device's model (`-device MODEL,help`); a model that
    /// is missing was not asked for.
    public var properties: [String: Set<String>]

    public init(
        libvirt: SoftwareVersion? = nil,
        qemu: SoftwareVersion? = nil,
        properties: [String: Set<String>] = [:]
    ) {
        self.libvirt = libvirt
        self.qemu = qemu
        self.properties = properties
    }
}
