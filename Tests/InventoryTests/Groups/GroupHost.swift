import Machine
import TestHosts

@testable import Inventory

/// Written-down machines for the rules of groups.
enum GroupHost {
    static let intel = "dmar 39 1\ndrhd fed90000 1"
    static let amd = "ivrs 0\nivhd feb80000 00:00.2"

    /// A host with these lines of devices, read as for a prediction.
    static func read(
        _ lines: String,
        kernel: String = "6.1.0-56-amd64",
        arguments: String = "",
        tables: String = intel
    ) throws -> Host {
        let text = """
            /proc/sys/kernel/osrelease = \(kernel)
            /proc/cmdline = quiet intel_iommu=off \(arguments)
            \(tables)
            no-groups
            pci 0000:00:00.0 8086:29c0 060000
            \(lines)

            """
        return Host.read(try Manifest.host("groups", text: text).machine, GroupPrediction.parts)
    }

    static func address(_ text: String) -> PCIAddress {
        PCIAddress(text) ?? PCIAddress(bus: 0xFF, device: 0, function: 0)
    }

    /// The groups with more than one function, as sorted lines of addresses without their domain.
    static func shared(_ host: Host) -> [String] {
        (GroupPrediction(host)?.groups ?? []).filter { $0.members.count > 1 }.map { group in
            group.addresses.sorted().map { String($0.description.dropFirst($0.domain == 0 ? 5 : 0)) }
                .joined(separator: " ")
        }.sorted()
    }
}
