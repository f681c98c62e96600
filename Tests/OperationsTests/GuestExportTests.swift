import Foundation
import Inventory
import Machine
import Operations
import TestHosts
import Testing
import Wording

@Suite struct GuestExportTests {
    private func machine() throws -> Machine {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try Machine.captured(at: folder.appending(path: "TestHosts/Captures/intel.tar").path)
    }

    @Test func qemuTakesUSBDevicesToo() throws {
        let export = try GuestDocuments.qemuArguments(
            machine(),
            devices: ["0403:6001"]
        )
        #expect(export.line.contains("-device usb-host,"))
        #expect(export.line.contains("vendorid=0x0403"))
    }

    // MARK: iommufd

    private static let release = "5.15.0-126-generic"
    private static let virtual = "0000:3b:02.1"

    private func iommufd(_ host: TestHost, _ device: String = virtual) throws -> QEMUExport {
        var wishes = QEMUExport.Wishes()
        wishes.usesIOMMUFD = true
        return try QEMUExport.run(host.machine, devices: [device], wishes)
    }

    private func server(config: String?, _ more: [String: String] = [:]) throws -> TestHost {
        let host = try TestHost.named("rmrr-server").without("/boot/config-\(Self.release)")
        let common = "CONFIG_VFIO=m\nCONFIG_INTEL_IOMMU=y\n"
        let dependencies = "/lib/modules/\(Self.release)/modules.dep"
        let more = more.merging([
            dependencies: (host.text(dependencies) ?? "") + "kernel/drivers/iommu/iommufd/iommufd.ko:\n"
        ]) { $1 }
        return host.with(config.map { ["/boot/config-\(Self.release)": common + $0] } ?? [:]).with(more)
    }

    /// QEMU 8.2 with iommufd opens /dev/iommu and the node of the device: where the kernel has neither, its arguments cannot
    /// start.
    @Test(arguments: [
        ("", "CONFIG_IOMMUFD"), ("# CONFIG_IOMMUFD is not set\n", "CONFIG_IOMMUFD"),
        ("CONFIG_IOMMUFD=m\n# CONFIG_VFIO_DEVICE_CDEV is not set\n", "CONFIG_VFIO_DEVICE_CDEV"),
    ])
    func iommufdNeedsAKernelThatHasIt(_ config: String, _ named: String) throws {
        let failure = #expect(throws: Failure.self) { _ = try iommufd(try server(config: config)) }
        #expect(failure?.status == .missing)
        #expect(failure?.message.en.contains(named) == true, "\(failure?.message.en ?? "")")
        #expect(failure?.message.en.contains("leave out --iommufd") == true)
        #expect(failure?.message.zh.contains(named) == true && failure?.message.zh.contains("请去掉 --iommufd") == true)
    }

    @Test func iommufdIsSeenByItsNodes() throws {
        let folder = "/sys/devices/pci0000:3a/0000:3a:00.0/\(Self.virtual)/vfio-dev/vfio0"
        // Bound, and without a node of its own.
        let failure = #expect(throws: Failure.self) {
            _ = try iommufd(try server(config: nil, ["/dev/iommu": "", "\(folder)/uevent": ""]))
        }
        #expect(failure?.status == .missing)
        #expect(failure?.message.en.contains(Self.virtual) == true, "\(failure?.message.en ?? "")")
        let both = "CONFIG_IOMMUFD=m\nCONFIG_VFIO_DEVICE_CDEV=y\n"
        let whole = try server(config: both, ["/dev/iommu": "", "\(folder)/dev": "511:0"])
        let export = try iommufd(whole)
        #expect(export.line.contains("iommufd=passthru-iommufd"))
        #expect(export.warnings.isEmpty, "\(export.warnings.map(\.en))")
    }

    /// What cannot be seen is said, and no reason to refuse.
    @Test func iommufdThatCannotBeSeenIsSaid() throws {
        let blind = try server(config: nil).without("/lib/modules/\(Self.release)")
        for host in [blind, try server(config: "CONFIG_IOMMUFD=m\n")] {
            let export = try iommufd(host, "0000:3b:02.3")
            #expect(export.line.contains("iommufd=passthru-iommufd"))
            #expect(export.warnings.count == 1, "\(export.warnings.map(\.en))")
            #expect(
                export.warnings.first?.en.contains("Whether this kernel has iommufd for QEMU cannot be seen") == true
            )
        }
    }

    @Test func proxmox() throws {
        let lines = try GuestExport.proxmox(machine(), devices: ["06:00.0", "0403:6001", "06:00.1"]).lines
        #expect(lines == ["hostpci0: 0000:06:00.0;0000:06:00.1,pcie=1", "usb0: host=0403:6001"])
    }

    @Test func mapping() throws {
        let mapping = try GuestExport.mapping(machine(), devices: ["06:00.0", "06:00.1"], name: "nics")
        #expect(
            mapping.pci
                == "nics\n\tmap id=8086:10d3,iommugroup=4,node=pve,path=0000:06:00.0;0000:06:00.1,subsystem-id=8086:0000\n"
        )
        #expect(mapping.usb == nil)
        #expect(throws: Failure.self) { try GuestExport.mapping(machine(), devices: ["06:00.0"], name: "1st") }
    }

    @Test func incus() throws {
        let yaml = try GuestExport.incus(machine(), devices: ["01:00.0", "0403:6001"]).yaml
        #expect(yaml.contains("  passthru-0000-01-00-0:\n    type: \"pci\"\n    address: \"0000:01:00.0\"\n"))
        #expect(yaml.contains("    vendorid: \"0403\"\n    productid: \"6001\"\n"))
    }

    @Test(arguments: [
        ("1-99", Operations.ExitStatus.notFound), ("no such serial", .usage), ("00:1f.0", .refused), ("1-", .usage),
    ])
    func namesThatAreNone(name: String, status: Operations.ExitStatus) throws {
        let failure = try #require(throws: Failure.self) { try GuestExport.proxmox(machine(), devices: [name]) }
        #expect(failure.status == status)
        #expect(failure.message.zh != failure.message.en)
    }
}
