public import Machine
public import SystemPackage

/// A simulated machine that says it is the live one, with the numbers of its device nodes: for readers of `/proc/PID`
/// only, as some others then ask the kernel that runs the tests.
public struct LiveTree: FileTree {
    public var base: MemoryTree
    /// A path that stands for an open device node, such as `/proc/7/fd/3`.
    public var nodes: [String: (kind: FileKind, number: DeviceNumber)] = [:]
    /// Folders and links that only root may read.
    public var denied: Set<String> = []
    /// What processes in containers see, and what they call their host.
    public var insides: [Int: any FileTree] = [:]
    public var hostNames: [Int: String] = [:]

    public init(_ host: TestHost) {
        base = host.tree
    }

    public var isLive: Bool { true }

    public func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] { try base.read(path, limit: limit) }

    public func link(_ path: String) throws(Errno) -> String {
        if denied.contains(path) { throw .permissionDenied }
        return try base.link(path)
    }

    public func list(_ path: String) throws(Errno) -> [String] {
        if denied.contains(path) { throw .permissionDenied }
        return try base.list(path)
    }

    public func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
        if following, let node = nodes[path] { return FileStatus(kind: node.kind, mode: 0o600, device: node.number) }
        return try base.status(path, following: following)
    }

    public func inside(_ pid: Int) throws(Errno) -> any FileTree {
        guard let inside = insides[pid] else { throw .noSuchProcess }
        return inside
    }

    public func hostName(of pid: Int) throws(Errno) -> String {
        guard let name = hostNames[pid] else { throw .noSuchProcess }
        return name
    }

    /// A process with these nodes open: each a path in `/dev`, and `c` or `b` with the device's numbers.
    public mutating func process(_ pid: Int, _ command: String, _ open: [(path: String, node: String)] = []) {
        base.put(command + "\n", at: "/proc/\(pid)/comm")
        base.put(.directory, at: "/proc/\(pid)/fd")
        for (index, (path, node)) in open.enumerated() {
            let place = "/proc/\(pid)/fd/\(index)"
            base.put(.symbolicLink(path), at: place)
            let numbers = node.split { " :".contains($0) }.compactMap { UInt32($0) }
            guard numbers.count == 2 else { continue }
            nodes[place] = (
                node.hasPrefix("b") ? .blockDevice : .characterDevice,
                DeviceNumber(major: numbers[0], minor: numbers[1])
            )
        }
    }
}
