internal import Glibc
public import SystemPackage

extension Machine {
    /// Everything on standard input (stdin(3)), at most `limit` bytes: a pipe is waited for.
    public static func standardInput(limit: Int = 16 << 20) throws(Errno) -> [UInt8] {
        try contents(of: STDIN_FILENO, limit: limit)
    }

    /// A file that a person named, as the shell would find it: relative to the folder that the program was started in.
    public static func named(_ path: String, limit: Int = 16 << 20) throws(Errno) -> [UInt8] {
        try path == "-" ? standardInput(limit: limit) : live.read(path, limit: limit)
    }
}
