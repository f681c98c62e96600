import Inventory
import Wording

/// A device that nothing resets keeps what the last user left in it: memory of the guest, or a state from which only a
/// power cycle helps.
///
/// Only ways that reach this function alone count (`Host.resetMethods(of:)`). Where all functions of a bus go, VFIO resets
/// them together (VFIO_DEVICE_PCI_HOT_RESET); as long as one is not bound to vfio-pci, it cannot.
enum Reset: Guard {
    static let name = "reset"
    static let levels = [GuardLevel.consent, .warn]

    static func findings(_ request: Request) -> [GuardFinding] {
        request.leaving.compactMap { function in
            guard let methods = request.host.resetMethods(of: function) else {
                let why =
                    function.details?.unknown["resetMethods"] ?? function.unknown["details"] ?? "not read"
                return finding(
                    .warn,
                    function,
                    Text(
                        en: "How \(function.address) can be reset cannot be seen (\(why)).",
                        zh: "无法得知 \(function.address) 能以何种方式复位（\(Text(reason: why).zh)）。"
                    )
                )
            }
            guard function.sharesReset else { return nil }
            let mates = request.host.busMates(of: function).filter { !$0.class.isBridge }
            let others = mates.filter { !request.isWanted($0) && $0.driver != "vfio-pci" }
            let staying = others.filter { $0.driver != nil || $0.unknown["driver"] != nil }
            if !staying.isEmpty { return shared(function, staying, request.host) }
            if !methods.isEmpty || (!mates.isEmpty && others.isEmpty) { return nil }
            return missing(function, others)
        }
    }

    private static func shared(_ function: PCIFunction, _ staying: [PCIFunction], _ host: Host) -> GuardFinding {
        let list = Text.list(staying.map(\.address.description))
        return finding(
            .consent,
            function,
            Text(
                en: """
                    \(function.address) can only be reset together with \(list.en), which the host keeps: between two \
                    guests it stays as the first one left it, and may not start again before the host does. \
                    Give them away together where you can.
                    """,
                zh: """
                    \(function.address) 只能与主机保留的 \(list.zh) 一起复位：\
                    在两次使用之间它会保持上一个虚拟机留下的状态，可能要等主机重启后才能再次启动。\
                    可以的话请一并交出。
                    """
            ),
            costs: staying.map(host.deviceCost)
        )
    }

    private static func missing(_ function: PCIFunction, _ others: [PCIFunction]) -> GuardFinding {
        let list = Text.list(others.map(\.address.description))
        let remedy =
            others.isEmpty
            ? Text.empty
            : Text(
                en: " Give \(list.en) away too: then they are reset together.",
                zh: "请一并交出 \(list.zh)：这样可以一起复位。"
            )
        return finding(
            .warn,
            function,
            Text(
                en: """
                    The kernel knows no way to reset \(function.address): a guest may find it as the last one left it, \
                    and it may not start a second time before the host does.
                    """,
                zh: """
                    内核没有复位 \(function.address) 的办法：虚拟机得到它时可能仍是上次留下的状态，\
                    第二次启动可能要等主机重启之后。
                    """
            ) + remedy
        )
    }
}
