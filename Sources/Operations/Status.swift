import Inventory
import Machine
import Planning
import Readiness
import Wording

/// `passthru` alone: ready or not, what is assigned.
public struct Status: Sendable, Encodable {
    public let schema = "passthru/status/1"
    public var ready: ReadinessReport.Ready
    public var reason: ReadinessReport.Reason
    @Nullable public var system: String?
    @Nullable public var kernel: String?
    /// Functions bound to vfio-pci; null when they could not be read.
    @Nullable public var assigned: [Assigned]?
    /// How many findings of the doctor are problems or unknown.
    public var problems: Int
    public var unknowns: Int

    public struct Assigned: Sendable, Encodable {
        public var address: PCIAddress
        public var name: String
        @Nullable public var homeDriver: String?
    }

    public static func run(_ machine: Machine) -> Status {
        let host = Host.read(machine, Checks.parts.union(.names))
        let report = ReadinessReport(host)
        return Status(
            ready: report.ready,
            reason: report.reason,
            system: host.platform?.name,
            kernel: host.kernel?.release,
            assigned: host.pci?.functions.map { functions in
                functions.filter { $0.driver == "vfio-pci" }.map {
                    Assigned(
                        address: $0.address,
                        name: $0.displayName,
                        homeDriver: HomeDrivers.read(machine)[$0.address]
                    )
                }
            },
            problems: report.findings.count { $0.verdict == .problem },
            unknowns: report.findings.count { $0.verdict == .unknown }
        )
    }
}

/// The drivers that functions had before they were assigned, as recorded when that happened.
enum HomeDrivers {
    static func read(_ machine: Machine) -> [PCIAddress: String] {
        let root = AssignPlanner.recordRoot
        var drivers: [PCIAddress: String] = [:]
        for name in machine.listIfAny(root) {
            guard let address = PCIAddress(name), let text = machine.textIfAny("\(root)/\(name)") else { continue }
            let words = text.split(separator: " ")
            if words.count == 2 { drivers[address] = String(words[1]) }
        }
        return drivers
    }
}
