/// The lists that depmod(8) leaves in /lib/modules/RELEASE, and the names of the files there.
public enum ModuleFiles {
    /// The module in a file: "kernel/drivers/vfio/pci/vfio-pci.ko.xz" is "vfio_pci" (as in /sys/module and lsmod).
    ///
    /// - Returns: nil if the path is no module file.
    public static func moduleName(fromPath path: String) -> String? {
        moduleName(Array(path.utf8)[...])
    }

    /// One line of modules.dep: a module and those that it needs, all of them, by name.
    ///
    /// - Returns: nil if the line is no such line.
    public static func dependency(line: String) -> (module: String, needs: [String])? {
        dependency(Array(line.utf8)[...])
    }

    /// All of modules.dep: for each module those that it needs.
    public static func dependencies(_ text: [UInt8]) -> [String: [String]] {
        var result: [String: [String]] = [:]
        for line in ByteLines(text) {
            if let (module, needs) = dependency(line) {
                result[module] = needs
            }
        }
        return result
    }

    /// The modules of modules.builtin: those that are part of the kernel's image.
    public static func builtIn(_ text: [UInt8]) -> Set<String> {
        Set(ByteLines(text).compactMap { moduleName($0.trimmed()) })
    }

    /// Whether modules.dep names the file of a module, at the cost of one pass and no memory.
    public static func contains(_ module: String, inDependencies text: [UInt8]) -> Bool {
        let wanted = Array(ModuleAliases.normalised(module.utf8).utf8)
        for line in ByteLines(text) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            if let stem = stem(line[..<colon]), stem.count == wanted.count,
                zip(stem, wanted).allSatisfy({ ($0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0) == $1 })
            {
                return true
            }
        }
        return false
    }

    private static func dependency(_ line: ArraySlice<UInt8>) -> (module: String, needs: [String])? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), let module = moduleName(line[..<colon].trimmed())
        else { return nil }
        let needs = line[(colon + 1)...].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return (module, needs.compactMap { moduleName($0) })
    }

    private static func moduleName(_ path: ArraySlice<UInt8>) -> String? {
        stem(path).map { ModuleAliases.normalised($0) }
    }

    /// The file's name without ".ko" and a compression's suffix.
    private static func stem(_ path: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var name = path
        if let slash = path.lastIndex(of: UInt8(ascii: "/")) {
            name = path[(slash + 1)...]
        }
        for suffix in [".xz", ".zst", ".gz"] where hasSuffix(name, suffix) {
            name = name.dropLast(suffix.utf8.count)
            break
        }
        guard hasSuffix(name, ".ko"), name.count > 3 else { return nil }
        return name.dropLast(3)
    }

    private static func hasSuffix(_ name: ArraySlice<UInt8>, _ suffix: String) -> Bool {
        name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
