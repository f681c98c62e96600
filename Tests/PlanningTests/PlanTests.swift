import Changes
import Inventory
import Machine
import Planning
import TestHosts
import Testing
import Wording

/// The plans, change by change.
@Suite struct PlanTests {
    private func plan(_ name: String, _ addresses: [String], with mates: [String] = []) throws -> Plan {
        let host = try GuardTests.host(name)
        return try AssignPlanner(host: host).plan(
            GuardTests.functions(host, addresses),
            with: GuardTests.functions(host, mates)
        )
    }

    private func release(_ host: Host, _ address: String, home: [String: String] = [:]) throws -> Plan {
        let functions = try GuardTests.functions(host, [address])
        var records: [PCIAddress: HomeRecord] = [:]
        for (address, driver) in home {
            let function = try GuardTests.functions(host, [address])[0]
            records[function.address] = HomeRecord(of: function, driver: driver)
        }
        return try ReleasePlanner(host: host).plan(functions, records: records)
    }

    private static let devices = "/sys/bus/pci/devices"
    private static let drivers = "/sys/bus/pci/drivers"

    @Test func aNetworkCardThatNobodyUses() throws {
        let plan = try plan("i226-router", ["0000:04:00.0"])
        let address = try #require(PCIAddress("0000:04:00.0"))
        #expect(
            plan.changes.map(\.change) == [
                .loadModule("vfio_iommu_type1"),
                .loadModule("vfio-pci"),
                .writeFile(path: "/var/run/passthru/home/0000:04:00.0", content: "8086:125c igc\n"),
                .writeAttribute(path: "\(Self.devices)/0000:04:00.0/driver_override", value: "vfio-pci"),
                .writeAttribute(path: "\(Self.drivers)/igc/unbind", value: "0000:04:00.0"),
                .writeAttribute(path: "/sys/bus/pci/drivers_probe", value: "0000:04:00.0"),
            ]
        )
        #expect(
            plan.changes.map(\.expectation) == [
                .moduleLoaded("vfio_iommu_type1"), .moduleLoaded("vfio_pci"), nil,
                .driverOverride(address, "vfio-pci"), .driver(address, nil), .driver(address, "vfio-pci"),
            ]
        )
        #expect(
            plan.changes.flatMap(\.inverse) == [
                .writeAttribute(path: "\(Self.devices)/0000:04:00.0/driver_override", value: "\n"),
                .writeAttribute(path: "\(Self.devices)/0000:04:00.0/driver_override", value: "igc"),
                .writeAttribute(path: "\(Self.drivers)/igc/bind", value: "0000:04:00.0"),
                .writeAttribute(path: "\(Self.devices)/0000:04:00.0/driver_override", value: "\n"),
                .writeAttribute(path: "\(Self.drivers)/vfio-pci/unbind", value: "0000:04:00.0"),
            ]
        )
        #expect(plan.identities.map(\.address.description) == ["0000:04:00.0"])
        #expect(plan.identities.map { "\($0.vendor):\($0.device)" } == ["8086:125c"])
    }

    @Test func aWholeGraphicsCard() throws {
        let mates = ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
        let plan = try plan("two-gpus-desktop", ["0000:02:00.0"], with: mates)
        let unbound = plan.changes.compactMap { planned -> String? in
            guard case .writeAttribute(let path, let value) = planned.change, path.hasSuffix("/unbind") else {
                return nil
            }
            return "\(path.split(separator: "/")[4]) \(value)"
        }
        #expect(
            unbound == [
                "nouveau 0000:02:00.0", "snd_hda_intel 0000:02:00.1", "xhci_hcd 0000:02:00.2",
                "nvidia-gpu 0000:02:00.3",
            ]
        )
        // The other card, with the same ids, is not touched.
        for planned in plan.changes { #expect(!"\(planned.change)".contains("0000:01:00")) }
        // vfio is loaded already.
        #expect(!plan.changes.contains { if case .loadModule = $0.change { true } else { false } })
        #expect(plan.identities.count == 4)
    }

    @Test func namedTwiceIsBoundOnce() throws {
        let once = try plan("i226-router", ["0000:04:00.0"])
        #expect(try plan("i226-router", ["0000:04:00.0"], with: ["0000:04:00.0"]) == once)
        #expect(try plan("i226-router", ["0000:04:00.0", "0000:04:00.0"]) == once)
    }

    @Test func whatIsBoundAlreadyNeedsNothing() throws {
        #expect(try plan("rmrr-server", ["0000:3b:02.1"]).changes.isEmpty)
    }

    @Test func aFunctionWithoutADriverIsOnlyProbed() throws {
        let plan = try plan("rmrr-server", ["0000:3b:02.3"])
        #expect(
            plan.changes.map(\.change) == [
                .writeFile(path: "/var/run/passthru/home/0000:3b:02.3", content: "8086:154c -\n"),
                .writeAttribute(path: "\(Self.devices)/0000:3b:02.3/driver_override", value: "vfio-pci"),
                .writeAttribute(path: "/sys/bus/pci/drivers_probe", value: "0000:3b:02.3"),
            ]
        )
    }

    @Test func givingBackToTheRememberedDriver() throws {
        let host = try GuardTests.host("rmrr-server")
        let plan = try release(host, "0000:3b:02.1", home: ["0000:3b:02.1": "iavf"])
        let address = try #require(PCIAddress("0000:3b:02.1"))
        let writes = plan.changes.filter { if case .loadModule = $0.change { false } else { true } }
        #expect(
            writes.map(\.change) == [
                .writeAttribute(path: "\(Self.devices)/0000:3b:02.1/driver_override", value: "iavf"),
                .writeAttribute(path: "\(Self.drivers)/vfio-pci/unbind", value: "0000:3b:02.1"),
                .writeAttribute(path: "/sys/bus/pci/drivers_probe", value: "0000:3b:02.1"),
                .writeAttribute(path: "\(Self.devices)/0000:3b:02.1/driver_override", value: "\n"),
                .writeFile(path: "/var/run/passthru/home/0000:3b:02.1", content: nil),
            ]
        )
        #expect(
            writes.map(\.expectation) == [
                .driverOverride(address, "iavf"), .driver(address, nil), .driver(address, "iavf"),
                .driverOverride(address, nil), nil,
            ]
        )
        // The record must be as it was read.
        #expect(plan.changes.last?.before == "8086:154c iavf\n")
    }

    /// A driver in the kernel has no module that could be loaded, and one that is there needs none.
    @Test func aDriverThatIsThereIsNotLoaded() throws {
        let host = try GuardTests.host("rmrr-server")
        let functions = try GuardTests.functions(host, ["0000:3b:02.1"])
        let record = HomeRecord(of: functions[0], driver: "serial")
        func loads(_ drivers: Set<String>) -> [Change] {
            ReleasePlanner(host: host, drivers: drivers).givingBack(functions[0], record: record).map(\.change)
                .filter { if case .loadModule = $0 { true } else { false } }
        }
        #expect(!loads([]).isEmpty)
        #expect(loads(["serial", "vfio-pci"]).isEmpty)
    }

    @Test func givingBackWithoutAMemory() throws {
        let host = try GuardTests.host("rmrr-server")
        let plan = try release(host, "0000:3b:02.1")
        let address = try #require(PCIAddress("0000:3b:02.1"))
        #expect(plan.changes.compactMap(\.expectation).contains(.driverIsNot(address, "vfio-pci")))
        // A captured host does not show who holds the function.
        #expect(plan.warnings.map { $0.en.contains("only a live machine shows it") } == [true])
        // No alias of this machine matches: whoever reads the plan is told.
        let bare = try TestHost.named("rmrr-server").with(["/lib/modules/5.15.0-126-generic/modules.alias": "# none"])
        let lonely = try release(Host.read(bare.machine, GuardTests.parts), "0000:3b:02.1")
        #expect(lonely.warnings.count == 2)
        #expect(lonely.warnings.last?.en.contains("left without one") == true)
    }

    @Test func whatIsNotAssignedNeedsNoRelease() throws {
        let host = try GuardTests.host("i226-router")
        #expect(try release(host, "0000:04:00.0").changes.isEmpty)
    }
}
