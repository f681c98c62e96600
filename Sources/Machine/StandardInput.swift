internal import Glibc
public import SystemPackage

extension Machine {
    /// Everything on standard input (stdin(3)), at most `limit` bytes: a pipe is waited for.
    public static func standardInput(limit: Int = 16 << 20) throws(Errno) -> [UInt8] {
        try contents(of: STDIN_FILENO, limit: limit)
    }

    /// Whether somebody gave a text on standard input: a pipe or a plain file (inode(7)). A terminal, `/dev/null`, a socket,
    /// as sshd gives one, and a closed descriptor hold none.
    public static var hasTextOnStandardInput: Bool {
        var status = stat()
        guard fstat(STDIN_FILENO, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFIFO || status.st_mode & S_IFMT == S_IFREG
    }

    /// Whether there is something to read on standard input, be it only its end, within `milliseconds` (poll(2)).
    public static func standardInputAnswers(within milliseconds: Int) -> Bool {
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, CInt(milliseconds)) != 0
    }

    /// Reads standard input to its end and forgets it, for whoever writes to it and waits; not from a terminal, and for no
    /// longer than `milliseconds`.
    public static func discardStandardInput(milliseconds: Int) {
        guard isatty(STDIN_FILENO) == 0 else { return }
        let deadline = live.bootClock + milliseconds
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let left = deadline - live.bootClock
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&waiting, 1, CInt(left)) > 0 else { return }
            guard Glibc.read(STDIN_FILENO, &buffer, buffer.count) > 0 else { return }
        }
    }

    /// A file that a person named, as the shell would find it: relative to the folder that the program was started in. A pipe
    /// with a name, as `<(…)` of a shell gives, is waited for as a pipe on standard input is.
    public static func named(_ path: String, limit: Int = 16 << 20) throws(Errno) -> [UInt8] {
        if path == "-" { return try standardInput(limit: limit) }
        guard try live.status(path).kind == .other else { return try live.read(path, limit: limit) }
        let descriptor = try FolderTree.live.open(path, O_RDONLY | O_NOCTTY)
        defer { close(descriptor) }
        return try contents(of: descriptor, limit: limit)
    }
}
