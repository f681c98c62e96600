import Formats
public import Machine
internal import SystemPackage

/// What the saved boot configuration would tell the kernel at the next boot, wherever this system keeps it.
public struct BootConfiguration: Sendable, Hashable, Codable {
    /// Every saved kernel line that was found.
    public var lines: [Line]
    /// The loader that started this kernel; null when it was not looked for.
    @Nullable public var loader: BootLoader?
    public var unknown: [String: String] = [:]

    /// One saved kernel command line.
    public struct Line: Sendable, Hashable, Codable {
        public var file: String
        /// The menu entry it belongs to; null where the file is not a menu.
        @Nullable public var entry: String?
        public var arguments: String

        public init(file: String, entry: String?, arguments: String) {
            self.file = file
            self.entry = entry
            self.arguments = arguments
        }
    }

    public init(lines: [Line] = []) {
        self.lines = lines
    }

    public static func read(_ machine: Machine) -> BootConfiguration {
        var configuration = BootConfiguration()
        configuration.readGRUB(machine)
        configuration.readDefaults(machine)
        configuration.readEntries(machine)
        configuration.readIStoreOS(machine)
        for path in ["/etc/kernel/cmdline", "/etc/kernelstub/cmdline"] {
            if let text = machine.textIfAny(path) {
                configuration.lines.append(Line(file: path, entry: nil, arguments: text))
            }
        }
        configuration.loader = BootLoader.read(machine, configuration)
        if configuration.lines.isEmpty { configuration.unknown["lines"] = "no boot loader's configuration was found" }
        return configuration
    }

    private mutating func readGRUB(_ machine: Machine) {
        for folder in ["/boot/grub", "/boot/grub2"] {
            let path = "\(folder)/grub.cfg"
            let bytes: [UInt8]
            do {
                bytes = try machine.read(path)
            } catch {
                if error != .noSuchFileOrDirectory { unknown[path] = reason(error, path) }
                continue
            }
            let environment = (try? machine.read("\(folder)/grubenv")).flatMap(GRUBEnvironment.init)?.values ?? [:]
            var sources: [String: [UInt8]] = [:]
            let extra = "\(folder)/grub.ext.cfg"
            if let bytes = try? machine.read(extra) { sources[extra] = bytes }
            let menu = GRUBMenu(bytes, savedEnvironment: environment, sources: sources)
            for entry in menu.entries {
                for line in entry.linux {
                    lines.append(
                        Line(
                            file: path,
                            entry: entry.titles.joined(separator: " > "),
                            arguments: line.arguments.joined(separator: " ")
                        )
                    )
                }
            }
        }
    }

    private mutating func readDefaults(_ machine: Machine) {
        let path = "/etc/default/grub"
        guard let first = try? machine.read(path) else { return }
        let folder = "/etc/default/grub.d"
        let more = machine.listIfAny(folder).filter { $0.hasSuffix(".cfg") }.compactMap {
            try? machine.read("\(folder)/\($0)")
        }
        let words = GRUBDefaults([first] + more).arguments.words.map(\.text)
        lines.append(Line(file: path, entry: nil, arguments: words.joined(separator: " ")))
    }

    private mutating func readEntries(_ machine: Machine) {
        for folder in ["/boot/loader/entries", "/efi/loader/entries", "/boot/efi/loader/entries"] {
            for name in machine.listIfAny(folder) where name.hasSuffix(".conf") {
                guard let bytes = try? machine.read("\(folder)/\(name)") else { continue }
                let entry = BootLoaderEntry(bytes)
                guard let options = entry.options else { continue }
                lines.append(Line(file: "\(folder)/\(name)", entry: entry["title"], arguments: options))
            }
        }
    }

    private mutating func readIStoreOS(_ machine: Machine) {
        let path = "/etc/config/grub"
        guard let bytes = try? machine.read(path) else { return }
        do {
            let grub = IStoreOSGRUB(try UCIDocument(bytes))
            let intel = machine.exists("\(Firmware.tablesRoot)/DMAR")
            let words = grub.arguments(isIntel: intel).words.map(\.text)
            lines.append(Line(file: path, entry: nil, arguments: words.joined(separator: " ")))
        } catch {
            unknown[path] = "\(path): \(error)"
        }
    }
}
