import Inventory
import Wording

/// A controller whose disks the host uses stays with the host: mounts, swap, overlays, loop devices, LVM, RAID,
/// encryption, bcache and multipath, down to the disks that they stand on. Where a mount cannot be placed on a disk,
/// every disk may hold it.
enum SystemStorage: Guard {
    static let name = "system-storage"
    static let levels = [GuardLevel.refuse, .consent]

    static func findings(_ request: Request) -> [GuardFinding] {
        request.touched.compactMap { function in
            let host = request.host
            let who = request.name(function)
            let consumers = host.consumers(of: function.address)
            let uses = host.storage?.uses(ofFunction: function.address.description) ?? []
            return mounted(function, who, consumers, uses, host) ?? unseen(function, who, consumers, host)
                ?? mountedElsewhere(function, who, host) ?? assembled(function, who, uses, host)
        }
    }

    private static func mounted(
        _ function: PCIFunction,
        _ who: Text,
        _ consumers: [Consumer],
        _ uses: [StorageUse],
        _ host: Host
    ) -> GuardFinding? {
        guard let disk = consumers.first(where: { $0.kind == .disk && $0.isVital }) else { return nil }
        let holdsRoot = uses.contains { $0.isRoot && $0.chain.first == disk.name }
        return finding(
            .refuse,
            function,
            Text(
                en: "The host uses \(disk.name) behind \(who.en): \(disk.usesText.en).",
                zh: "主机正在使用 \(who.zh) 后面的 \(disk.name)：\(disk.usesText.zh)。"
            )
                + (holdsRoot
                    ? Text(en: " The host runs from it.", zh: "主机就从它运行。")
                    : Text(en: " Unmount it first.", zh: "请先卸载。")),
            costs: [host.deviceCost(function)]
        )
    }

    private static func unseen(
        _ function: PCIFunction,
        _ who: Text,
        _ consumers: [Consumer],
        _ host: Host
    ) -> GuardFinding? {
        guard let why = host.unseenStorageUse(of: function, consumers) else { return nil }
        return finding(
            .refuse,
            function,
            Text(
                en: "Whether the host uses the disks of \(who.en) cannot be seen (\(why.en)).",
                zh: "无法判断主机是否正在使用 \(who.zh) 的磁盘（\(why.zh)）。"
            )
        )
    }

    /// A container, or a service with mounts of its own, may use a disk that the host itself has not mounted.
    private static func mountedElsewhere(_ function: PCIFunction, _ who: Text, _ host: Host) -> GuardFinding? {
        guard let storage = host.storage else { return nil }
        let address = function.address.description
        for mount in host.holders?.foreignMounts ?? [] {
            guard let device = storage.devices.first(where: { $0.number == mount.number }),
                storage.disks(below: device.name).contains(where: { $0.isBelow(address) })
            else { continue }
            return finding(
                .refuse,
                function,
                Text(
                    en: """
                        \(device.name) behind \(who.en) is mounted at \(mount.mountPoint) in a container or service \
                        (process \(mount.pid), \(mount.command)). Stop it first.
                        """,
                    zh: """
                        \(who.zh) 后面的 \(device.name) 被容器或服务（进程 \(mount.pid)，\(mount.command)）\
                        挂载在 \(mount.mountPoint)。请先停止它。
                        """
                ),
                costs: [host.deviceCost(function)]
            )
        }
        return nil
    }

    /// A volume that nobody has mounted still has its disks open, and may be a guest's.
    private static func assembled(
        _ function: PCIFunction,
        _ who: Text,
        _ uses: [StorageUse],
        _ host: Host
    ) -> GuardFinding? {
        guard let storage = host.storage else { return nil }
        let address = function.address.description
        let known = uses.compactMap(\.chain.last)
        // What is built on a disk by drivers that passthru knows nothing of.
        let others = storage.devices.filter { !$0.hidden && $0.isBelow(address) }.flatMap(\.holders)
        let names = Set(known + others).compactMap(storage.device).map { $0.mapperName ?? $0.name }
        let missing = others.filter { storage.device($0) == nil }
        let list = (names + missing).sorted()
        guard !list.isEmpty else { return nil }
        return finding(
            .consent,
            function,
            Text(
                en: """
                    Disks behind \(who.en) are part of \(list.joined(separator: ", ")), which is assembled but not \
                    mounted: it breaks without them. Stop it first (vgchange -an, mdadm --stop).
                    """,
                zh: """
                    \(who.zh) 后面的磁盘属于 \(list.joined(separator: "、"))，它已组装但没有挂载：\
                    没有这些磁盘它就会损坏。请先停止它（vgchange -an、mdadm --stop）。
                    """
            ),
            costs: [host.deviceCost(function)]
        )
    }
}
