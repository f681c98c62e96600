import Changes
import Inventory
import Machine
import Operations
import Planning
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// `assign` and `release` from the request to the kernel and back.
@Suite struct AssignReleaseTests {
    private static let nic = "0000:04:00.0"

    private func router() throws -> SimulatedSysfs { SimulatedSysfs(try .named("i226-router")) }

    private func assign(_ sysfs: SimulatedSysfs, _ devices: [String], mates: [String] = [], dryRun: Bool = false) throws
        -> Outcome
    {
        try Assign.run(Machine(sysfs), devices: devices, mates: mates, once: true, Permissions(dryRun: dryRun)) { _ in }
    }

    private func status(_ body: () throws -> Void) -> Operations.ExitStatus? {
        do {
            try body()
            return nil
        } catch let failure as Failure {
            return failure.status
        } catch {
            return .bug
        }
    }

    /// Everything but what passthru may leave: loaded modules.
    private func state(_ sysfs: SimulatedSysfs) -> [String: Int] {
        sysfs.host.nodes.filter {
            !$0.key.hasPrefix("/sys/module/") && !$0.key.hasPrefix("/sys/bus/pci/drivers/vfio-pci")
                && !$0.key.contains("/passthru/journal")
        }.mapValues(\.hashValue)
    }

    @Test func thereAndBack() throws {
        let sysfs = try router()
        let before = state(sysfs)
        let outcome = try assign(sysfs, [Self.nic])
        #expect(outcome.changed)
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        // Nothing to do the second time.
        let writes = sysfs.events.count
        #expect(try !assign(sysfs, [Self.nic]).changed)
        #expect(sysfs.events.count == writes)
        let back = try Release.run(Machine(sysfs), devices: [Self.nic], Permissions()) { _ in }
        #expect(back.changed)
        #expect(sysfs.driver(of: Self.nic) == "igc")
        #expect(state(sysfs) == before)
        #expect(try !Release.run(Machine(sysfs), devices: [Self.nic], Permissions()) { _ in }.changed)
    }

    @Test func aWholeCardThereAndBack() throws {
        let sysfs = SimulatedSysfs(try .named("two-gpus-desktop"))
        let before = state(sysfs)
        let mates = ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"]
        _ = try assign(sysfs, ["02:00.0"], mates: mates)
        for address in ["0000:02:00.0"] + mates { #expect(sysfs.driver(of: address) == "vfio-pci") }
        #expect(sysfs.driver(of: "0000:01:00.0") == "nouveau")
        _ = try Release.run(Machine(sysfs), devices: ["0000:02:00.0"] + mates, Permissions()) { _ in }
        #expect(state(sysfs) == before)
    }

    @Test func aDryRunWritesNothing() throws {
        let sysfs = try router()
        let outcome = try assign(sysfs, [Self.nic], dryRun: true)
        #expect(outcome.changed)
        #expect(outcome.dryRun)
        #expect(outcome.plan.count == 6)
        #expect(sysfs.events.isEmpty)
    }

    @Test func everyStepIsTold() throws {
        let sysfs = try router()
        var told: [Text] = []
        let outcome = try Assign.run(Machine(sysfs), devices: [Self.nic], mates: [], once: true, Permissions()) {
            told.append($0)
        }
        #expect(told == outcome.plan.map(\.sentence))
    }

    @Test func onlyRootMay() throws {
        let sysfs = try router()
        sysfs.isRoot = false
        #expect(status { _ = try assign(sysfs, [Self.nic]) } == .refused)
        #expect(sysfs.events.isEmpty)
        #expect(status { _ = try assign(sysfs, [Self.nic], dryRun: true) } == nil)
    }

    @Test func exitStatuses() throws {
        let sysfs = try router()
        #expect(status { _ = try assign(sysfs, ["0000:09:00.0"]) } == .notFound)
        #expect(status { _ = try assign(sysfs, ["8086:125c"]) } == .usage)
        #expect(status { _ = try assign(sysfs, ["nonsense"]) } == .usage)
        #expect(status { _ = try assign(sysfs, ["0000:01:00.0"]) } == .refused)
        #expect(status { _ = try assign(sysfs, ["0000:00:1f.4"]) } == .refused)
        #expect(sysfs.events.isEmpty)
        sysfs.beforeWrite = { _, path, _ in path.hasSuffix("drivers_probe") ? .ioError : nil }
        #expect(status { _ = try assign(sysfs, [Self.nic]) } == .failed)
        sysfs.beforeWrite = { _, path, _ in
            path.hasSuffix("drivers_probe") || path.hasSuffix("igc/bind") ? .ioError : nil
        }
        #expect(status { _ = try assign(sysfs, [Self.nic]) } == .incomplete)
        let stuck = try router()
        stuck.hangingDrivers = ["igc"]
        #expect(status { _ = try assign(stuck, [Self.nic]) } == .incomplete)
        let changed = try router()
        changed.beforeWrite = { _, _, _ in .busy }
        #expect(status { _ = try assign(changed, [Self.nic]) } == .failed)
    }

    /// A release that fails leaves the device with vfio-pci, where it was, whichever of its writes fails.
    @Test(arguments: 0..<5)
    func aReleaseThatFailsLeavesTheDeviceAssigned(_ step: Int) throws {
        let sysfs = try router()
        _ = try assign(sysfs, [Self.nic])
        let before = state(sysfs)
        var count = 0
        sysfs.beforeWrite = { _, _, _ in
            defer { count += 1 }
            return count == step ? .ioError : nil
        }
        #expect(status { _ = try Release.run(Machine(sysfs), devices: [Self.nic], Permissions()) { _ in } } == .failed)
        #expect(state(sysfs) == before)
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
    }

    /// The home driver does not take the device back: it returns to vfio-pci, and the record of its home is kept.
    @Test func aHomeDriverThatRefuses() throws {
        let sysfs = try router()
        _ = try assign(sysfs, [Self.nic])
        let before = state(sysfs)
        sysfs.setProbeError(.ioError, of: "igc")
        #expect(status { _ = try Release.run(Machine(sysfs), devices: [Self.nic], Permissions()) { _ in } } == .failed)
        #expect(state(sysfs) == before)
    }

    @Test func releaseFindsADriverThatIsNotLoaded() throws {
        var host = try TestHost.named("rmrr-server")
        host.remove("/sys/bus/pci/drivers/iavf")
        host.remove("/sys/module/iavf")
        for path in host.nodes.keys {
            if case .symbolicLink(let target)? = host.nodes[path], target.hasSuffix("/iavf") { host.remove(path) }
        }
        let modules = (host.text("/proc/modules") ?? "").split(separator: "\n").filter { !$0.hasPrefix("iavf") }
        host.file("/proc/modules", modules.joined(separator: "\n"))
        let depends = host.text("/lib/modules/5.15.0-126-generic/modules.dep") ?? ""
        host.file("/lib/modules/5.15.0-126-generic/modules.dep", depends + "kernel/drivers/net/iavf.ko:\n")
        let sysfs = SimulatedSysfs(host)
        sysfs.loadable.append(SimulatedSysfs.Driver(name: "iavf", ids: ["8086:154c"]))
        _ = try Release.run(Machine(sysfs), devices: ["0000:3b:02.1"], Permissions()) { _ in }
        #expect(sysfs.driver(of: "0000:3b:02.1") == "iavf")
        #expect(sysfs.events.contains(.run("/sbin/modprobe", ["iavf"])))
    }

    /// The physical function lets no driver have its virtual ones by itself: the home driver gets it all the same, and
    /// nothing of the way stays behind.
    @Test func aVirtualFunctionComesHomeWithoutAutoprobe() throws {
        let (sysfs, before) = try withoutAutoprobe()
        _ = try assign(sysfs, [Self.virtual])
        #expect(sysfs.driver(of: Self.virtual) == "vfio-pci")
        #expect(status { _ = try Release.run(Machine(sysfs), devices: [Self.virtual], Permissions()) { _ in } } == nil)
        #expect(sysfs.driver(of: Self.virtual) == "iavf")
        #expect(state(sysfs) == before)
    }

    @Test func undoingAlsoBringsItHome() throws {
        let (sysfs, before) = try withoutAutoprobe()
        let id = try #require(try assign(sysfs, [Self.virtual]).transaction)
        #expect(status { _ = try Undo.run(Machine(sysfs), .transaction(id)) { _ in } } == nil)
        #expect(sysfs.driver(of: Self.virtual) == "iavf")
        #expect(state(sysfs) == before)
    }

    /// A failed assignment, too.
    @Test func anAssignmentThatFailsBringsItHome() throws {
        let (sysfs, before) = try withoutAutoprobe()
        sysfs.beforeWrite = { _, path, _ in path.hasSuffix("drivers_probe") ? .ioError : nil }
        #expect(status { _ = try assign(sysfs, [Self.virtual]) } == .failed)
        #expect(state(sysfs) == before)
    }

    /// A release is undone to vfio-pci, with the override as it was.
    @Test func undoingAReleaseTakesItAgain() throws {
        let (sysfs, _) = try withoutAutoprobe()
        _ = try assign(sysfs, [Self.virtual])
        let assigned = state(sysfs)
        let id = try #require(
            try Release.run(Machine(sysfs), devices: [Self.virtual], Permissions()) { _ in }.transaction
        )
        #expect(status { _ = try Undo.run(Machine(sysfs), .transaction(id)) { _ in } } == nil)
        #expect(state(sysfs) == assigned)
    }

    /// As release 0.1.0 wrote it: the override goes first, and the kernel then refuses the bare bind.
    @Test func anInverseOfTheFirstReleaseBringsItHome() throws {
        let (sysfs, before) = try withoutAutoprobe()
        let host = Host.read(Machine(sysfs), [.pci, .pciDetails, .iommu, .kernel])
        let address = try #require(PCIAddress(Self.virtual))
        let function = try #require(host.function(address))
        var plan = Plan(identities: [Identity(function)])
        plan.changes = AssignPlanner(host: host).binding(function, record: nil)
        let step = try #require(plan.changes.firstIndex { $0.inverse.count > 1 })
        plan.changes[step].inverse = [
            .writeAttribute(path: "/sys/bus/pci/devices/\(address)/driver_override", value: "\n"),
            .writeAttribute(path: "/sys/bus/pci/drivers/iavf/bind", value: "\(address)"),
        ]
        let transaction = Transaction(on: Machine(sysfs), deadline: 1000, settling: 300)
        let entry = try transaction.apply(plan, verb: "assign")
        #expect(sysfs.driver(of: Self.virtual) == "vfio-pci")
        #expect(transaction.undo(entry, .request) == [])
        #expect(state(sysfs) == before)
    }

    private static let virtual = "0000:3b:02.2"

    private func withoutAutoprobe() throws -> (SimulatedSysfs, [String: Int]) {
        let sysfs = SimulatedSysfs(try .named("rmrr-server"))
        let path = "/sys/bus/pci/devices/0000:3b:00.0/sriov_drivers_autoprobe"
        try sysfs.write(path, bytes: Array("0".utf8), milliseconds: 1000)
        #expect(sysfs.driver(of: Self.virtual) == "iavf")
        return (sysfs, state(sysfs))
    }

    @Test func aVirtualFunctionWithoutADriverGoesAndComesBack() throws {
        let sysfs = SimulatedSysfs(try .named("rmrr-server"))
        _ = try assign(sysfs, ["0000:3b:02.3"])
        #expect(sysfs.driver(of: "0000:3b:02.3") == "vfio-pci")
        _ = try Release.run(Machine(sysfs), devices: ["0000:3b:02.3"], Permissions()) { _ in }
        #expect(sysfs.override(of: "0000:3b:02.3") == nil)
        // It had no driver, perhaps because the owner keeps it from all: none is loaded for it.
        #expect(sysfs.driver(of: "0000:3b:02.3") == nil)
        #expect(!sysfs.events.contains { if case .run = $0 { true } else { false } })
        #expect(!Machine(sysfs).exists("/var/run/passthru/home/0000:3b:02.3"))
    }
}

extension Errno {
    fileprivate static var busy: Errno { .resourceBusy }
}
