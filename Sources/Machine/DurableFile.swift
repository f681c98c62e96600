internal import Glibc
public import SystemPackage

extension FolderTree {
    /// Temporary file, fsync, rename, fsync of the folder: after a power cut there is the old file or the new one.
    public func replace(_ path: String, with bytes: [UInt8]?) throws(Errno) {
        guard isLive else { throw .readOnlyFileSystem }
        let folder = split(path).parent
        guard let bytes else {
            if unlink(path) != 0 {
                guard errno == ENOENT || errno == ENOTDIR else { throw Errno(rawValue: errno) }
                return
            }
            return try synchronize(folder)
        }
        try makeFolders(folder)
        let temporary = "\(path).passthru-new"
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        let written = writeDurably(bytes, synchronouslyTo: descriptor)
        close(descriptor)
        guard written == 0 else {
            unlink(temporary)
            throw Errno(rawValue: written)
        }
        guard rename(temporary, path) == 0 else {
            let error = Errno(rawValue: errno)
            unlink(temporary)
            throw error
        }
        try synchronize(folder)
    }
}

/// Returns 0 or an errno.
private func writeDurably(_ bytes: [UInt8], synchronouslyTo descriptor: CInt) -> CInt {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { return errno }
        rest = rest.dropFirst(count)
    }
    return fsync(descriptor) == 0 ? 0 : errno
}

private func makeFolders(_ path: String) throws(Errno) {
    var built = ""
    for part in path.utf8.split(separator: UInt8(ascii: "/")) {
        built += "/" + String(Substring(part))
        if mkdir(built, 0o755) != 0 && errno != EEXIST { throw Errno(rawValue: errno) }
    }
}

private func synchronize(_ folder: String) throws(Errno) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    defer { close(descriptor) }
    // Some file systems cannot synchronize a folder and say EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw Errno(rawValue: errno) }
}
