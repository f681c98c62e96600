public import Machine
internal import SystemPackage

/// A device node that a program has open.
public struct HeldNode: Codable, Sendable, Hashable, BelowFunction {
    /// As the program opened it: `/dev/dri/card0`.
    public var path: String
    /// The kernel's name of the device: `card0`, `nvme0n1`, `dm-0`.
    public var name: String
    /// The kernel's class or bus: `block`, `drm`, `sound`, `input`, `tty`, `hidraw`, `usb`, `vfio`; `nvidia` for the
    /// nodes of that driver, which have no entry in sysfs; null when it shows none.
    @Nullable public var subsystem: String?
    /// The functions in the device's path; for a VFIO group all functions of the group.
    public var functions: [String]

    public init(path: String, name: String, subsystem: String?, functions: [String]) {
        self.path = path
        self.name = name
        self.subsystem = subsystem
        self.functions = functions
    }
}

/// A program that has device nodes open.
public struct DeviceHolder: Codable, Sendable, Hashable {
    public var pid: Int
    /// Its name in the kernel's 15 bytes (`/proc/PID/comm`).
    public var command: String
    public var nodes: [HeldNode]

    public init(pid: Int, command: String, nodes: [HeldNode]) {
        self.pid = pid
        self.command = command
        self.nodes = nodes
    }
}

/// A file system on a device that only other mount namespaces have mounted: containers and services.
public struct ForeignMount: Codable, Sendable, Hashable {
    /// One of the processes that see it.
    public var pid: Int
    public var command: String
    public var mountPoint: String
    /// `MAJOR:MINOR` of the device.
    public var number: String

    public init(pid: Int, command: String, mountPoint: String, number: String) {
        self.pid = pid
        self.command = command
        self.mountPoint = mountPoint
        self.number = number
    }
}

/// Who uses devices now, as `/proc` shows it: a passing moment, never part of a captured host.
public struct HolderInventory: Codable, Sendable, Hashable {
    /// Programs that hold nodes of devices that may hang below a function, by process number.
    public var holders: [DeviceHolder] = []
    public var foreignMounts: [ForeignMount] = []
    /// `holders`, `foreignMounts`: why they are not all.
    public var unknown: [String: String] = [:]

    public init() {}

    /// Why a captured host has none.
    public static let notLive = "only a live machine shows it"

    /// Reads `/proc/PID/fd` and `/proc/PID/mountinfo` (proc(5)) of all processes; others' need root.
    public static func read(_ machine: Machine) -> Self {
        var inventory = Self()
        guard machine.isLive else {
            inventory.unknown = ["holders": notLive, "foreignMounts": notLive]
            return inventory
        }
        do throws(Unreadable) {
            let own = machine.linkName("/proc/self")
            var reader = HolderReader(machine)
            for pid in try machine.processes() where "\(pid)" != own { reader.read(pid, into: &inventory) }
            if reader.closed > 0 {
                let denied = "permission denied: \(reader.closed) × /proc/PID/fd"
                inventory.unknown["holders"] =
                    reader.why.flatMap { $0.hasPrefix("permission denied") ? nil : $0 } ?? denied
            }
            if reader.closedNamespaces > 0 {
                inventory.unknown["foreignMounts"] = "permission denied: \(reader.closedNamespaces) × /proc/PID/ns/mnt"
            }
        } catch {
            inventory.unknown = ["holders": error.reason, "foreignMounts": error.reason]
        }
        return inventory
    }
}

extension Machine {
    /// The numbers of all processes, sorted.
    func processes() throws(Unreadable) -> [Int] {
        do throws(Errno) {
            let numbers = try list("/proc").compactMap(Int.init).sorted()
            // A /proc mounted with hidepid= shows others' processes to nobody but root (proc(5)).
            if numbers.contains(1) { return numbers }
        } catch {
            throw Unreadable(error, "/proc")
        }
        throw Unreadable("not shown to this user: /proc")
    }
}

/// Goes through the processes, each device looked up once.
private struct HolderReader {
    let machine: Machine
    /// Processes whose open files, whose namespace could not be read.
    var closed = 0
    var closedNamespaces = 0
    /// The first reason why something of a process' open files could not be read.
    var why: String?
    private var known: [DeviceNumber: [Bool: HeldNode?]] = [:]
    private var namespaces: Set<String>
    private let ownMounts: Set<String>

    init(_ machine: Machine) {
        self.machine = machine
        namespaces = Set([try? machine.link("/proc/self/ns/mnt")].compactMap(\.self))
        let own = (try? machine.textLines("/proc/self/mountinfo")) ?? []
        ownMounts = Set(own.compactMap { MountTable(mountinfo: $0)?.number })
    }

    mutating func read(_ pid: Int, into inventory: inout HolderInventory) {
        let folder = "/proc/\(pid)"
        var nodes: [HeldNode] = []
        do throws(Errno) {
            for name in try machine.list(folder + "/fd") {
                do throws(Errno) {
                    if let node = try self.node("\(folder)/fd/\(name)"), !nodes.contains(node) { nodes.append(node) }
                } catch  where error == .noSuchFileOrDirectory || error == .noSuchProcess {
                    // It was closed meanwhile.
                    continue
                }
            }
        } catch  where error == .noSuchFileOrDirectory || error == .noSuchProcess {
            return
        } catch {
            closed += 1
            why = why ?? Unreadable(error, folder + "/fd").reason
        }
        let command = machine.textIfAny(folder + "/comm") ?? "?"
        if !nodes.isEmpty { inventory.holders.append(DeviceHolder(pid: pid, command: command, nodes: nodes)) }
        readMounts(pid, command, into: &inventory)
    }

    /// Nodes that every other program holds and that stand for no device.
    private static func isPlain(_ path: String) -> Bool {
        ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/ptmx", "/dev/kvm"].contains(path)
            || path.utf8.starts(with: "/dev/pts/".utf8) || path.utf8.starts(with: "/dev/shm/".utf8)
    }

    /// The node that an open file is, if it is one of a device.
    private mutating func node(_ file: String) throws(Errno) -> HeldNode? {
        let path = try machine.link(file)
        guard path.utf8.starts(with: "/dev/".utf8), !Self.isPlain(path) else { return nil }
        let status = try machine.status(file)
        guard let number = status.device else { return nil }
        return try node(path, number, isBlock: status.kind == .blockDevice)
    }

    private mutating func node(_ path: String, _ number: DeviceNumber, isBlock: Bool) throws(Errno) -> HeldNode? {
        if let found = known[number]?[isBlock] { return found }
        let node = try lookUp(path, number, isBlock: isBlock)
        known[number, default: [:]][isBlock] = .some(node)
        return node
    }

    private func lookUp(_ path: String, _ number: DeviceNumber, isBlock: Bool) throws(Errno) -> HeldNode? {
        if path.utf8.starts(with: "/dev/nvidia".utf8) {
            let functions = try nvidiaFunctions(Machine.lastComponent(of: path))
            return functions.isEmpty
                ? nil
                : HeldNode(
                    path: path,
                    name: Machine.lastComponent(of: path),
                    subsystem: "nvidia",
                    functions: functions
                )
        }
        let entry = "/sys/dev/\(isBlock ? "block" : "char")/\(number)"
        var folder = entry
        var subsystem: String?
        do throws(Errno) {
            folder = try machine.linkTarget(entry)
            subsystem = Machine.lastComponent(of: try machine.link(folder + "/subsystem"))
        } catch {
            // A node of a device that is gone, or of no device.
            guard error.isAbsence else { throw error }
            if folder == entry { return nil }
        }
        var node = HeldNode(
            path: path,
            name: Machine.lastComponent(of: folder),
            subsystem: subsystem,
            functions: Sysfs.functions(in: folder)
        )
        if node.subsystem == "vfio" {
            // /dev/vfio/12, or /dev/vfio/noiommu-12 (Documentation/driver-api/vfio.rst).
            let digits = Substring(node.name.utf8.drop { !Sysfs.isDigit($0) })
            let members = try machine.listIfThere("/sys/kernel/iommu_groups/\(digits)/devices") ?? []
            node.functions = members.filter(Sysfs.isAddress)
        }
        // A volume has no function of its own in its path, but stands on disks that do.
        return node.functions.isEmpty && node.subsystem != "block" ? nil : node
    }

    /// `nvidia0` belongs to the card with that minor number, all others to every card of the driver.
    private func nvidiaFunctions(_ name: String) throws(Errno) -> [String] {
        let root = "/proc/driver/nvidia/gpus"
        let cards = try machine.listIfThere(root) ?? []
        guard Sysfs.isNumbered(name, "nvidia") else { return cards.filter(Sysfs.isAddress) }
        return cards.filter { card in
            guard let lines = try? machine.textLines("\(root)/\(card)/information") else { return true }
            return lines.contains { line in
                let parts = line.utf8.split(separator: UInt8(ascii: ":"))
                guard parts.count == 2, parts[0].starts(with: "Device Minor".utf8) else { return false }
                return "nvidia" + String(decoding: parts[1].drop { $0 <= 0x20 }, as: UTF8.self) == name
            }
        }.filter(Sysfs.isAddress)
    }

    /// btrfs shows a number of its own instead of its device's: what was mounted tells it.
    private func deviceNumber(of mount: Mount) -> String? {
        guard mount.fileSystem == "btrfs", mount.source.utf8.starts(with: "/dev/".utf8) else { return nil }
        return machine.textIfAny("/sys/class/block/\(Machine.lastComponent(of: mount.source))/dev")
    }

    private mutating func readMounts(_ pid: Int, _ command: String, into inventory: inout HolderInventory) {
        var lines: [String] = []
        do throws(Errno) {
            let namespace = try machine.link("/proc/\(pid)/ns/mnt")
            guard !namespaces.contains(namespace) else { return }
            lines = Lines.split(try machine.read("/proc/\(pid)/mountinfo"))
            namespaces.insert(namespace)
        } catch  where error == .noSuchFileOrDirectory || error == .noSuchProcess {
            return
        } catch {
            closedNamespaces += 1
            return
        }
        for line in lines {
            guard let table = MountTable(mountinfo: line), let seen = table.number, !ownMounts.contains(seen),
                let number = seen.utf8.starts(with: "0:".utf8) ? deviceNumber(of: table.mount) : seen,
                !inventory.foreignMounts.contains(where: { $0.number == number })
            else { continue }
            inventory.foreignMounts.append(
                ForeignMount(pid: pid, command: command, mountPoint: table.mount.mountPoint, number: number)
            )
        }
    }
}
