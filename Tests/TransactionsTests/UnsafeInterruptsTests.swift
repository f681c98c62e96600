import Changes
import Inventory
import Machine
import Planning
import SystemPackage
import TestHosts
import Testing
import Transactions

/// `allow_unsafe_interrupts` is on after a plan that was asked to switch it on, and as before after one that failed.
@Suite struct UnsafeInterruptsTests {
    private static let card = "0000:02:00."
    private static let parameter = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

    private func sysfs() throws -> SimulatedSysfs {
        SimulatedSysfs(
            try .named("two-gpus-desktop").with([
                "/proc/interrupts": "            CPU0\n  0:   12   IO-APIC    2-edge   timer\n"
            ])
        )
    }

    private func apply(_ sysfs: SimulatedSysfs) throws {
        let host = Host.read(Machine(sysfs), [.pci, .pciDetails, .names, .iommu, .kernel, .container, .consumers])
        let wanted = host.functions.filter { $0.address.description.hasPrefix(Self.card) }
        let plan = try AssignPlanner(host: host).plan(wanted, with: [], unsafe: [.unsafeInterrupts])
        try Transaction(on: Machine(sysfs), settling: 0).apply(plan, verb: "assign")
    }

    @Test func onOnceThePlanIsCarriedOut() throws {
        let sysfs = try sysfs()
        try apply(sysfs)
        #expect(sysfs.host.text(Self.parameter) == "Y\n")
        #expect(sysfs.driver(of: Self.card + "0") == "vfio-pci")
        #expect(UnsafeModes.read(Machine(sysfs)).notOff.map(\.source) == [Self.parameter])
    }

    @Test func offAgainWhenALaterStepFails() throws {
        let sysfs = try sysfs()
        sysfs.beforeWrite = { _, path, value in
            path.hasSuffix("/drivers_probe") && value == Self.card + "3" ? Errno.ioError : nil
        }
        let failure = #expect(throws: TransactionFailure.self) { try apply(sysfs) }
        #expect(failure?.left.isEmpty == true)
        #expect(sysfs.host.text(Self.parameter) == "N\n")
        #expect(sysfs.driver(of: Self.card + "0") == "nouveau")
    }
}
