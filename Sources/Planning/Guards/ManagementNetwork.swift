import Inventory
import Wording

/// An interface that carries an address or the default route, itself or through a bridge, bond or VLAN, stays with the
/// host: without it nobody may be able to come back.
enum ManagementNetwork: Guard {
    static let name = "management-network"
    static let levels = [GuardLevel.refuse]

    static func findings(_ request: Request) -> [GuardFinding] {
        let host = request.host
        return request.touched.compactMap { function in
            let who = request.name(function)
            let consumers = host.consumers(of: function.address)
            let interfaces = consumers.filter { $0.kind == .network }
            if !interfaces.contains(where: \.isVital), let why = host.unseenNetworkUse(of: function, consumers) {
                return finding(
                    .refuse,
                    function,
                    Text(
                        en: "Whether the host needs the network behind \(who.en) cannot be seen (\(why)).",
                        zh: "无法判断主机是否需要 \(who.zh) 后面的网络（\(Text(reason: why).zh)）。"
                    )
                )
            }
            guard let interface = interfaces.first(where: \.isVital) else { return nil }
            return finding(
                .refuse,
                function,
                Text(
                    en: """
                        \(interface.name) behind \(who.en) is in use (\(interface.usesText.en)): \
                        without it this host may be unreachable. Take its addresses and routes away first.
                        """,
                    zh: """
                        \(who.zh) 后面的 \(interface.name) 正在使用（\(interface.usesText.zh)）：\
                        没有它可能无法再访问本机。请先移除它的地址和路由。
                        """
                ),
                costs: [host.deviceCost(function)]
            )
        }
    }
}
