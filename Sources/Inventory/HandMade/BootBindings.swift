import Formats
public import Machine
internal import SystemPackage
import Wording

/// What other tools and hands than passthru say about drivers of devices at boot: files of driverctl(8), vfio-pci's `ids=`,
/// names that Proxmox gives to devices, and lists of modules to load.
public struct BootBindings: Sendable, Hashable, Codable {
    /// Something in a file.
    public struct Entry: Sendable, Hashable, Codable {
        public var path: String
        /// An address and its driver, an id, a module's name.
        public var value: String
    }

    /// A name of Proxmox and what it stands for on a node.
    public struct Mapping: Sendable, Hashable, Codable {
        public var name: String
        /// `0000:01:00` or `0000:01:00.0`, several with a semicolon between.
        public var path: String
        /// `8086:125c`
        @Nullable public var id: String?
    }

    /// `0000:01:00.0 vfio-pci`
    public var overrides: [Entry] = []
    public var ids: [Entry] = []
    /// vfio's and pci-stub's modules by name, where a list of modules or an initramfs asks for them.
    public var modules: [Entry] = []
    /// Read with the guests alone: they carry the node's name.
    public var mappings: [Mapping] = []
    /// A file or folder: why it could not be read.
    public var unknown: [String: String] = [:]

    public static func read(_ machine: Machine) -> BootBindings {
        var bindings = BootBindings()
        guard machine.isLive || machine.exists("/etc") else {
            bindings.unknown["/etc"] = "/etc: no such file or directory"
            return bindings
        }
        do throws(HandMadeError) {
            let made = try HandMade.readDrivers(machine)
            bindings.unknown = made.unknown
            bindings.overrides = made.overrides.map { Entry(path: $0.path, value: "\($0.address) \($0.driver)") }
            for file in made.moduleFiles {
                for item in file.lines.lines.flatMap({ file.ids(of: $0) }) {
                    bindings.ids.append(Entry(path: file.path, value: item.text))
                }
            }
        } catch {
            bindings.unknown[error.path] = "line \(error.line): \(error.what.en)"
        }
        bindings.readModules(machine)
        return bindings
    }

    private mutating func readModules(_ machine: Machine) {
        let folders = ["/etc/modules-load.d", "/etc/dracut.conf.d", "/etc/mkinitcpio.conf.d"]
        let files = ["/etc/modules", "/etc/initramfs-tools/modules", "/etc/mkinitcpio.conf", "/etc/dracut.conf"]
        var found: [String] = []
        for folder in folders {
            do throws(Errno) {
                let names = try machine.listIfThere(folder) ?? []
                found += names.filter { $0.hasSuffix(".conf") }.map { "\(folder)/\($0)" }
            } catch {
                unknown[folder] = reason(error, folder)
            }
        }
        for path in files + found {
            do throws(Errno) {
                // Of these files only what is about these modules is looked at, so that a captured host keeps no more.
                let lines = try machine.lines(in: path) { line in
                    line.drop { $0 <= 0x20 }.first != UInt8(ascii: "#") && Self.names(in: line).count > 0
                }
                for name in lines.flatMap({ Self.names(in: Array($0.utf8)[...]) }) {
                    modules.append(Entry(path: path, value: name))
                }
            } catch {
                if error != .noSuchFileOrDirectory { unknown[path] = reason(error, path) }
            }
        }
    }

    /// The names among a line's words that begin with vfio or are pci-stub, with underscores.
    private static func names(in line: ArraySlice<UInt8>) -> [String] {
        line.split { byte in
            !((0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-"))
        }.map { canonicalModuleName(String(decoding: $0, as: UTF8.self)) }
            .filter { $0 == "vfio" || $0.hasPrefix("vfio_") || $0 == "pci_stub" }
    }
}
