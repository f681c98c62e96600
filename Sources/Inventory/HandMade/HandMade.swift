public import Formats
public import Machine
internal import SystemPackage
public import Wording

/// What people set up for passthrough by hand, as guides tell them to, in files that anybody may edit. What of it counts,
/// and what becomes of it, is decided elsewhere.
public struct HandMade: Sendable {
    /// A file about kernel modules in which vfio-pci gets options, or other modules are kept away.
    public struct ModuleFile: Sendable {
        public var path: String
        public var lines: ModuleLines
        /// Whether each line loads the module that it begins with: `/etc/modules.d` of OpenWrt.
        public var isList: Bool
    }

    /// A script with lines that move devices or open vfio's nodes.
    public struct Script: Sendable {
        public var path: String
        public var lines: ScriptLines
    }

    /// A file of driverctl(8), `/etc/driverctl.d/pci-ADDRESS`.
    public struct DriverOverride: Sendable {
        public var path: String
        public var address: PCIAddress
        public var driver: String
        public var bytes: [UInt8]
    }

    /// A module of the firmware's image that is gone from the system that runs: OpenWrt's overlay hides it.
    public struct RemovedModule: Sendable {
        public var path: String
        /// Where the image has it.
        public var original: String
        /// With underscores.
        public var module: String
    }

    public var moduleFiles: [ModuleFile] = []
    public var scripts: [Script] = []
    public var overrides: [DriverOverride] = []
    public var removedModules: [RemovedModule] = []
    /// All of `/etc/modules.conf`; nil where there is none.
    public var modulesConf: [UInt8]?
    /// A file: why it could not be read.
    public var unknown: [String: String] = [:]

    public init() {}

    /// Reads every place that guides name.
    ///
    /// - Throws: the first file about modules that holds something that its reader could not take.
    public static func read(_ machine: Machine) throws(HandMadeError) -> HandMade {
        var found = try readDrivers(machine)
        found.readScripts(machine)
        found.readRemoved(machine)
        return found
    }

    /// Reads what is said about modules and drivers, and no scripts.
    static func readDrivers(_ machine: Machine) throws(HandMadeError) -> HandMade {
        var found = HandMade()
        for name in found.names(in: "/etc/modules.d", machine) {
            try found.readModules("/etc/modules.d/\(name)", isList: true, machine)
        }
        try found.readModules("/etc/modules.conf", isList: false, machine)
        for name in found.names(in: "/etc/modprobe.d", machine) where name.hasSuffix(".conf") {
            try found.readModules("/etc/modprobe.d/\(name)", isList: false, machine)
        }
        found.readDriverctl(machine)
        return found
    }

    private mutating func bytes(_ path: String, _ machine: Machine) -> [UInt8]? {
        do throws(Errno) {
            return try machine.read(path, limit: 1 << 20)
        } catch {
            if !error.isAbsence { unknown[path] = reason(error, path) }
            return nil
        }
    }

    private mutating func names(in folder: String, _ machine: Machine) -> [String] {
        do throws(Errno) {
            return try machine.listIfThere(folder) ?? []
        } catch {
            unknown[folder] = reason(error, folder)
            return []
        }
    }

    private mutating func readModules(_ path: String, isList: Bool, _ machine: Machine) throws(HandMadeError) {
        guard let bytes = bytes(path, machine) else { return }
        if path == "/etc/modules.conf" { modulesConf = bytes }
        if let zero = bytes.firstIndex(of: 0) {
            throw HandMadeError(path, at: zero, in: bytes, Text(en: "a byte 0", zh: "有一个字节 0"))
        }
        let file = ModuleFile(path: path, lines: ModuleLines(bytes), isList: isList)
        for line in file.lines.lines {
            for item in file.ids(of: line) where item.id == nil {
                throw HandMadeError(
                    path,
                    at: Self.place(of: item.text, in: bytes[line.range]),
                    in: bytes,
                    Text(
                        en: "'\(printable(item.text.utf8))' is no id such as 8086:125c",
                        zh: "'\(printable(item.text.utf8))' 不是 ID（如 8086:125c）"
                    )
                )
            }
        }
        guard file.lines.lines.contains(where: file.isOfInterest) else { return }
        moduleFiles.append(file)
    }

    private static func place(of text: String, in line: ArraySlice<UInt8>) -> Int {
        line.indices.first { !text.isEmpty && line[$0...].starts(with: text.utf8) } ?? line.startIndex
    }

    /// `/etc/rc.local`, and scripts of the owner's own that it names.
    private mutating func readScripts(_ machine: Machine) {
        for path in ["/etc/rc.local", "/etc/rc.d/rc.local"] {
            // The second is a link to the first, or the other way round, where both are there.
            guard (try? machine.link(path)) == nil, let bytes = bytes(path, machine) else { continue }
            let programs = ["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/dev/", "/sys/", "/proc/", "/lib/"]
            let named = ScriptLines.paths(in: bytes).filter { named in !programs.contains { named.hasPrefix($0) } }
            for path in [path] + named where !scripts.contains(where: { $0.path == path }) {
                guard let status = try? machine.status(path), status.kind == .file, status.size <= 1 << 18,
                    let bytes = self.bytes(path, machine), !bytes.contains(0)
                else { continue }
                let script = Script(path: path, lines: ScriptLines(bytes))
                if !script.lines.lines.isEmpty { scripts.append(script) }
            }
        }
    }

    private mutating func readDriverctl(_ machine: Machine) {
        let folder = "/etc/driverctl.d"
        for name in names(in: folder, machine) where name.hasPrefix("pci-") {
            let path = "\(folder)/\(name)"
            guard let address = PCIAddress(String(name.dropFirst(4))), let bytes = bytes(path, machine) else {
                continue
            }
            let driver = String(decoding: bytes.trimmed, as: UTF8.self)
            overrides.append(DriverOverride(path: path, address: address, driver: driver, bytes: bytes))
        }
    }

    private mutating func readRemoved(_ machine: Machine) {
        guard let release = machine.textIfAny("/proc/sys/kernel/osrelease") else { return }
        let folder = "/lib/modules/\(release)"
        let image = machine.listIfAny("/rom\(folder)").filter { $0.hasSuffix(".ko") }
        guard !image.isEmpty else { return }
        let present = Set(machine.listIfAny(folder))
        for name in image where !present.contains(name) {
            guard let module = ModuleFiles.moduleName(fromPath: name), !Self.wasUninstalled(name, machine) else {
                continue
            }
            removedModules.append(
                RemovedModule(path: "\(folder)/\(name)", original: "/rom\(folder)/\(name)", module: module)
            )
        }
    }

    /// Whether the package manager took it away, list of files and all.
    private static func wasUninstalled(_ file: String, _ machine: Machine) -> Bool {
        let folder = "/usr/lib/opkg/info"
        return machine.listIfAny("/rom\(folder)").contains { name in
            name.hasPrefix("kmod-") && name.hasSuffix(".list") && !machine.exists("\(folder)/\(name)")
                && machine.textIfAny("/rom\(folder)/\(name)")?.contains("/\(file)") == true
        }
    }
}

extension HandMade.ModuleFile {
    /// The items of the `ids=` that a line gives to vfio-pci; none for a line about something else.
    public func ids(of line: ModuleLines.Line) -> [(text: String, id: VFIOID?)] {
        (vfioOptions(of: line) ?? []).filter { $0.hasPrefix("ids=") }
            .flatMap { VFIOID.items(of: String($0.dropFirst(4))) }
    }

    /// What a line gives to vfio-pci; nil for a line about something else.
    public func vfioOptions(of line: ModuleLines.Line) -> [String]? {
        // Outside of modules.d only a line `options` is about a module's options.
        isList == (line.words.first != "options") ? line.options(of: "vfio-pci") : nil
    }

    /// The driver that a line keeps away, or lets wait for vfio; nil for a line about something else.
    public func keptAway(by line: ModuleLines.Line) -> String? {
        if isList { return nil }
        if let module = line.blacklisted { return canonicalModuleName(module) }
        guard line.words.count > 3, line.words[0] == "softdep", line.words[2] == "pre:",
            line.words[3...].allSatisfy({ $0.hasPrefix("vfio") })
        else { return nil }
        return canonicalModuleName(line.words[1])
    }

    fileprivate func isOfInterest(_ line: ModuleLines.Line) -> Bool {
        vfioOptions(of: line)?.isEmpty == false || keptAway(by: line) != nil
    }
}

/// A place in a file that its reader could not take.
public struct HandMadeError: Error, Sendable, Hashable {
    public var path: String
    /// From 1.
    public var line: Int
    /// The character in the line, from 1.
    public var column: Int
    public var what: Text

    init(_ path: String, at place: Int, in bytes: [UInt8], _ what: Text) {
        self.path = path
        let before = bytes[..<place]
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        line = before[..<start].count { $0 == UInt8(ascii: "\n") } + 1
        // Bytes that continue a character of UTF-8 do not count.
        column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
        self.what = what
    }
}
