internal import Glibc
public import SystemPackage

/// A record lock on a whole file (fcntl(2)): unlike flock(2) it is not inherited by children, so that a child that is
/// stuck inside a driver does not keep it.
private final class ProcessLock: FileLock {
    private let descriptor: CInt

    init(descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

extension FolderTree {
    public func lock(_ path: String, milliseconds: Int) throws(Errno) -> any FileLock {
        guard isWritable else { throw .readOnlyFileSystem }
        let (parent, name) = split(path)
        try makeFolders(parent)
        let folder = try open(parent, O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        let descriptor = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        var waited = 0
        while true {
            var whole = flock()
            whole.l_type = Int16(F_WRLCK)
            whole.l_whence = Int16(SEEK_SET)
            if fcntl(descriptor, F_SETLK, &whole) == 0 { return ProcessLock(descriptor: descriptor) }
            let error = Errno(rawValue: errno)
            guard waited < milliseconds, error == .resourceTemporarilyUnavailable || error == .permissionDenied else {
                close(descriptor)
                throw error == .permissionDenied ? .resourceTemporarilyUnavailable : error
            }
            usleep(100_000)
            waited += 100
        }
    }
}
