public import Machine
public import SystemPackage

/// A tree in which looking at some paths fails, whatever is asked, and that remembers what was asked for.
///
/// Used by one thread.
public final class FaultTree: FileTree, @unchecked Sendable {
    private let base: any FileTree
    public var faults: [String: Errno] = [:]
    /// Every path that was looked at, as it was named.
    public private(set) var asked: Set<String> = []

    public init(_ base: any FileTree, _ faults: [String: Errno] = [:]) {
        self.base = base
        self.faults = faults
    }

    private func look(_ path: String) throws(Errno) {
        asked.insert(path)
        if let error = faults[path] { throw error }
    }

    public func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        try look(path)
        return try base.read(path, limit: limit)
    }

    public func link(_ path: String) throws(Errno) -> String {
        try look(path)
        return try base.link(path)
    }

    public func list(_ path: String) throws(Errno) -> [String] {
        try look(path)
        return try base.list(path)
    }

    public func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
        try look(path)
        return try base.status(path, following: following)
    }
}
