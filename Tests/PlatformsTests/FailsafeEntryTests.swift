import Formats
import Machine
import Operations
import TestHosts
import Testing
import Wording

/// OpenWrt's failsafe entry of the menu, by which an owner comes back in.
@Suite struct FailsafeEntryTests {
    private static let menu = "/boot/grub/grub.cfg"

    /// The lines that start a kernel, after `iommu on`: the failsafe entry's, and the others.
    private func lines(leavesFailsafeAlone: Bool) throws -> (failsafe: [Substring], others: [Substring]) {
        let sysfs = SimulatedLoaders.machine(try BootHost("openwrt-23.05-bios").host)
        let wish = IOMMUSwitch.Wish(
            isOn: true,
            leavesFailsafeAlone: leavesFailsafeAlone,
            trialMinutes: nil
        )
        _ = try IOMMUSwitch.run(Machine(sysfs), wish, Permissions()) { _ in }
        let text = try #require(sysfs.host.text(Self.menu))
        let lines = text.split(separator: "\n").filter { $0.contains("linux ") }
        return (lines.filter { $0.contains("failsafe=true") }, lines.filter { !$0.contains("failsafe=true") })
    }

    @Test func itStaysAsItIsWhereTheOwnerAsks() throws {
        let (failsafe, others) = try lines(leavesFailsafeAlone: true)
        #expect(!failsafe.isEmpty && !others.isEmpty)
        #expect(failsafe.allSatisfy { !$0.contains("iommu") }, "\(failsafe)")
        #expect(others.allSatisfy { $0.contains("intel_iommu=on") }, "\(others)")
        let menu = try #require(try BootHost("openwrt-23.05-bios").host.text(Self.menu))
        for line in failsafe { #expect(menu.contains(line)) }
    }

    @Test func otherwiseEveryEntryHasTheArguments() throws {
        let (failsafe, others) = try lines(leavesFailsafeAlone: false)
        #expect(!failsafe.isEmpty)
        #expect((failsafe + others).allSatisfy { $0.contains("intel_iommu=on") })
    }
}
