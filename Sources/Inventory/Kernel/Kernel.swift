public import Formats
public import Machine
internal import SystemPackage

/// The running kernel: what it was told, what it was built with, which modules it has or could have.
public struct Kernel: Sendable, Hashable, Codable {
    /// `uname -r`
    @Nullable public var release: String?
    /// As booted (`/proc/cmdline`).
    @Nullable public var commandLine: String?
    /// The options of the build that matter here: y, m or n. Null when no build configuration could be read.
    @Nullable public var config: [String: String]?
    /// Where `config` came from.
    @Nullable public var configSource: String?
    /// The modules that passthrough needs.
    public var modules: [KernelModule]
    /// Names of all modules loaded now; null when `/proc/modules` could not be read.
    @Nullable public var loaded: [String]?
    /// What its log says about passthrough; null when the log could not be read.
    @Nullable public var notes: [KernelNote]?
    public var unknown: [String: String] = [:]

    public static let family = [
        "vfio", "vfio_iommu_type1", "vfio_pci", "vfio_pci_core", "vfio_virqfd", "iommufd", "kvm", "kvm_intel",
        "kvm_amd",
    ]

    static let options: [String: String] = [
        "INTEL_IOMMU": "intel_iommu_setup",
        "INTEL_IOMMU_DEFAULT_ON": "",
        "INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF": "",
        "AMD_IOMMU": "amd_iommu_init",
        "IOMMU_DEFAULT_PASSTHROUGH": "",
        "IRQ_REMAP": "irq_remapping_prepare",
        "IOMMUFD": "",
        "VFIO": "",
        "VFIO_DEVICE_CDEV": "",
        "VFIO_PCI": "",
        "VFIO_PCI_VGA": "",
        "VFIO_PCI_IGD": "",
        "VFIO_IOMMU_TYPE1": "",
        "VFIO_NOIOMMU": "",
        "PCI_MMCONFIG": "pci_mmcfg_early_init",
        "PCI_IOV": "sriov_init",
        "SYSFB_SIMPLEFB": "sysfb_create_simplefb",
        "X86_SYSFB": "create_simplefb",
        "KVM": "",
    ]

    /// Reads no more than release and command line.
    static func readIdentity(_ machine: Machine) -> Kernel {
        var kernel = Kernel(release: nil, commandLine: nil, config: nil, configSource: nil, modules: [], loaded: nil)
        do {
            kernel.release = try machine.text("/proc/sys/kernel/osrelease")
        } catch {
            // A folder made by hand has /proc/version more often.
            let words = machine.textIfAny("/proc/version")?.split(separator: " ") ?? []
            if words.count > 2, words[0] == "Linux" {
                kernel.release = String(words[2])
            } else {
                kernel.unknown["release"] = reason(error, "/proc/sys/kernel/osrelease")
            }
        }
        do {
            kernel.commandLine = try machine.text("/proc/cmdline")
        } catch {
            kernel.unknown["commandLine"] = reason(error, "/proc/cmdline")
        }
        return kernel
    }

    public static func read(_ machine: Machine) -> Kernel {
        var kernel = readIdentity(machine)
        do {
            kernel.loaded = try machine.text("/proc/modules").split(separator: "\n")
                .map { String($0.prefix { $0 != " " }) }
        } catch {
            kernel.unknown["loaded"] = reason(error, "/proc/modules")
        }
        kernel.readConfig(machine)
        kernel.readModules(machine)
        kernel.readNotes(machine)
        return kernel
    }

    /// What is known of a module; `-` and `_` are the same.
    public func module(_ name: String) -> KernelModule {
        let name = canonicalModuleName(name)
        if let known = modules.first(where: { $0.name == name }) { return known }
        return KernelModule(name: name, state: loaded?.contains(name) == true ? .loaded : nil)
    }

    /// The booted command line as a set of arguments; nil when it could not be read.
    public var arguments: KernelCommandLine? { commandLine.map { KernelCommandLine($0) } }

    private mutating func readConfig(_ machine: Machine) {
        guard let release else {
            unknown["config"] = unknown["release"]
            return
        }
        var lost = "no /boot/config-\(release)"
        for path in [
            "/boot/config-\(release)", "/lib/modules/\(release)/config", "/lib/modules/\(release)/build/.config",
        ] {
            var lines: [String] = []
            do {
                lines = try machine.lines(in: path) { line in option(in: line).map(Self.isWanted) ?? false }
            } catch {
                if !error.isAbsence { lost = reason(error, path) }
            }
            if !lines.isEmpty { return setConfig(Array(lines.joined(separator: "\n").utf8), from: path) }
        }
        let compressed = "/proc/config.gz"
        if let bytes = try? machine.read(compressed), let text = Gzip.decompress(bytes, limit: 8 << 20) {
            return setConfig(text, from: compressed)
        }
        // Without a build configuration, the kernel's own symbols tell what was compiled in.
        let path = "/proc/kallsyms"
        let symbols = Self.options.filter { !$0.value.isEmpty }
        let marks = Set(symbols.values.map { Array($0.utf8) } + [Array("start_kernel".utf8)])
        do {
            let lines = try machine.lines(in: path) { line in
                guard let space = line.lastIndex(of: UInt8(ascii: " ")) else { return false }
                return marks.contains(Array(line[(space + 1)...]))
            }
            let found = Set(lines.map { String($0.split(separator: " ").last ?? "") })
            guard found.contains("start_kernel") else {
                unknown["config"] = "\(lost), and \(path) does not show the kernel's symbols"
                return
            }
            config = symbols.mapValues { found.contains($0) ? "y" : "n" }
            configSource = path
        } catch {
            unknown["config"] = "\(lost), and " + reason(error, path)
        }
    }

    private static func isWanted(_ option: String) -> Bool { options[option] != nil }

    private mutating func setConfig(_ text: [UInt8], from path: String) {
        let read = KernelConfig(text)
        config = Self.options.keys.reduce(into: [:]) { config, option in
            switch read.value(of: option) {
            case .builtIn: config[option] = "y"
            case .module: config[option] = "m"
            default: config[option] = "n"
            }
        }
        configSource = path
    }

    /// The option that a line `CONFIG_X=y` or `# CONFIG_X is not set` is about.
    private func option(in line: ArraySlice<UInt8>) -> String? {
        let line = line.starts(with: "# ".utf8) ? line.dropFirst(2) : line
        guard line.starts(with: "CONFIG_".utf8) else { return nil }
        return String(
            decoding: line.dropFirst(7).prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: " ") },
            as: UTF8.self
        )
    }

    private mutating func isModuleThere(_ name: String, _ machine: Machine) -> Bool {
        let path = "/sys/module/\(name)"
        do {
            return try machine.isThere(path)
        } catch {
            unknown["modules.\(name)"] = reason(error, path)
            return false
        }
    }

    private mutating func readModules(_ machine: Machine) {
        var states: [String: KernelModule.State] = [:]
        var installed: Set<String>?
        if let release {
            let root = "/lib/modules/\(release)"
            let family = Set(Self.family)
            func names(in file: String) throws(Unreadable) -> [String]? {
                let path = "\(root)/\(file)"
                do throws(Errno) {
                    let lines = try machine.lines(in: path) { line in
                        let path = line.prefix { $0 != UInt8(ascii: ":") }
                        return family.contains(
                            ModuleFiles.moduleName(fromPath: String(decoding: path, as: UTF8.self)) ?? ""
                        )
                    }
                    return lines.compactMap { ModuleFiles.moduleName(fromPath: String($0.prefix { $0 != ":" })) }
                } catch {
                    guard error.isAbsence else { throw Unreadable(reason(error, path)) }
                    return nil
                }
            }
            do throws(Unreadable) {
                for name in try names(in: "modules.builtin") ?? [] { states[name] = .builtIn }
                if let names = try names(in: "modules.dep") {
                    installed = Set(names)
                } else if let files = try? machine.list(root), files.contains(where: { $0.hasSuffix(".ko") }) {
                    // OpenWrt keeps them flat, without modules.dep.
                    installed = Set(files.compactMap { ModuleFiles.moduleName(fromPath: $0) })
                } else {
                    unknown["modules"] = "\(root)/modules.dep: no such file or directory"
                }
            } catch {
                unknown["modules"] = error.reason
            }
        } else {
            unknown["modules"] = unknown["release"]
        }
        for name in Self.family {
            if loaded?.contains(name) == true {
                states[name] = .loaded
            } else if states[name] == nil, isModuleThere(name, machine) {
                states[name] = loaded == nil ? .loaded : .builtIn
            } else if states[name] == nil, unknown["modules.\(name)"] != nil {
                unknown["modules"] = unknown.removeValue(forKey: "modules.\(name)")
            } else if states[name] == nil, let installed {
                if !installed.contains(name) {
                    states[name] = .absent
                } else if loaded != nil || machine.exists("/sys/module") {
                    states[name] = .loadable
                } else {
                    unknown["modules"] = unknown["loaded"]  // Installed; whether it is loaded cannot be seen.
                }
            }
            var module = KernelModule(name: name, state: states[name])
            if module.isReady {
                // A module that is built in and has no parameters may have no folder.
                let folder = module.state == .loaded ? "/sys/module/\(name)" : "/sys/module"
                if !machine.exists(folder) { unknown["parameters"] = "\(folder): no such file or directory" }
                var parameters = Attributes(machine, "/sys/module/\(name)")
                for parameter in parameters.list("parameters", "parameters") {
                    // Some may only be written.
                    module.parameters[parameter] = machine.textIfAny("\(parameters.folder)/parameters/\(parameter)")
                }
                unknown.merge(parameters.unknown) { first, _ in first }
            }
            modules.append(module)
        }
    }
}

/// A kernel module and how near it is.
public struct KernelModule: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Codable {
        case loaded, builtIn, loadable, absent
    }

    /// With underscores.
    public var name: String
    /// Null when it could not be told.
    @Nullable public var state: State?
    public var parameters: [String: String] = [:]

    public init(name: String, state: State?) {
        self.name = name
        self.state = state
    }

    public var isReady: Bool { state == .loaded || state == .builtIn }
    public var isMissing: Bool { state == .absent }
}

/// `vfio-pci` as `vfio_pci`: in module names the kernel takes both for the same.
public func canonicalModuleName(_ name: String) -> String {
    String(decoding: name.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
}
