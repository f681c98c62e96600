import Inventory
import Wording

/// Memory that the firmware reserved for devices (RMRR, IVMD): the kernel refuses to give the groups of these devices to
/// guests, "Firmware has requested this device have a 1:1 IOMMU mapping".
public enum ReservedMemoryCheck: Check {
    public static let id = "reserved-regions"
    public static let title = Text(en: "No memory reserved for devices (RMRR)", zh: "没有为设备保留的内存（RMRR）")
    public static let importance = Importance.advice

    public static func applies(to host: Host) -> Bool {
        let firmware = host.firmware
        if firmware?.dmar?.rmrr.isEmpty == false || firmware?.ivrs?.ivmd.isEmpty == false { return true }
        if host.kernel?.note(.reservedMemory) != nil { return true }
        return (host.iommu?.groups ?? []).contains { group in
            group.unknown["reservedRegions"] != nil || group.reservedRegions.contains { $0.type.hasPrefix("direct") }
        }
    }

    public static func answer(_ host: Host) -> Finding.Answer {
        switch host.isIOMMUActive {
        case nil: .unknown(host.iommu?.unknown["groups"] ?? "not read")
        case false?: beforehand(host)
        case true?: whileItRuns(host)
        }
    }

    private static func whileItRuns(_ host: Host) -> Finding.Answer {
        let answers = (host.iommu?.groups ?? []).compactMap { judge($0, host) }
        let found = Finding.Answer.joined(answers, shown: DeviceAnswers.shown)
        if found?.verdict != .problem, let note = host.kernel?.note(.reservedMemory) {
            return refused(Text(en: "the kernel: \(note.text)", zh: "内核：\(note.text)"), host)
        }
        return found ?? .ok(Text(en: "no group has any", zh: "没有任何组有保留内存"))
    }

    private static func judge(_ group: IOMMU.Group, _ host: Host) -> Finding.Answer? {
        if let why = group.unknown["reservedRegions"] { return .unknown(why) }
        let path = "/sys/kernel/iommu_groups/\(group.number)/reserved_regions"
        if let region = group.reservedRegions.first(where: { $0.type == "direct" }) {
            let list = group.devices.sorted().joined(separator: ", ")
            return refused(
                Text(
                    en: "\(path): \(region.start)-\(region.end) direct, of \(list)",
                    zh: "\(path)：\(region.start)-\(region.end) direct，属于 \(list)"
                ),
                host
            )
        }
        guard let region = group.reservedRegions.first(where: { $0.type == "direct-relaxable" }) else { return nil }
        return .ok(
            Text(
                en: "\(path): \(region.start)-\(region.end) direct-relaxable, which may go",
                zh: "\(path)：\(region.start)-\(region.end) direct-relaxable，可以放行"
            )
        )
    }

    /// What the tables say while there are no groups: only regions of USB controllers and displays are let go
    /// (drivers/iommu/intel/iommu.c, device_rmrr_is_relaxable).
    private static func beforehand(_ host: Host) -> Finding.Answer {
        guard let functions = host.pci?.functions else {
            return .unknown(host.pci?.unknown["functions"] ?? "not read")
        }
        guard let dmar = host.firmware?.dmar else {
            return .unknown(Text(en: "the IOMMU is off, so nothing can be seen of it", zh: "IOMMU 未开启，无法查看"))
        }
        let devices = dmar.reservedMemoryByDevice()
        let held = functions.filter {
            devices[$0.address.description] != nil && !$0.class.isUSBController && !$0.class.isDisplay
        }
        guard let first = held.first else {
            return .ok(
                Text(
                    en: "\(Firmware.tablesRoot)/DMAR: only of USB controllers and displays, which may go",
                    zh: "\(Firmware.tablesRoot)/DMAR：只属于 USB 控制器和显示设备，可以放行"
                )
            )
        }
        let list = Text.list(held.map(\.address.description))
        let base = devices[first.address.description]?.first.map { String($0.base, radix: 16) } ?? ""
        return refused(
            Text(
                en: "\(Firmware.tablesRoot)/DMAR: RMRR at 0x\(base) of \(list.en)",
                zh: "\(Firmware.tablesRoot)/DMAR：RMRR 0x\(base)，属于 \(list.zh)"
            ),
            host
        ).likely
    }

    private static func refused(_ evidence: Text, _ host: Host) -> Finding.Answer {
        .problem(
            evidence,
            remedy: Text(
                en: """
                    These devices cannot be handed over: the kernel refuses. Look in the BIOS set-up for what reserves the \
                    memory (pre-boot DMA protection, shared memory of the management processor), or use another slot.
                    """,
                zh: """
                    这些设备不能交出：内核会拒绝。请在 BIOS 中查找是什么保留了内存\
                    （预启动 DMA 保护、管理处理器的共享内存），或换一个插槽。
                    """
            ),
            actor: .firmware
        )
    }
}
