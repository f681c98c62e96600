internal import Machine
internal import SystemPackage

/// A device node as a runner sees it.
public struct NodeView: Codable, Sendable, Hashable {
    /// Within its folder: `vfio`, `12`.
    public var name: String
    /// `MAJOR:MINOR` where the runner is; null when it has none.
    @Nullable public var number: String?
    /// The same on the host.
    @Nullable public var hostNumber: String?

    public init(name: String, number: String?, hostNumber: String?) {
        self.name = name
        self.number = number
        self.hostNumber = hostNumber
    }

    /// Whether what the runner would open is the host's device.
    public var isRight: Bool { number != nil && number == hostNumber }
}

/// How much memory a process may lock, and whether that holds it back.
public struct ProcessRights: Codable, Sendable, Hashable {
    /// RLIMIT_MEMLOCK in bytes (getrlimit(2)), the soft limit; null when there is none, or it is unknown.
    @Nullable public var lockedMemory: Int?
    @Nullable public var isLockedMemoryUnlimited: Bool?
    /// CAP_IPC_LOCK (capabilities(7)): its own memory is never refused.
    @Nullable public var canLockAnyMemory: Bool?
    /// CAP_SYS_RESOURCE: it may raise the limit of what it starts.
    @Nullable public var canRaiseLimits: Bool?
    public var unknown: [String: String] = [:]

    public init() {}

    /// Reads `/proc/PID/limits` and `/proc/PID/status` (proc(5)).
    static func read(_ pid: Int, _ machine: Machine) -> ProcessRights {
        var rights = ProcessRights()
        let limits = "/proc/\(pid)/limits"
        do throws(Unreadable) {
            let mark = "Max locked memory"
            let line = try machine.textLines(limits).first { $0.utf8.starts(with: mark.utf8) }
            let soft = line.flatMap { Lines.words(String($0.dropFirst(mark.count))).first }
            rights.lockedMemory = soft.flatMap(Int.init)
            rights.isLockedMemoryUnlimited = soft == "unlimited" ? true : rights.lockedMemory.map { _ in false }
            if rights.isLockedMemoryUnlimited == nil { rights.unknown["lockedMemory"] = "no number: \(limits)" }
        } catch {
            rights.unknown["lockedMemory"] = error.reason
        }
        let status = "/proc/\(pid)/status"
        do throws(Unreadable) {
            let line = try machine.textLines(status).first { $0.utf8.starts(with: "CapEff:".utf8) }
            if let mask = line.flatMap({ Lines.words($0).last }).flatMap({ UInt64($0, radix: 16) }) {
                // <linux/capability.h>
                rights.canLockAnyMemory = mask & 1 << 14 != 0
                rights.canRaiseLimits = mask & 1 << 24 != 0
            } else {
                rights.unknown["capabilities"] = "no number: \(status)"
            }
        } catch {
            rights.unknown["capabilities"] = error.reason
        }
        return rights
    }
}

/// Which devices a control group lets its processes open (Documentation/admin-guide/cgroup-v1/devices.rst).
public enum DeviceAccess: Codable, Sendable, Hashable {
    case all
    /// Lines such as `c 10:196 rwm`; a `*` is any number.
    case only([String])

    /// Whether a character device may be opened for reading and writing.
    public func allows(_ number: String) -> Bool {
        guard case .only(let rules) = self else { return true }
        let wanted = number.utf8.split(separator: UInt8(ascii: ":")).map { String(Substring($0)) }
        return rules.contains { rule in
            let words = Lines.words(rule)
            guard words.count == 3, words[0] == "c" || words[0] == "a", words[2].contains("r"), words[2].contains("w")
            else { return false }
            let numbers = words[1].utf8.split(separator: UInt8(ascii: ":")).map { String(Substring($0)) }
            return numbers.count == 2 && wanted.count == 2
                && zip(numbers, wanted).allSatisfy { $0 == "*" || $0 == $1 }
        }
    }
}

/// What the processes of a runner can reach: in a container that may be less than the host has.
public struct RunnerView: Codable, Sendable, Hashable {
    /// All of `/dev/vfio`, of the runner and of the host, sorted.
    @Nullable public var vfio: [NodeView]?
    @Nullable public var kvm: NodeView?
    /// Whether `/dev/vfio` is the host's own folder, so that a new node is seen at once.
    @Nullable public var sharesNodes: Bool?
    public var rights: ProcessRights
    @Nullable public var devices: DeviceAccess?
    public var unknown: [String: String] = [:]

    public init(rights: ProcessRights = ProcessRights()) { self.rights = rights }

    /// The node of a group, or `vfio`; nil when neither side has it.
    public func node(_ name: String) -> NodeView? { vfio?.first { $0.name == name } }

    /// What the process sees; others' need root.
    static func read(_ pid: Int, _ machine: Machine) -> RunnerView {
        var view = RunnerView(rights: .read(pid, machine))
        do throws(Errno) {
            let inside = try machine.inside(process: pid)
            let there = try numbers(inside)
            let here = try numbers(machine)
            view.vfio = Set(there.keys).union(here.keys).sorted(by: Sysfs.inOrder).map {
                NodeView(name: $0, number: there[$0], hostNumber: here[$0])
            }
            view.kvm = NodeView(
                name: "kvm",
                number: number("/dev/kvm", inside),
                hostNumber: number("/dev/kvm", machine)
            )
        } catch {
            let why = Unreadable(error, "/proc/\(pid)/root").reason
            view.unknown["vfio"] = why
            view.unknown["kvm"] = why
        }
        if let mapping = PathMapping(process: pid, machine) {
            view.sharesNodes = mapping.hostPath("/dev/vfio") == "/dev/vfio"
        } else {
            view.unknown["sharesNodes"] = "not shown to this user: /proc/\(pid)/mountinfo"
        }
        view.readDevices(pid, machine)
        return view
    }

    private static func numbers(_ machine: Machine) throws(Errno) -> [String: String] {
        let folder = "/dev/vfio"
        var numbers: [String: String] = [:]
        do throws(Errno) {
            for name in try machine.list(folder) {
                if let number = number("\(folder)/\(name)", machine) { numbers[name] = number }
            }
        } catch  where error == .noSuchFileOrDirectory || error == .notDirectory {
            return [:]
        }
        return numbers
    }

    private static func number(_ path: String, _ machine: Machine) -> String? {
        guard let status = try? machine.status(path), status.kind == .characterDevice else { return nil }
        return status.device?.description
    }

    private mutating func readDevices(_ pid: Int, _ machine: Machine) {
        let path = "/proc/\(pid)/cgroup"
        do throws(Unreadable) {
            // NUMBER:CONTROLLERS:PATH (cgroups(7))
            for line in try machine.textLines(path) {
                let parts = line.utf8.split(
                    separator: UInt8(ascii: ":"),
                    maxSplits: 2,
                    omittingEmptySubsequences: false
                )
                guard parts.count == 3,
                    parts[1].split(separator: UInt8(ascii: ",")).contains(where: { $0.elementsEqual("devices".utf8) })
                else { continue }
                let group = String(Substring(parts[2]))
                let list = "/sys/fs/cgroup/devices\(group == "/" ? "" : group)/devices.list"
                let rules = try machine.textLines(list)
                devices = rules.contains { $0.utf8.starts(with: "a *:* rwm".utf8) } ? .all : .only(rules)
                return
            }
            unknown["devices"] = "control groups of version 2 do not show which devices they allow"
        } catch {
            unknown["devices"] = error.reason
        }
    }
}
