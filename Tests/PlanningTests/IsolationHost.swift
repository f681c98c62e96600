import Changes
import Inventory
import Machine
import Planning
import TestHosts
import Testing

/// A machine with little but an IOMMU, for rules that look at one device; tests write their devices below it.
enum IsolationHost {
    /// The lines that every such machine has. Its devices are accelerators, in which no other rule sees anything.
    static let base = """
        include _linux
        include _intel
        include _remapped
        include _debian
        /sys/class/iommu/dmar0/
        /sys/class/iommu/dmar1/
        /proc/self/mountinfo = 25 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
        module vfio enable_unsafe_noiommu_mode=N
        module vfio_iommu_type1 allow_unsafe_interrupts=N
        module vfio_pci
        pci 0000:00:00.0 8086:4660 060000 group=0
        pci 0000:00:01.0 8086:460d 060400 driver=pcieport group=1 express=root caps=acs,msi

        """

    static func with(_ lines: String) throws -> TestHost { try Manifest.host("isolation", text: base + lines + "\n") }

    static func read(_ host: TestHost) -> Host { Host.read(host.machine, GuardTests.parts) }

    /// What one rule has against a request.
    static func findings(
        _ name: String,
        _ host: TestHost,
        _ addresses: String...,
        unsafe: Set<UnsafeMode> = []
    ) throws -> [GuardFinding] {
        let host = read(host)
        let wanted = try GuardTests.functions(host, addresses)
        return Guards.findings(Request(wanted, on: host, unsafe: unsafe)).filter { $0.guardName == name }
    }

    static func plan(
        _ host: TestHost,
        _ addresses: String...,
        consents: Set<Consent> = [],
        unsafe: Set<UnsafeMode> = []
    ) throws -> Plan {
        let host = read(host)
        return try AssignPlanner(host: host).plan(
            GuardTests.functions(host, addresses),
            with: [],
            consents: consents,
            unsafe: unsafe
        )
    }

    /// The changes that hand over a function whose driver is `driver`, on a machine with vfio in its kernel.
    static func binding(_ address: String, _ id: String, from driver: String?) -> [Change] {
        let root = "/sys/bus/pci"
        var changes: [Change] = [
            .writeFile(path: "/var/run/passthru/home/\(address)", content: "\(id) \(driver ?? "-")\n"),
            .writeAttribute(path: "\(root)/devices/\(address)/driver_override", value: "vfio-pci"),
        ]
        if let driver {
            changes.append(.writeAttribute(path: "\(root)/drivers/\(driver)/unbind", value: address))
        }
        return changes + [.writeAttribute(path: "\(root)/drivers_probe", value: address)]
    }
}
