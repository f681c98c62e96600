public import Machine
internal import SystemPackage

/// Huge pages of one size (Documentation/admin-guide/mm/hugetlbpage.rst).
public struct HugepagePool: Codable, Sendable, Hashable {
    /// Bytes of one page.
    public var size: Int
    /// Pages that are set aside.
    public var total: Int
    /// Of those, the pages that nobody has.
    public var free: Int

    public init(size: Int, total: Int, free: Int) {
        self.size = size
        self.total = total
        self.free = free
    }
}

/// The machine's main memory, in bytes.
public struct MemoryInventory: Codable, Sendable, Hashable {
    /// Without what the kernel keeps for itself.
    @Nullable public var total: Int?
    /// What programs could still get without swapping, as the kernel estimates it.
    @Nullable public var available: Int?
    /// Sorted by page size; empty where the kernel has none.
    public var hugepages: [HugepagePool] = []
    /// The page size that is meant when none is named.
    @Nullable public var defaultHugepageSize: Int?
    public var unknown: [String: String] = [:]

    public init() {}

    /// What the host itself needs beside its guests, in bytes.
    public static func hostReserve(total: Int) -> Int { total >= 8 << 30 ? 1 << 30 : 512 << 20 }

    /// Reads `/proc/meminfo` (proc_meminfo(5)) and `/sys/kernel/mm/hugepages`; needs no root.
    public static func read(_ machine: Machine) -> Self {
        var memory = Self()
        let path = "/proc/meminfo"
        var table: [String: Int] = [:]
        do throws(Unreadable) {
            for line in try machine.textLines(path) {
                let words = Lines.words(line)
                guard words.count >= 2, words[0].utf8.last == UInt8(ascii: ":"), let number = Int(words[1]),
                    (0...Int.max / 1024).contains(number)
                else { continue }
                table[String(words[0].dropLast())] = words.count > 2 && words[2] == "kB" ? number * 1024 : number
            }
            for (key, name) in [("total", "MemTotal"), ("available", "MemAvailable")] where table[name] == nil {
                memory.unknown[key] = "\(path): no line \(name)"
            }
        } catch {
            for key in ["total", "available", "hugepages"] { memory.unknown[key] = error.reason }
        }
        memory.total = table["MemTotal"]
        memory.available = table["MemAvailable"]
        memory.defaultHugepageSize = table["Hugepagesize"]
        memory.readPools(machine)
        if memory.hugepages.isEmpty, let size = table["Hugepagesize"], let total = table["HugePages_Total"],
            let free = table["HugePages_Free"]
        {
            memory.hugepages = [HugepagePool(size: size, total: total, free: free)]
        }
        return memory
    }

    private mutating func readPools(_ machine: Machine) {
        var root = Attributes(machine, "/sys/kernel/mm")
        for name in root.list("hugepages", "hugepages") {
            // hugepages-2048kB
            let digits = name.utf8.drop { !Sysfs.isDigit($0) }.prefix(while: Sysfs.isDigit)
            guard name.utf8.starts(with: "hugepages-".utf8), let size = Int(Substring(digits)),
                (1...Int.max / 1024).contains(size)
            else { continue }
            guard let total = root.number("hugepages/\(name)/nr_hugepages", "hugepages"),
                let free = root.number("hugepages/\(name)/free_hugepages", "hugepages")
            else { continue }
            hugepages.append(HugepagePool(size: size * 1024, total: total, free: free))
        }
        hugepages.sort { $0.size < $1.size }
        unknown.merge(root.unknown) { first, _ in first }
    }
}
