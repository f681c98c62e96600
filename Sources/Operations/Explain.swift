import Formats
import Inventory
import Machine
import Readiness
import Wording

/// `passthru explain`: what a message means, whether it is so on this host, and what to do.
public struct Explain: Sendable, Encodable {
    public let schema = "passthru/explain/1"
    public var causes: [Cause]
    /// Whether a root says what is wrong, and not only that something is.
    public var answered: Bool
    /// Lines about passthrough that say that something failed and that nobody knows yet.
    public var related: [Line]
    public var sources: [Source]
    /// Whether a part of the text was not looked at because it would have taken too long.
    public var incomplete: Bool

    /// A message, what it means here, and what to do.
    public struct Cause: Sendable, Encodable {
        public var id: String
        public var role: MessageFindings.Role
        public var cause: Text
        /// The device; null when the text names none.
        @Nullable public var bdf: PCIAddress?
        /// The lines that say it, as they read without escapes.
        public var lines: [String]
        /// Their numbers, from 1.
        public var numbers: [Int]
        public var confirmed: Confirmed
        public var remedy: Text
        public var actor: Actor
        /// What it follows from, an id; null for a root.
        @Nullable public var follows: String?
        /// Whether the text ended before the message did, so that it may be another one that begins alike.
        public var cut: Bool
        public var checks: [Check]
        /// The check that names the reason on this host; null when none does.
        @Nullable public var here: Check?
    }

    /// What a check of this host says of a cause.
    public struct Check: Sendable, Encodable {
        public var id: String
        public var confirmed: Confirmed
        public var evidence: Text
        @Nullable public var remedy: Text?
        @Nullable public var actor: Actor?
    }

    public struct Line: Sendable, Encodable {
        public var number: Int
        public var text: String
    }

    /// The parts of a host that are looked at.
    static let parts: Host.Parts = [Checks.parts, Probes.parts, .network]

    public static func run(_ machine: Machine, _ words: [String]) throws(Failure) -> Explain {
        let sources = try sources(words, on: machine)
        let base = try base()
        var text = sources.first?.bytes ?? []
        for source in sources.dropFirst() where !source.bytes.isEmpty {
            if text.last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
            text += source.bytes
        }
        var found = MessageFindings(text, base: base)
        var confirmations: [String: MessageConfirmation] = [:]
        if !found.findings.isEmpty {
            confirmations = confirm(found, on: machine)
            found.sort { finding in
                switch confirmations[finding.key]?.confirmed {
                case .yes?: 0
                case .no?: 2
                default: 1
                }
            }
        }
        return Explain(
            causes: found.findings.map { Cause($0, confirmations[$0.key]) },
            answered: found.findings.contains { $0.role == .root && $0.entry.role == .cause },
            related: found.related.map { Line(number: $0.number, text: $0.line) },
            sources: sources,
            incomplete: found.isIncomplete
        )
    }

    private static func base() throws(Failure) -> MessageBase {
        do {
            return try MessageBase.builtIn.get()
        } catch {
            throw Failure(
                .bug,
                Text(en: "The messages in this binary cannot be read.", zh: "无法读取本程序内置的消息库。"),
                details: [Text(verbatim: "\(error)")]
            )
        }
    }

    private static func confirm(_ found: MessageFindings, on machine: Machine) -> [String: MessageConfirmation] {
        let host = Host.read(machine, parts)
        var paths = ["/dev/vfio"]
        var devices: [PCIAddress] = []
        for finding in found.findings {
            let captures = finding.captures
            if let path = captures["path"] { paths.append(path) }
            if let address = finding.address { devices.append(address) }
            let group = captures["group"].flatMap(Int.init) ?? finding.address.flatMap(host.function)?.group
            if let group { paths.append("/dev/vfio/\(group)") }
        }
        let facts = TroubleFacts.read(machine, devices: Array(Set(devices)), paths: Array(Set(paths)))
        var confirmations: [String: MessageConfirmation] = [:]
        for finding in found.findings where confirmations[finding.key] == nil {
            let subject = ProbeSubject(
                host: host,
                facts: facts,
                address: finding.address,
                captures: finding.captures
            )
            confirmations[finding.key] = MessageConfirmation(finding.entry.checks, subject)
        }
        return confirmations
    }

    public var status: ExitStatus { answered ? .ok : .no }
}

extension MessageFindings.Finding {
    /// One message about one device.
    fileprivate var key: String { "\(entry.id) \(address?.description ?? "")" }
}

extension Explain.Cause {
    fileprivate init(_ finding: MessageFindings.Finding, _ confirmation: MessageConfirmation?) {
        let hits = finding.hits.prefix(20)
        let here = confirmation?.here
        self.init(
            id: finding.entry.id,
            role: finding.role,
            cause: finding.entry.cause,
            bdf: finding.address,
            lines: hits.map { printable($0.line.utf8, limit: 300) },
            numbers: hits.map(\.number),
            confirmed: confirmation?.confirmed ?? .unknown,
            remedy: here?.remedy ?? finding.entry.remedy,
            actor: here?.actor ?? finding.entry.actor,
            follows: finding.follows,
            cut: finding.isCut,
            checks: confirmation?.items.map(Explain.Check.init) ?? [],
            here: here.map(Explain.Check.init)
        )
    }
}

extension Explain.Check {
    fileprivate init(_ item: MessageConfirmation.Item) {
        self.init(
            id: item.id,
            confirmed: item.confirmed,
            evidence: item.evidence,
            remedy: item.remedy,
            actor: item.actor
        )
    }
}
