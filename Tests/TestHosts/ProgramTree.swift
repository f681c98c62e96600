public import Machine
public import SystemPackage

/// Files in memory, and programs that answer as a test says.
public final class ProgramTree: FileTree, @unchecked Sendable {
    public var base: MemoryTree
    public var programs: [String: (ProgramCall) -> Result<ProgramAnswer, Errno>] = [:]
    /// Character devices.
    public var devices: [String: DeviceNumber] = [:]
    public private(set) var calls: [ProgramCall] = []

    public init(_ texts: [String: String] = [:]) {
        base = MemoryTree()
        for (path, text) in texts { base.put(text, at: path) }
    }

    public func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] { try base.read(path, limit: limit) }
    public func link(_ path: String) throws(Errno) -> String { try base.link(path) }
    public func list(_ path: String) throws(Errno) -> [String] {
        let nodes = devices.keys.filter { Machine.parent(of: $0) == path }.map { Machine.lastComponent(of: $0) }
        return nodes.isEmpty ? try base.list(path) : nodes
    }

    public func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
        if let device = devices[path] { return FileStatus(kind: .characterDevice, mode: 0o600, device: device) }
        return try base.status(path, following: following)
    }

    public func run(_ call: ProgramCall) throws(Errno) -> ProgramAnswer {
        calls.append(call)
        guard let program = programs[call.path] else { throw .noSuchFileOrDirectory }
        return try program(call).get()
    }
}
