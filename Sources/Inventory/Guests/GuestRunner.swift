public import Machine
internal import SystemPackage

/// What runs guests on this host: a daemon or a set of programs, natively or in a container.
public struct GuestRunner: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable {
        case libvirt, proxmox, qemu

        /// As its makers write it.
        public var title: String {
            switch self {
            case .libvirt: "libvirt"
            case .proxmox: "Proxmox VE"
            case .qemu: "QEMU"
            }
        }
    }

    public var kind: Kind
    /// Where it runs; null for the host itself.
    @Nullable public var container: GuestContainer?
    @Nullable public var isRunning: Bool?
    /// Its daemon, or for QEMU alone one of its guests.
    @Nullable public var pid: Int?
    public var unknown: [String: String] = [:]

    public init(kind: Kind, container: GuestContainer? = nil) {
        self.kind = kind
        self.container = container
    }
}

/// A container in which something runs guests, said so that it is found again: after its restart its processes are
/// others, and its name is the same.
public struct RunnerPlace: Codable, Sendable, Hashable {
    public var kind: GuestRunner.Kind
    public var container: String

    public init(_ kind: GuestRunner.Kind, in container: String) {
        self.kind = kind
        self.container = container
    }

    /// The process that runs guests there now; nil when it does not run.
    ///
    /// - Throws: why the processes of this host cannot be seen.
    public func process(_ machine: Machine) throws(PlaceUnseen) -> Int? {
        do throws(Unreadable) {
            let daemons = try RunnerProcess.all(machine).filter { $0.role == role }
            return daemons.first { $0.root != .host && GuestContainer.of($0.pid, machine).name == container }?.pid
        } catch {
            throw PlaceUnseen(reason: error.reason)
        }
    }

    private var role: RunnerProcess.Role { kind == .qemu ? .qemu : .daemon(kind) }
}

/// Why it cannot be seen where something runs.
public struct PlaceUnseen: Error, Sendable, Hashable {
    public var reason: String
}
