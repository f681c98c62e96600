public import Machine

/// TCP ports of this machine on which somebody listens (`/proc/net/tcp` and `/proc/net/tcp6`).
public enum ListeningPorts {
    public static func read(_ machine: Machine) -> Set<Int> { Set(TCPSockets.read(machine).listening.map(Int.init)) }

    /// Those on which an SSH server may listen: the usual one, and the one by which sshd says that this session came.
    public static func ssh(_ machine: Machine) -> [Int] {
        let own = SessionHint(machine, "/proc/self/environ").connection.map { Int($0.local.port) }
        let listening = read(machine)
        return [22, own == 22 ? nil : own].compactMap(\.self).filter(listening.contains)
    }
}
