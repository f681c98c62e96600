public import Machine
public import SystemPackage

/// What runs guests on this host: a daemon or a set of programs, natively or in a container.
public struct GuestRunner: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
        case libvirt, proxmox
        /// QEMU alone: somebody's own command lines.
        case qemu

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
    /// Where it runs; null for the host itself. All paths here are as it sees them there.
    @Nullable public var container: GuestContainer?
    /// Whether its daemon runs, for QEMU alone a guest. A host's libvirt may be started by its socket when it is asked.
    @Nullable public var isRunning: Bool?
    /// Its daemon, for QEMU alone a guest.
    @Nullable public var pid: Int?
    /// The folder with its guests' configurations; null for QEMU alone, which has none.
    @Nullable public var configuration: String?
    /// The same folder as the host reaches it; null where it does not.
    @Nullable public var hostConfiguration: String?
    /// virsh(1).
    @Nullable public var virsh: String?
    /// qm(1).
    @Nullable public var qm: String?
    /// The programs that are QEMU for PC-like machines, the first one the usual one.
    public var emulators: [String] = []
    /// The socket at which libvirt answers.
    @Nullable public var socket: String?
    /// `9.0.0`: of the libvirt that runs, even where another one was installed since.
    @Nullable public var libvirtVersion: String?
    /// `7.2.22 (Debian …)`, of the first emulator; see ``withVersions(_:)``.
    @Nullable public var qemuVersion: String?
    /// What its processes can reach; null where none runs.
    @Nullable public var view: RunnerView?
    public var unknown: [String: String] = [:]

    public init(kind: Kind, container: GuestContainer? = nil) {
        self.kind = kind
        self.container = container
    }

    /// `libvirt`, or `libvirt (webvirtcloud)` in a container.
    public var title: String { container.map { "\(kind.title) (\($0.name))" } ?? kind.title }

    /// Where a plan runs its programs; nil for the host.
    public var place: RunnerPlace? { container.map { RunnerPlace(kind, in: $0.name) } }

    /// Whether its own programs can be asked: it runs, or its socket starts it.
    public var canAnswer: Bool { isRunning == true || container == nil && kind == .libvirt && socket != nil }

    /// The machine as the runner sees it, where its programs run: the host, or its container.
    ///
    /// - Throws: `ESRCH` for a container that does not run.
    public func machine(_ host: Machine) throws(Errno) -> Machine {
        guard container != nil else { return host }
        guard isRunning == true, let pid else { throw .noSuchProcess }
        return try host.inside(process: pid)
    }

    /// Asks QEMU, and libvirt where that is not known yet, for their versions: that starts them once each.
    public func withVersions(_ host: Machine) -> GuestRunner {
        var copy = self
        copy.readVersions(host)
        return copy
    }

    private mutating func readVersions(_ host: Machine) {
        guard host.isLive else {
            unknown["qemuVersion"] = HolderInventory.notLive
            if kind == .libvirt { unknown["libvirtVersion"] = HolderInventory.notLive }
            return
        }
        let there: Machine
        do throws(Errno) {
            there = try machine(host)
        } catch {
            unknown["qemuVersion"] = "the container does not run"
            if libvirtVersion == nil, kind == .libvirt { unknown["libvirtVersion"] = "the container does not run" }
            return
        }
        if qemuVersion == nil {
            if let emulator = emulators.first {
                // QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)
                qemuVersion = Self.version(emulator, after: "version ", there, &unknown, "qemuVersion")
            } else {
                unknown["qemuVersion"] = "no emulator found"
            }
        }
        if libvirtVersion == nil, kind == .libvirt {
            let daemon = ["libvirtd", "virtqemud"].lazy.compactMap(there.program).first
            if let program = daemon ?? virsh {
                // libvirtd (libvirt) 9.0.0; of virsh 9.0.0 alone
                libvirtVersion = Self.version(program, after: ") ", there, &unknown, "libvirtVersion")
            } else {
                unknown["libvirtVersion"] = "no libvirtd, virtqemud or virsh found"
            }
        }
    }

    private static func version(
        _ program: String,
        after mark: String,
        _ there: Machine,
        _ unknown: inout [String: String],
        _ key: String
    ) -> String? {
        do throws(Errno) {
            let answer = try there.run(ProgramCall(program, ["--version"], milliseconds: 20_000, limit: 1 << 16))
            let line = answer.text.split(separator: "\n").first.map(String.init) ?? ""
            let version = line.text(after: mark) ?? line
            if answer.status == 0, let first = version.utf8.first, Sysfs.isDigit(first) {
                unknown[key] = nil
                return version
            }
            unknown[key] = "\(program) --version: \(answer.complaint)"
        } catch {
            unknown[key] = Unreadable(error, "\(program) --version").reason
        }
        return nil
    }
}

extension String {
    /// What follows the first `mark`; nil when there is none.
    fileprivate func text(after mark: String) -> String? {
        var rest = utf8[...]
        while !rest.isEmpty {
            if rest.starts(with: mark.utf8) { return String(Substring(rest.dropFirst(mark.utf8.count))) }
            rest = rest.dropFirst()
        }
        return nil
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
            let role = kind == .qemu ? RunnerProcess.Role.qemu : .daemon(kind)
            return try RunnerProcess.all(machine).first {
                $0.role == role && $0.root.isContainer && GuestContainer.of($0.pid, machine).name == container
            }?.pid
        } catch {
            throw PlaceUnseen(reason: error.reason)
        }
    }
}

/// Why it cannot be seen where something runs.
public struct PlaceUnseen: Error, Sendable, Hashable {
    public var reason: String
}
