import Formats
import Inventory
import Wording

extension WantedState {
    /// What the owner said of a device that the host keeps until its guest starts: nobody can be asked then.
    public struct HandOver: Sendable, Hashable {
        /// Who starts the guest, and calls passthru by a hook.
        public enum Manager: String, Sendable, Hashable, Codable, CaseIterable { case libvirt, proxmox }

        public var manager: Manager
        /// Findings of guards that are accepted at that moment.
        public var consents: Set<Consent>
        /// Modes that were asked for.
        public var unsafe: Set<UnsafeMode>

        public init(manager: Manager, consents: Set<Consent> = [], unsafe: Set<UnsafeMode> = []) {
            self.manager = manager
            self.consents = consents
            self.unsafe = unsafe
        }
    }

    /// What the host binds at every boot.
    public var atBoot: [Assignment] { assignments.filter { $0.handOver == nil } }

    /// What is handed over when its guest starts.
    public var atGuestStart: [Assignment] { assignments.filter { $0.handOver != nil } }
}

extension SectionReader {
    /// How the device goes when its guest starts; nil when it goes at boot.
    func handOver() throws(WantedStateError) -> WantedState.HandOver? {
        switch section["when"] ?? "boot" {
        case "boot": return nil
        case "guest-start": break
        default: throw wrong("when", Text(en: "boot or guest-start", zh: " boot 或 guest-start"))
        }
        guard section["guest"]?.isEmpty == false else {
            throw error(
                "when",
                Text(en: "when 'guest-start' without the option 'guest'", zh: "when 为 'guest-start' 但缺少选项 'guest'")
            )
        }
        guard let manager = WantedState.HandOver.Manager(rawValue: section["manager"] ?? "libvirt") else {
            throw wrong("manager", Text(en: "libvirt or proxmox", zh: " libvirt 或 proxmox"))
        }
        var handOver = WantedState.HandOver(manager: manager)
        for text in section.list("consent") {
            guard let consent = Consent(text) else {
                throw wrong(
                    "consent",
                    Text(en: "GUARD=DEVICE, as a refusal names it", zh: "拒绝信息中给出的 GUARD=DEVICE")
                )
            }
            handOver.consents.insert(consent)
        }
        for text in section.list("unsafe") {
            guard let mode = UnsafeMode(rawValue: text) else {
                let names = UnsafeMode.allCases.map(\.rawValue)
                throw wrong(
                    "unsafe",
                    Text(
                        en: "one of \(names.joined(separator: ", "))",
                        zh: " \(names.joined(separator: "、")) 之一"
                    )
                )
            }
            handOver.unsafe.insert(mode)
        }
        return handOver
    }
}
