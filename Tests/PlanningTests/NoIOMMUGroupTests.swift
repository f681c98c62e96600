import Changes
import Planning
import TestHosts
import Testing
import Wording

/// vfio's mode without an IOMMU makes groups that protect nothing: no flag lets a device go into one.
@Suite struct NoIOMMUGroupTests {
    private func host(_ type: String) throws -> TestHost {
        try IsolationHost.with(
            """
            group 7 \(type) fee00000-feefffff:msi
            pci 0000:01:00.0 8086:0b25 120000 driver=idxd group=7 parent=0000:00:01.0 express=endpoint caps=flr,msix reset=flr,bus
            """
        )
    }

    @Test func suchAGroupIsNone() throws {
        let host = try host("-").with(["/sys/kernel/iommu_groups/7/name": "vfio-noiommu"])
        let finding = try #require(
            try IsolationHost.findings("iommu-group", host, "0000:01:00.0", unsafe: Set(UnsafeMode.allCases)).first
        )
        #expect(finding.level == .refuse)
        #expect(finding.message.en.contains("no-IOMMU mode"))
        #expect(finding.message.zh.contains("无 IOMMU"))
        #expect(throws: Refusal.self) {
            try IsolationHost.plan(host, "0000:01:00.0", unsafe: Set(UnsafeMode.allCases))
        }
    }

    @Test func aGroupWithADomainIsReal() throws {
        let host = try host("DMA-FQ")
        #expect(try IsolationHost.findings("iommu-group", host, "0000:01:00.0").isEmpty)
        let plan = try IsolationHost.plan(host, "0000:01:00.0")
        #expect(plan.changes.map(\.change) == IsolationHost.binding("0000:01:00.0", "8086:0b25", from: "idxd"))
    }
}
