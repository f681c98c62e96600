import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// Whether the host keeps memory enough beside a guest with a device.
@Suite struct MemoryBudgetTests {
    private static let name = "memory-budget"
    private static let gib = 1 << 30

    private func levels(_ guest: KnownGuest, _ memory: MemoryInventory?) throws -> [GuardLevel] {
        var host = try BusyHost.read()
        host.guests?.guests = [guest]
        host.memory = memory
        return try BusyHost.levels(Self.name, host, BusyHost.card)
    }

    private func guest(_ gib: Int, running: Bool? = false) -> KnownGuest {
        BusyHost.guest("win11", BusyHost.card, running: running, memory: gib * Self.gib)
    }

    @Test func moreThanTheMachineHas() throws {
        let memory = BusyHost.memory(total: 16 * Self.gib, available: 15 * Self.gib)
        #expect(try levels(guest(16), memory) == [.refuse])
        // All of it but what the host needs.
        #expect(try levels(guest(15), memory) == [.consent])
        #expect(try levels(guest(14), memory) == [])
    }

    /// Half a GiB is enough where there is little.
    @Test func smallMachines() throws {
        let memory = BusyHost.memory(total: 4 * Self.gib, available: 3 * Self.gib + Self.gib / 2)
        #expect(try levels(guest(3), memory) == [])
        #expect(try levels(guest(3), BusyHost.memory(total: 4 * Self.gib, available: 3 * Self.gib)) == [.consent])
        #expect(try levels(guest(4), memory) == [.refuse])
    }

    @Test func hugePagesAreWeighedAgainstThoseThatAreFree() throws {
        var memory = BusyHost.memory(total: 16 * Self.gib, available: Self.gib)
        memory.hugepages = [
            HugepagePool(size: 2 << 20, total: 2048, free: 1024), HugepagePool(size: Self.gib, total: 8, free: 8),
        ]
        memory.defaultHugepageSize = 2 << 20
        var big = guest(4)
        big.usesHugepages = true
        #expect(try levels(big, memory) == [.consent])
        big.hugepageSize = Self.gib
        #expect(try levels(big, memory) == [])
        big.hugepageSize = 16 * Self.gib
        #expect(try levels(big, memory) == [.warn])
    }

    @Test func whatIsUnknownIsSaid() throws {
        #expect(try levels(guest(4), nil) == [.warn])
        #expect(try levels(guest(4), BusyHost.memory(total: 16 * Self.gib, available: nil)) == [.warn])
        let memory = BusyHost.memory(total: 16 * Self.gib, available: 15 * Self.gib)
        #expect(try levels(BusyHost.guest("win11", BusyHost.card, memory: nil), memory) == [.warn])
    }

    @Test func otherGuestsAndRunningOnesAreNotWeighed() throws {
        let memory = BusyHost.memory(total: 16 * Self.gib, available: 2 * Self.gib)
        #expect(try levels(guest(4, running: true), memory) == [])
        #expect(try levels(BusyHost.guest("other", "0000:03:00.0", memory: 64 * Self.gib), memory) == [])
        #expect(try levels(guest(1), memory) == [])
        var host = try BusyHost.read()
        host.guests?.guests = [guest(1)]
        host.memory = memory
        _ = try BusyHost.plan(host, BusyHost.card)
    }
}
