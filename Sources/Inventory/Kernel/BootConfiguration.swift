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
        configuration.readArgumentFiles(machine)
        configuration.loader = BootLoader.read(machine, configuration)
        if configuration.lines.isEmpty { configuration.unknown["lines"] = "no boot loader's configuration was found" }
        return configuration
    }

    /// A file's bytes; nil where there is none, and where it cannot be read, which `unknown` then says.
    private mutating func bytesIfThere(_ path: String, _ machine: Machine) -> [UInt8]? {
        do {
            return try machine.readIfThere(path)
        } catch {
            unknown[path] = reason(error, path)
            return nil
        }
    }

    private mutating func names(in folder: String, endingIn suffix: String, _ machine: Machine) -> [String] {
        do {
            return (try machine.listIfThere(folder) ?? []).filter { $0.hasSuffix(suffix) }
        } catch {
            unknown[folder] = reason(error, folder)
            return []
        }
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
            let environment = bytesIfThere("\(folder)/grubenv", machine).flatMap(GRUBEnvironment.init)?.values ?? [:]
            var sources: [String: [UInt8]] = [:]
            let extra = "\(folder)/grub.ext.cfg"
            if let bytes = bytesIfThere(extra, machine) { sources[extra] = bytes }
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
        guard let first = bytesIfThere(path, machine) else { return }
        let folder = "/etc/default/grub.d"
        let more = names(in: folder, endingIn: ".cfg", machine).compactMap { bytesIfThere("\(folder)/\($0)", machine) }
        let words = GRUBDefaults([first] + more).arguments.words.map(\.text)
        lines.append(Line(file: path, entry: nil, arguments: words.joined(separator: " ")))
    }

    private mutating func readEntries(_ machine: Machine) {
        let blocks = ["/boot/grub2/grubenv", "/boot/grub/grubenv"].compactMap { bytesIfThere($0, machine) }
        let environment = blocks.first.flatMap(GRUBEnvironment.init)?.values ?? [:]
        for folder in ["/boot/loader/entries", "/efi/loader/entries", "/boot/efi/loader/entries"] {
            for name in names(in: folder, endingIn: ".conf", machine) {
                guard let bytes = bytesIfThere("\(folder)/\(name)", machine) else { continue }
                let entry = BootLoaderEntry(bytes)
                guard entry.options != nil else { continue }
                let words = entry.commandLine(environment: environment).words.map(\.text)
                let line = words.joined(separator: " ")
                lines.append(Line(file: "\(folder)/\(name)", entry: entry["title"], arguments: line))
            }
        }
    }

    private mutating func readArgumentFiles(_ machine: Machine) {
        let folder = "/etc/cmdline.d"
        let parts = names(in: folder, endingIn: ".conf", machine).map { "\(folder)/\($0)" }
        for path in ["/etc/kernel/cmdline"] + parts {
            guard let bytes = bytesIfThere(path, machine) else { continue }
            let line = ArgumentFile(bytes).commandLine.words.map(\.text).joined(separator: " ")
            lines.append(Line(file: path, entry: nil, arguments: line))
        }
        let path = "/etc/kernelstub/configuration"
        guard let bytes = bytesIfThere(path, machine) else { return }
        if let options = KernelstubSettings(bytes)?.options {
            lines.append(Line(file: path, entry: nil, arguments: options.joined(separator: " ")))
        } else {
            unknown[path] = "\(path) is not as kernelstub writes it"
        }
    }

    private mutating func readIStoreOS(_ machine: Machine) {
        let path = "/etc/config/grub"
        guard let bytes = bytesIfThere(path, machine) else { return }
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
