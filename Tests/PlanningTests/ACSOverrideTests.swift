import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

@Suite struct ACSOverrideTests {
    private static let name = "acs-override"
    private static let address = "0000:01:00.0"

    private func host(_ arguments: String?) throws -> TestHost {
        let host = try IsolationHost.with(
            """
            pci \(Self.address) 8086:0b25 120000 driver=idxd group=7 parent=0000:00:01.0 express=endpoint caps=flr,msix reset=flr,bus
            """
        )
        return arguments.map { host.with(["/proc/cmdline": "root=/dev/sda1 intel_iommu=on \($0)"]) }
            ?? host.without("/proc/cmdline")
    }

    @Test(arguments: [
        "pcie_acs_override=downstream,multifunction", "pcie_acs_override=id:8086:a338", "pcie-acs-override=downstream",
    ])
    func refusedWithoutTheFlag(_ argument: String) throws {
        let host = try host(argument)
        let findings = try IsolationHost.findings(Self.name, host, Self.address)
        #expect(findings.map(\.level) == [.refuse])
        #expect(findings.first?.message.en.contains(argument) == true)
        #expect(findings.first?.message.zh.contains("--unsafe-acs-override") == true)
        #expect(throws: Refusal.self) {
            try IsolationHost.plan(host, Self.address, unsafe: [.unsafeInterrupts])
        }
    }

    @Test func withTheFlagItIsNoted() throws {
        let plan = try IsolationHost.plan(
            host("pcie_acs_override=downstream"),
            Self.address,
            unsafe: [.acsOverride]
        )
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.address, "8086:0b25", from: "idxd"))
        #expect(plan.warnings.contains { $0.en.contains("pcie_acs_override=downstream") })
    }

    /// What the kernel does not take for the argument: it needs a value, and what follows "--" belongs to init.
    @Test(arguments: ["quiet", "pcie_acs_override", "pcie_acs_override=", "-- pcie_acs_override=downstream"])
    func nearMisses(_ arguments: String) throws {
        let host = try host(arguments)
        #expect(try IsolationHost.findings(Self.name, host, Self.address).isEmpty)
        let plan = try IsolationHost.plan(host, Self.address)
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.address, "8086:0b25", from: "idxd"))
    }

    @Test func anUnreadableCommandLineIsNoted() throws {
        let findings = try IsolationHost.findings(Self.name, host(nil), Self.address)
        #expect(findings.map(\.level) == [.warn])
        #expect(findings.first?.message.en.contains("/proc/cmdline") == true)
    }
}
