import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

@Suite struct SharedInterruptTests {
    private static let name = "shared-interrupt"
    private static let address = "0000:01:00.0"

    private func host(_ capabilities: String, line: Int) throws -> TestHost {
        try IsolationHost.with(
            "pci \(Self.address) 8086:0b25 120000 driver=idxd group=7 parent=0000:00:01.0 express=endpoint caps=\(capabilities) reset=flr"
        ).with(["/sys/devices/pci0000:00/0000:00:01.0/\(Self.address)/irq": "\(line)"])
    }

    @Test func aLineWithoutMessagesIsNoted() throws {
        let host = try host("flr", line: 16)
        let findings = try IsolationHost.findings(Self.name, host, Self.address)
        #expect(findings.map(\.level) == [.warn])
        #expect(findings.first?.message.en.contains("interrupt line 16") == true)
        let plan = try IsolationHost.plan(host, Self.address)
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.address, "8086:0b25", from: "idxd"))
        #expect(findings.allSatisfy { plan.warnings.contains($0.message) })
    }

    @Test(arguments: [("flr,msi", 16), ("flr,msix", 16), ("flr", 0)])
    func messagesOrNoLineAreFine(_ capabilities: String, _ line: Int) throws {
        let host = try host(capabilities, line: line)
        #expect(try IsolationHost.findings(Self.name, host, Self.address).isEmpty)
        let plan = try IsolationHost.plan(host, Self.address)
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.address, "8086:0b25", from: "idxd"))
    }

    @Test func whatCannotBeSeenIsNoted() throws {
        let host = try host("flr,msi", line: 16)
            .without("/sys/devices/pci0000:00/0000:00:01.0/\(Self.address)/config")
        #expect(try IsolationHost.findings(Self.name, host, Self.address).map(\.level) == [.warn])
    }
}
