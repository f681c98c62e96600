internal import Glibc
public import SystemPackage

extension Machine {
    /// Everything on standard input (stdin(3)), at most `limit` bytes: a pipe is waited for.
    public static func standardInput(limit: Int = 16 << 20) throws(Errno) -> [UInt8] {
        try contents(of: STDIN_FILENO, limit: limit)
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

    /// A file that a person named, as the shell would find it: relative to the folder that the program was started in.
    public static func named(_ path: String, limit: Int = 16 << 20) throws(Errno) -> [UInt8] {
        try path == "-" ? standardInput(limit: limit) : live.read(path, limit: limit)
    }
}
