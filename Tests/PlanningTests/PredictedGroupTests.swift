import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// Predicted groups are advice: nothing is bound because of them.
@Suite struct PredictedGroupTests {
    /// A card that is certain to be alone in its group once the IOMMU is on, and two that are certain to share one.
    private static let lines = """
        no-groups
        dmar 39 1
        drhd fed90000 1
        pci 0000:01:00.0 8086:0b25 120000 driver=idxd parent=0000:00:01.0 express=endpoint caps=flr,msix reset=flr,bus
        pci 0000:00:02.0 8086:3420 060400 driver=pcieport express=root caps=msi
        pci 0000:02:00.0 8086:0b25 120000 driver=idxd parent=0000:00:02.0 express=endpoint caps=flr,msix reset=flr,bus
        pci 0000:02:00.1 8086:0b25 120000 driver=idxd parent=0000:00:02.0 express=endpoint caps=flr,msix reset=flr,bus
        """

    /// Switched off, and read with all that a prediction needs.
    private func host() throws -> Host {
        let machine = try IsolationHost.with(Self.lines).without("/sys/class/iommu").machine
        var host = Host.read(machine, GuardTests.parts)
        host.readGroupFacts(from: machine)
        return host
    }

    @Test(arguments: ["0000:01:00.0", "0000:02:00.0"])
    func nothingIsBoundByAPrediction(_ name: String) throws {
        let host = try host()
        #expect(host.isIOMMUActive == false)
        let address = try #require(PCIAddress(name))
        #expect(GroupPrediction(host)?.group(of: address)?.confidence == .certain)
        let function = try #require(host.function(address))
        // Every consent and every mode that an owner can give changes nothing.
        let consents = Set(Guards.findings(Request([function], on: host)).map(\.consent))
        for unsafe in [Set(), Set(UnsafeMode.allCases)] {
            #expect(throws: Refusal.self) {
                try AssignPlanner(host: host).plan([function], with: host.functions, consents: consents, unsafe: unsafe)
            }
        }
        #expect(DeviceJudge(host).verdict(of: function, consumers: []) == .unisolated)
    }

    /// The same machine with the same prediction, and groups of the kernel that say otherwise: those count.
    @Test func groupsOfTheKernelCount() throws {
        let lines = Self.lines.replacing("no-groups\n", with: "")
            .replacing("driver=idxd", with: "driver=idxd group=9")
        let machine = try IsolationHost.with(lines).machine
        var host = Host.read(machine, GuardTests.parts)
        host.readGroupFacts(from: machine)
        let alone = try #require(GuardTests.functions(host, ["0000:01:00.0"]).first)
        let findings = Guards.findings(Request([alone], on: host))
        #expect(findings.contains { $0.guardName == "group-mates" && $0.level == .refuse })
    }

    @Test func theRefusalSaysWhatToExpect() throws {
        let host = try host()
        func message(_ name: String) throws -> String? {
            let function = try #require(GuardTests.functions(host, [name]).first)
            return Guards.findings(Request([function], on: host)).first { $0.guardName == "iommu-group" }?.message.en
        }
        #expect(try message("0000:01:00.0")?.hasSuffix("Once the IOMMU is on it will be alone in its group.") == true)
        let shared = try #require(try message("0000:02:00.0"))
        #expect(shared.contains("will share a group with 0000:00:02.0, 0000:02:00.1"))
        #expect(shared.contains("the port 0000:00:02.0 has no ACS"))
    }
}
