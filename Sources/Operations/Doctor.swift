import Inventory
import Machine
import Readiness
import Wording

/// `passthru doctor`: every check with evidence and remedy.
public struct Doctor: Sendable, Encodable {
    public let schema = "passthru/doctor/1"
    public var ready: ReadinessReport.Ready
    public var reason: ReadinessReport.Reason
    public var findings: [Item]

    public struct Item: Sendable, Encodable {
        public var id: String
        public var title: Text
        public var verdict: Verdict
        public var evidence: Text
        @Nullable public var remedy: Text?
        @Nullable public var actor: Actor?
    }

    public static func run(_ machine: Machine) -> Doctor {
        let report = ReadinessReport(Host.read(machine, Checks.parts))
        return Doctor(
            ready: report.ready,
            reason: report.reason,
            findings: report.findings.map {
                Item(
                    id: $0.id,
                    title: $0.title,
                    verdict: $0.verdict,
                    evidence: $0.evidence,
                    remedy: $0.remedy,
                    actor: $0.actor
                )
            }
        )
    }

    public var status: ExitStatus { ready == .yes ? .ok : .no }
}
