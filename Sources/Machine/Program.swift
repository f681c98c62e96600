internal import CLinux
internal import Glibc
public import SystemPackage

/// How a program ended.
public struct ProgramResult: Sendable, Equatable {
    /// The exit status, or 128 plus the signal that ended it, as shells count.
    public let status: Int
    /// Standard output and standard error, in the order written, at most 64 KiB.
    public let output: String

    public init(status: Int, output: String) {
        self.status = status
        self.output = output
    }
}

extension FolderTree {
    public var isRoot: Bool { isLive && geteuid() == 0 }

    public func run(_ path: String, _ arguments: [String], milliseconds: Int) throws(Errno) -> ProgramResult {
        guard isLive else { throw .noSuchFileOrDirectory }
        let argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
        let environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { (argv + environment).forEach { free($0) } }
        let capacity = 1 << 16
        var length = 0
        var status: CInt = 0
        var error: CInt = 0
        let output = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            error = clinux_run(
                path,
                argv,
                environment,
                buffer.baseAddress,
                capacity,
                &length,
                &status,
                CInt(milliseconds)
            )
            count = length
        }
        guard error == 0 else { throw Errno(rawValue: error) }
        let signal = Int(status & 0x7F)
        return ProgramResult(
            status: signal == 0 ? Int((status >> 8) & 0xFF) : 128 + signal,
            output: String(decoding: output, as: UTF8.self)
        )
    }
}

extension Machine {
    /// Runs a program of the machine: see ``FileTree/run(_:_:milliseconds:)``.
    public func run(_ path: String, _ arguments: [String], milliseconds: Int) throws(Errno) -> ProgramResult {
        try tree.run(path, arguments, milliseconds: milliseconds)
    }

    /// The first of these programs that is there to be run, looked for where every Linux keeps them.
    public func program(_ name: String) -> String? {
        ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"].lazy.map { $0 + name }.first { path in
            guard let status = try? status(path) else { return false }
            return status.kind == .file && status.mode & 0o111 != 0
        }
    }

    /// Reads a file, at most `limit` bytes of it, in a child process: the way to look at a device whose driver may be
    /// stuck.
    public func readWithDeadline(_ path: String, limit: Int = 1 << 16, milliseconds: Int) throws(Errno) -> [UInt8] {
        try inChild(path, link: false, limit: limit, milliseconds)
    }

    /// Reads a link in a child process.
    public func linkWithDeadline(_ path: String, milliseconds: Int) throws(Errno) -> String {
        try String(decoding: inChild(path, link: true, limit: 1 << 16, milliseconds), as: UTF8.self)
    }

    private func inChild(_ path: String, link: Bool, limit: Int, _ milliseconds: Int) throws(Errno) -> [UInt8] {
        guard isLive else { return try link ? Array(tree.link(path).utf8) : tree.read(path, limit: limit) }
        var error: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var length = 0
            error = clinux_read_with_deadline(path, link, buffer.baseAddress, limit, &length, CInt(milliseconds))
            count = error == 0 ? length : 0
        }
        guard error == 0 else { throw Errno(rawValue: error) }
        return bytes
    }
}

extension Machine {
    /// Starts passthru itself as a process that outlives this one and its session, with these arguments.
    public func detachSelf(_ arguments: [String]) throws(Errno) {
        let argv: [UnsafeMutablePointer<CChar>?] = (["passthru"] + arguments).map { strdup($0) } + [nil]
        let environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { (argv + environment).forEach { free($0) } }
        let error = clinux_detach("/proc/self/exe", argv, environment)
        guard error == 0 else { throw Errno(rawValue: error) }
    }

    /// Does something that a hang-up or Ctrl-C must not end half-way: they take effect afterwards.
    public func uninterrupted<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        guard isLive else { return try body() }
        clinux_hold_signals(true)
        defer { clinux_hold_signals(false) }
        return try body()
    }

    /// This process' number.
    public var processID: Int { Int(getpid()) }

    /// Milliseconds since the kernel started, sleep included.
    public var bootClock: Int { Int(clinux_boot_clock()) }

    /// Seconds since 1970.
    public var wallClock: Int { time(nil) }

    /// Waits; not at all on a machine that is not live, where nothing changes by waiting.
    public func pause(milliseconds: Int) {
        if isLive { usleep(UInt32(milliseconds) * 1000) }
    }
}

extension Machine {
    /// Whether passthru runs as root here.
    public var isRoot: Bool { tree.isRoot }

    /// Whether changes reach a kernel: a captured machine can only be looked at.
    public var isWritable: Bool { tree.isWritable }
}
