internal import CLinux
internal import Glibc
public import SystemPackage

/// The live machine, or a folder that is laid out as a machine's root.
///
/// In a folder every path is resolved as if the folder were `/` (openat2(2), `RESOLVE_IN_ROOT`): a link in a captured
/// host cannot lead to a file of the machine that looks at it.
public final class FolderTree: FileTree {
    private let root: CInt
    public let isLive: Bool
    public let isWritable: Bool

    /// The machine that passthru runs on.
    public static let live = FolderTree(root: AT_FDCWD, isLive: true, isWritable: true)

    private init(root: CInt, isLive: Bool, isWritable: Bool) {
        self.root = root
        self.isLive = isLive
        self.isWritable = isWritable
    }

    /// A folder laid out as a root: `sys/`, `proc/`, `etc/` and so on.
    ///
    /// - Parameter isWritable: whether files below it may be replaced: in tests.
    public convenience init(folder: String, isWritable: Bool = false) throws(Errno) {
        let descriptor = Glibc.open(folder, clinux_o_path | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        self.init(root: descriptor, isLive: false, isWritable: isWritable)
    }

    /// A folder that is open already, and is closed with this object.
    convenience init(descriptor: CInt) { self.init(root: descriptor, isLive: false, isWritable: false) }

    deinit {
        if !isLive { close(root) }
    }

    func open(_ path: String, _ flags: CInt) throws(Errno) -> CInt {
        let descriptor: CInt
        if isLive {
            let opened = openat(AT_FDCWD, path, flags | O_CLOEXEC)
            descriptor = opened < 0 ? -errno : opened
        } else {
            descriptor = clinux_open_in_root(root, path, flags)
        }
        guard descriptor >= 0 else { throw Errno(rawValue: -descriptor) }
        return descriptor
    }

    public func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        guard isLive else {
            // Whoever laid out the folder, or lives in the container, chose what the path leads to.
            let found = try open(path, clinux_o_path)
            defer { close(found) }
            try expectPlainFile(found, "")
            let file = Glibc.open("/proc/self/fd/\(found)", O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw Errno(rawValue: errno) }
            defer { close(file) }
            return try contents(of: file, limit: limit)
        }
        // Opening a FIFO or a terminal can block.
        let descriptor = try open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        defer { close(descriptor) }
        let bytes = try contents(of: descriptor, limit: limit)
        if bytes.isEmpty, try statusOf(descriptor, "").kind == .other { throw .invalidArgument }
        return bytes
    }

    public func link(_ path: String) throws(Errno) -> String {
        if isLive { return try target(at: AT_FDCWD, path) }
        let descriptor = try open(path, clinux_o_path | O_NOFOLLOW)
        defer { close(descriptor) }
        return try target(at: descriptor, "")
    }

    public func list(_ path: String) throws(Errno) -> [String] {
        try names(in: open(path, O_RDONLY | O_DIRECTORY))
    }

    public func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
        let descriptor = try open(path, following ? clinux_o_path : clinux_o_path | O_NOFOLLOW)
        defer { close(descriptor) }
        return try statusOf(descriptor, "")
    }

    public func directory(_ path: String) throws(Errno) -> any FileDirectory {
        OpenDirectory(descriptor: try open(path, clinux_o_path | O_DIRECTORY), tree: self, path: path)
    }

    public func write(_ path: String, bytes: [UInt8], milliseconds: Int) throws(Errno) {
        guard isLive else { throw .readOnlyFileSystem }
        let error = bytes.withUnsafeBytes {
            clinux_write_with_deadline(path, $0.baseAddress, $0.count, CInt(milliseconds))
        }
        guard error == 0 else { throw Errno(rawValue: error) }
    }
}

extension FolderTree {
    public func prepareWrite(_ path: String, bytes: [UInt8]) throws(Errno) -> any PreparedWrite {
        guard isLive else { throw .readOnlyFileSystem }
        var guardian = clinux_guardian()
        let error = bytes.withUnsafeBytes { clinux_guardian_start(path, $0.baseAddress, $0.count, &guardian) }
        guard error == 0 else { throw Errno(rawValue: error) }
        return GuardedWrite(guardian)
    }
}

/// A write that a process of its own makes.
private final class GuardedWrite: PreparedWrite {
    private let guardian: clinux_guardian
    private var isMade = false

    init(_ guardian: clinux_guardian) { self.guardian = guardian }

    func make(milliseconds: Int) throws(Errno) {
        guard !isMade else { return }
        isMade = true
        let error = clinux_guardian_end(guardian, CInt(milliseconds))
        guard error == 0 else { throw Errno(rawValue: error) }
    }

    deinit { if !isMade { _ = clinux_guardian_end(guardian, 0) } }
}

/// A directory held open by a descriptor.
///
/// Names in it are read without following a link out of it; sysfs attributes are plain files.
private final class OpenDirectory: FileDirectory {
    let descriptor: CInt
    let tree: FolderTree
    let path: String

    init(descriptor: CInt, tree: FolderTree, path: String) {
        self.descriptor = descriptor
        self.tree = tree
        self.path = path
    }

    deinit { close(descriptor) }

    func read(_ name: String) throws(Errno) -> [UInt8] {
        if !tree.isLive { try expectPlainFile(descriptor, name) }
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw Errno(rawValue: errno) }
        defer { close(file) }
        let bytes = try piece(of: file, attributeSize)
        // An attribute comes whole in one read(2): asking for its end too would cost a system call for each.
        return bytes.count < attributeSize ? bytes : try contents(of: file, after: bytes, limit: 1 << 16)
    }

    func link(_ name: String) throws(Errno) -> String { try target(at: descriptor, name) }

    func linkName(_ name: String) throws(Errno) -> String {
        try withTarget(at: descriptor, name) { target in
            let start = target.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? target.startIndex
            return String(decoding: target[start...], as: UTF8.self)
        }
    }

    func list() throws(Errno) -> [String] { try tree.list(path) }

    func status(_ name: String) throws(Errno) -> FileStatus {
        try statusOf(descriptor, name)
    }
}

/// What nearly all attributes fit in, and less than the 1032 bytes from which on malloc(3) is slow.
private let attributeSize = 960
/// What most files in /proc fit in.
private let pageSize = 4096

/// Up to `limit` bytes of an open file.
func contents(of descriptor: CInt, limit: Int) throws(Errno) -> [UInt8] {
    let first = try piece(of: descriptor, min(pageSize, limit))
    return first.isEmpty ? first : try contents(of: descriptor, after: first, limit: limit)
}

/// What was read already and everything up to the file's end or `limit` bytes.
///
/// /proc gives long files in pieces: a piece shorter than what was asked for is not yet the end.
private func contents(of descriptor: CInt, after start: [UInt8], limit: Int) throws(Errno) -> [UInt8] {
    var result = start
    // A large file is not moved again and again while it grows; those in /proc and /sys have no size.
    if start.count >= pageSize, let size = try? statusOf(descriptor, "").size, size > start.count {
        result.reserveCapacity(min(size, limit))
    }
    while result.count < limit {
        let piece = try piece(of: descriptor, min(1 << 16, limit - result.count))
        if piece.isEmpty { break }
        result += piece
    }
    return result
}

/// What one read(2) gives.
private func piece(of descriptor: CInt, _ wanted: Int) throws(Errno) -> [UInt8] {
    var failure: CInt = 0
    let piece = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
        let count = Glibc.read(descriptor, buffer.baseAddress, wanted)
        if count < 0 { failure = errno }
        initialized = max(0, count)
    }
    guard failure == 0 else { throw Errno(rawValue: failure) }
    return piece
}

private func target(at descriptor: CInt, _ name: String) throws(Errno) -> String {
    try withTarget(at: descriptor, name) { String(decoding: $0, as: UTF8.self) }
}

/// Hands the text of a link to `body`, where it lies.
private func withTarget(
    at descriptor: CInt,
    _ name: String,
    _ body: (Slice<UnsafeRawBufferPointer>) -> String
) throws(Errno) -> String {
    try withUnsafeTemporaryAllocation(byteCount: Int(PATH_MAX), alignment: 1) { buffer throws(Errno) -> String in
        guard let start = buffer.baseAddress else { throw .noMemory }
        let count = readlinkat(descriptor, name, start, buffer.count)
        guard count >= 0 else { throw Errno(rawValue: errno) }
        return body(UnsafeRawBufferPointer(buffer)[..<count])
    }
}

/// The names in the directory behind `descriptor`, which is closed.
private func names(in descriptor: CInt) throws(Errno) -> [String] {
    guard let stream = fdopendir(descriptor) else {
        let error = errno
        close(descriptor)
        throw Errno(rawValue: error)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// Opening a device can act, and a FIFO can wait or read as an empty file: only plain files are read where others chose what
/// stands there. `EISDIR` for a folder, `ELOOP` for a link, `EINVAL` for all else.
private func expectPlainFile(_ descriptor: CInt, _ name: String) throws(Errno) {
    switch try statusOf(descriptor, name).kind {
    case .file: break
    case .directory: throw .isDirectory
    case .symbolicLink: throw .tooManySymbolicLinkLevels
    case .characterDevice, .blockDevice, .other: throw .invalidArgument
    }
}

private func statusOf(_ descriptor: CInt, _ name: String) throws(Errno) -> FileStatus {
    var s = stat()
    guard fstatat(descriptor, name, &s, clinux_at_empty_path | AT_SYMLINK_NOFOLLOW) == 0 else {
        throw Errno(rawValue: errno)
    }
    let kind: FileKind =
        switch s.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .directory
        case S_IFLNK: .symbolicLink
        case S_IFCHR: .characterDevice
        case S_IFBLK: .blockDevice
        default: .other
        }
    var status = FileStatus(
        kind: kind,
        mode: s.st_mode & 0o7777,
        owner: s.st_uid,
        group: s.st_gid,
        size: Int(s.st_size)
    )
    status.changed = s.st_ctim.tv_sec
    if kind == .characterDevice || kind == .blockDevice {
        status.device = DeviceNumber(UInt64(s.st_rdev))
    }
    return status
}
