import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

@Suite struct ReservedMemoryTests {
    private static let name = "reserved-memory"
    private static let address = "0000:01:00.0"

    /// One accelerator, or another kind of device, whose group has these regions.
    private func host(_ regions: String, class code: String = "120000") throws -> TestHost {
        try IsolationHost.with(
            """
            group 7 DMA-FQ \(regions) fee00000-feefffff:msi
            pci \(Self.address) 8086:0b25 \(code) driver=idxd group=7 parent=0000:00:01.0 express=endpoint caps=flr,msix reset=flr,bus
            """
        )
    }

    @Test func whatTheFirmwareReservedStays() throws {
        let finding = try #require(
            try IsolationHost.findings(Self.name, host("6f000000-6f0fffff:direct"), Self.address).first
        )
        #expect(finding.level == .refuse)
        #expect(finding.message.en.contains("0x000000006f000000-0x000000006f0fffff"))
        #expect(finding.message.zh.contains("0x000000006f000000-0x000000006f0fffff"))
        #expect(finding.message.en.contains("group 7"))
    }

    /// The group of the RAID controller, and the one of a board whose IVMD reaches a USB controller: AMD relaxes nothing.
    @Test(arguments: [("rmrr-server", "0000:5c:00.0"), ("amd-desktop", "0000:02:00.0")])
    func ofWholeMachines(_ name: String, _ address: String) throws {
        let findings = try IsolationHost.findings(Self.name, TestHost.named(name), address)
        #expect(findings.map(\.level) == [.refuse])
    }

    /// No function of the group is asked for twice, and none that asks for nothing.
    @Test func oneFindingAGroup() throws {
        let host = try TestHost.named("amd-desktop")
        let findings = try IsolationHost.findings(Self.name, host, "0000:02:00.0", "0000:02:00.1", "0000:02:00.2")
        #expect(findings.count == 1)
        #expect(try IsolationHost.findings(Self.name, host, "0000:0b:00.0", "0000:01:00.0").isEmpty)
    }

    @Test func displaysAndUSBMayGo() throws {
        for code in ["030000", "0c0330"] {
            let host = try host("6f000000-6f0fffff:direct-relaxable", class: code)
            #expect(try IsolationHost.findings(Self.name, host, Self.address).isEmpty)
        }
        #expect(try IsolationHost.findings(Self.name, TestHost.named("i226-router"), "0000:00:02.0").isEmpty)
    }

    /// Only a patched kernel relaxes the regions of other devices.
    @Test func aKernelThatWasToldToRelaxIsNoted() throws {
        let host = try host("6f000000-6f0fffff:direct-relaxable")
        #expect(try IsolationHost.findings(Self.name, host, Self.address).map(\.level) == [.warn])
        let plan = try IsolationHost.plan(host, Self.address)
        #expect(plan.warnings.contains { $0.en.contains("told to let it go") })
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.address, "8086:0b25", from: "idxd"))
    }

    @Test func regionsThatCannotBeReadAreNoted() throws {
        let host = try host("6f000000-6f0fffff:direct").without("/sys/kernel/iommu_groups/7/reserved_regions")
        let finding = try #require(try IsolationHost.findings(Self.name, host, Self.address).first)
        #expect(finding.level == .warn)
        #expect(finding.message.en.contains("reserved_regions: no such file"))
        #expect(finding.message.zh.contains("没有该文件"))
    }

    /// Regions of other kinds say nothing: every group has the one of the interrupts.
    @Test func otherRegionsGoUnnoticed() throws {
        let host = try host("6f000000-6f0fffff:reserved")
        #expect(try IsolationHost.findings(Self.name, host, Self.address).isEmpty)
        let plan = try IsolationHost.plan(host, Self.address)
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.address, "8086:0b25", from: "idxd"))
    }
}
