internal import CLinux
internal import Glibc
public import SystemPackage

/// Writing files: all of them by temporary file, fsync, rename and fsync of the folder, so that after a power cut there
/// is the old file or the new one.
extension FolderTree {
    public func snapshot(_ path: String) throws(Errno) -> FileSnapshot? {
        let descriptor: CInt
        do {
            descriptor = try open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        } catch  where error == .noSuchFileOrDirectory {
            return nil
        }
        defer { close(descriptor) }
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { throw Errno(rawValue: errno) }
        guard found.st_mode & S_IFMT == S_IFREG else { throw .invalidArgument }
        var snapshot = FileSnapshot(
            bytes: try contents(of: descriptor, limit: .max),
            mode: found.st_mode & 0o7777,
            owner: found.st_uid,
            group: found.st_gid
        )
        snapshot.modified = .init(seconds: found.st_mtim.tv_sec, nanoseconds: found.st_mtim.tv_nsec)
        snapshot.attributes = try attributes(of: descriptor)
        return snapshot
    }

    public func put(_ snapshot: FileSnapshot?, at path: String) throws(Errno) {
        guard isWritable else { throw .readOnlyFileSystem }
        let path = try destination(of: path)
        let (parent, name) = split(path)
        if snapshot != nil { try makeFolders(parent) }
        let folder: CInt
        do {
            folder = try open(parent, O_RDONLY | O_DIRECTORY)
        } catch  where snapshot == nil && (error == .noSuchFileOrDirectory || error == .notDirectory) {
            return
        }
        defer { close(folder) }
        let temporary = name + ".passthru-new"
        let hadTemporary = unlinkat(folder, temporary, 0) == 0
        guard let snapshot else {
            if unlinkat(folder, name, 0) != 0 {
                guard errno == ENOENT else { throw Errno(rawValue: errno) }
                if !hadTemporary { return }
            }
            return try synchronize(folder)
        }
        let descriptor = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        let error = fill(descriptor, from: snapshot)
        close(descriptor)
        guard error == 0 else {
            unlinkat(folder, temporary, 0)
            throw Errno(rawValue: error)
        }
        guard renameat(folder, temporary, folder, name) == 0 else {
            let error = Errno(rawValue: errno)
            unlinkat(folder, temporary, 0)
            throw error
        }
        try synchronize(folder)
    }

    public func putLink(_ target: String?, at path: String) throws(Errno) {
        guard isWritable else { throw .readOnlyFileSystem }
        let (parent, name) = split(path)
        if target != nil { try makeFolders(parent) }
        let folder: CInt
        do {
            folder = try open(parent, O_RDONLY | O_DIRECTORY)
        } catch  where target == nil && (error == .noSuchFileOrDirectory || error == .notDirectory) {
            return
        }
        defer { close(folder) }
        if let there = try? status(path, following: false), there.kind != .symbolicLink { throw .fileExists }
        let temporary = name + ".passthru-new"
        let hadTemporary = unlinkat(folder, temporary, 0) == 0
        if let target {
            guard symlinkat(target, folder, temporary) == 0 else { throw Errno(rawValue: errno) }
            guard renameat(folder, temporary, folder, name) == 0 else {
                let error = Errno(rawValue: errno)
                unlinkat(folder, temporary, 0)
                throw error
            }
        } else if unlinkat(folder, name, 0) != 0 {
            guard errno == ENOENT else { throw Errno(rawValue: errno) }
            if !hadTemporary { return }
        }
        try synchronize(folder)
    }

    public func overwrite(_ path: String, with snapshot: FileSnapshot) throws(Errno) {
        guard isWritable else { throw .readOnlyFileSystem }
        let descriptor = try open(path, O_WRONLY)
        defer { close(descriptor) }
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { throw Errno(rawValue: errno) }
        guard found.st_size == snapshot.bytes.count else { throw .invalidArgument }
        let error = fill(descriptor, from: snapshot)
        guard error == 0 else { throw Errno(rawValue: error) }
    }

    public func settle(_ path: String) throws(Errno) {
        guard isLive else { return }
        let descriptor = try open((try? status(path, following: true)) == nil ? split(path).parent : path, O_RDONLY)
        defer { close(descriptor) }
        let error = clinux_settle(descriptor)
        guard error == 0 else { throw Errno(rawValue: error) }
    }

    public func append(_ bytes: [UInt8], to path: String) throws(Errno) {
        guard isWritable else { throw .readOnlyFileSystem }
        let descriptor = try open(path, O_WRONLY | O_APPEND)
        defer { close(descriptor) }
        var before = stat()
        guard fstat(descriptor, &before) == 0 else { throw Errno(rawValue: errno) }
        let error = writeAll(bytes, to: descriptor)
        guard error == 0, fsync(descriptor) == 0 else {
            let error = Errno(rawValue: error == 0 ? errno : error)
            // A half line would hide those after it.
            ftruncate(descriptor, before.st_size)
            throw error
        }
    }

    public func removeFolder(_ path: String) throws(Errno) {
        guard isWritable else { throw .readOnlyFileSystem }
        let (parent, name) = split(path)
        let folder = try open(parent, O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        guard unlinkat(folder, name, AT_REMOVEDIR) == 0 else { throw Errno(rawValue: errno) }
        try synchronize(folder)
    }

    /// Where a chain of links ends, so that a file is replaced and not the link to it.
    private func destination(of path: String) throws(Errno) -> String {
        var path = path
        for _ in 0..<40 {
            guard (try? status(path, following: false))?.kind == .symbolicLink else { return path }
            let target = try link(path)
            path = normalize(target.utf8.first == UInt8(ascii: "/") ? target : split(path).parent + "/" + target)
        }
        throw .tooManySymbolicLinkLevels
    }

    func makeFolders(_ path: String) throws(Errno) {
        var built = "/"
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            let name = String(Substring(part))
            let next = built == "/" ? "/" + name : built + "/" + name
            if (try? status(next, following: true)) == nil {
                let folder = try open(built, O_RDONLY | O_DIRECTORY)
                defer { close(folder) }
                guard mkdirat(folder, name, 0o755) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
                try synchronize(folder)
            }
            built = next
        }
    }
}

/// Gives a new file its content, owner, permissions, attributes and time, and makes them durable. Returns 0 or an errno.
private func fill(_ descriptor: CInt, from snapshot: FileSnapshot) -> CInt {
    let error = writeAll(snapshot.bytes, to: descriptor)
    guard error == 0 else { return error }
    guard fchown(descriptor, snapshot.owner, snapshot.group) == 0 else { return errno }
    for (name, value) in snapshot.attributes {
        let error = value.bytes.withUnsafeBytes { clinux_set_attribute(descriptor, name, $0.baseAddress, $0.count) }
        guard error == 0 else { return error }
    }
    // After the owner, which takes the set-user-ID bit away.
    guard fchmod(descriptor, snapshot.mode) == 0 else { return errno }
    if let modified = snapshot.modified {
        let time = timespec(tv_sec: modified.seconds, tv_nsec: modified.nanoseconds)
        guard futimens(descriptor, [time, time]) == 0 else { return errno }
    }
    return fsync(descriptor) == 0 ? 0 : errno
}

/// Returns 0 or an errno.
private func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> CInt {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { return errno }
        rest = rest.dropFirst(count)
    }
    return 0
}

private func synchronize(_ folder: CInt) throws(Errno) {
    // Some file systems cannot synchronize a folder and say EINVAL.
    guard fsync(folder) == 0 || errno == EINVAL else { throw Errno(rawValue: errno) }
}

/// All extended attributes of an open file; none where the file system has no such thing.
private func attributes(of descriptor: CInt) throws(Errno) -> [String: FileContent] {
    var names = [UInt8](repeating: 0, count: 1 << 16)
    let length = names.withUnsafeMutableBytes { clinux_list_attributes(descriptor, $0.baseAddress, $0.count) }
    guard length >= 0 else {
        if length == -Int(ENOTSUP) { return [:] }
        throw Errno(rawValue: CInt(-length))
    }
    var attributes: [String: FileContent] = [:]
    for name in names[..<length].split(separator: 0) {
        let name = String(decoding: name, as: UTF8.self)
        var value = [UInt8](repeating: 0, count: 1 << 16)
        let length = value.withUnsafeMutableBytes { clinux_get_attribute(descriptor, name, $0.baseAddress, $0.count) }
        guard length >= 0 else { throw Errno(rawValue: CInt(-length)) }
        attributes[name] = FileContent(Array(value[..<length]))
    }
    return attributes
}
