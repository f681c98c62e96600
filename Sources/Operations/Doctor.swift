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
        public var confidence: Confidence
        public var importance: Importance
        public var evidence: Text
        @Nullable public var remedy: Text?
        @Nullable public var actor: Actor?
        /// What `passthru doctor --fix` would do about it; null where a person has to act.
        @Nullable public var repair: Repair?
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
                    confidence: $0.confidence,
                    importance: $0.importance,
                    evidence: $0.evidence,
                    remedy: $0.remedy,
                    actor: $0.actor,
                    repair: $0.repair
                )
            }
        )
    }

    /// What passthru can do about the problems, in the order in which it should be done.
    public var repairs: [Repair] {
        [.kernelArguments, .adopt].filter { repair in
            findings.contains { $0.verdict == .problem && $0.repair == repair }
        }
    }

    public var status: ExitStatus { ready == .yes ? .ok : .no }
}

extension Repair {
    /// Makes the plan of the verb that does it, or carries it out.
    public func run(
        _ machine: Machine,
        _ permissions: Permissions,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        switch self {
        case .kernelArguments:
            try IOMMUSwitch.run(machine, IOMMUSwitch.Wish(isOn: true), permissions, progress: progress)
        case .adopt: try Adopt.run(machine, permissions, progress: progress)
        }
    }
}
