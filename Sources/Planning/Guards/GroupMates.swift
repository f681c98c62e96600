import Inventory
import Wording

/// A group goes as a whole: every endpoint in it that has a driver of the host must be named, nothing is taken silently.
enum GroupMates: Guard {
    static let name = "group-mates"
    static let levels = [GuardLevel.refuse]

    static func findings(_ request: Request) -> [GuardFinding] {
        let host = request.host
        let named = Set(request.wanted.map(\.address))
        return Set(request.wanted.compactMap(\.group)).sorted().compactMap { group in
            if let why = host.unseenMember(ofGroup: group),
                let device = request.wanted.first(where: { $0.group == group })
            {
                return unseen(group, device, why)
            }
            let others = host.members(ofGroup: group).filter { !named.contains($0.address) && standsInTheWay($0) }
            guard !others.isEmpty, let device = request.wanted.first(where: { $0.group == group }) else { return nil }
            if let fixed = others.first(where: { $0.class.platformRole != nil }), let role = fixed.class.platformRole {
                return finding(
                    .refuse,
                    device,
                    Text(
                        en: """
                            IOMMU group \(group) also holds \(fixed.address), \(role.name.en) that the host keeps: \
                            no device of this group can be given away. Another slot may be in another group.
                            """,
                        zh: """
                            IOMMU 组 \(group) 中还有 \(fixed.address)（\(role.name.zh)），主机必须保留它：\
                            这个组里的设备都不能交出。换一个插槽也许会在另一个组里。
                            """
                    ),
                    costs: others.map(host.deviceCost)
                )
            }
            let list = others.map(\.address.description)
            return finding(
                .refuse,
                device,
                Text(
                    en: """
                        IOMMU group \(group) also holds \(list.joined(separator: ", ")): a group goes to a guest as a whole. \
                        Name \(others.count == 1 ? "it" : "them") too: --with \(list.joined(separator: " --with "))
                        """,
                    zh: """
                        IOMMU 组 \(group) 中还有 \(list.joined(separator: "、"))：一个组只能整体交给虚拟机。\
                        请一并写明：--with \(list.joined(separator: " --with "))
                        """
                ),
                costs: others.map(host.deviceCost)
            )
        }
    }

    private static func unseen(_ group: Int, _ device: PCIFunction, _ why: String) -> GuardFinding {
        finding(
            .refuse,
            device,
            Text(
                en: "Which functions IOMMU group \(group) holds, and who uses them, cannot be seen (\(why)).",
                zh: "无法得知 IOMMU 组 \(group) 中有哪些功能以及谁在使用（\(Text(reason: why).zh)）。"
            )
        )
    }

    /// Whether VFIO would call the group "not viable" because of this function: bound to a driver of the host, and no
    /// bridge (drivers/vfio: a bridge may keep its driver, and so may pci-stub).
    static func standsInTheWay(_ function: PCIFunction) -> Bool {
        guard let driver = function.driver else { return function.unknown["driver"] != nil }
        return !function.class.isBridge && driver != "vfio-pci" && driver != "pci-stub"
    }
}

extension Host {
    func deviceCost(_ function: PCIFunction) -> DeviceCost {
        let costs = consumers(of: function.address).map(\.text)
        return DeviceCost(
            address: function.address,
            name: function.displayName,
            driver: function.driver,
            cost: costs.isEmpty
                ? Text(en: "nothing that the host uses was found", zh: "没有发现主机正在使用它") : Text.list(costs)
        )
    }
}
