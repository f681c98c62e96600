internal import Machine
internal import SystemPackage

/// A process that runs guests, or manages those that do.
struct RunnerProcess: Sendable, Hashable {
    enum Role: Sendable, Hashable {
        case qemu
        case daemon(GuestRunner.Kind)
    }

    var pid: Int
    /// As it was started, or as it calls itself since.
    var words: [String]
    var role: Role
    var root: ProcessRoot

    /// All of them, by number, in one walk through `/proc`.
    static func all(_ machine: Machine) throws(Unreadable) -> [RunnerProcess] {
        var found: [RunnerProcess] = []
        var own: ProcessRoot.Reader?
        for pid in try machine.processes() {
            // A command line may be long, but not without end: the kernel allows a quarter of the stack's limit.
            let path = "/proc/\(pid)/cmdline"
            let bytes: [UInt8]
            do throws(Errno) {
                bytes = try machine.read(path, limit: 4 << 20)
            } catch {
                // It ended meanwhile.
                if error.isAbsence || error == .noSuchProcess { continue }
                throw Unreadable(error, path)
            }
            guard let role = role(ofCommandLine: bytes) else { continue }
            let reader = own ?? ProcessRoot.Reader(machine)
            own = reader
            found.append(RunnerProcess(pid: pid, words: words(bytes), role: role, root: reader.root(of: pid)))
        }
        return found
    }

    /// The words of a command line, each of which ends in NUL.
    static func words(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What a program is by its name; nil for one that has nothing to do with guests.
    static func role(ofCommandLine bytes: [UInt8]) -> Role? {
        let words = bytes.split(separator: 0, maxSplits: 8)
        guard let first = words.first.map(name) else { return nil }
        if first.starts(with: "qemu-system-".utf8) || ["qemu", "qemu-kvm", "kvm"].contains(String(Substring(first))) {
            return .qemu
        }
        if let kind = daemon(first) { return .daemon(kind) }
        // A daemon that is a script, or starts as one.
        guard ["sh", "bash", "perl", "python3"].contains(String(Substring(first))) else { return nil }
        let second = words.dropFirst().first { $0.first != UInt8(ascii: "-") }
        guard let second, !words.contains(where: { $0.elementsEqual("-c".utf8) }) else { return nil }
        return daemon(name(second)).map { .daemon($0) }
    }

    /// The last component of a word, without what a daemon in Perl writes behind it as its title: `pvedaemon worker`.
    private static func name(_ word: ArraySlice<UInt8>) -> Substring.UTF8View {
        let path = word.prefix { $0 != UInt8(ascii: " ") }
        let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex
        return Substring(decoding: path[start...], as: UTF8.self).utf8
    }

    private static func daemon(_ name: Substring.UTF8View) -> GuestRunner.Kind? {
        switch String(Substring(name)) {
        case "libvirtd", "virtqemud": .libvirt
        case "pvedaemon", "pmxcfs", "pvestatd": .proxmox
        default: nil
        }
    }
}

/// What a process has as its root: two processes with one root see the same files, but for what is mounted over them.
enum ProcessRoot: Sendable, Hashable {
    /// The root of this host.
    case host
    /// A file system, `MAJOR:MINOR`, and a folder of it that is mounted as `/`; `folder` is below that, for a process that
    /// changed its root once more.
    case mounted(number: String, root: String, folder: String)
    /// It could not be read.
    case unknown(String)

    var isContainer: Bool {
        if case .mounted = self { true } else { false }
    }

    struct Reader {
        let machine: Machine
        private let namespace: String?
        private let own: MountTable?

        init(_ machine: Machine) {
            self.machine = machine
            namespace = try? machine.link("/proc/self/ns/mnt")
            own = Self.rootMount("/proc/self/mountinfo", machine)
        }

        private static func rootMount(_ path: String, _ machine: Machine) -> MountTable? {
            // The initial root stays in the table below the real one.
            ((try? machine.textLines(path)) ?? []).compactMap(MountTable.init(mountinfo:)).last {
                $0.mount.mountPoint == "/"
            }
        }

        /// Whether systemd of the host runs it as a service, which everybody may see: `0::/system.slice/libvirtd.service`.
        private func isService(_ pid: Int) -> Bool {
            ((try? machine.textLines("/proc/\(pid)/cgroup")) ?? []).contains { line in
                let group = line.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 2).last ?? line.utf8[...]
                let parts = Sysfs.components(String(Substring(group)))
                return parts.count >= 2 && parts[0] == "system.slice" && parts[1].hasSuffix(".service")
            }
        }

        func root(of pid: Int) -> ProcessRoot {
            let folder: String
            let mount: String
            do throws(Errno) {
                folder = try machine.link("/proc/\(pid)/root")
                mount = try machine.link("/proc/\(pid)/ns/mnt")
            } catch {
                if isService(pid) { return .host }
                return .unknown(Unreadable(error, "/proc/\(pid)/root").reason)
            }
            let isInside = folder != "/"
            if mount == namespace { return isInside ? .mounted(number: "", root: "", folder: folder) : .host }
            // libvirt gives each of its guests a mount namespace of its own, whose root is the host's all the same.
            guard let table = Self.rootMount("/proc/\(pid)/mountinfo", machine), let number = table.number else {
                return isInside
                    ? .mounted(number: mount, root: "", folder: folder)
                    : .unknown("no root among its mounts: /proc/\(pid)/mountinfo")
            }
            let root = table.mount.root ?? "/"
            if number == own?.number && root == own?.mount.root && !isInside { return .host }
            return .mounted(number: number, root: root, folder: folder)
        }
    }
}
