import Inventory
import Machine
import TestHosts
import Testing

/// Modes that take isolation away are seen while they are on, and only then.
@Suite struct UnsafeModesTests {
    private func notOff(_ texts: [String: String] = [:], without paths: String...) throws -> [UnsafeSetting] {
        let host = try TestHost.named("two-gpus-desktop").with(texts).without(paths)
        return UnsafeModes.read(host.machine).notOff
    }

    @Test func allAreOffOnAPlainMachine() throws {
        #expect(try notOff().isEmpty)
        let all = UnsafeModes.read(try TestHost.named("two-gpus-desktop").machine).settings
        #expect(all.map(\.mode) == UnsafeSetting.Mode.allCases)
        #expect(all.allSatisfy { $0.isOn == false && $0.value == nil && $0.unknown.isEmpty })
    }

    @Test(arguments: [
        (UnsafeSetting.Mode.unsafeInterrupts, "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"),
        (.unsafeInterruptsOfIOMMUFD, "/sys/module/iommufd/parameters/allow_unsafe_interrupts"),
        (.noIOMMU, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"),
        (.denylistOff, "/sys/module/vfio_pci/parameters/disable_denylist"),
    ])
    func aParameterThatIsOn(_ mode: UnsafeSetting.Mode, _ path: String) throws {
        let on = try notOff([path: "Y"])
        #expect(on.map(\.mode) == [mode])
        #expect(on.map(\.isOn) == [true])
        #expect(on.map(\.source) == [path])
        #expect(on.map(\.value) == ["Y"])
        #expect(try notOff([path: "N"]).isEmpty)
    }

    @Test(arguments: [
        (UnsafeSetting.Mode.acsOverride, "pcie_acs_override=downstream,multifunction"),
        (.relaxedReservedMemory, "intel_iommu=on,relax_rmrr"),
    ])
    func anArgumentThatIsOn(_ mode: UnsafeSetting.Mode, _ argument: String) throws {
        let on = try notOff(["/proc/cmdline": "quiet \(argument) root=/dev/sda1"])
        #expect(on.map(\.mode) == [mode])
        #expect(on.map(\.source) == ["/proc/cmdline"])
        #expect(on.map(\.value) == [argument])
    }

    @Test(arguments: ["intel_iommu=on", "relax_rmrr", "pcie_acs_override", "x=pcie_acs_override=downstream"])
    func argumentsThatAreNot(_ argument: String) throws {
        #expect(try notOff(["/proc/cmdline": "quiet \(argument)"]).isEmpty)
    }

    /// `/dev/vfio/vfio` is open to all on every host with udev, and opens nothing by itself.
    @Test func nodesThatAreOpenToAll() throws {
        var host = try TestHost.named("two-gpus-desktop")
        host.file("/dev/vfio/vfio", "", mode: 0o666)
        host.file("/dev/vfio/11", "", mode: 0o660)
        #expect(UnsafeModes.read(host.machine).notOff.isEmpty)
        host.file("/dev/vfio/12", "", mode: 0o666)
        let on = UnsafeModes.read(host.machine).notOff
        #expect(on.map(\.mode) == [.worldNodes])
        #expect(on.map(\.source) == ["/dev/vfio/12"])
        #expect(on.map(\.value) == ["666"])
    }

    @Test func whatCannotBeReadIsUnknown() throws {
        let blind = try notOff(without: "/proc/cmdline", "/sys/module", "/dev")
        #expect(blind.map(\.mode) == UnsafeSetting.Mode.allCases)
        #expect(blind.allSatisfy { $0.isOn == nil && $0.unknown["isOn"]?.contains($0.source) == true })
        let path = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
        let locked = HostManifest.machine("\(path) ! EACCES\n/proc/cmdline = quiet\n/dev/vfio/")
        let unseen = UnsafeModes.read(locked).notOff
        #expect(unseen.map(\.mode) == [.noIOMMU])
        #expect(unseen.first?.unknown["isOn"] == "\(path): permission denied")
    }
}
