public import Machine

/// Where the files of a container are on the host, and the other way round, as far as both have them mounted
/// (proc_pid_mountinfo(5)). Paths are without links and dots.
public struct PathMapping: Sendable, Hashable {
    private var inside: [Place]
    private var host: [Place]
    /// Where a process that only changed its root has it.
    private var folder: String?

    private struct Place: Sendable, Hashable {
        /// A path of the mount table.
        var point: String
        var number: String
        /// What of the file system is mounted there.
        var root: String
    }

    /// For a process; nil when it is gone or the tables cannot be read.
    public init?(process pid: Int, _ machine: Machine) {
        guard let inside = Self.places("/proc/\(pid)/mountinfo", machine),
            let host = Self.places("/proc/self/mountinfo", machine)
        else { return nil }
        self.inside = inside
        self.host = host
        if let root = try? machine.link("/proc/\(pid)/root"), root != "/",
            (try? machine.link("/proc/\(pid)/ns/mnt")) == (try? machine.link("/proc/self/ns/mnt"))
        {
            folder = root
        }
    }

    private static func places(_ path: String, _ machine: Machine) -> [Place]? {
        guard let lines = try? machine.textLines(path) else { return nil }
        return lines.compactMap(MountTable.init(mountinfo:)).compactMap { line in
            guard let number = line.number else { return nil }
            return Place(point: line.mount.mountPoint, number: number, root: line.mount.root ?? "/")
        }
    }

    /// The path by which the host reaches what the container has at a path; nil when it does not.
    public func hostPath(_ path: String) -> String? {
        // Below the root of a mere chroot the host sees every mount itself.
        if let folder { return folder + path }
        return Self.other(path, from: inside, to: host)
    }

    /// The path by which the container reaches what the host has at a path; nil when it does not.
    public func insidePath(_ path: String) -> String? {
        if let folder { return Self.rest(of: path, below: folder).map { $0.isEmpty ? "/" : $0 } }
        return Self.other(path, from: host, to: inside)
    }

    private static func other(_ path: String, from here: [Place], to there: [Place]) -> String? {
        guard let place = holder(of: path, here), let rest = rest(of: path, below: place.point) else { return nil }
        let wanted = join(place.root, rest)
        let paths = there.compactMap { other -> String? in
            guard other.number == place.number, let rest = Self.rest(of: wanted, below: other.root) else { return nil }
            let path = join(other.point, rest)
            // Something else may be mounted over it there.
            return holder(of: path, there) == other ? path : nil
        }
        return paths.min { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    }

    /// The mount that a path is on: the deepest one, of several the last.
    private static func holder(of path: String, _ places: [Place]) -> Place? {
        var found: Place?
        for place in places where rest(of: path, below: place.point) != nil {
            if place.point.utf8.count >= found?.point.utf8.count ?? 0 { found = place }
        }
        return found
    }

    /// What remains of a path below a folder, with its slash; nil when it is not in there.
    private static func rest(of path: String, below folder: String) -> String? {
        if folder == "/" { return path == "/" ? "" : path }
        guard path.utf8.starts(with: folder.utf8) else { return nil }
        let rest = path.utf8.dropFirst(folder.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/") ? String(Substring(rest)) : nil
    }

    private static func join(_ folder: String, _ rest: String) -> String {
        let path = folder == "/" ? rest : folder + rest
        return path.isEmpty ? "/" : path
    }
}

extension GuestRunner {
    /// Where the runner's files are on the host; nil for the host itself, and where it cannot be seen.
    public func paths(_ machine: Machine) -> PathMapping? {
        guard container != nil, let pid, isRunning == true else { return nil }
        return PathMapping(process: pid, machine)
    }
}
