import Formats
internal import FoundationEssentials
internal import Machine
internal import SystemPackage

/// A container, or a root of its own, in which programs of this host run guests.
public struct GuestContainer: Codable, Sendable, Hashable {
    public enum Manager: String, Codable, Sendable, Hashable {
        case docker, podman, lxc, nspawn
        /// Only a root of its own (chroot(2)).
        case chroot
    }

    /// As its manager calls it, which a restart keeps; else its host name, or the folder of its root.
    public var name: String
    /// Docker's and Podman's 64 hexadecimal digits.
    @Nullable public var id: String?
    @Nullable public var manager: Manager?
    /// Whether Docker made it with `--privileged`: with all capabilities, and the device nodes of the moment of its start.
    @Nullable public var isPrivileged: Bool?

    public init(name: String, id: String? = nil, manager: Manager? = nil) {
        self.name = name
        self.id = id
        self.manager = manager
    }

    /// The container of a process whose root is not the host's.
    static func of(_ pid: Int, _ machine: Machine) -> GuestContainer {
        var id: String?
        for path in ["/proc/\(pid)/cgroup", "/proc/\(pid)/mountinfo"] {
            for line in (try? machine.textLines(path)) ?? [] {
                // What is mounted of another container does not tell its own name: only the files that Docker makes do.
                if path.hasSuffix("mountinfo") {
                    guard let mount = MountTable(mountinfo: line)?.mount,
                        ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"].contains(mount.mountPoint)
                    else { continue }
                    id = id ?? Sysfs.components(mount.root ?? "").first(where: isLongID)
                    continue
                }
                let group = line.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 2).last ?? line.utf8[...]
                switch owner(ofGroup: Sysfs.components(String(Substring(group)))) {
                case .named(let name, let manager): return GuestContainer(name: name, manager: manager)
                case .numbered(let found): id = id ?? found
                case nil: break
                }
            }
        }
        if let id {
            if let container = docker(id, machine) { return container }
            if let name = podmanName(id, machine) { return GuestContainer(name: name, id: id, manager: .podman) }
        }
        if let root = try? machine.link("/proc/\(pid)/root"), root != "/",
            (try? machine.link("/proc/\(pid)/ns/mnt")) == (try? machine.link("/proc/self/ns/mnt"))
        {
            return GuestContainer(name: root, manager: .chroot)
        }
        let hostName = (try? machine.hostName(ofProcess: pid)) ?? ""
        return GuestContainer(name: hostName.isEmpty ? id ?? "process \(pid)" : hostName, id: id)
    }

    private enum Owner {
        case named(String, Manager)
        case numbered(String)
    }

    /// Whose control group this is (cgroups(7)): `docker/ID`, `docker-ID.scope`, `libpod-ID`, `lxc/NAME`,
    /// `lxc.payload.NAME`, `machine-NAME.scope`.
    private static func owner(ofGroup parts: [String]) -> Owner? {
        for (index, part) in parts.enumerated() {
            if part == "lxc" || part == "lxc.payload", index + 1 < parts.count { return .named(parts[index + 1], .lxc) }
            if part.hasPrefix("lxc.payload.") { return .named(String(part.dropFirst(12)), .lxc) }
            let stem = part.hasSuffix(".scope") ? String(part.dropLast(6)) : part
            let tail = stem.utf8.split(separator: UInt8(ascii: "-")).last.map { String(Substring($0)) } ?? stem
            if isLongID(tail) { return .numbered(tail) }
            if part.hasPrefix("machine-"), part.hasSuffix(".scope") {
                return .named(unescape(String(stem.dropFirst(8))), .nspawn)
            }
            if part.hasPrefix("systemd-nspawn@"), part.hasSuffix(".service") {
                return .named(unescape(String(part.dropFirst(15).dropLast(8))), .nspawn)
            }
        }
        return nil
    }

    /// systemd's names of units write bytes as `\x2d` (systemd.unit(5)).
    private static func unescape(_ name: String) -> String {
        var result: [UInt8] = []
        var rest = Array(name.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            {
                result.append(code)
                rest = rest.dropFirst(3)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func isLongID(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { Sysfs.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }

    /// Docker's own notes of a container, `config.v2.json` and `hostconfig.json`.
    private static func docker(_ id: String, _ machine: Machine) -> GuestContainer? {
        struct Note: Decodable {
            var name: String
            enum CodingKeys: String, CodingKey { case name = "Name" }
        }
        struct HostNote: Decodable {
            var isPrivileged: Bool?
            enum CodingKeys: String, CodingKey { case isPrivileged = "Privileged" }
        }
        func note<Value: Decodable>(_ type: Value.Type, _ path: String) -> Value? {
            guard let bytes = try? machine.read(path, limit: 4 << 20) else { return nil }
            return try? JSONDecoder().decode(type, from: Data(bytes))
        }
        for root in DockerRoot.candidates(machine) {
            let folder = "\(root)/containers/\(id)"
            guard let name = note(Note.self, folder + "/config.v2.json")?.name else { continue }
            // "/webvirtcloud"
            let bare = name.utf8.first == UInt8(ascii: "/") ? String(name.dropFirst()) : name
            var container = GuestContainer(name: bare, id: id, manager: .docker)
            container.isPrivileged = note(HostNote.self, folder + "/hostconfig.json")?.isPrivileged
            return container
        }
        return nil
    }

    /// Podman's list of the containers that root started (containers-storage.conf(5)).
    private static func podmanName(_ id: String, _ machine: Machine) -> String? {
        struct Note: Decodable {
            var id: String
            var names: [String]?
        }
        let path = "/var/lib/containers/storage/overlay-containers/containers.json"
        guard let bytes = try? machine.read(path, limit: 16 << 20),
            let notes = try? JSONDecoder().decode([Note].self, from: Data(bytes))
        else { return nil }
        return notes.first { $0.id == id }?.names?.first
    }
}

/// Where Docker keeps what it knows.
enum DockerRoot {
    /// The folders that its settings name, and the one that it takes without any.
    static func candidates(_ machine: Machine) -> [String] {
        struct Settings: Decodable {
            var root: String?
            enum CodingKeys: String, CodingKey { case root = "data-root" }
        }
        var roots: [String] = []
        // OpenWrt's init script writes the second one from its own settings.
        for path in ["/etc/docker/daemon.json", "/tmp/dockerd/daemon.json"] {
            if let bytes = try? machine.read(path, limit: 1 << 20),
                let root = (try? JSONDecoder().decode(Settings.self, from: Data(bytes)))?.root
            {
                roots.append(root)
            }
        }
        if let bytes = try? machine.read("/etc/config/dockerd", limit: 1 << 20),
            let root = (try? UCIDocument(bytes))?.section(named: "globals")?["data_root"]
        {
            roots.append(root)
        }
        return roots + ["/var/lib/docker"]
    }
}
