import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

@Suite struct InterruptRemappingMissingTests {
    private static let name = "interrupt-remapping"
    private static let address = "0000:01:00.0"
    private static let parameter = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
    /// What /proc/interrupts shows where nothing remaps.
    private static let plain = """
                   CPU0       CPU1
          0:         12          0   IO-APIC    2-edge      timer
        126:         41          0   PCI-MSI-0000:00:14.0    0-edge      xhci_hcd
        """

    private func host() throws -> TestHost {
        try IsolationHost.with(
            """
            pci \(Self.address) 8086:0b25 120000 driver=idxd group=7 parent=0000:00:01.0 express=endpoint caps=flr,msix reset=flr,bus
            """
        )
    }

    private func unmapped() throws -> TestHost { try host().with(["/proc/interrupts": Self.plain]) }

    @Test func refusedWithoutTheFlag() throws {
        let findings = try IsolationHost.findings(Self.name, unmapped(), Self.address)
        #expect(findings.map(\.level) == [.refuse])
        #expect(findings.first?.device == nil)
        #expect(findings.first?.message.en.contains("--unsafe-interrupts") == true)
        #expect(findings.first?.message.zh.contains("--unsafe-interrupts") == true)
        #expect(throws: Refusal.self) { try IsolationHost.plan(unmapped(), Self.address) }
        // Neither another flag nor a consent takes its place.
        #expect(throws: Refusal.self) {
            try IsolationHost.plan(
                unmapped(),
                Self.address,
                consents: [Consent(guardName: Self.name, token: "host")],
                unsafe: [.acsOverride]
            )
        }
    }

    @Test func theFlagSwitchesItOnAndTheInverseOff() throws {
        let plan = try IsolationHost.plan(unmapped(), Self.address, unsafe: [.unsafeInterrupts])
        #expect(
            plan.changes.map(\.change)
                == [.writeAttribute(path: Self.parameter, value: "Y")]
                + IsolationHost.binding(Self.address, "8086:0b25", from: "idxd")
        )
        #expect(plan.changes.first?.before == "N")
        #expect(plan.changes.first?.inverse == [.writeAttribute(path: Self.parameter, value: "N")])
        #expect(plan.warnings.contains { $0.en.contains("allow_unsafe_interrupts") })
    }

    /// The parameter is there only once its module is.
    @Test func itIsWrittenAfterTheModuleWasLoaded() throws {
        let bare = try unmapped().with(["/proc/modules": "kvm 16384 1 - Live 0x0000000000000000"])
            .without("/sys/module/vfio_iommu_type1", "/sys/module/vfio_pci", "/sys/module/vfio")
        let changes = try IsolationHost.plan(bare, Self.address, unsafe: [.unsafeInterrupts]).changes
        #expect(
            changes.prefix(3).map(\.change) == [
                .loadModule("vfio_iommu_type1"), .loadModule("vfio-pci"),
                .writeAttribute(path: Self.parameter, value: "Y"),
            ]
        )
        #expect(changes[2].before == nil)
        #expect(changes[2].inverse == [.writeAttribute(path: Self.parameter, value: "N")])
    }

    @Test func alreadyOnIsNotedAndNotWrittenAgain() throws {
        let on = try unmapped().with([Self.parameter: "Y"])
        #expect(try IsolationHost.findings(Self.name, on, Self.address).map(\.level) == [.warn])
        for unsafe in [[], [UnsafeMode.unsafeInterrupts]] as [Set<UnsafeMode>] {
            let plan = try IsolationHost.plan(on, Self.address, unsafe: unsafe)
            #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.address, "8086:0b25", from: "idxd"))
        }
    }

    @Test func whatCannotBeSeenIsNoted() throws {
        let blind = try host().without("/proc/interrupts")
        let finding = try #require(try IsolationHost.findings(Self.name, blind, Self.address).first)
        #expect(finding.level == .warn)
        #expect(finding.message.en.contains("/proc/interrupts"))
        // Nothing dangerous is switched on because of a guess.
        let plan = try IsolationHost.plan(blind, Self.address, unsafe: [.unsafeInterrupts])
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.address, "8086:0b25", from: "idxd"))
    }

    @Test func withRemappingTheFlagChangesNothing() throws {
        #expect(try IsolationHost.findings(Self.name, host(), Self.address).isEmpty)
        let plan = try IsolationHost.plan(host(), Self.address, unsafe: [.unsafeInterrupts])
        #expect(plan.changes.map(\.change) == IsolationHost.binding(Self.address, "8086:0b25", from: "idxd"))
        #expect(!plan.warnings.contains { $0.en.contains("interrupt") })
    }

    /// AMD's interrupt remapping shows itself by the same chips (drivers/iommu/amd/iommu.c).
    @Test func chipsOfAMDCount() throws {
        let amd = try host().with(["/proc/interrupts": " 26:  0  0  AMD-IR  3-edge  PCIe PME\n"])
        #expect(try IsolationHost.findings(Self.name, amd, Self.address).isEmpty)
    }

    @Test func whatIsBoundAlreadyIsNotJudgedAgain() throws {
        let bound = try IsolationHost.with(
            "pci \(Self.address) 8086:0b25 120000 driver=vfio-pci override=vfio-pci group=7 parent=0000:00:01.0 express=endpoint caps=flr,msix reset=flr,bus"
        ).with(["/proc/interrupts": Self.plain])
        #expect(try IsolationHost.findings(Self.name, bound, Self.address).isEmpty)
        #expect(try IsolationHost.plan(bound, Self.address, unsafe: [.unsafeInterrupts]).changes.isEmpty)
    }
}
