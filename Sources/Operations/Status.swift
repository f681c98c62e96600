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
    /// Assignments whose devices are not with vfio-pci now, and why; null when what is wanted could not be read.
    @Nullable public var missing: [BootReport.Device]?
    /// What is handed over when its guest starts, a guest each; null when what is wanted could not be read.
    @Nullable public var atGuestStart: [GuestHandOver]?
    /// Why what is wanted at every boot is not known; null when it is.
    @Nullable public var wantedProblem: Text?
    /// What this boot made of the assignments; null when nothing of it was left, or none was run.
    @Nullable public var boot: BootReport?
    /// Transactions that want the owner's attention: to be confirmed, interrupted, or not fully undone; null when the
    /// journal could not be read.
    @Nullable public var pending: [Pending]?
    /// Why the last trial boot was not kept; null when it was, or there was none.
    @Nullable public var lastTrial: Text?
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
        /// Whether it will be bound at the next boot, too; null when that is not known.
        @Nullable public var isPermanent: Bool?
    }

    public static func run(_ machine: Machine) -> Status {
        let host = Host.read(machine, Checks.parts.union([.names, .unsafeModes]))
        let report = ReadinessReport(host)
        let records = HomeRecords.read(machine)
        let boot = BootReport.read(machine)
        let wanted: WantedState?
        var problem: Text?
        do throws(Failure) {
            wanted = try WantedFile.read(machine).state
        } catch {
            wanted = nil
            problem = error.message
        }
        var unsafe = host.unsafeModes?.notOff ?? []
        if wanted?.nodes?.access == .world, !unsafe.contains(where: { $0.mode == .worldNodes }) {
            unsafe.append(UnsafeSetting(.worldNodes, source: WantedState.path(on: machine), value: "world"))
        }
        return Status(
            ready: report.ready,
            reason: report.reason,
            system: host.platform?.name,
            kernel: host.kernel?.release,
            assigned: host.pci?.functions.map { functions in
                functions.filter { $0.driver == "vfio-pci" }.map { function in
                    Assigned(
                        address: function.address,
                        name: function.displayName,
                        homeDriver: records[function.address]?.driver,
                        isPermanent: wanted.map {
                            $0.assignment(of: function.address).map { $0.handOver == nil } ?? false
                        }
                    )
                }
            },
            missing: wanted.map { missing($0, host, boot) },
            atGuestStart: wanted.map { GuestHandOver.all($0, host, machine) },
            wantedProblem: problem,
            boot: boot,
            pending: pending(machine),
            lastTrial: lastTrial(machine),
            problems: report.findings.count { $0.verdict == .problem },
            unknowns: report.findings.count { $0.verdict == .unknown },
            unsafe: unsafe
        )
    }

    /// What the boot said of it, where that still holds.
    private static func missing(_ wanted: WantedState, _ host: Host, _ boot: BootReport?) -> [BootReport.Device] {
        wanted.atBoot.compactMap { assignment in
            let address = assignment.identity.address
            guard host.pci?.functions != nil, host.function(address)?.driver != "vfio-pci" else { return nil }
            if let device = boot?.devices.first(where: { $0.address == address && $0.result != .bound }) {
                return device
            }
            let isThere = host.function(address) != nil
            return BootReport.Device(
                name: assignment.name,
                address: address,
                result: isThere ? .failed : .absent,
                reason: boot?.problem
                    ?? (isThere
                        ? Text(
                            en: "it has been given back since, or the boot did not come to it",
                            zh: "之后已被归还，或启动时没有处理到它"
                        ) : nil),
                elsewhere: nil,
                guest: assignment.guest
            )
        }
    }

    /// Until the next `passthru iommu`, the owner is told what became of a trial.
    private static func lastTrial(_ machine: Machine) -> Text? {
        guard let history = try? History.run(machine, transaction: nil) else { return nil }
        return history.transactions.last { $0.verb == "iommu" }?.story
    }

    private static func pending(_ machine: Machine) -> [Pending]? {
        guard let history = try? History.run(machine, transaction: nil), history.unreadable.isEmpty else { return nil }
        return history.transactions.compactMap { transaction in
            let remedy: String
            switch transaction.state {
            case .open: remedy = "passthru recover"
            case .waiting where transaction.trial == .prepared: remedy = "reboot"
            case .waiting where transaction.trial == .over: remedy = "passthru boot"
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
