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

/// A program to be run: by its absolute path, never through a shell.
public struct ProgramCall: Sendable, Equatable {
    public var path: String
    public var arguments: [String]
    /// What it finds as standard input, which can also be opened as `/dev/stdin`; nil is an empty one.
    public var input: [UInt8]?
    /// After this time it is ended with all its session (`ETIMEDOUT`).
    public var milliseconds: Int
    /// How long it has to end by itself after SIGTERM, in milliseconds; 0: it is killed at once.
    public var grace = 0
    /// How many bytes of standard output are kept.
    public var limit: Int

    public init(
        _ path: String,
        _ arguments: [String] = [],
        input: [UInt8]? = nil,
        milliseconds: Int,
        limit: Int = 16 << 20
    ) {
        self.path = path
        self.arguments = arguments
        self.input = input
        self.milliseconds = milliseconds
        self.limit = limit
    }
}

/// What a program wrote, and how it ended.
public struct ProgramAnswer: Sendable, Equatable {
    /// As ``ProgramResult/status``.
    public var status: Int
    /// Standard output up to the call's limit.
    public var output: [UInt8]
    /// Whether there was more of it: then it is no whole document.
    public var isCut: Bool
    /// Standard error, at most 64 KiB.
    public var errors: String

    public init(status: Int, output: [UInt8] = [], isCut: Bool = false, errors: String = "") {
        self.status = status
        self.output = output
        self.isCut = isCut
        self.errors = errors
    }

    public var text: String { String(decoding: output, as: UTF8.self) }

    /// What it complained about, or else what it wrote, on one line: for a message. virsh says what failed in its first line
    /// and why in the second.
    public var complaint: String {
        for text in [Array(errors.utf8), output] {
            let lines = text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0.trimmed, as: UTF8.self) }
                .filter { !$0.isEmpty }
            if !lines.isEmpty { return String(decoding: lines.joined(separator: "; ").utf8.prefix(500), as: UTF8.self) }
        }
        return ""
    }
}

/// Runs a program here, or where the process of an opened `/proc/PID` is.
///
/// - Parameters:
///   - isMixed: whether standard error goes where standard output goes.
///   - started: is told the process before the program begins; see ``FileTree/run(_:started:)``.
func start(
    _ call: ProgramCall,
    process: CInt = -1,
    isMixed: Bool = false,
    started: ((Int) throws(Errno) -> Void)? = nil
) throws(Errno) -> ProgramAnswer {
    let argv: [UnsafeMutablePointer<CChar>?] = ([call.path] + call.arguments).map { strdup($0) } + [nil]
    let variables = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
    let environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
    defer { (argv + environment).forEach { free($0) } }
    var program = clinux_program()
    var error: CInt = 0
    var errors: [UInt8] = []
    func run(_ output: UnsafeMutableBufferPointer<UInt8>, _ input: UnsafeRawBufferPointer?) {
        program.process = process
        program.milliseconds = CInt(clamping: call.milliseconds)
        program.grace = CInt(clamping: call.grace)
        program.output = UnsafeMutableRawPointer(output.baseAddress)
        program.output_capacity = output.count
        if let input {
            // An empty array may have no address, which would mean no input at all.
            program.input = input.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
            program.input_length = input.count
        }
        error = argv.withUnsafeBufferPointer { argv in
            environment.withUnsafeBufferPointer { environment in
                call.path.withCString { path in
                    program.path = path
                    program.argv = argv.baseAddress
                    program.envp = environment.baseAddress
                    guard let started else { return clinux_run(&program) }
                    return withUnsafePointer(to: started) { context in
                        program.context = UnsafeMutableRawPointer(mutating: context)
                        program.started = { context, process in
                            typealias Started = (Int) throws(Errno) -> Void
                            guard let started = context?.assumingMemoryBound(to: Started.self).pointee else { return 0 }
                            do throws(Errno) {
                                try started(Int(process))
                                return 0
                            } catch {
                                return error.rawValue
                            }
                        }
                        return clinux_run(&program)
                    }
                }
            }
        }
    }
    let limit = max(0, call.limit)
    let output = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
        let output = UnsafeMutableBufferPointer(rebasing: buffer[..<limit])
        let start = {
            if let input = call.input { input.withUnsafeBytes { run(output, $0) } } else { run(output, nil) }
        }
        if isMixed {
            start()
        } else {
            errors = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                program.errors = UnsafeMutableRawPointer(buffer.baseAddress)
                program.errors_capacity = 1 << 16
                start()
                count = min(program.errors_length, 1 << 16)
            }
        }
        count = min(program.output_length, limit)
    }
    guard error == 0 else { throw Errno(rawValue: error) }
    let signal = Int(program.status & 0x7F)
    return ProgramAnswer(
        status: signal == 0 ? Int((program.status >> 8) & 0xFF) : 128 + signal,
        // Not the memory of the limit for what is short.
        output: Array(output[...]),
        isCut: program.output_length > limit,
        errors: String(decoding: errors, as: UTF8.self)
    )
}

extension FolderTree {
    public var isRoot: Bool { isLive && geteuid() == 0 }

    public func run(_ path: String, _ arguments: [String], milliseconds: Int) throws(Errno) -> ProgramResult {
        guard isLive else { throw .noSuchFileOrDirectory }
        let call = ProgramCall(path, arguments, milliseconds: milliseconds, limit: 1 << 16)
        let answer = try start(call, isMixed: true)
        return ProgramResult(status: answer.status, output: answer.text)
    }

    public func run(_ call: ProgramCall) throws(Errno) -> ProgramAnswer {
        guard isLive else { throw .noSuchFileOrDirectory }
        return try start(call)
    }

    public func run(
        _ call: ProgramCall,
        started: @escaping (Int) throws(Errno) -> Void
    ) throws(Errno) -> ProgramAnswer {
        guard isLive else { throw .noSuchFileOrDirectory }
        return try start(call, started: started)
    }

    public func signal(_ signal: ProcessSignal, process: Int) throws(Errno) {
        guard isLive else { throw .noSuchProcess }
        guard kill(pid_t(process), signal == .terminate ? SIGTERM : SIGKILL) == 0 else { throw Errno(rawValue: errno) }
    }
}

extension Machine {
    /// Runs a program of the machine: see ``FileTree/run(_:_:milliseconds:)``.
    public func run(_ path: String, _ arguments: [String], milliseconds: Int) throws(Errno) -> ProgramResult {
        try tree.run(path, arguments, milliseconds: milliseconds)
    }

    /// Runs a program of the machine: see ``FileTree/run(_:)``.
    public func run(_ call: ProgramCall) throws(Errno) -> ProgramAnswer { try tree.run(call) }

    /// Runs a program of the machine: see ``FileTree/run(_:started:)``.
    public func run(
        _ call: ProgramCall,
        started: @escaping (Int) throws(Errno) -> Void
    ) throws(Errno) -> ProgramAnswer {
        try tree.run(call, started: started)
    }

    /// The first of these programs that is there to be run, looked for where every Linux keeps them.
    public func program(_ name: String) -> String? {
        ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"].lazy.map { $0 + name }.first { path in
            guard let status = try? status(path) else { return false }
            return status.kind == .file && status.mode & 0o111 != 0
        }
    }

    /// Reads a file, at most `limit` bytes of it, in a child process: the way to look at a device whose driver may be
    /// stuck. `ETIMEDOUT` when it did not answer in time, and at once where it just did not: see ``StuckDevices``.
    public func readWithDeadline(_ path: String, limit: Int = 1 << 16, milliseconds: Int) throws(Errno) -> [UInt8] {
        try inChild(path, link: false, limit: limit, milliseconds)
    }

    /// Reads a link in a child process.
    public func linkWithDeadline(_ path: String, milliseconds: Int) throws(Errno) -> String {
        try String(decoding: inChild(path, link: true, limit: 1 << 16, milliseconds), as: UTF8.self)
    }

    private func inChild(_ path: String, link: Bool, limit: Int, _ milliseconds: Int) throws(Errno) -> [UInt8] {
        guard isLive else { return try link ? Array(tree.link(path).utf8) : tree.read(path, limit: limit) }
        let device = split(path).parent
        guard !StuckDevices.shared.hold(device, at: bootClock) else { throw .timedOut }
        var stuck: pid_t = 0
        var error: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var length = 0
            error = clinux_read_with_deadline(
                path,
                link,
                buffer.baseAddress,
                limit,
                &length,
                CInt(milliseconds),
                &stuck
            )
            count = error == 0 ? length : 0
        }
        if error == ETIMEDOUT { StuckDevices.shared.add(device, process: stuck, at: bootClock) }
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
