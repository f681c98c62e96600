import Formats
public import Machine
internal import SystemPackage

/// Which modules of this machine say that they drive which PCI functions (`modules.alias`, and for what is built in
/// `modules.builtin.modinfo`).
public struct ModuleIndex: Sendable {
    private var aliases: [(pattern: [UInt8], module: String)]?
    public private(set) var unknown: [String: String] = [:]

    /// Reads the lines that match any of the functions.
    public static func read(_ machine: Machine, for functions: [PCIFunction]) -> ModuleIndex {
        var index = ModuleIndex()
        let release: String
        do {
            release = try machine.text("/proc/sys/kernel/osrelease")
        } catch {
            index.unknown["aliases"] = reason(error, "/proc/sys/kernel/osrelease")
            return index
        }
        let path = "/lib/modules/\(release)/modules.alias"
        let devices = functions.map { Array($0.modalias.utf8) }
        let vendors = Set(functions.map { Array("v\(hex($0.vendor.value, width: 8).uppercased())".utf8) })
        do {
            let lines = try machine.lines(in: path) { line in
                guard let pattern = Self.pattern(in: line) else { return false }
                let vendor = pattern.dropFirst(4).prefix(9)
                guard vendor.starts(with: "v*".utf8) || vendors.contains(Array(vendor)) else { return false }
                return devices.contains { ModuleAliases.matches(pattern: pattern, name: $0) }
            }
            index.aliases = lines.compactMap { line in
                let words = line.split(separator: " ")
                return words.count == 3 ? (Array(words[1].utf8), String(words[2])) : nil
            }
        } catch {
            index.unknown["aliases"] = reason(error, path)
        }
        return index
    }

    /// The pattern of a line `alias pci:v00008086d… e1000e`.
    private static func pattern(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard line.starts(with: "alias pci:".utf8) else { return nil }
        return line.dropFirst(6).prefix { $0 != UInt8(ascii: " ") }
    }

    /// Modules whose aliases match, in the order of the file; nil when the file could not be read.
    func claiming(_ function: PCIFunction) -> [String]? {
        guard let aliases else { return nil }
        let device = Array(function.modalias.utf8)
        var modules: [String] = []
        for (pattern, module) in aliases where !modules.contains(module) {
            if ModuleAliases.matches(pattern: pattern, name: device) { modules.append(module) }
        }
        return modules
    }
}

extension PCIFunction {
    /// `pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00`, as the kernel asks for a driver.
    public var modalias: String {
        func digits(_ value: some FixedWidthInteger, _ width: Int) -> String { hex(value, width: width).uppercased() }
        return "pci:v\(digits(vendor.value, 8))d\(digits(device.value, 8))"
            + "sv\(digits(subsystemVendor?.value ?? 0, 8))sd\(digits(subsystemDevice?.value ?? 0, 8))"
            + "bc\(digits(self.class.base, 2))sc\(digits(self.class.subclass, 2))i\(digits(self.class.interface, 2))"
    }
}
