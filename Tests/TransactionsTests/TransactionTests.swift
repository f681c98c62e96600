import Changes
import Inventory
import Machine
import Planning
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// Plans carried out on a simulated kernel.
@Suite struct TransactionTests {
    static let nic = "0000:04:00.0"
    private static let devices = "/sys/bus/pci/devices"
    private static let drivers = "/sys/bus/pci/drivers"

    /// The router, on which `0000:04:00.0` is free.
    private func router() throws -> SimulatedSysfs { SimulatedSysfs(try .named("i226-router")) }

    private func plan(_ sysfs: SimulatedSysfs, _ addresses: [String], with mates: [String] = []) throws -> Plan {
        let parts: Host.Parts = [.pci, .pciDetails, .names, .iommu, .kernel, .container, .consumers]
        let host = Host.read(Machine(sysfs), parts)
        func functions(_ names: [String]) -> [PCIFunction] {
            names.compactMap { PCIAddress($0) }.compactMap { host.function($0) }
        }
        return try AssignPlanner(host: host).plan(functions(addresses), with: functions(mates))
    }

    private func attempt(_ sysfs: SimulatedSysfs, _ plan: Plan) -> TransactionFailure? {
        do {
            try Transaction(on: Machine(sysfs), deadline: 1000, settling: 300).apply(plan, verb: "assign")
            return nil
        } catch {
            return error
        }
    }

    private func writes(_ sysfs: SimulatedSysfs) -> [String] {
        sysfs.events.map(\.description)
    }

    @Test func allChangesInTheirOrder() throws {
        let sysfs = try router()
        #expect(attempt(sysfs, try plan(sysfs, [Self.nic])) == nil)
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        #expect(sysfs.override(of: Self.nic) == "vfio-pci")
        #expect(sysfs.host.text("/var/run/passthru/home/\(Self.nic)") == "8086:125c igc\n")
        #expect(
            writes(sysfs) == [
                "/sbin/modprobe vfio_iommu_type1", "/sbin/modprobe vfio-pci",
                "replace /var/run/passthru/home/\(Self.nic)",
                "vfio-pci > \(Self.devices)/\(Self.nic)/driver_override",
                "\(Self.nic) > \(Self.drivers)/igc/unbind", "\(Self.nic) > /sys/bus/pci/drivers_probe",
            ]
        )
        // The three others of the same make are still with their driver.
        for other in ["0000:01:00.0", "0000:02:00.0", "0000:03:00.0"] { #expect(sysfs.driver(of: other) == "igc") }
    }

    @Test func progressIsToldBeforeEachChange() throws {
        let sysfs = try router()
        let plan = try plan(sysfs, [Self.nic])
        var told: [PlannedChange] = []
        try Transaction(on: Machine(sysfs)) { told.append($0) }.apply(plan, verb: "assign")
        #expect(told == plan.changes)
    }

    /// The kernel says nothing when no driver took the device: only reading back finds out.
    @Test func aProbeThatBoundNothingIsFoundOut() throws {
        let sysfs = try router()
        let before = sysfs.host
        let plan = try plan(sysfs, [Self.nic])
        sysfs.register(SimulatedSysfs.vfio)
        sysfs.setProbeError(.invalidArgument, of: "vfio-pci")
        let failure = try #require(attempt(sysfs, plan))
        #expect(failure.message.en.contains("should have the driver vfio-pci"))
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(sysfs.override(of: Self.nic) == nil)
        #expect(sysfs.host.nodes["/var/run/passthru/home/\(Self.nic)"] == nil)
        #expect(!failure.isStuck)
        #expect(failure.left.isEmpty, "everything was put back, yet: \(failure.left.map(\.en))")
        #expect(sysfs.host.differences(from: before).filter { $0.hasPrefix("/sys/devices/") } == [])
    }

    @Test func rollbackGoesFromLastToFirst() throws {
        let sysfs = try router()
        let plan = try plan(sysfs, [Self.nic])
        sysfs.beforeWrite = { _, path, _ in path.hasSuffix("drivers_probe") ? .ioError : nil }
        let failure = try #require(attempt(sysfs, plan))
        #expect(failure.left.isEmpty)
        let events = writes(sysfs)
        let failed = try #require(events.firstIndex { $0.hasSuffix("drivers_probe") })
        #expect(
            Array(events[(failed + 1)...]) == [
                "igc > \(Self.devices)/\(Self.nic)/driver_override",
                "\(Self.nic) > \(Self.drivers)/igc/bind",
                "(newline) > \(Self.devices)/\(Self.nic)/driver_override",
                "rm /var/run/passthru/home/\(Self.nic)",
            ]
        )
    }

    /// After every possible failing step the machine is as it was before.
    @Test(arguments: 0..<4)
    func whicheverWriteFailsTheMachineIsAsBefore(_ step: Int) throws {
        let sysfs = try router()
        sysfs.register(SimulatedSysfs.vfio)
        _ = try sysfs.run("/sbin/modprobe", ["vfio_iommu_type1"], milliseconds: 1)
        let before = sysfs.host
        let plan = try plan(sysfs, [Self.nic])
        var count = 0
        sysfs.beforeWrite = { _, _, _ in
            defer { count += 1 }
            return count == step ? .permissionDenied : nil
        }
        let failure = try #require(attempt(sysfs, plan))
        #expect(failure.left.isEmpty, "\(failure.left.map(\.en))")
        #expect(sysfs.host.differences(from: before) == [])
    }

    @Test func severalDevicesAreAllGivenBack() throws {
        let sysfs = SimulatedSysfs(try .named("two-gpus-desktop"))
        let mates = ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
        let plan = try plan(sysfs, ["0000:02:00.0"], with: mates)
        sysfs.beforeWrite = { _, path, value in
            path.hasSuffix("drivers/nvidia-gpu/unbind") && value == "0000:02:00.3" ? .resourceBusy : nil
        }
        let failure = try #require(attempt(sysfs, plan))
        #expect(failure.left.isEmpty, "\(failure.left.map(\.en))")
        let home = ["nouveau", "snd_hda_intel", "xhci_hcd", "nvidia-gpu"]
        #expect((["0000:02:00.0"] + mates).map { sysfs.driver(of: $0) } == home)
        #expect((["0000:02:00.0"] + mates).allSatisfy { sysfs.override(of: $0) == nil })
    }

    @Test func aRollbackThatFailsNamesWhatIsLeft() throws {
        let sysfs = try router()
        let plan = try plan(sysfs, [Self.nic])
        sysfs.beforeWrite = { _, path, _ in
            path.hasSuffix("drivers_probe") || path.hasSuffix("igc/bind") ? .ioError : nil
        }
        let failure = try #require(attempt(sysfs, plan))
        #expect(failure.left.count == 1)
        #expect(failure.left.first?.en.contains("igc/bind") == true)
        // What could be undone was undone all the same.
        #expect(sysfs.override(of: Self.nic) == nil)
    }

    @Test func aDriverThatHangsIsStuck() throws {
        let sysfs = try router()
        let plan = try plan(sysfs, [Self.nic])
        sysfs.hangingDrivers = ["igc"]
        let failure = try #require(attempt(sysfs, plan))
        #expect(failure.isStuck)
        #expect(failure.message.en.contains("reboot"))
        // The kernel holds the device's lock: writing driver_override back would hang as long (seen on Linux 6.1), so
        // nothing of the device is touched again, and what is left is said.
        #expect(failure.left.contains { $0.en.contains("\(Self.nic)/driver_override") })
        #expect(writes(sysfs).last?.contains("igc/unbind") == true)
        #expect(Journal(on: Machine(sysfs)).entry(1)?.state == .incomplete)
    }

    @Test func anotherDeviceAtTheAddressStopsEverything() throws {
        let sysfs = try router()
        let plan = try plan(sysfs, [Self.nic])
        sysfs.replaceIdentity(of: Self.nic, vendor: "10ec", device: "8125")
        let failure = try #require(attempt(sysfs, plan))
        #expect(failure.isOutdated)
        #expect(sysfs.events.isEmpty)
    }

    @Test func aDeviceThatIsGoneStopsEverything() throws {
        let sysfs = try router()
        let plan = try plan(sysfs, [Self.nic])
        sysfs.vanish(Self.nic)
        #expect(try #require(attempt(sysfs, plan)).isOutdated)
        #expect(sysfs.events.isEmpty)
    }

    @Test func theIdentitiesOfAllDevicesComeBeforeTheFirstWrite() throws {
        let sysfs = SimulatedSysfs(try .named("two-gpus-desktop"))
        let plan = try plan(sysfs, ["0000:02:00.0"], with: ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"])
        sysfs.replaceIdentity(of: "0000:02:00.3", vendor: "10de", device: "ffff")
        #expect(try #require(attempt(sysfs, plan)).isOutdated)
        #expect(sysfs.events.isEmpty)
    }

    @Test func aDeviceThatVanishesInTheMiddle() throws {
        let sysfs = try router()
        let plan = try plan(sysfs, [Self.nic])
        sysfs.beforeWrite = { sysfs, path, _ in
            if path.hasSuffix("igc/unbind") { sysfs.vanish(Self.nic) }
            return nil
        }
        let failure = try #require(attempt(sysfs, plan))
        #expect(!failure.isOutdated)
        #expect(failure.message.en.contains("igc/unbind"))
        // A device that is not there has nothing left to be put back.
        #expect(failure.left.isEmpty)
        #expect(sysfs.host.nodes["/var/run/passthru/home/\(Self.nic)"] == nil)
    }

    @Test func aModuleThatDoesNotLoad() throws {
        let sysfs = try router()
        let plan = try plan(sysfs, [Self.nic])
        sysfs.modprobe = { _, _ in
            ProgramResult(status: 1, output: "modprobe: ERROR: could not insert: Exec format error\n")
        }
        let failure = try #require(attempt(sysfs, plan))
        #expect(failure.message.en.contains("Exec format error"))
        #expect(sysfs.events.count == 1)
        #expect(sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func aModuleThatSaysItLoadedAndDidNot() throws {
        let sysfs = try router()
        let plan = try plan(sysfs, [Self.nic])
        sysfs.modprobe = { _, _ in ProgramResult(status: 0, output: "") }
        let failure = try #require(attempt(sysfs, plan))
        #expect(failure.message.en.contains("vfio_iommu_type1"))
        #expect(sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func withoutModprobeOnlyWhatIsLoadedWillDo() throws {
        var host = try TestHost.named("i226-router")
        host.remove("/sbin/modprobe")
        let sysfs = SimulatedSysfs(host)
        let plan = try plan(sysfs, [Self.nic])
        #expect(try #require(attempt(sysfs, plan)).message.en.contains("modprobe"))
        for module in ["vfio_iommu_type1", "vfio_pci"] { host.folder("/sys/module/\(module)") }
        let loaded = SimulatedSysfs(host)
        #expect(attempt(loaded, plan) == nil)
        #expect(loaded.driver(of: Self.nic) == "vfio-pci")
    }
}
