public import Machine

/// How the person who runs passthru reached this machine.
public struct Session: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable {
        /// Over the network, by sshd or dropbear.
        case ssh
        /// Over the network, by another program that listens: telnet, a web page.
        case network
        /// A serial terminal.
        case serial
        /// A screen and a keyboard at the machine.
        case console
        /// None of these was found: a service, a terminal that a program holds.
        case other
    }

    @Nullable public var kind: Kind?
    /// The addresses of a connection's two ends.
    @Nullable public var peer: String?
    @Nullable public var local: String?
    /// `ttyS0`, `tty1`
    @Nullable public var terminal: String?
    /// The interface that holds the local address, or else has the route to the peer.
    @Nullable public var interface: String?
    public var unknown: [String: String] = [:]

    /// A session over the network whose ends the caller knows, such as a web page's request.
    public init(peer: String, local: String) {
        self.init(.network)
        self.peer = peer
        self.local = local
    }

    public init(_ kind: Kind?) {
        self.kind = kind
    }

    /// Whether it came over the network.
    public var isRemote: Bool { kind == .ssh || kind == .network }

    /// Looks for the session's origin in the ancestors of a process (`/proc/PID/stat` and `/proc/PID/fd`, proc(5)): the
    /// first one with a connection from outside, or on a real terminal, decides. A captured host normally has none.
    ///
    /// - Parameter process: where to start; this very process unless given.
    public static func read(_ machine: Machine, from process: Int? = nil) -> Session {
        let start = process.map(String.init) ?? "self"
        guard machine.isLive || machine.exists("/proc/\(start)/stat") else {
            var session = Session(nil)
            session.unknown["kind"] = "not live"
            return session
        }
        let reader = SessionReader(machine, hint: SessionHint(machine, "/proc/\(start)/environ"))
        return reader.session(from: start)
    }

    /// Finds the interface that carries the session.
    public mutating func locate(in network: NetworkInventory) {
        guard isRemote, interface == nil else { return }
        guard let local = local.flatMap(IPAddress.bytes) else {
            unknown["interface"] = unknown["local"] ?? "the session's own address is not known"
            return
        }
        unknown["interface"] = nil
        let holders = network.interfaces.filter { interface in
            interface.addresses.contains { IPAddress.bytes($0.address) == local }
        }
        if holders.count == 1 {
            interface = holders[0].name
            return
        }
        // No interface or several hold it: the answers leave by the most specific route.
        let candidates = holders.isEmpty ? network.interfaces : holders
        var best: (name: String, length: Int)?
        for interface in candidates {
            for route in interface.routes {
                guard let peer = peer.flatMap(IPAddress.bytes),
                    let length = IPAddress.length(of: route.destination, around: peer)
                else { continue }
                if best.map({ length > $0.length }) ?? true { best = (interface.name, length) }
            }
        }
        interface = best?.name
        if best == nil {
            unknown["interface"] = "no interface holds the session's address, and no route leads to its peer"
        }
    }
}

/// What sshd left in the environment: `SSH_CONNECTION` (ssh(1)). It may be old, as in a terminal multiplexer.
struct SessionHint {
    var connection: TCPSockets.Connection?

    init(_ machine: Machine, _ path: String) {
        for variable in ((try? machine.read(path)) ?? []).split(separator: 0) {
            guard variable.starts(with: "SSH_CONNECTION=".utf8) else { continue }
            let words = Lines.words(String(decoding: variable.dropFirst(15), as: UTF8.self))
            guard words.count == 4, let from = UInt16(words[1]), let to = UInt16(words[3]),
                let peer = IPAddress.bytes(words[0]), let local = IPAddress.bytes(words[2])
            else { return }
            func plain(_ bytes: [UInt8]) -> String {
                bytes.count == 16
                    ? IPAddress.plain(bytes) : IPAddress.text(bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
            }
            connection = TCPSockets.Connection(
                local: TCPSockets.End(address: plain(local), port: to),
                peer: TCPSockets.End(address: plain(peer), port: from)
            )
        }
    }
}

/// A walk from a process to its first ancestor.
private struct SessionReader {
    private let machine: Machine
    private let sockets: TCPSockets
    private let hint: TCPSockets.Connection?

    init(_ machine: Machine, hint: SessionHint) {
        self.machine = machine
        sockets = TCPSockets.read(machine)
        self.hint = hint.connection
    }

    /// The line of `/proc/PID/stat`, as far as it matters.
    private struct Process {
        var name: String
        var parent: String
        /// The controlling terminal's device number; 0 for none.
        var terminal: Int

        /// The name stands between brackets and may itself hold any byte.
        init?(_ text: String) {
            let bytes = text.utf8
            guard let open = bytes.firstIndex(of: UInt8(ascii: "(")),
                let close = bytes.lastIndex(of: UInt8(ascii: ")")),
                open < close
            else { return nil }
            let words = Lines.words(String(text[bytes.index(after: close)...]))
            guard words.count >= 5, let terminal = Int(words[4]), Int(words[1]) != nil else { return nil }
            name = String(text[bytes.index(after: open)..<close])
            parent = words[1]
            self.terminal = terminal
        }

        /// sshd-session since OpenSSH 9.8.
        var isSSH: Bool { ["sshd", "sshd-session", "sshd-auth", "dropbear"].contains(name) }
    }

    func session(from start: String) -> Session {
        var seen: Set<String> = []
        var process = start
        var terminal: String?
        // The first process has no ancestor; nor has one that was started into a container (0).
        while process != "0", process != "1", seen.insert(process).inserted, seen.count <= 256 {
            guard let text = machine.textIfAny("/proc/\(process)/stat"), let found = Process(text) else { break }
            if let session = connected(process, found) { return session }
            if found.terminal != 0 {
                let name = terminalName(found.terminal)
                terminal = terminal ?? name
                if let name, !name.utf8.starts(with: "pts/".utf8) {
                    var session = Session(Sysfs.isNumbered(name, "tty") ? .console : .serial)
                    session.terminal = name
                    return session
                }
            }
            process = found.parent
        }
        guard !seen.isEmpty, machine.exists("/proc/\(start)/stat") else {
            var session = Session(nil)
            session.unknown["kind"] = "/proc/\(start)/stat: no such file"
            return session
        }
        // A multiplexer has no ancestor that tells; what sshd told it counts while that connection stands.
        if let hint, !hint.isLoopback, sockets.established.values.contains(hint) { return remote(.ssh, hint, terminal) }
        var session = Session(.other)
        session.terminal = terminal
        return session
    }

    /// The session when this ancestor holds a connection that came in.
    private func connected(_ process: String, _ found: Process) -> Session? {
        let names: [String]
        do {
            names = try machine.list("/proc/\(process)/fd").sorted(by: Sysfs.inOrder)
        } catch {
            // Only root looks into sshd.
            return found.isSSH ? unseen(Unreadable(error, "/proc/\(process)/fd").reason) : nil
        }
        var connections: [TCPSockets.Connection] = []
        for name in names {
            guard let target = try? machine.link("/proc/\(process)/fd/\(name)"),
                target.utf8.starts(with: "socket:[".utf8),
                let connection = sockets.established[String(target.dropFirst(8).dropLast())],
                !connection.isLoopback
            else { continue }
            connections.append(connection)
        }
        // A process also calls others, and sshd forwards ports: what came in arrived at a port that somebody listens on.
        let incoming = connections.filter { sockets.listening.contains($0.local.port) }
        if found.isSSH {
            let own = connections.first { $0 == hint } ?? incoming.first ?? connections.first
            return own.map { remote(.ssh, $0, nil) } ?? sockets.unreadable.map(unseen)
        }
        return incoming.first.map { remote(.network, $0, nil) }
    }

    /// A session by sshd whose connection cannot be looked at: what sshd said is all there is.
    private func unseen(_ reason: String) -> Session {
        if let hint { return remote(.ssh, hint, nil) }
        var session = Session(.ssh)
        session.unknown["peer"] = reason
        session.unknown["local"] = reason
        return session
    }

    private func remote(_ kind: Session.Kind, _ connection: TCPSockets.Connection, _ terminal: String?) -> Session {
        var session = Session(kind)
        session.peer = connection.peer.address
        session.local = connection.local.address
        session.terminal = terminal
        return session
    }

    /// A terminal's name by its device number (Documentation/admin-guide/devices.txt), or as sysfs calls it.
    private func terminalName(_ device: Int) -> String? {
        let major = device >> 8 & 0xFFF
        let minor = device & 0xFF | device >> 12 & 0xFFF00
        switch major {
        case 4: return minor < 64 ? "tty\(minor)" : "ttyS\(minor - 64)"
        case 136...143: return "pts/\((major - 136) * 256 + minor)"
        case 188: return "ttyUSB\(minor)"
        case 166: return "ttyACM\(minor)"
        case 229: return "hvc\(minor)"
        default: return machine.linkName("/sys/dev/char/\(major):\(minor)")
        }
    }
}
