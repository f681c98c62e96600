public import SystemPackage

/// What kind of thing a path names (inode(7)).
public enum FileKind: String, Sendable, Codable {
    case file, directory, symbolicLink, characterDevice, blockDevice, other
}

/// What a device node stands for: its driver's number and which of the driver's devices (makedev(3)).
public struct DeviceNumber: Sendable, Hashable, CustomStringConvertible {
    public var major: UInt32
    public var minor: UInt32

    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// From a `dev_t` as glibc packs it (<sys/sysmacros.h>).
    init(_ packed: UInt64) {
        major = UInt32(truncatingIfNeeded: packed >> 8 & 0xFFF | packed >> 32 & 0xFFFF_F000)
        minor = UInt32(truncatingIfNeeded: packed & 0xFF | packed >> 12 & 0xFFFF_FF00)
    }

    /// `259:2`
    public var description: String { "\(major):\(minor)" }
}

/// The part of stat(2) that passthru looks at.
public struct FileStatus: Sendable, Hashable {
    public var kind: FileKind
    /// Permission bits only (07777).
    public var mode: UInt32
    public var owner: UInt32
    public var group: UInt32
    public var size: Int
    /// Of a device node.
    public var device: DeviceNumber?
    /// When content, name or permissions were last changed, in seconds since 1970; nil where that is not known.
    public var changed: Int?

    public init(
        kind: FileKind,
        mode: UInt32,
        owner: UInt32 = 0,
        group: UInt32 = 0,
        size: Int = 0,
        device: DeviceNumber? = nil
    ) {
        self.kind = kind
        self.mode = mode
        self.owner = owner
        self.group = group
        self.size = size
        self.device = device
    }
}

/// A machine's files, wherever they are: live, in a folder, in an archive, in a test.
///
/// Paths are absolute from the machine's root. Errors are the errno that a kernel would give.
public protocol FileTree: Sendable {
    /// The first `limit` bytes of a file.
    func read(_ path: String, limit: Int) throws(Errno) -> [UInt8]
    /// The text of a symbolic link, as readlink(2) gives it.
    func link(_ path: String) throws(Errno) -> String
    /// The names in a directory without `.` and `..`, in no particular order.
    func list(_ path: String) throws(Errno) -> [String]
    /// Kind, permissions and size; of the link itself unless `following`.
    func status(_ path: String, following: Bool) throws(Errno) -> FileStatus
    /// A directory opened once for many look-ups.
    func directory(_ path: String) throws(Errno) -> any FileDirectory
    /// Writes to an existing file, without creating or truncating, and gives up after `milliseconds`.
    /// `ETIMEDOUT` means that the write is still stuck in the kernel.
    func write(_ path: String, bytes: [UInt8], milliseconds: Int) throws(Errno)
    /// Prepares a write to an existing file that is made when it is asked for. On a live machine it is made, too, when this
    /// process ends without asking, by a crash or `SIGKILL`.
    func prepareWrite(_ path: String, bytes: [UInt8]) throws(Errno) -> any PreparedWrite
    /// A file as it is, to be put back by ``put(_:at:)``; nil when there is none. A link is followed.
    func snapshot(_ path: String) throws(Errno) -> FileSnapshot?
    /// Makes the file what the snapshot says, whole and durable or not at all, and makes the folders above it; with nil
    /// the file is removed, and it is no error if there is none. What an interrupted call left behind goes away. A link
    /// is followed.
    func put(_ snapshot: FileSnapshot?, at path: String) throws(Errno)
    /// Makes a symbolic link, or lets one lead elsewhere, whole and durable or not at all, and makes the folders above it;
    /// with nil the link is removed, and it is no error if there is none. Anything but a link is left alone (`EEXIST`).
    func putLink(_ target: String?, at path: String) throws(Errno)
    /// Writes all bytes of a file where the old ones are, durably: no block of it moves on the disk, so that who reads the
    /// disk without its file system's journal finds the old bytes or the new ones. `EINVAL` when the sizes differ.
    func overwrite(_ path: String, with snapshot: FileSnapshot) throws(Errno)
    /// Brings what was written to the file system of a path to its own place on the disk: for readers that do not replay
    /// journals.
    func settle(_ path: String) throws(Errno)
    /// Adds bytes at the end of an existing file, durably.
    func append(_ bytes: [UInt8], to path: String) throws(Errno)
    /// Removes an empty folder.
    func removeFolder(_ path: String) throws(Errno)
    /// Takes the lock of a file, which comes into being where it is missing, and waits `milliseconds` for it
    /// (`EAGAIN`). It is let go with the object, or with the process.
    func lock(_ path: String, milliseconds: Int) throws(Errno) -> any FileLock
    /// Whether this is the machine that passthru runs on.
    var isLive: Bool { get }
    /// Whether changes reach a kernel: a captured machine can only be looked at.
    var isWritable: Bool { get }
    /// Whether passthru runs as root there.
    var isRoot: Bool { get }
    /// Runs a program of the machine by its absolute path, never through a shell, and ends it with all its session
    /// after `milliseconds` (`ETIMEDOUT`). A captured machine has none that could run (`ENOENT`).
    func run(_ path: String, _ arguments: [String], milliseconds: Int) throws(Errno) -> ProgramResult
    /// Runs a program as ``run(_:_:milliseconds:)`` does, with an input, and its output apart from its complaints.
    func run(_ call: ProgramCall) throws(Errno) -> ProgramAnswer
    /// Runs a program as ``run(_:)`` does, and tells before it begins which process it is, by the number that it has on the
    /// whole machine; that process leads its session. When `started` throws, or this process ends in it, the program never
    /// begins.
    func run(_ call: ProgramCall, started: @escaping (Int) throws(Errno) -> Void) throws(Errno) -> ProgramAnswer
    /// Sends a signal to a process (kill(2)). `ESRCH` where there is none, as on a captured machine.
    func signal(_ signal: ProcessSignal, process: Int) throws(Errno)
    /// The machine as a process of it sees it: its root, its mounts, its namespaces. `ESRCH` where there is no such process,
    /// as on a captured machine.
    func inside(_ pid: Int) throws(Errno) -> any FileTree
    /// The host name in the UTS namespace of a process.
    func hostName(of pid: Int) throws(Errno) -> String
    /// Restarts the machine: in good order, and at once where that does not come about within a minute. Nothing where it
    /// is not the live one.
    func restart()
}

/// What a process can be told (signal(7)).
public enum ProcessSignal: Sendable, Equatable {
    /// SIGTERM: it may tidy up.
    case terminate
    /// SIGKILL: it may not.
    case kill
}

/// A lock that this process holds as long as the object lives.
public protocol FileLock: AnyObject, Sendable {}

/// A write that is still to be made, once.
public protocol PreparedWrite: AnyObject {
    /// Makes it, and gives up waiting for it after `milliseconds` (`ETIMEDOUT`).
    func make(milliseconds: Int) throws(Errno)
}

/// An open directory: look-ups in it cost one short path each.
public protocol FileDirectory {
    /// The bytes of a small file (at most one page, as sysfs attributes are).
    func read(_ name: String) throws(Errno) -> [UInt8]
    func link(_ name: String) throws(Errno) -> String
    /// The last component of a link's target: the way sysfs names a driver, a subsystem, a group.
    func linkName(_ name: String) throws(Errno) -> String
    func list() throws(Errno) -> [String]
    /// A status of the entry itself, links not followed.
    func status(_ name: String) throws(Errno) -> FileStatus
}

extension FileDirectory {
    public func linkName(_ name: String) throws(Errno) -> String {
        split(try link(name)).name
    }
}

extension FileTree {
    public var isLive: Bool { false }
    public var isWritable: Bool { isLive }
    public var isRoot: Bool { false }

    public func run(_ path: String, _ arguments: [String], milliseconds: Int) throws(Errno) -> ProgramResult {
        throw .noSuchFileOrDirectory
    }

    public func run(_ call: ProgramCall) throws(Errno) -> ProgramAnswer {
        guard call.input == nil else { throw .notSupported }
        let result = try run(call.path, call.arguments, milliseconds: call.milliseconds)
        return ProgramAnswer(status: result.status, output: Array(result.output.utf8))
    }

    public func run(
        _ call: ProgramCall,
        started: @escaping (Int) throws(Errno) -> Void
    ) throws(Errno) -> ProgramAnswer {
        // What is only simulated ends with this process.
        try run(call)
    }

    public func signal(_ signal: ProcessSignal, process: Int) throws(Errno) { throw .noSuchProcess }

    public func inside(_ pid: Int) throws(Errno) -> any FileTree { throw .noSuchProcess }
    public func hostName(of pid: Int) throws(Errno) -> String { throw .noSuchProcess }
    public func restart() {}

    public func directory(_ path: String) throws(Errno) -> any FileDirectory {
        let status = try status(path, following: true)
        guard status.kind == .directory else { throw .notDirectory }
        return PathDirectory(tree: self, path: path)
    }

    public func write(_ path: String, bytes: [UInt8], milliseconds: Int) throws(Errno) {
        throw .readOnlyFileSystem
    }

    public func prepareWrite(_ path: String, bytes: [UInt8]) throws(Errno) -> any PreparedWrite {
        RememberedWrite(tree: self, path: path, bytes: bytes)
    }

    public func snapshot(_ path: String) throws(Errno) -> FileSnapshot? {
        do throws(Errno) {
            let status = try status(path, following: true)
            guard status.kind == .file else { throw .invalidArgument }
            return FileSnapshot(bytes: try read(path, limit: .max), status: status)
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
            return nil
        }
    }

    public func put(_ snapshot: FileSnapshot?, at path: String) throws(Errno) { throw .readOnlyFileSystem }
    public func putLink(_ target: String?, at path: String) throws(Errno) { throw .readOnlyFileSystem }
    public func overwrite(_ path: String, with snapshot: FileSnapshot) throws(Errno) { try put(snapshot, at: path) }
    public func settle(_ path: String) throws(Errno) {}
    public func append(_ bytes: [UInt8], to path: String) throws(Errno) { throw .readOnlyFileSystem }
    public func removeFolder(_ path: String) throws(Errno) { throw .readOnlyFileSystem }
    public func lock(_ path: String, milliseconds: Int) throws(Errno) -> any FileLock { throw .readOnlyFileSystem }

    /// Puts `bytes` in the place of the file's content as ``put(_:at:)`` does; permissions, owner and extended
    /// attributes stay as they are.
    public func replace(_ path: String, with bytes: [UInt8]?) throws(Errno) {
        guard let bytes else { return try put(nil, at: path) }
        var snapshot = try snapshot(path) ?? FileSnapshot(bytes: [])
        snapshot.bytes = bytes
        snapshot.modified = nil
        try put(snapshot, at: path)
    }
}

/// A directory in a tree that has nothing better than whole paths.
private struct PathDirectory: FileDirectory {
    let tree: any FileTree
    let path: String

    func read(_ name: String) throws(Errno) -> [UInt8] { try tree.read(path + "/" + name, limit: 1 << 16) }
    func link(_ name: String) throws(Errno) -> String { try tree.link(path + "/" + name) }
    func list() throws(Errno) -> [String] { try tree.list(path) }
    func status(_ name: String) throws(Errno) -> FileStatus {
        try tree.status(path + "/" + name, following: false)
    }
}

/// A write to a machine that is only seen, where nothing has to survive this process.
private final class RememberedWrite: PreparedWrite {
    let tree: any FileTree
    let path: String
    let bytes: [UInt8]

    init(tree: any FileTree, path: String, bytes: [UInt8]) {
        self.tree = tree
        self.path = path
        self.bytes = bytes
    }

    func make(milliseconds: Int) throws(Errno) { try tree.write(path, bytes: bytes, milliseconds: milliseconds) }
}
