public import Machine
internal import SystemPackage

/// A virtual machine that this host runs or could start.
public struct KnownGuest: Codable, Sendable, Hashable {
    /// Who starts it; `qemu` where only the process is known.
    public enum Manager: String, Codable, Sendable, Hashable { case qemu, libvirt, proxmox }

    public var name: String
    public var manager: Manager
    /// Proxmox' number of it.
    @Nullable public var number: Int?
    @Nullable public var isRunning: Bool?
    /// The process that runs it.
    @Nullable public var pid: Int?
    @Nullable public var startsAtBoot: Bool?
    /// The memory that it gets at its start, in bytes: all of it is pinned once it has a device.
    @Nullable public var memory: Int?
    @Nullable public var usesHugepages: Bool?
    /// Bytes; null for the kernel's default size.
    @Nullable public var hugepageSize: Int?
    /// The PCI functions that it is given.
    public var functions: [PCIAddress] = []
    /// Nodes of the host's disks that it is given whole, `/dev/disk/by-id/…`.
    public var disks: [HostDisk] = []
    /// Where this was found: a file, or `/proc/PID/cmdline`.
    public var source: String
    public var unknown: [String: String] = [:]

    public init(name: String, manager: Manager, source: String) {
        self.name = name
        self.manager = manager
        self.source = source
    }
}

/// A disk of the host in a guest.
public struct HostDisk: Codable, Sendable, Hashable {
    /// As the guest's configuration names it.
    public var path: String
    /// The kernel's name of the block device: `sdb`; null when the path leads to none.
    @Nullable public var device: String?

    public init(path: String, device: String?) {
        self.path = path
        self.device = device
    }

    /// Follows the links below `/dev`.
    init(_ path: String, _ machine: Machine) {
        self.path = path
        var here = path
        for _ in 0..<8 {
            guard here.utf8.starts(with: "/dev/".utf8), let target = try? machine.linkTarget(here) else { break }
            here = target
        }
        // sysfs writes a slash in a name as an exclamation mark.
        let name = String(decoding: here.utf8.dropFirst(5).map { $0 == 0x2F ? 0x21 : $0 }, as: UTF8.self)
        let isBlock = here.utf8.starts(with: "/dev/".utf8) && machine.exists("/sys/class/block/" + name)
        device = isBlock ? name : nil
    }
}

/// The guests that this host knows.
public struct GuestInventory: Codable, Sendable, Hashable {
    public var guests: [KnownGuest] = []
    /// A file or folder: why the guests in it are not known. `running`: why it is not known which ones run.
    public var unknown: [String: String] = [:]

    public init() {}

    /// Why the files of a captured host are not known.
    public static let notCaptured = "not part of what was captured"

    /// Those that are given the function.
    public func guests(with address: PCIAddress) -> [KnownGuest] {
        guests.filter { $0.functions.contains(address) }
    }

    /// Reads the files of libvirt and Proxmox, and on a live machine the processes of QEMU. libvirt's need root.
    public static func read(_ machine: Machine) -> Self {
        var inventory = Self()
        inventory.readLibvirt(machine)
        inventory.readProxmox(machine)
        inventory.readProcesses(machine)
        return inventory
    }

    /// The members of a folder that end in `suffix`; none where there is no such folder on a live machine.
    mutating func files(in folder: String, endingIn suffix: String, _ machine: Machine) -> [String] {
        do throws(Errno) {
            return try machine.list(folder).filter { $0.utf8.count > suffix.utf8.count && $0.hasSuffix(suffix) }
        } catch  where error == .noSuchFileOrDirectory && machine.isLive {
            return []
        } catch  where error == .noSuchFileOrDirectory {
            unknown[folder] = Self.notCaptured
            return []
        } catch {
            unknown[folder] = Unreadable(error, folder).reason
            return []
        }
    }

    private mutating func readProcesses(_ machine: Machine) {
        guard machine.isLive else {
            unknown["running"] = HolderInventory.notLive
            for index in guests.indices { guests[index].unknown["isRunning"] = HolderInventory.notLive }
            return
        }
        var running: [KnownGuest] = []
        do throws(Unreadable) {
            running = try QEMUProcess.all(machine)
        } catch {
            unknown["running"] = error.reason
            for index in guests.indices where guests[index].isRunning == nil {
                guests[index].unknown["isRunning"] = error.reason
            }
            return
        }
        for index in guests.indices where guests[index].isRunning == nil { guests[index].isRunning = false }
        for process in running {
            guard let index = guests.firstIndex(where: { $0.isConfiguration(of: process) }) else {
                guests.append(process)
                continue
            }
            guests[index].isRunning = true
            guests[index].pid = process.pid
            // Devices may have been plugged in since, and the file may have been edited.
            for address in process.functions where !guests[index].functions.contains(address) {
                guests[index].functions.append(address)
            }
            for disk in process.disks where !guests[index].disks.contains(disk) { guests[index].disks.append(disk) }
        }
    }
}

extension KnownGuest {
    /// Whether the process runs what this file describes.
    fileprivate func isConfiguration(of process: KnownGuest) -> Bool {
        switch manager {
        case .proxmox: number != nil && number == process.number
        case .libvirt: process.number == nil && name == process.name
        case .qemu: false
        }
    }
}

/// Amounts of memory in bytes.
enum MemorySize {
    /// `number` times a unit; nil when it is negative or too large.
    static func bytes(_ number: Int?, times unit: Int?) -> Int? {
        guard let number, let unit, number >= 0 else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : bytes
    }

    /// `4G`, `4096` in units of `plain` bytes, as QEMU reads sizes: suffixes are powers of 1024.
    static func qemu(_ text: String, plain: Int) -> Int? {
        let digits = text.utf8.prefix(while: Sysfs.isDigit)
        let suffix = String(Substring(text.utf8.dropFirst(digits.count))).lowercased()
        let unit: Int? =
            switch suffix {
            case "": plain
            case "b": 1
            case "k", "kb": 1 << 10
            case "m", "mb": 1 << 20
            case "g", "gb": 1 << 30
            case "t", "tb": 1 << 40
            default: nil
            }
        return bytes(Int(Substring(digits)), times: unit)
    }
}
