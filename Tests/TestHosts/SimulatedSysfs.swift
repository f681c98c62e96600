public import Machine
public import SystemPackage

/// A machine whose `/sys/bus/pci` behaves as the kernel does, for tests that change things.
///
/// What each write does and which errno it gives follows drivers/base/bus.c, drivers/base/dd.c, drivers/pci/pci-driver.c
/// and drivers/pci/iov.c of Linux 6.1; `SysfsOperations.txt` is the list that a real kernel is held against.
///
/// Used by one thread.
public final class SimulatedSysfs: FileTree, @unchecked Sendable {
    /// A write to a kernel attribute, or the replacement of a file (`nil` when it was removed), in the order made.
    public enum Event: Sendable, Equatable, CustomStringConvertible {
        case write(String, String)
        case replace(String, String?)
        case run(String, [String])

        public var description: String {
            switch self {
            case .write(let path, let value): "\(value == "\n" ? "(newline)" : value) > \(path)"
            case .replace(let path, let text): text == nil ? "rm \(path)" : "replace \(path)"
            case .run(let program, let arguments): ([program] + arguments).joined(separator: " ")
            }
        }
    }

    /// A registered PCI driver.
    public struct Driver: Sendable, Equatable {
        public var name: String
        public var module: String
        /// `vendor:device` pairs, hexadecimal, that its table has.
        public var ids: Set<String>
        /// Pairs added by `new_id`.
        public var dynamicIDs: Set<String> = []
        /// Whether it can make virtual functions.
        public var hasVirtualFunctions = false
        /// What its probe gives for a device; nil is success.
        public var probeError: Errno?

        public init(name: String, module: String? = nil, ids: Set<String>, hasVirtualFunctions: Bool = false) {
            self.name = name
            self.module = module ?? underscored(name)
            self.ids = ids
            self.hasVirtualFunctions = hasVirtualFunctions
        }
    }

    public private(set) var host: TestHost
    /// Every change that was tried, whether it worked or not.
    public private(set) var events: [Event] = []
    /// Drivers that the kernel has now, by name.
    public private(set) var drivers: [String: Driver] = [:]
    /// Drivers that come with modules which `modprobe` can load.
    public var loadable: [Driver] = []
    /// Drivers that never come back from letting go of a device.
    public var hangingDrivers: Set<String> = []
    /// Devices whose lock such a driver holds.
    private var locked: Set<String> = []
    /// Runs before every write: a test makes a device vanish here, or gives an error of its own.
    public var beforeWrite: (SimulatedSysfs, String, String) -> Errno? = { _, _, _ in nil }
    /// Programs that take an input, and answer as a test says.
    public var answers: [String: (ProgramCall) -> ProgramAnswer] = [:]
    /// What processes in containers see.
    public var insides: [Int: any FileTree] = [:]
    /// Runs instead of `modprobe`'s own effect where it returns a result.
    public var modprobe: (SimulatedSysfs, [String]) -> ProgramResult? = { _, _ in nil }
    /// Runs before every write to the journal: a test fills the disk here.
    public var beforeJournal: (SimulatedSysfs) -> Errno? = { _ in nil }
    /// Whether another process holds the journal's lock.
    public var isLockedByAnother = false
    /// Why there can be no lock at all, such as on a disk that takes no writes; nil where there can.
    public var lockError: Errno?
    /// How often the machine was told to restart.
    public private(set) var restarts = 0
    /// Programs that succeed, by their paths, and what they do.
    public var programs: [String: (SimulatedSysfs, [String]) -> ProgramResult] = [:]
    /// A signal to a process, in the order sent.
    public struct Signal: Sendable, Equatable {
        public var signal: ProcessSignal
        public var process: Int

        public init(_ signal: ProcessSignal, _ process: Int) {
            self.signal = signal
            self.process = process
        }
    }
    public private(set) var signals: [Signal] = []
    /// The signal that ends a program which runs, or what is left of one; nil when none does.
    public var endingSignal: ProcessSignal? = .terminate
    /// Runs before a file is read: a test ends a process here.
    public var beforeRead: (SimulatedSysfs, String) -> Void = { _, _ in }
    public var isRoot = true
    /// Whether vfio-pci takes the firmware's picture away from a display for good, as since Linux 6.0.
    public var takesFirmwarePicture = false
    private var cached: MemoryTree?

    public init(_ host: TestHost) {
        self.host = host
        let root = "/sys/bus/pci/drivers/"
        for path in host.nodes.keys where path.hasPrefix(root) && path.hasSuffix("/unbind") {
            let name = String(path.dropFirst(root.count).dropLast("/unbind".count))
            var driver = Driver(name: name, module: nil, ids: [])
            if case .symbolicLink(let target)? = host.nodes["\(root)\(name)/module"] { driver.module = last(target) }
            drivers[name] = driver
        }
        for address in addresses {
            guard let name = driver(of: address), name != "vfio-pci" else { continue }
            drivers[name]?.ids.insert(id(of: address))
            if host.nodes["\(folder(of: address) ?? "")/sriov_totalvfs"] != nil {
                drivers[name]?.hasVirtualFunctions = true
            }
        }
        for name in ["vfio_pci", "vfio-pci"] where host.nodes["/sys/module/\(name)"] != nil { register(Self.vfio) }
        loadable = [Self.vfio]
    }

    /// The driver vfio-pci: its table matches only where `driver_override` names it.
    public static let vfio = Driver(name: "vfio-pci", ids: [])

    private func last(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    private var tree: MemoryTree {
        if let cached { return cached }
        let tree = host.tree
        cached = tree
        return tree
    }

    /// Changes the machine behind everybody's back.
    public func change(_ edit: (inout TestHost) -> Void) {
        cached = nil
        edit(&host)
    }

    // MARK: Reading

    public func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        beforeRead(self, path)
        return try tree.read(path, limit: limit)
    }
    public func link(_ path: String) throws(Errno) -> String { try tree.link(path) }
    public func list(_ path: String) throws(Errno) -> [String] { try tree.list(path) }
    public func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
        try tree.status(path, following: following)
    }

    public var isWritable: Bool { true }

    // MARK: Devices as the tests ask for them

    public var addresses: [String] {
        let root = "/sys/bus/pci/devices/"
        return host.nodes.keys.filter { $0.hasPrefix(root) }.map { String($0.dropFirst(root.count)) }.sorted()
    }

    /// The device's own folder below `/sys/devices`; nil when there is no such device.
    public func folder(of address: String) -> String? {
        guard case .symbolicLink(let target)? = host.nodes["/sys/bus/pci/devices/\(address)"] else { return nil }
        return "/sys/" + target.split(separator: "/").filter { $0 != ".." }.joined(separator: "/")
    }

    public func driver(of address: String) -> String? {
        guard let folder = folder(of: address), case .symbolicLink(let target)? = host.nodes["\(folder)/driver"] else {
            return nil
        }
        return last(target)
    }

    /// `driver_override`; nil when it is empty.
    public func override(of address: String) -> String? {
        folder(of: address).flatMap { text("\($0)/driver_override") }
            .flatMap { $0 == "(null)" ? nil : $0 }
    }

    private func text(_ path: String) -> String? {
        host.text(path).map { String($0.prefix(while: { $0 != "\n" })) }
    }

    private func id(of address: String) -> String {
        guard let folder = folder(of: address) else { return "" }
        return [text("\(folder)/vendor"), text("\(folder)/device")].compactMap(\.self).map { $0.dropFirst(2) }
            .joined(separator: ":")
    }

    /// Takes a device away, as an unplugged one.
    public func vanish(_ address: String) {
        guard let folder = folder(of: address) else { return }
        let driver = driver(of: address)
        change { host in
            host.remove(folder)
            host.remove("/sys/bus/pci/devices/\(address)")
            if let driver { host.remove("/sys/bus/pci/drivers/\(driver)/\(address)") }
            for path in host.nodes.keys
            where path.hasPrefix("/sys/kernel/iommu_groups/") && path.hasSuffix("/" + address) {
                host.remove(path)
            }
        }
    }

    /// Puts another device at an address.
    public func replaceIdentity(of address: String, vendor: String, device: String) {
        guard let folder = folder(of: address) else { return }
        change { host in
            host.file("\(folder)/vendor", "0x" + vendor)
            host.file("\(folder)/device", "0x" + device)
            host.remove("\(folder)/uevent")
        }
    }

    /// Makes a driver known to the kernel, which offers it the devices that have none.
    public func register(_ driver: Driver) {
        guard drivers[driver.name] == nil else { return }
        drivers[driver.name] = driver
        change { DeviceLines.addDriver(driver.name, module: driver.module, &$0) }
        attachAll(driver.name)
    }

    public func setProbeError(_ error: Errno?, of driver: String) { drivers[driver]?.probeError = error }

    private func attachAll(_ name: String) {
        for address in addresses where self.driver(of: address) == nil {
            guard let driver = drivers[name], matches(driver, address) else { continue }
            _ = probe(driver, address)
        }
    }

    // MARK: The driver core

    /// pci_match_device(): the override comes first, then identifiers added by hand, then the driver's table.
    private func matches(_ driver: Driver, _ address: String) -> Bool {
        if let override = override(of: address) { return override == driver.name }
        let id = id(of: address)
        return driver.dynamicIDs.contains(id) || driver.ids.contains(id)
    }

    private func probe(_ driver: Driver, _ address: String) -> Errno? {
        if let error = driver.probeError { return error }
        guard let folder = folder(of: address) else { return .noSuchDevice }
        // pci_device_can_probe(): since Linux 5.3 an override lets the driver that it names have it all the same.
        if override(of: address) == nil, case .symbolicLink(let physical)? = host.nodes["\(folder)/physfn"],
            let physical = self.folder(of: last(physical)), text("\(physical)/sriov_drivers_autoprobe") == "0"
        {
            return .noSuchDevice
        }
        if driver.name == "vfio-pci" {
            // vfio_pci_core_init_dev(): no bridges; vfio_group_find_or_alloc(): no device without a group.
            if text("\(folder)/class")?.hasPrefix("0x0604") == true { return .invalidArgument }
            if host.nodes["\(folder)/iommu_group"] == nil { return .invalidArgument }
            if takesFirmwarePicture, text("\(folder)/class")?.hasPrefix("0x03") == true {
                change { $0.remove("/sys/bus/platform/devices/efi-framebuffer.0") }
            }
        }
        change { host in
            host.relativeLink("\(folder)/driver", to: "/sys/bus/pci/drivers/\(driver.name)")
            host.relativeLink("/sys/bus/pci/drivers/\(driver.name)/\(address)", to: folder)
        }
        return nil
    }

    private func detach(_ address: String) {
        guard let folder = folder(of: address), let driver = driver(of: address) else { return }
        change { host in
            host.remove("\(folder)/driver")
            host.remove("/sys/bus/pci/drivers/\(driver)/\(address)")
        }
    }

    // MARK: Writing

    public func write(_ path: String, bytes: [UInt8], milliseconds: Int) throws(Errno) {
        let value = String(decoding: bytes, as: UTF8.self)
        events.append(.write(path, value))
        if let error = beforeWrite(self, path, value) { throw error }
        let status = try tree.status(path, following: true)
        guard status.kind == .file else { throw .isDirectory }
        let parts = path.split(separator: "/").map(String.init)
        let argument = value.hasSuffix("\n") ? String(value.dropLast()) : value
        if parts.count == 4, Array(parts[..<3]) == ["sys", "bus", "pci"] {
            guard parts[3] == "drivers_probe" else { throw .permissionDenied }
            return try probeDrivers(argument)
        }
        if parts.count == 5, parts[1] == "module", parts[3] == "parameters" {
            // param_set_bool(), kstrtobool(): the first letter decides.
            guard let letter = argument.first, "yY1nN0".contains(letter) else { throw .invalidArgument }
            return change { $0.file(path, "yY1".contains(letter) ? "Y" : "N") }
        }
        if parts.count == 5, parts[2] == "vtconsole", parts[4] == "bind" {
            // store_bind()
            guard let letter = argument.first, "01".contains(letter) else { throw .invalidArgument }
            return change { $0.file(path, String(letter)) }
        }
        if parts.count == 6, parts[2] == "platform", parts[3] == "drivers" {
            return try writePlatformDriver(parts[4], parts[5], argument)
        }
        if parts.count == 7, parts[3] == "devices", parts[5] == "driver" {
            guard let driver = driver(of: parts[4]) else { throw .noSuchFileOrDirectory }
            return try writeDriver(driver, parts[6], argument)
        }
        guard parts.count == 6, Array(parts[..<3]) == ["sys", "bus", "pci"] else { throw .permissionDenied }
        if parts[3] == "drivers" {
            try writeDriver(parts[4], parts[5], argument)
        } else {
            try writeDevice(parts[4], parts[5], argument)
        }
    }

    /// A driver of the platform bus, which takes every device that it is told to.
    private func writePlatformDriver(_ name: String, _ attribute: String, _ device: String) throws(Errno) {
        let link = "/sys/bus/platform/devices/\(device)/driver"
        guard host.nodes["/sys/bus/platform/devices/\(device)"] != nil else { throw .noSuchDevice }
        switch (attribute, host.nodes[link]) {
        case ("unbind", .symbolicLink(let target)?) where last(target) == name: change { $0.remove(link) }
        case ("bind", nil): change { $0.link(link, "../../../bus/platform/drivers/\(name)") }
        case ("bind", _): throw .resourceBusy
        default: throw .noSuchDevice
        }
    }

    private func writeDriver(_ name: String, _ attribute: String, _ argument: String) throws(Errno) {
        guard let driver = drivers[name] else { throw .noSuchFileOrDirectory }
        switch attribute {
        case "unbind":
            // unbind_store()
            guard self.driver(of: argument) == name else { throw .noSuchDevice }
            if hangingDrivers.contains(name) {
                locked.insert(argument)
                throw .timedOut
            }
            detach(argument)
        case "bind":
            // bind_store(): first the match, then whether it has a driver already.
            guard folder(of: argument) != nil, matches(driver, argument) else { throw .noSuchDevice }
            guard self.driver(of: argument) == nil else { throw .resourceBusy }
            if let error = probe(driver, argument) { throw error }
        case "new_id":
            guard let id = Self.pair(argument) else { throw .invalidArgument }
            guard !driver.ids.contains(id), !driver.dynamicIDs.contains(id) else { throw .fileExists }
            drivers[name]?.dynamicIDs.insert(id)
            attachAll(name)
        case "remove_id":
            guard let id = Self.pair(argument) else { throw .invalidArgument }
            guard drivers[name]?.dynamicIDs.remove(id) != nil else { throw .noSuchDevice }
        default: throw .permissionDenied
        }
    }

    /// `8086 10d3` as `8086:10d3`; the kernel takes more numbers, of which the tests write none.
    private static func pair(_ text: String) -> String? {
        let numbers = text.split(separator: " ").compactMap { UInt16($0, radix: 16) }
        guard numbers.count >= 2 else { return nil }
        return numbers[..<2].map { PCILine.padded($0, 4) }.joined(separator: ":")
    }

    /// drivers_probe_store(): no such device is an error, that no driver took it is none.
    private func probeDrivers(_ address: String) throws(Errno) {
        guard folder(of: address) != nil else { throw .noSuchDevice }
        guard driver(of: address) == nil else { return }
        for name in drivers.keys.sorted() {
            guard let driver = drivers[name], matches(driver, address) else { continue }
            if probe(driver, address) == nil { return }
        }
    }

    private func writeDevice(_ address: String, _ attribute: String, _ argument: String) throws(Errno) {
        guard let folder = folder(of: address) else { throw .noSuchFileOrDirectory }
        switch attribute {
        case "driver_override":
            // driver_set_override(): an empty line clears it.
            guard argument.utf8.count < 4095 else { throw .invalidArgument }
            guard !locked.contains(address) else { throw .timedOut }
            change { $0.file("\(folder)/driver_override", argument.isEmpty ? "(null)" : argument) }
        case "sriov_drivers_autoprobe":
            // kstrtobool(): the first letter decides.
            guard host.text("\(folder)/sriov_totalvfs") != nil else { throw .noSuchFileOrDirectory }
            guard let letter = argument.first, "yY1nN0".contains(letter) else { throw .invalidArgument }
            change { $0.file("\(folder)/sriov_drivers_autoprobe", "yY1".contains(letter) ? "1" : "0") }
        case "sriov_numvfs": try setVirtualFunctions(address, folder, argument)
        case "remove": vanish(address)
        default: throw .permissionDenied
        }
    }

    /// sriov_numvfs_store()
    private func setVirtualFunctions(_ address: String, _ folder: String, _ argument: String) throws(Errno) {
        guard let wanted = UInt16(argument).map(Int.init) else { throw .invalidArgument }
        let total = text("\(folder)/sriov_totalvfs").flatMap { Int($0) } ?? 0
        let now = text("\(folder)/sriov_numvfs").flatMap { Int($0) } ?? 0
        guard wanted <= total else { throw .resultTooLarge }
        if wanted == now { return }
        guard let name = driver(of: address), drivers[name]?.hasVirtualFunctions == true else {
            throw .noSuchFileOrDirectory
        }
        guard wanted == 0 || now == 0 else { throw .resourceBusy }
        for number in 0..<now {
            guard case .symbolicLink(let target)? = host.nodes["\(folder)/virtfn\(number)"] else { continue }
            vanish(last(target))
            change { $0.remove("\(folder)/virtfn\(number)") }
        }
        for number in 0..<wanted { addVirtualFunction(number, of: address, folder) }
        change { $0.file("\(folder)/sriov_numvfs", "\(wanted)") }
    }

    private func addVirtualFunction(_ number: Int, of address: String, _ folder: String) {
        let offset = text("\(folder)/sriov_offset").flatMap { Int($0) } ?? 1
        let stride = text("\(folder)/sriov_stride").flatMap { Int($0) } ?? 1
        let numbers = address.split { ":.".contains($0) }.compactMap { Int($0, radix: 16) }
        let routing = numbers[1] << 8 | numbers[2] << 3 | numbers[3] + 0
        let virtual = routing + offset + number * stride
        let bus = PCILine.padded(virtual >> 8, 2)
        let slot = PCILine.padded(virtual >> 3 & 0x1F, 2)
        let name = "\(address.prefix(4)):\(bus):\(slot).\(virtual & 7)"
        let place = folder.split(separator: "/").dropLast().joined(separator: "/")
        let used = host.nodes.keys.filter { $0.hasPrefix("/sys/kernel/iommu_groups/") }
            .compactMap { Int($0.split(separator: "/")[3]) }
        let group = (used.max() ?? -1) + 1
        let vendor = text("\(folder)/vendor") ?? "0x0000"
        let device = "0x" + (text("\(folder)/sriov_vf_device") ?? "0000")
        let code = text("\(folder)/class") ?? "0x000000"
        change { host in
            let own = "/\(place)/\(name)"
            host.relativeLink("/sys/bus/pci/devices/\(name)", to: own)
            for (attribute, text) in [
                ("vendor", vendor), ("device", device), ("class", code), ("driver_override", "(null)"),
            ] { host.file("\(own)/\(attribute)", text) }
            host.relativeLink("\(own)/physfn", to: folder)
            host.relativeLink("\(folder)/virtfn\(number)", to: own)
            host.relativeLink("\(own)/iommu_group", to: "/sys/kernel/iommu_groups/\(group)")
            host.relativeLink("/sys/kernel/iommu_groups/\(group)/devices/\(name)", to: own)
            host.file("/sys/kernel/iommu_groups/\(group)/type", "DMA")
        }
        for driver in drivers.keys.sorted() {
            guard let found = drivers[driver], matches(found, name), probe(found, name) == nil else { continue }
            return
        }
    }

    // MARK: Files

    /// The journal is passthru's own memory: it is no event, and has errors of its own.
    private func isJournal(_ path: String) -> Bool { path.contains("/passthru/journal") }

    /// The path with the links in its folders followed, such as `/var/run`.
    private func place(_ path: String) -> String {
        var here: [Substring] = []
        for part in path.split(separator: "/") {
            here.append(part)
            while case .symbolicLink(let target)? = host.nodes["/" + here.joined(separator: "/")] {
                here = target.hasPrefix("/") ? [] : here.dropLast()
                for step in target.split(separator: "/") {
                    if step == ".." { here = here.dropLast() } else { here.append(step) }
                }
            }
        }
        return "/" + here.joined(separator: "/")
    }

    public func put(_ snapshot: FileSnapshot?, at path: String) throws(Errno) {
        if isJournal(path) {
            if let error = beforeJournal(self) { throw error }
        } else {
            let text = snapshot.map { String(decoding: $0.bytes, as: UTF8.self) }
            events.append(.replace(path, text))
            if let error = beforeWrite(self, path, text ?? "") { throw error }
        }
        let place = place(path)
        change { host in
            if let snapshot { host.file(place, bytes: snapshot.bytes, mode: snapshot.mode) } else { host.remove(place) }
        }
    }

    public func putLink(_ target: String?, at path: String) throws(Errno) {
        events.append(.replace(path, target))
        if let error = beforeWrite(self, path, target ?? "") { throw error }
        let place = place(Machine.parent(of: path)) + "/" + last(path)
        change { host in
            if let target { host.link(place, target) } else { host.remove(place) }
        }
    }

    public func append(_ bytes: [UInt8], to path: String) throws(Errno) {
        if isJournal(path), let error = beforeJournal(self) { throw error }
        guard case .file(let old, let mode)? = host.nodes[path] else { throw .noSuchFileOrDirectory }
        change { $0.file(path, bytes: old + bytes, mode: mode) }
    }

    public func removeFolder(_ path: String) throws(Errno) {
        guard try list(path).isEmpty else { throw .directoryNotEmpty }
        change { $0.remove(path) }
    }

    public func lock(_ path: String, milliseconds: Int) throws(Errno) -> any FileLock {
        guard !isLockedByAnother else { throw .resourceTemporarilyUnavailable }
        if let lockError { throw lockError }
        return Lock()
    }

    private final class Lock: FileLock {}

    public func restart() { restarts += 1 }

    // MARK: Programs

    public func inside(_ pid: Int) throws(Errno) -> any FileTree {
        guard let inside = insides[pid], (try? tree.status("/proc/\(pid)", following: true)) != nil else {
            throw .noSuchProcess
        }
        return inside
    }

    public func run(_ call: ProgramCall) throws(Errno) -> ProgramAnswer {
        guard let answer = answers[call.path] else {
            let result = try run(call.path, call.arguments, milliseconds: call.milliseconds)
            return ProgramAnswer(status: result.status, output: Array(result.output.utf8))
        }
        events.append(.run(call.path, call.arguments))
        return answer(call)
    }

    public func run(
        _ call: ProgramCall,
        started: @escaping (Int) throws(Errno) -> Void
    ) throws(Errno) -> ProgramAnswer {
        addProcess(Self.programProcess, started: programStart)
        try started(Self.programProcess)
        let answer = try run(call)
        change { $0.remove("/proc/\(Self.programProcess)") }
        return answer
    }

    /// The process that every program is.
    public static let programProcess = 4242

    /// When programs start, in clock ticks since the kernel did: so long ago that the time of each is over.
    public var programStart = -1_000_000_000

    /// Makes a process that leads a session, or is in one.
    public func addProcess(_ number: Int, session: Int? = nil, started: Int, state: String = "S") {
        let fields = "\(state) 1 \(number) \(session ?? number) 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 \(started) 0 0"
        change { $0.file("/proc/\(number)/stat", "\(number) (up) date)-grub) \(fields)\n") }
    }

    public func signal(_ signal: ProcessSignal, process: Int) throws(Errno) {
        signals.append(Signal(signal, process))
        guard host.nodes["/proc/\(process)/stat"] != nil else { throw .noSuchProcess }
        if signal == endingSignal { change { $0.remove("/proc/\(process)") } }
    }

    public func run(_ path: String, _ arguments: [String], milliseconds: Int) throws(Errno) -> ProgramResult {
        events.append(.run(path, arguments))
        _ = try tree.status(path, following: true)
        if let program = programs[path] { return program(self, arguments) }
        guard path.hasSuffix("/modprobe") else { throw .noSuchFileOrDirectory }
        if let result = modprobe(self, arguments) { return result }
        for name in arguments.map(underscored) {
            let release = text("/proc/sys/kernel/osrelease") ?? ""
            let builtIn = host.text("/lib/modules/\(release)/modules.builtin") ?? ""
            let installed = (host.text("/lib/modules/\(release)/modules.dep") ?? "").split { "\n:".contains($0) }
            let flat = host.nodes.keys.filter { $0.hasPrefix("/lib/modules/\(release)/") }
            let names = (builtIn.split(separator: "\n") + installed).map(String.init) + flat
            let known = names.contains { underscored(last($0)).hasPrefix(name + ".ko") }
            guard known || host.nodes["/sys/module/\(name)"] != nil else {
                return ProgramResult(status: 1, output: "modprobe: FATAL: Module \(name) not found in directory\n")
            }
            change { $0.folder("/sys/module/\(name)") }
            for driver in loadable where driver.module == name { register(driver) }
        }
        return ProgramResult(status: 0, output: "")
    }
}

extension Errno {
    fileprivate static var noSuchDevice: Errno { Errno(rawValue: 19) }
    fileprivate static var resultTooLarge: Errno { Errno(rawValue: 34) }
}
