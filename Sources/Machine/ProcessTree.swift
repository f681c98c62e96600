internal import CLinux
internal import Glibc
public import SystemPackage

/// The machine as one of its processes sees it: a container from the inside, without the program that made it.
///
/// Files are looked up below the root of the process (`/proc/PID/root`), and no link leads out of it. Programs run in its
/// namespaces (setns(2)), below its root. It stays the place of the process that was named: a number that was given to
/// another process since is `ESRCH`.
final class ProcessTree: FileTree {
    /// `/proc/PID`, which names this process and no later one.
    private let process: CInt
    private let files: FolderTree

    init(_ pid: Int) throws(Errno) {
        process = open("/proc/\(pid)", clinux_o_path | O_DIRECTORY | O_CLOEXEC)
        guard process >= 0 else { throw Errno(rawValue: errno == ENOENT ? ESRCH : errno) }
        let root = openat(process, "root", clinux_o_path | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else {
            let error = errno
            close(process)
            throw Errno(rawValue: error == ENOENT ? ESRCH : error)
        }
        files = FolderTree(descriptor: root)
    }

    deinit { close(process) }

    func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] { try files.read(path, limit: limit) }
    func link(_ path: String) throws(Errno) -> String { try files.link(path) }
    func list(_ path: String) throws(Errno) -> [String] { try files.list(path) }

    func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
        try files.status(path, following: following)
    }

    var isRoot: Bool { geteuid() == 0 }

    func run(_ path: String, _ arguments: [String], milliseconds: Int) throws(Errno) -> ProgramResult {
        let call = ProgramCall(path, arguments, milliseconds: milliseconds, limit: 1 << 16)
        let answer = try start(call, process: process, isMixed: true)
        return ProgramResult(status: answer.status, output: answer.text)
    }

    func run(_ call: ProgramCall) throws(Errno) -> ProgramAnswer { try start(call, process: process) }

    func run(
        _ call: ProgramCall,
        started: @escaping (Int) throws(Errno) -> Void
    ) throws(Errno) -> ProgramAnswer {
        try start(call, process: process, started: started)
    }

    func hostName() throws(Errno) -> String {
        var error: CInt = 0
        let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            error = clinux_host_name(process, buffer.baseAddress, buffer.count)
            return error == 0 ? buffer.baseAddress.map { String(cString: $0) } ?? "" : ""
        }
        guard error == 0 else { throw Errno(rawValue: error) }
        return name
    }
}

extension FolderTree {
    public func inside(_ pid: Int) throws(Errno) -> any FileTree {
        guard isLive else { throw .noSuchProcess }
        return try ProcessTree(pid)
    }

    public func hostName(of pid: Int) throws(Errno) -> String {
        guard isLive else { throw .noSuchProcess }
        return try ProcessTree(pid).hostName()
    }
}

extension Machine {
    /// The machine as a process of it sees it: a container from the inside. It is not ``isLive``: kernel and hardware are
    /// read outside. Nothing is written there but by programs.
    public func inside(process pid: Int) throws(Errno) -> Machine { Machine(try tree.inside(pid)) }

    /// The host name in the UTS namespace of a process.
    public func hostName(ofProcess pid: Int) throws(Errno) -> String { try tree.hostName(of: pid) }
}
