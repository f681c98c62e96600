import Inventory
import Wording

/// A request that the guards do not let pass.
public struct Refusal: Error, Sendable, Hashable {
    /// What stands in the way: every finding that refuses, or else every one that lacks the owner's consent.
    public var findings: [GuardFinding]

    public init?(_ findings: [GuardFinding], consents: Set<Consent>) {
        let refused = findings.filter { $0.level == .refuse }
        let open = findings.filter { $0.level == .consent && !consents.contains($0.consent) }
        guard let first = refused.first ?? open.first else { return nil }
        self.findings = first.level == .refuse ? refused : open
        self.first = first
    }

    /// The one that speaks.
    public let first: GuardFinding

    public var guardName: String { first.guardName }
    public var device: PCIAddress? { first.device }
    public var level: GuardLevel { first.level }
    public var costs: [DeviceCost] { first.costs }

    /// The first finding's message, and how to consent to it where that is possible.
    public var message: Text {
        guard level == .consent else { return first.message }
        let flags = findings.map { "--consent \($0.consent)" }.joined(separator: " ")
        return first.message + Text(en: " To go on all the same: \(flags)", zh: "若仍要继续：\(flags)")
    }
}
