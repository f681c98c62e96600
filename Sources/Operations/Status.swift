import Inventory
import Machine
import Planning
import Readiness
import Transactions
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
    /// Transactions that want the owner's attention: to be confirmed, interrupted, or not fully undone; null when the
    /// journal could not be read.
    @Nullable public var pending: [Pending]?
    /// How many findings of the doctor are problems or unknown.
    public var problems: Int
    public var unknowns: Int
    /// Modes that take isolation away, as long as they are on, and those of which it could not be seen.
    public var unsafe: [UnsafeSetting]

    public struct Pending: Sendable, Encodable {
        public var id: Int
        public var verb: String
        public var state: JournalEntry.State
        public var summary: Text
        /// The command that settles it.
        public var remedy: String
    }

    public struct Assigned: Sendable, Encodable {
        public var address: PCIAddress
        public var name: String
        @Nullable public var homeDriver: String?
    }

    public static func run(_ machine: Machine) -> Status {
        let host = Host.read(machine, Checks.parts.union([.names, .unsafeModes]))
        let report = ReadinessReport(host)
        let records = HomeRecords.read(machine)
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
                        homeDriver: records[$0.address]?.driver
                    )
                }
            },
            pending: pending(machine),
            problems: report.findings.count { $0.verdict == .problem },
            unknowns: report.findings.count { $0.verdict == .unknown },
            unsafe: host.unsafeModes?.notOff ?? []
        )
    }

    private static func pending(_ machine: Machine) -> [Pending]? {
        guard let history = try? History.run(machine, transaction: nil), history.unreadable.isEmpty else { return nil }
        return history.transactions.compactMap { transaction in
            let remedy: String
            switch transaction.state {
            case .open: remedy = "passthru recover"
            case .waiting: remedy = "passthru confirm \(transaction.id)"
            case .incomplete: remedy = "passthru undo \(transaction.id)"
            case .applied, .rolledBack, .undone: return nil
            }
            return Pending(
                id: transaction.id,
                verb: transaction.verb,
                state: transaction.state,
                summary: transaction.summary,
                remedy: remedy
            )
        }
    }
}
