import Machine
import SystemPackage
import TestHosts
import Testing

/// The simulated kernel answers as the list says that the real one does.
@Suite struct SimulatedSysfsTests {
    private static let names = [
        "NIC": "0000:01:00.0", "NIC2": "0000:02:00.0", "PORT": "0000:00:04.0", "PF": "0000:03:00.0",
        "VF": "0000:03:00.1", "ABSENT": "0000:1f:1f.7",
    ]

    private static let host = """
        include _linux
        pci 0000:00:00.0 8086:29c0 060000 group=0
        pci 0000:00:02.0 1b36:000c 060400 driver=pcieport group=1 express=root caps=acs
        pci 0000:00:03.0 1b36:000c 060400 driver=pcieport group=2 express=root caps=acs
        pci 0000:00:04.0 1b36:000c 060400 driver=pcieport group=3 express=root caps=acs
        pci 0000:01:00.0 8086:10d3 020000 driver=e1000e group=4 parent=0000:00:02.0 express=endpoint caps=msi,msix
        pci 0000:02:00.0 8086:10d3 020000 driver=e1000e group=5 parent=0000:00:03.0 express=endpoint caps=msi,msix
        pci 0000:03:00.0 1b36:0010 010802 driver=nvme group=6 parent=0000:00:04.0 express=endpoint vfs=0/4@1+1:0010
        /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts = N
        """

    private static let errors: [String: CInt] = [
        "ENOENT": 2, "EBUSY": 16, "EEXIST": 17, "ENODEV": 19, "EINVAL": 22, "ERANGE": 34,
    ]

    @Test func itAnswersAsTheKernelDoes() throws {
        let sysfs = SimulatedSysfs(try Manifest.host("rig", text: Self.host))
        sysfs.register(SimulatedSysfs.vfio)
        let operations = try SysfsOperation.all(Self.names)
        #expect(operations.count > 80)
        for operation in operations {
            let place = "line \(operation.line): \(operation.operation) \(operation.target) \(operation.value)"
            switch operation.operation {
            case "write":
                let value = operation.value == "newline" ? "\n" : operation.value + "\n"
                var answer: CInt = 0
                do {
                    try sysfs.write(operation.target, bytes: Array(value.utf8), milliseconds: 1000)
                } catch {
                    answer = error.rawValue
                }
                let expected = operation.expected == "ok" ? 0 : try #require(Self.errors[operation.expected])
                #expect(answer == expected, "\(place)")
            case "driver": #expect(sysfs.driver(of: operation.target) ?? "-" == operation.expected, "\(place)")
            case "override": #expect(sysfs.override(of: operation.target) ?? "-" == operation.expected, "\(place)")
            case "read": #expect(try Machine(sysfs).text(operation.target) == operation.expected, "\(place)")
            case "vfs":
                let path = "/sys/bus/pci/devices/\(operation.target)/sriov_numvfs"
                #expect(try Machine(sysfs).text(path) == operation.expected, "\(place)")
            default: Issue.record("\(place): no such operation")
            }
        }
    }

    @Test func virtualFunctionsComeAndGo() throws {
        let sysfs = SimulatedSysfs(try Manifest.host("rig", text: Self.host))
        let path = "/sys/bus/pci/devices/0000:03:00.0/sriov_numvfs"
        try sysfs.write(path, bytes: Array("3".utf8), milliseconds: 1000)
        #expect(sysfs.addresses.filter { $0.hasPrefix("0000:03:") }.count == 4)
        #expect(sysfs.addresses.contains("0000:03:00.1"))
        #expect(sysfs.addresses.contains("0000:03:00.2"))
        #expect(sysfs.addresses.contains("0000:03:00.3"))
        try sysfs.write(path, bytes: Array("0".utf8), milliseconds: 1000)
        #expect(sysfs.addresses.filter { $0.hasPrefix("0000:03:") } == ["0000:03:00.0"])
    }

    @Test func everyWriteIsRemembered() throws {
        let sysfs = SimulatedSysfs(try Manifest.host("rig", text: Self.host))
        #expect(throws: Errno.noSuchFileOrDirectory) {
            try sysfs.write("/sys/bus/pci/devices/0000:09:00.0/driver_override", bytes: [0x78], milliseconds: 1)
        }
        try sysfs.replace("/var/run/x", with: [0x79])
        try sysfs.replace("/var/run/x", with: nil)
        #expect(
            sysfs.events == [
                .write("/sys/bus/pci/devices/0000:09:00.0/driver_override", "x"), .replace("/var/run/x", "y"),
                .replace("/var/run/x", nil),
            ]
        )
    }
}
