import Planning
import Wording

/// How a command ends: sysexits(3), with a meaning of passthru's own for 1.
public enum ExitStatus: Int32, Error, Sendable, Codable, CaseIterable {
    /// Done, or yes.
    case ok = 0
    /// The answer is no.
    case no = 1
    case usage = 64
    /// The input is malformed.
    case malformed = 65
    /// No such device, guest or file.
    case notFound = 66
    /// A needed part is missing.
    case missing = 69
    case bug = 70
    /// Input or output failed; what had been done was rolled back.
    case failed = 74
    case busy = 75
    /// Refused by a guard or by permissions.
    case refused = 77
    /// The rollback is incomplete; what is left is listed.
    case incomplete = 78
}

/// Why a command was not carried out, for people and for scripts.
public struct Failure: Error, Sendable, Encodable {
    public let schema = "passthru/error/1"
    public var status: ExitStatus
    public var message: Text
    /// The guard that refused; null when none did.
    public var guardName: String?
    /// Candidates of an ambiguous name, costs of group-mates, what a rollback left: one line each.
    public var details: [Text]
    /// What the guards found, where they refused.
    public var findings: [GuardFinding] = []

    public init(_ status: ExitStatus, _ message: Text, guardName: String? = nil, details: [Text] = []) {
        self.status = status
        self.message = message
        self.guardName = guardName
        self.details = details
    }

    public init(_ refusal: Refusal) {
        self.init(
            .refused,
            refusal.message,
            guardName: refusal.guardName,
            details: refusal.findings.dropFirst().map(\.message)
                + refusal.costs.map { cost in
                    Text(verbatim: "\(cost.address) \(cost.name) [\(cost.driver ?? "-")]: ") + cost.cost
                }
        )
        findings = refusal.findings
    }

    private enum CodingKeys: String, CodingKey {
        case schema, status, message, guardName = "guard", details, findings
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(schema, forKey: .schema)
        try container.encode(status, forKey: .status)
        try container.encode(message, forKey: .message)
        try container.encode(guardName, forKey: .guardName)
        try container.encode(details, forKey: .details)
        try container.encode(findings, forKey: .findings)
    }
}
