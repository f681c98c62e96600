public import Machine
internal import SystemPackage

/// A virtual machine that this host runs or could start.
public struct KnownGuest: Codable, Sendable, Hashable {
    /// Who starts it; `qemu` where only the process is known.
    public enum Manager: String, Codable, Sendable, Hashable {
        case qemu, libvirt, proxmox

        var kind: GuestRunner.Kind {
            switch self {
            case .qemu: .qemu
            case .libvirt: .libvirt
            case .proxmox: .proxmox
            }
        }
    }

    public var name: String
    public var manager: Manager
    /// Where it runs; null for the host itself.
    @Nullable public var container: GuestContainer?
    /// Proxmox' number of it.
    @Nullable public var number: Int?
    @Nullable public var isRunning: Bool?
    /// The process that runs it.
    @Nullable public var pid: Int?
    /// What that process may lock; null where none runs.
    @Nullable public var rights: ProcessRights?
    @Nullable public var startsAtBoot: Bool?
    /// The memory that it gets at its start, in bytes: all of it is pinned once it has a device.
    @Nullable public var memory: Int?
    @Nullable public var usesHugepages: Bool?
    /// Bytes; null for the kernel's default size.
    @Nullable public var hugepageSize: Int?
    /// The PCI functions that it is given.
    public var functions: [PCIAddress] = []
    /// The USB devices that it is given.
    public var usb: [GuestUSB] = []
    /// Nodes of the host's disks that it is given whole, `/dev/disk/by-id/…`.
    public var disks: [HostDisk] = []
    /// Where this was found: a file, or `/proc/PID/cmdline`; in a container `NAME:PATH`.
    public var source: String
    /// The file with its configuration, as its runner sees it; null where only the process is known.
    @Nullable public var configuration: String?
    /// The same file as the host reaches it; null where it does not.
    @Nullable public var hostFile: String?
    public var unknown: [String: String] = [:]

    public init(name: String, manager: Manager, source: String) {
        self.name = name
        self.manager = manager
        self.source = source
    }

    /// `webvirtcloud/win11`; for a guest of the host itself its name alone.
    public var qualifiedName: String { container.map { "\($0.name)/\(name)" } ?? name }

    /// The runner that it belongs to; nil on the host.
    public var place: RunnerPlace? { container.map { RunnerPlace(manager.kind, in: $0.name) } }
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

    /// Follows the links below the runner's `/dev`.
    ///
    /// - Parameter unknown: filled in where they could not be followed.
    init(_ path: String, _ place: RunnerFiles, _ unknown: inout [String: String]) {
        self.path = path
        var here = path
        for _ in 0..<8 where here.utf8.starts(with: "/dev/".utf8) {
            do throws(Errno) {
                here = try place.files.linkTarget(here)
            } catch {
                // EINVAL: it is no link.
                if !error.isAbsence, error != .invalidArgument {
                    unknown["disks"] = Unreadable(error, place.name(here)).reason
                }
                break
            }
        }
        // sysfs writes a slash in a name as an exclamation mark.
        let name = String(decoding: here.utf8.dropFirst(5).map { $0 == 0x2F ? 0x21 : $0 }, as: UTF8.self)
        device = nil
        guard here.utf8.starts(with: "/dev/".utf8) else { return }
        let entry = "/sys/class/block/" + name
        do throws(Errno) {
            if try place.host.isThere(entry) { device = name }
        } catch {
            unknown["disks"] = Unreadable(error, entry).reason
        }
    }
}

/// The guests that this host knows.
public struct GuestInventory: Codable, Sendable, Hashable {
    public var guests: [KnownGuest] = []
    /// What runs them.
    public var runners: [GuestRunner] = []
    /// A file or folder, in a container `NAME:PATH`: why the guests in it are not known. `running`: why it is not known which
    /// ones run, and which are in containers.
    public var unknown: [String: String] = [:]

    public init() {}

    /// Why the files of a captured host are not known.
    public static let notCaptured = "not part of what was captured"

    /// The runner that a guest belongs to; nil for a process of nobody.
    public func runner(of guest: KnownGuest) -> GuestRunner? {
        runners.first { $0.container == guest.container && $0.kind == guest.manager.kind }
    }

    /// Those that are given the function.
    public func guests(with address: PCIAddress) -> [KnownGuest] {
        guests.filter { $0.functions.contains(address) }
    }

    /// Reads the files of libvirt and Proxmox, of the host and of its containers, and on a live machine the processes of
    /// QEMU. libvirt's files, and containers, need root.
    public static func read(_ machine: Machine) -> Self {
        var inventory = Self()
        let search = RunnerSearch(machine)
        inventory.runners = search.runners
        // The host's own files are looked for whether or not a runner was found: of a captured host they may be missing.
        let host = RunnerFiles(host: machine, files: machine)
        inventory.readLibvirt(host)
        inventory.readProxmox(host)
        for runner in search.runners where runner.container != nil { inventory.read(runner, machine) }
        inventory.readProcesses(search)
        return inventory
    }

    /// The guests of a runner in a container.
    private mutating func read(_ runner: GuestRunner, _ machine: Machine) {
        guard let container = runner.container else { return }
        guard let folder = runner.configuration else {
            if let why = runner.unknown["files"] { unknown[container.name] = why }
            return
        }
        if let why = runner.unknown["files"] ?? runner.unknown["hostConfiguration"] {
            unknown["\(container.name):\(folder)"] = why
            return
        }
        var place = RunnerFiles(host: machine, files: machine, container: container)
        place.hostConfiguration = runner.hostConfiguration
        do throws(Errno) {
            if runner.isRunning == true {
                place.files = try runner.machine(machine)
            } else if let folder = runner.hostConfiguration {
                place.folder = (inside: runner.configuration ?? folder, host: folder)
            } else {
                return
            }
        } catch {
            unknown["\(container.name):\(folder)"] = Unreadable(error, folder).reason
            return
        }
        switch runner.kind {
        case .libvirt: readLibvirt(place)
        case .proxmox: readProxmox(place)
        case .qemu: break
        }
    }

    /// The names in a folder of links that say which guests start by themselves; nil where they could not be seen.
    mutating func autostart(_ folder: String, _ place: RunnerFiles) -> Set<String>? {
        do throws(Errno) {
            return Set(try place.list(folder))
        } catch {
            if error.isAbsence { return [] }
            unknown[place.name(folder)] = Unreadable(error, place.name(folder)).reason
            return nil
        }
    }

    /// The members of a folder that end in `suffix`; none where there is no such folder on a live machine.
    mutating func files(in folder: String, endingIn suffix: String, _ place: RunnerFiles) -> [String] {
        do throws(Errno) {
            return try place.list(folder).filter { $0.utf8.count > suffix.utf8.count && $0.hasSuffix(suffix) }
        } catch  where error == .noSuchFileOrDirectory && place.host.isLive {
            return []
        } catch  where error == .noSuchFileOrDirectory {
            unknown[place.name(folder)] = Self.notCaptured
            return []
        } catch {
            unknown[place.name(folder)] = Unreadable(error, place.name(folder)).reason
            return []
        }
    }

    private mutating func readProcesses(_ search: RunnerSearch) {
        guard let processes = search.processes else {
            let why = search.unseen ?? "not read"
            unknown["running"] = why
            for index in guests.indices where guests[index].isRunning == nil {
                guests[index].unknown["isRunning"] = why
            }
            return
        }
        for index in guests.indices where guests[index].isRunning == nil { guests[index].isRunning = false }
        for process in processes where process.role == .qemu {
            let running = QEMUProcess.guest(process, search)
            guard let index = guests.firstIndex(where: { $0.isConfiguration(of: running) }) else {
                guests.append(running)
                continue
            }
            guests[index].isRunning = true
            guests[index].pid = running.pid
            guests[index].rights = running.rights
            // Devices may have been plugged in since, and the file may have been edited.
            for address in running.functions where !guests[index].functions.contains(address) {
                guests[index].functions.append(address)
            }
            for disk in running.disks where !guests[index].disks.contains(disk) { guests[index].disks.append(disk) }
            for device in running.usb where !guests[index].usb.contains(device) {
                guests[index].usb.append(device)
            }
        }
    }
}

extension KnownGuest {
    /// Whether the process runs what this file describes.
    fileprivate func isConfiguration(of process: KnownGuest) -> Bool {
        guard container == process.container else { return false }
        return switch manager {
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
