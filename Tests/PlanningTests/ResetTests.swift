import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

@Suite struct ResetTests {
    private static let name = "reset"
    private static let first = "0000:01:00.0"
    private static let second = "0000:01:00.1"

    /// Two accelerators in one slot behind a bridge, each in a group of its own; neither has FLR.
    private func host(_ more: String = "", driver: String = "driver=idxd") throws -> TestHost {
        try IsolationHost.with(
            """
            pci \(Self.first) 8086:0b25 120000 driver=idxd group=7 parent=0000:00:01.0 express=endpoint caps=msix multi \(more)
            pci \(Self.second) 8086:0b26 120000 \(driver) group=8 parent=0000:00:01.0 express=endpoint caps=msix
            """
        )
    }

    private func alone(_ more: String, parent: String = "parent=0000:00:01.0") throws -> TestHost {
        try IsolationHost.with(
            "pci \(Self.first) 8086:0b25 120000 driver=idxd group=7 \(parent) express=endpoint caps=msix \(more)"
        )
    }

    @Test func siblingsOfTheHostNeedConsent() throws {
        let host = try host()
        let finding = try #require(try IsolationHost.findings(Self.name, host, Self.first).first)
        #expect(finding.level == .consent)
        #expect(finding.consent.description == "reset=\(Self.first)")
        #expect(finding.message.en.contains(Self.second))
        #expect(finding.costs.map(\.address.description) == [Self.second])
        #expect(throws: Refusal.self) { try IsolationHost.plan(host, Self.first) }
        let plan = try IsolationHost.plan(host, Self.first, consents: [finding.consent])
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.first, "8086:0b25", from: "idxd"))
        // The consent is for this function and no other.
        let other = try #require(Consent("reset=\(Self.second)"))
        #expect(throws: Refusal.self) { try IsolationHost.plan(host, Self.first, consents: [other]) }
    }

    @Test(arguments: ["reset=flr", "reset=af_flr,pm", "reset=pm", "reset=device_specific"])
    func aWayOfItsOwnIsEnough(_ more: String) throws {
        let host = try host(more)
        #expect(try IsolationHost.findings(Self.name, host, Self.first).isEmpty)
        let plan = try IsolationHost.plan(host, Self.first)
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.first, "8086:0b25", from: "idxd"))
    }

    /// The kernel probes the first function of a bus before it knows of the others, and keeps `bus` for it; a reset that way
    /// is ENOTTY ever after (pci_parent_bus_reset in drivers/pci/pci.c).
    @Test(arguments: ["reset=bus", "reset=bus,cxl_bus"]) func aBusThatIsSharedResetsNothingAlone(_ more: String) throws
    {
        let host = try host(more)
        let finding = try #require(try IsolationHost.findings(Self.name, host, Self.first).first)
        #expect(finding.level == .consent)
        #expect(finding.costs.map(\.address.description) == [Self.second])
        #expect(try IsolationHost.findings(Self.name, host, Self.first, Self.second).isEmpty)
        #expect(try IsolationHost.findings(Self.name, self.host(more, driver: ""), Self.first).map(\.level) == [.warn])
    }

    /// The bus counts, not the slot: two cards behind a bridge to conventional PCI, functions beyond the eighth (ARI).
    @Test(arguments: ["", "reset=bus"]) func theWholeBusCounts(_ more: String) throws {
        let host = try IsolationHost.with(
            """
            pci 0000:01:00.0 8086:0b25 120000 driver=idxd group=7 parent=0000:00:01.0 caps=msi \(more)
            pci 0000:01:01.0 8086:0b26 120000 driver=idxd group=8 parent=0000:00:01.0 caps=msi
            """
        )
        let finding = try #require(try IsolationHost.findings(Self.name, host, "0000:01:00.0").first)
        #expect(finding.level == .consent)
        #expect(finding.costs.map(\.address.description) == ["0000:01:01.0"])
        #expect(try IsolationHost.findings(Self.name, host, "0000:01:00.0", "0000:01:01.0").isEmpty)
    }

    /// VFIO resets all of a slot through the bridge once all of it is given away.
    @Test func theWholeSlotTogetherIsEnough() throws {
        let host = try host()
        #expect(try IsolationHost.findings(Self.name, host, Self.first, Self.second).isEmpty)
        let plan = try IsolationHost.plan(host, Self.first, Self.second)
        #expect(
            plan.changes.map(\.change)
                == IsolationHost.binding(Self.first, "8086:0b25", from: "idxd")
                + IsolationHost.binding(Self.second, "8086:0b26", from: "idxd")
        )
        // What went before counts.
        let half = try self.host(driver: "driver=vfio-pci override=vfio-pci")
        #expect(try IsolationHost.findings(Self.name, half, Self.first).isEmpty)
    }

    @Test func aSiblingWithoutADriverIsNoted() throws {
        let findings = try IsolationHost.findings(Self.name, host(driver: ""), Self.first)
        #expect(findings.map(\.level) == [.warn])
        #expect(findings.first?.message.en.contains("Give \(Self.second) away too") == true)
    }

    @Test func noWayAtAllIsNoted() throws {
        let findings = try IsolationHost.findings(Self.name, alone(""), Self.first)
        #expect(findings.map(\.level) == [.warn])
        #expect(findings.first?.message.en.contains("no way to reset \(Self.first)") == true)
        // Alone behind its bridge, the bridge can do it.
        #expect(try IsolationHost.findings(Self.name, alone("reset=bus"), Self.first).isEmpty)
        let plan = try IsolationHost.plan(alone(""), Self.first)
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.first, "8086:0b25", from: "idxd"))
    }

    /// On the root bus nothing is reset together with its neighbours.
    @Test func onTheRootBusNeighboursDoNotMatter() throws {
        let host = try IsolationHost.with(
            """
            pci 0000:00:0a.0 8086:0b25 120000 driver=idxd group=7 caps=msix multi
            pci 0000:00:0a.1 8086:0b26 120000 driver=idxd group=8 caps=msix
            """
        )
        #expect(try IsolationHost.findings(Self.name, host, "0000:00:0a.0").map(\.level) == [.warn])
    }

    /// Before Linux 5.15 the kernel says only that it can.
    @Test func anOldKernelThatDoesNotSayHowIsNoted() throws {
        var host = try alone("")
        host.file("/sys/devices/pci0000:00/0000:00:01.0/\(Self.first)/reset", bytes: [], mode: 0o200)
        let findings = try IsolationHost.findings(Self.name, host, Self.first)
        #expect(findings.map(\.level) == [.warn])
        #expect(findings.first?.message.en.contains("does not say how") == true)
    }
}
