import Inventory
import Wording

/// An interface that carries an address or a default route, itself or through a bridge, bond or VLAN, that the network
/// configuration names, or that carries the owner's session: without it nobody may be able to come back. The last
/// interface of all never goes.
enum ManagementNetwork: Guard {
    static let name = "management-network"
    static let levels = [GuardLevel.refuse, .consent]

    static func findings(_ request: Request) -> [GuardFinding] {
        let host = request.host
        var ways: WaysIn?
        return request.losses.compactMap { function in
            let consumers = host.consumers(of: function.address)
            let interfaces = consumers.filter { $0.kind == .network }
            let isVital = interfaces.contains(where: \.isVital)
            if let refusal = unseen(request, function, consumers, isVital: isVital) { return refusal }
            guard function.class.isNetwork || !interfaces.isEmpty else { return nil }
            let left = ways ?? WaysIn(request)
            ways = left
            if !left.keepsAnInterface, !interfaces.isEmpty || !request.leavesAny(\.isNetwork) {
                return last(request, function, interfaces)
            }
            for interface in interfaces {
                guard let reasons = host.needs(interface) else { continue }
                let who = request.name(function)
                return finding(
                    function,
                    on: host,
                    losing: Text(
                        en: """
                            \(interface.name) behind \(who.en) is in use (\(reasons.en)): \
                            without it this host may be unreachable.
                            """,
                        zh: "\(who.zh) 后面的 \(interface.name) 正在使用（\(reasons.zh)）：没有它可能无法再访问本机。"
                    ),
                    way: left.wires.first?.text,
                    lack: Text(
                        en: "No other interface with a link and an address stays: set one up first.",
                        zh: "没有其他已连通且有地址的接口：请先配置好一个。"
                    )
                )
            }
            return nil
        }
    }

    /// What cannot be seen is needed.
    private static func unseen(
        _ request: Request,
        _ function: PCIFunction,
        _ consumers: [Consumer],
        isVital: Bool
    ) -> GuardFinding? {
        let host = request.host
        let who = request.name(function)
        let why =
            isVital ? host.unseenMeaning(of: function, consumers) : host.unseenNetworkUse(of: function, consumers)
        if let why {
            return finding(
                .refuse,
                function,
                Text(
                    en: "Whether the host needs the network behind \(who.en) cannot be seen (\(why)).",
                    zh: "无法判断主机是否需要 \(who.zh) 后面的网络（\(Text(reason: why).zh)）。"
                )
            )
        }
        // A USB adapter is a network device, too.
        let mayBeIt =
            function.class.isNetwork || function.class.isUSBController
            || consumers.contains { $0.kind == .network }
        guard mayBeIt, let (name, why) = host.unresolvedInterface else { return nil }
        return finding(
            .refuse,
            function,
            Text(
                en: """
                    The host needs the interface \(name), and which device it belongs to cannot be seen (\(why)): \
                    it may be \(who.en).
                    """,
                zh: "主机需要接口 \(name)，但无法看出它属于哪个设备（\(Text(reason: why).zh)）：可能就是 \(who.zh)。"
            )
        )
    }

    private static func last(_ request: Request, _ function: PCIFunction, _ interfaces: [Consumer]) -> GuardFinding {
        let who = request.name(function)
        let names = Text.list(interfaces.map(\.name))
        let what =
            interfaces.isEmpty
            ? who : Text(en: "\(names.en) behind \(who.en)", zh: "\(who.zh) 后面的 \(names.zh)")
        return finding(
            .refuse,
            function,
            Text(
                en: "\(what.en) is the last network device that this host has: it always stays.",
                zh: "\(what.zh) 是本机最后的网络设备：始终要保留。"
            ),
            costs: [request.host.deviceCost(function)]
        )
    }
}

extension Host {
    /// What an interface is needed for, as a list; nil when for nothing.
    fileprivate func needs(_ consumer: Consumer) -> Text? {
        guard let interface = network?.interface(consumer.name) else { return nil }
        let names = stack(on: interface)
        var reasons = consumer.isVital ? [consumer.usesText] : []
        if let session, session.isRemote {
            if let carrier = session.interface {
                if names.contains(carrier) {
                    reasons.append(Text(en: "it carries this session", zh: "承载当前会话"))
                }
            } else {
                reasons.append(Text(en: "it may carry this session", zh: "可能承载当前会话"))
            }
        }
        if let use = networkConfiguration?.use(ofAny: names) {
            let file = NetworkConfiguration.path
            reasons.append(
                Text(en: "\(use.section) in \(file)", zh: "\(file) 中的 \(use.section)")
            )
        }
        return reasons.isEmpty ? nil : .list(reasons)
    }
}
