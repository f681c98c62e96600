import Inventory
import Wording

/// Programs that have device nodes open: some drivers wait for them, so that taking the function away would hang, others
/// pull the device from under them.
enum BusyHolders: Guard {
    static let name = "busy-holders"
    static let levels = [GuardLevel.refuse, .consent, .warn]

    static func findings(_ request: Request) -> [GuardFinding] {
        guard request.movesAnything else { return [] }
        if let unseen = unseen(request) { return [unseen] + found(request) }
        return found(request)
    }

    static func releaseFindings(_ request: Request) -> [GuardFinding] {
        let held = request.wanted.filter(\.mayBeAway)
        guard let first = held.first else { return [] }
        var findings = held.compactMap { function -> GuardFinding? in
            let programs = programs(holding: function, request.host) { level(of: $0) == .refuse }
            guard let list = Self.list(programs) else { return nil }
            return finding(
                .refuse,
                function,
                Text(
                    en: """
                        \(function.address) is held by \(list): taking it back would wait until the guest lets go. \
                        Shut the guest down, or unplug the device from it first.
                        """,
                    zh: """
                        \(function.address) 被 \(list) 占用：收回会一直等到虚拟机放手。\
                        请先关闭虚拟机，或从虚拟机中拔出该设备。
                        """
                )
            )
        }
        if let why = why(request.host) {
            findings.append(
                finding(
                    .warn,
                    first,
                    Text(
                        en: "Whether a guest still holds \(first.address) cannot be seen (\(why)).",
                        zh: "无法判断虚拟机是否还占用 \(first.address)（\(Text(reason: why).zh)）。"
                    )
                )
            )
        }
        return findings
    }

    /// What happens to a program when the node's function goes.
    ///
    /// Drivers of disks, graphics, sound and cameras, and VFIO itself, wait for their users or tear; the other subsystems
    /// return errors from then on. Input devices come and go all the time, and whoever reads them copes.
    private static func level(of node: HeldNode) -> GuardLevel {
        switch node.subsystem {
        case "block", "drm", "sound", "nvidia", "video4linux", "vfio", "vfio-dev": .refuse
        case "input": .warn
        default: .consent
        }
    }

    private static func found(_ request: Request) -> [GuardFinding] {
        request.touched.flatMap { function in
            let who = request.name(function)
            return GuardLevel.allCases.reversed().compactMap { level -> GuardFinding? in
                let programs = programs(holding: function, request.host) { Self.level(of: $0) == level }
                guard let list = list(programs) else { return nil }
                return finding(level, function, message(level, who, list), costs: [request.host.deviceCost(function)])
            }
        }
    }

    private static func message(_ level: GuardLevel, _ who: Text, _ list: String) -> Text {
        switch level {
        case .refuse:
            Text(
                en: "\(who.en) is in use by \(list): its driver waits for them and may hang. Stop it first.",
                zh: "\(who.zh) 正被 \(list) 使用：驱动会等待它们，可能卡死。请先停止它。"
            )
        case .consent:
            Text(
                en: "\(who.en) is in use by \(list): it loses the device.",
                zh: "\(who.zh) 正被 \(list) 使用：它将失去该设备。"
            )
        case .warn:
            Text(
                en: "\(list) reads input devices of \(who.en), which will be gone.",
                zh: "\(list) 正在读取 \(who.zh) 的输入设备，它们将会消失。"
            )
        }
    }

    private static func programs(
        holding function: PCIFunction,
        _ host: Host,
        where wanted: (HeldNode) -> Bool
    ) -> [DeviceHolder] {
        let address = function.address.description
        return (host.holders?.holders ?? []).compactMap { holder in
            var holder = holder
            holder.nodes.removeAll { node in
                if !wanted(node) { return true }
                if node.isBelow(address) { return false }
                // A volume stands on disks of other functions than those in its own path.
                return node.subsystem != "block"
                    || host.storage?.disks(below: node.name).contains { $0.isBelow(address) } != true
            }
            return holder.nodes.isEmpty ? nil : holder
        }
    }

    /// `Xorg (process 812: /dev/dri/card0)`; nil for nobody.
    private static func list(_ programs: [DeviceHolder]) -> String? {
        guard !programs.isEmpty else { return nil }
        return programs.map { holder in
            "\(holder.command) (PID \(holder.pid): \(holder.nodes.map(\.path).joined(separator: " ")))"
        }.joined(separator: ", ")
    }

    private static func why(_ host: Host) -> String? {
        guard let holders = host.holders else { return "not read" }
        if let why = holders.unknown["holders"] { return why }
        return host.container?.isContainer == true ? "a container shows its own processes only" : nil
    }

    private static func unseen(_ request: Request) -> GuardFinding? {
        // Without a driver of the host there is no node to hold.
        guard let function = request.wanted.first(where: { $0.driver != nil && $0.driver != "vfio-pci" }),
            let why = why(request.host) ?? request.host.holders?.unknown["foreignMounts"]
        else { return nil }
        return finding(
            // A captured machine shows no processes, and changes nothing.
            request.host.holders == nil || why == HolderInventory.notLive ? .warn : .consent,
            function,
            Text(
                en: "Which programs have devices of \(function.address) open cannot be seen (\(why)).",
                zh: "无法看到哪些程序打开了 \(function.address) 的设备（\(Text(reason: why).zh)）。"
            )
        )
    }
}

extension PCIFunction {
    /// Whether a guest may have the function. While an unbind waits for the guest, the kernel has taken the link to vfio-pci
    /// away already (__device_release_driver() in drivers/base/dd.c), and the guest holds the group's node as before.
    var mayBeAway: Bool { driver == nil || driver == "vfio-pci" }
}
