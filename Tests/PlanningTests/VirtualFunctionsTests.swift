import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

@Suite struct VirtualFunctionsTests {
    private static let name = "virtual-functions"
    private static let owner = "0000:01:00.0"
    private static let folder = "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"

    /// An accelerator with two virtual functions.
    private func host(
        _ enabled: Int = 2,
        driver: String = "driver=idxd",
        first: String = "driver=idxd",
        second: String = ""
    ) throws -> TestHost {
        let common = "group=7 parent=0000:00:01.0 express=endpoint caps=flr,msix reset=flr"
        let parts = [(0, first), (1, second)].prefix(enabled).map { number, driver in
            "pci 0000:01:01.\(number) 8086:0b26 120000 \(driver) group=\(8 + number) parent=0000:00:01.0 "
                + "express=endpoint caps=flr,msix reset=flr pf=\(Self.owner)"
        }
        return try IsolationHost.with(
            (["pci \(Self.owner) 8086:0b25 120000 \(driver) \(common) vfs=\(enabled)/8@8+1:0b26"] + parts)
                .joined(separator: "\n")
        )
    }

    @Test func assignedOnesStandInTheWay() throws {
        let host = try host(second: "driver=vfio-pci override=vfio-pci")
        let finding = try #require(try IsolationHost.findings(Self.name, host, Self.owner).first)
        #expect(finding.level == .refuse)
        #expect(finding.message.en.contains("passthru release 0000:01:01.1"))
        #expect(!finding.message.en.contains("0000:01:01.0"))
        // Drivers that build upon vfio count too.
        let variant = try self.host(first: "driver=mlx5_vfio_pci")
        #expect(try IsolationHost.findings(Self.name, variant, Self.owner).map(\.level) == [.refuse])
    }

    @Test func ofAWholeMachine() throws {
        let findings = try IsolationHost.findings(Self.name, TestHost.named("rmrr-server"), "0000:3b:00.0")
        #expect(findings.map(\.level) == [.refuse])
        #expect(findings.first?.message.en.contains("passthru release 0000:3b:02.1") == true)
        #expect(try IsolationHost.findings(Self.name, TestHost.named("rmrr-server"), "0000:3b:00.1").isEmpty)
    }

    @Test func othersNeedConsent() throws {
        let host = try host()
        let finding = try #require(try IsolationHost.findings(Self.name, host, Self.owner).first)
        #expect(finding.level == .consent)
        #expect(finding.costs.map(\.address.description) == ["0000:01:01.0", "0000:01:01.1"])
        #expect(throws: Refusal.self) { try IsolationHost.plan(host, Self.owner) }
        let plan = try IsolationHost.plan(host, Self.owner, consents: [finding.consent])
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.owner, "8086:0b25", from: "idxd"))
    }

    @Test func bothAtOnceCannotBe() throws {
        let findings = try IsolationHost.findings(Self.name, host(), Self.owner, "0000:01:01.0")
        #expect(findings.map(\.level) == [.refuse])
        #expect(findings.first?.message.en.contains("0000:01:01.0 would vanish with \(Self.owner)") == true)
    }

    @Test func oneThatCannotBeSeenStandsInTheWay() throws {
        let hidden = try host().without("\(Self.folder)/virtfn1")
        let finding = try #require(try IsolationHost.findings(Self.name, hidden, Self.owner).first)
        #expect(finding.level == .refuse)
        #expect(finding.message.en.contains("2 virtual functions, of which 1 can be seen"))
        let gone = try host().without("/sys/bus/pci/devices/0000:01:01.1")
        #expect(try IsolationHost.findings(Self.name, gone, Self.owner).map(\.level) == [.refuse])
    }

    @Test func noneEnabledIsNoObstacle() throws {
        let host = try host(0)
        #expect(try IsolationHost.findings(Self.name, host, Self.owner).isEmpty)
        let plan = try IsolationHost.plan(host, Self.owner)
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.owner, "8086:0b25", from: "idxd"))
    }

    /// A virtual function by itself is what the mechanism is for.
    @Test func aVirtualFunctionMayGo() throws {
        let host = try host()
        #expect(try IsolationHost.findings(Self.name, host, "0000:01:01.0").isEmpty)
        let plan = try IsolationHost.plan(host, "0000:01:01.0")
        #expect(plan.changes.map(\.change) == IsolationHost.binding("0000:01:01.0", "8086:0b26", from: "idxd"))
    }

    @Test func aVirtualFunctionOfAGuestsPhysicalOneIsNoted() throws {
        let host = try host(driver: "driver=vfio-pci override=vfio-pci")
        let finding = try #require(try IsolationHost.findings(Self.name, host, "0000:01:01.0").first)
        #expect(finding.level == .warn)
        #expect(finding.message.en.contains("vf-token="))
        // The physical one itself is bound already: nothing vanishes any more.
        #expect(try IsolationHost.findings(Self.name, host, Self.owner).isEmpty)
    }
}
