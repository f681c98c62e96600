import Foundation
import Inventory
import Machine
import Operations
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
