import Inventory
import Machine
import Wording

/// What the owner may want to know of groups that do not exist yet. Advice only: nothing is bound by it.
enum GroupAdvice {
    /// How many groups are told of: a server has hundreds of functions.
    private static let most = 6

    /// For the plan that switches the IOMMU on: which devices will not go alone.
    static func notes(_ host: Host, _ machine: Machine) -> [Text] {
        guard host.isIOMMUActive == false, let prediction = GroupPrediction.read(machine) else { return [] }
        let shared = prediction.groups.compactMap { group in note(on: group, host) }
        guard shared.count > most else { return shared }
        return shared.prefix(most) + [
            Text(
                en: "\(shared.count - most) more groups will be shared: `passthru devices` shows them.",
                zh: "还有 \(shared.count - most) 个组将被共用：见 `passthru devices`。"
            )
        ]
    }

    /// Nil for a group that holds at most one function that could be given away.
    private static func note(on group: GroupPrediction.Group, _ host: Host) -> Text? {
        let devices = group.addresses.compactMap { host.function($0) }.filter { $0.class.platformRole == nil }
            .map(\.address.description)
        guard devices.count > 1, group.confidence != .unknown, let why = group.explanation else { return nil }
        return Text(
            en: """
                After the restart \(devices.joined(separator: ", ")) will \(group.confidence == .likely ? "probably " : "")\
                share an IOMMU group: \(why.en).
                """,
            zh: """
                重启后 \(devices.joined(separator: "、"))\(group.confidence == .likely ? "很可能" : "")将同属一个 IOMMU 组：\
                \(why.zh)。
                """
        )
    }
}
