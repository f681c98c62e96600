import Inventory
import Wording

/// Memory that the firmware wants to stay mapped one to one for a device (RMRR of Intel, IVMD of AMD): the device goes on
/// using it behind the host's back, so the kernel does not let its group go to a guest.
///
/// Intel's driver refuses such a group since Linux 3.17 (drivers/iommu/intel/iommu.c, "platform RMRR requirement"), every
/// driver since 6.6 (drivers/iommu/iommu.c, "1:1 IOMMU mapping"). It calls regions of USB controllers and displays
/// `direct-relaxable`, as nobody uses them after the start: those may go.
enum ReservedMemory: Guard {
    static let name = "reserved-memory"
    static let levels = [GuardLevel.refuse, .warn]

    static func findings(_ request: Request) -> [GuardFinding] {
        var seen: Set<Int> = []
        return request.leaving.compactMap { function in
            guard let group = function.group, seen.insert(group).inserted else { return nil }
            return finding(function, group, request.host)
        }
    }

    private static func finding(_ function: PCIFunction, _ number: Int, _ host: Host) -> GuardFinding? {
        let group = host.iommu?.groups?.first { $0.number == number }
        if let why = unseen(group, host) {
            return finding(
                .warn,
                function,
                Text(
                    en: """
                        Whether the firmware reserved memory for IOMMU group \(number) cannot be seen (\(why)): \
                        if it did, the guest will not start.
                        """,
                    zh: """
                        无法得知固件是否为 IOMMU 组 \(number) 保留了内存（\(Text(reason: why).zh)）：\
                        如果保留了，虚拟机将无法启动。
                        """
                )
            )
        }
        let regions = group?.reservedRegions ?? []
        let fixed = regions.filter { $0.type == "direct" }
        if !fixed.isEmpty {
            let list = Text.list(fixed.map { "\($0.start)-\($0.end)" })
            return finding(
                .refuse,
                function,
                Text(
                    en: """
                        The firmware reserved memory (\(list.en)) that a device of IOMMU group \(number) must always \
                        reach: the kernel gives no device of this group to a guest. Look in the BIOS set-up for what \
                        reserves it (pre-boot DMA protection, shared memory of the management processor), update the \
                        firmware, or try another slot.
                        """,
                    zh: """
                        固件保留了内存（\(list.zh)），IOMMU 组 \(number) 中的设备必须随时能访问它：\
                        内核不会把这个组的任何设备交给虚拟机。请在 BIOS 中查找是什么保留了它\
                        （预启动 DMA 保护、管理处理器的共享内存），更新固件，或换一个插槽。
                        """
                )
            )
        }
        guard regions.contains(where: { $0.type == "direct-relaxable" }) else { return nil }
        // The kernel relaxes regions of these two kinds only, unless it was patched to relax them all.
        let members = host.members(ofGroup: number)
        guard !members.contains(where: { $0.class.isUSBController || $0.class.isDisplay }) else { return nil }
        return finding(
            .warn,
            function,
            Text(
                en: """
                    The firmware reserved memory for IOMMU group \(number), and this kernel was told to let it go all \
                    the same: the device may go on writing there, or fail in the guest.
                    """,
                zh: "固件为 IOMMU 组 \(number) 保留了内存，而当前内核被要求照样放行：设备可能继续写入那里，或在虚拟机中出错。"
            )
        )
    }

    private static func unseen(_ group: IOMMU.Group?, _ host: Host) -> String? {
        guard let group else { return host.iommu?.unknown["groups"] ?? "not read" }
        return group.unknown["reservedRegions"]
    }
}
