import Inventory
import Wording

/// Whether devices that could be handed over stand in groups of their own, and what puts them together where they do not.
public enum GroupQuality: Check {
    public static let id = "group-quality"
    public static let title = Text(en: "Devices in groups of their own", zh: "设备各自成组")
    public static let importance = Importance.advice

    public static func applies(to host: Host) -> Bool { host.isIOMMUActive == true }

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let functions = host.pci?.functions else {
            return .unknown(host.pci?.unknown["functions"] ?? "not read")
        }
        if let why = functions.lazy.compactMap({ $0.unknown["group"] }).first { return .unknown(why) }
        let groups = Set(functions.filter(\.isCandidate).compactMap(\.group)).sorted()
        let reasons = GroupReasons(host)
        let answers = groups.compactMap { number -> Finding.Answer? in
            let members = host.members(ofGroup: number).filter { !$0.class.isBridge }
            guard let first = members.first, members.contains(where: { !$0.address.sharesSlot(with: first.address) })
            else { return nil }
            let list = members.map(\.address.description)
            let why = reasons?.explanation(ofGroup: number).map { Text(verbatim: "; ") + $0 }
            return .problem(
                Text(en: "group \(number): ", zh: "组 \(number)：") + .list(list) + (why ?? .empty),
                remedy: Text(
                    en: """
                        They go to one guest together, or not at all. Another slot may be better: those of the processor \
                        have ports of their own.
                        """,
                    zh: "它们只能一起交给同一个虚拟机。换一个插槽可能更好：处理器直连的插槽有各自的端口。"
                ),
                actor: .owner
            )
        }
        return Finding.Answer.joined(answers, shown: DeviceAnswers.shown)
            ?? .ok(
                Text(
                    en: "/sys/kernel/iommu_groups: no two devices of \(groups.count) groups share one",
                    zh: "/sys/kernel/iommu_groups：\(groups.count) 个组中没有两个设备同组"
                )
            )
    }
}
