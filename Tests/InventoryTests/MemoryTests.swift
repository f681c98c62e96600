import Machine
import TestHosts
import Testing

@testable import Inventory

/// How much memory a machine has.
@Suite struct MemoryTests {
    private func memory(_ texts: [String: String]) -> MemoryInventory {
        MemoryInventory.read(TestHost("memory").with(texts).machine)
    }

    private static let info = """
        MemTotal:       16303428 kB
        MemFree:          611432 kB
        MemAvailable:    9087656 kB
        HugePages_Total:      16
        HugePages_Free:        4
        Hugepagesize:       2048 kB
        """

    @Test func totalAndAvailable() {
        let found = memory(["/proc/meminfo": Self.info])
        #expect(found.total == 16_303_428 * 1024 && found.available == 9_087_656 * 1024)
        #expect(found.hugepages == [HugepagePool(size: 2 << 20, total: 16, free: 4)])
        #expect(found.defaultHugepageSize == 2 << 20 && found.unknown.isEmpty)
    }

    @Test func poolsOfEverySize() {
        let root = "/sys/kernel/mm/hugepages"
        let found = memory([
            "/proc/meminfo": Self.info, "\(root)/hugepages-1048576kB/nr_hugepages": "8",
            "\(root)/hugepages-1048576kB/free_hugepages": "2", "\(root)/hugepages-2048kB/nr_hugepages": "16",
            "\(root)/hugepages-2048kB/free_hugepages": "4", "\(root)/hugepages-xkB/nr_hugepages": "9",
            "\(root)/hugepages-64kB/nr_hugepages": "many",
        ])
        #expect(
            found.hugepages == [
                HugepagePool(size: 2 << 20, total: 16, free: 4), HugepagePool(size: 1 << 30, total: 8, free: 2),
            ]
        )
    }

    @Test func whatIsMissingIsUnknown() {
        let none = memory([:])
        #expect(none.total == nil && none.unknown["total"] == "no such file: /proc/meminfo")
        let odd = memory(["/proc/meminfo": "MemTotal: many kB\nMemAvailable: 99999999999999999999 kB\n"])
        #expect(odd.total == nil && odd.available == nil)
        #expect(odd.unknown["available"] == "/proc/meminfo: no line MemAvailable")
    }
}
