import Inventory
import Wording

/// What the checks of one message say on a host.
public struct MessageConfirmation: Sendable {
    public struct Item: Sendable, Hashable {
        public var id: String
        public var confirmed: Confirmed
        public var evidence: Text
        /// What the check itself says to do: nearer to this host than what the message's entry says.
        public var remedy: Text?
        public var actor: Actor?
    }

    public var items: [Item]

    /// One check that finds it so is enough; that it is not so takes all of them.
    public var confirmed: Confirmed {
        if items.contains(where: { $0.confirmed == .yes }) { return .yes }
        return items.isEmpty || items.contains { $0.confirmed == .unknown } ? .unknown : .no
    }

    /// The check that names the reason on this host, where one does.
    public var here: Item? { items.first { $0.confirmed == .yes && $0.remedy != nil } }

    public init(_ checks: [String], _ subject: ProbeSubject) {
        let isContainer = subject.host.container?.isContainer == true
        items = checks.map { Self.item($0, subject, isContainer: isContainer) }
    }

    private static func item(_ id: String, _ subject: ProbeSubject, isContainer: Bool) -> Item {
        if let check = Checks.all.first(where: { $0.id == id }) {
            let finding = check.finding(subject.host)
            // A container hides what the host has: that something is not seen in it proves nothing.
            if isContainer, finding.verdict == .problem, check.id != ContainerCheck.id {
                let evidence = Text(
                    en: "a container does not show it: \(finding.evidence.en)",
                    zh: "容器中看不到：\(finding.evidence.zh)"
                )
                return Item(id: id, confirmed: .unknown, evidence: evidence, remedy: nil, actor: nil)
            }
            let confirmed: Confirmed =
                switch finding.verdict {
                case .problem: .yes
                case .ok: .no
                case .unknown: .unknown
                }
            return Item(
                id: id,
                confirmed: confirmed,
                evidence: finding.evidence,
                remedy: finding.verdict == .problem ? finding.remedy : nil,
                actor: finding.verdict == .problem ? finding.actor : nil
            )
        }
        let parts = id.split(separator: ":", maxSplits: 1)
        guard let name = parts.first, let probe = Probes.named(name) else {
            return Item(id: id, confirmed: .unknown, evidence: .empty, remedy: nil, actor: nil)
        }
        let answer = probe.answer(subject, argument: parts.count > 1 ? String(parts[1]) : "")
        return Item(id: id, confirmed: answer.confirmed, evidence: answer.evidence, remedy: nil, actor: nil)
    }
}
