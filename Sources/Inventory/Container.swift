public import Machine
internal import SystemPackage

/// Whether passthru itself runs in a container, where it sees the host's devices but cannot hand them over.
public struct Container: Sendable, Hashable, Codable {
    @Nullable public var isContainer: Bool?
    /// docker, podman, lxc …; null on a host.
    @Nullable public var kind: String?
    public var unknown: [String: String] = [:]

    public static func read(_ machine: Machine) -> Container {
        func found(_ kind: String) -> Container { Container(isContainer: true, kind: kind) }
        var lost: String?
        func isThere(_ path: String) -> Bool {
            do {
                return try machine.isThere(path)
            } catch {
                lost = reason(error, path)
                return false
            }
        }
        if isThere("/.dockerenv") { return found("docker") }
        if isThere("/run/.containerenv") { return found("podman") }
        do {
            if let kind = try machine.textIfThere("/run/systemd/container"), !kind.isEmpty { return found(kind) }
        } catch {
            lost = reason(error, "/run/systemd/container")
        }
        if isThere("/dev/.lxc-boot-id") { return found("lxc") }
        if isThere("/proc/vz"), !isThere("/proc/bc") { return found("openvz") }
        // Only root reads this one, and control groups tell as much to others.
        if let environment = try? machine.read("/proc/1/environ") {
            for variable in environment.split(separator: 0) where variable.starts(with: "container=".utf8) {
                return found(String(decoding: variable.dropFirst("container=".utf8.count), as: UTF8.self))
            }
        }
        let path = "/proc/1/cgroup"
        do {
            let text = try machine.text(path)
            // `/docker/ID`, `/system.slice/docker-ID.scope`, `/lxc.payload.NAME`, but not `/system.slice/docker.service`.
            let groups = text.utf8.split { $0 == UInt8(ascii: "/") || $0 == 0x0A }.map { String(Substring($0)) }
            for kind in ["docker", "kubepods", "libpod", "lxc"] {
                let isIn = groups.contains { group in
                    group == kind || group.hasPrefix(kind + "-")
                        || group.hasPrefix(kind + ".") && !group.hasSuffix(".service")
                }
                if isIn { return found(kind == "kubepods" ? "kubernetes" : kind == "libpod" ? "podman" : kind) }
            }
            if let lost { return Container(isContainer: nil, kind: nil, unknown: ["isContainer": lost]) }
            return Container(isContainer: false, kind: nil)
        } catch  where error == .noSuchFileOrDirectory && lost == nil && machine.exists("/proc/1") {
            return Container(isContainer: false, kind: nil)  // A kernel without control groups.
        } catch {
            return Container(isContainer: nil, kind: nil, unknown: ["isContainer": reason(error, path)])
        }
    }
}
