import Inventory
import Wording

/// The host's own devices go through the IOMMU's tables, too, which costs them speed; a guest's always do.
enum TranslatedDomains: Probe {
    static let id = "translated-domains"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let groups = subject.host.iommu?.groups, !groups.isEmpty else {
            return .unknown(subject.host.iommu?.unknown["groups"] ?? "/sys/kernel/iommu_groups: not read")
        }
        let types = groups.compactMap(\.type)
        guard !types.isEmpty else {
            return .unknown(Text(en: "this kernel does not say how groups are mapped", zh: "当前内核不说明各组的映射方式"))
        }
        let translated = types.filter { $0.hasPrefix("DMA") }
        return .of(
            !translated.isEmpty,
            Text(
                en: "\(translated.count) of \(types.count) groups are translated for the host; iommu=pt spares it that",
                zh: "\(types.count) 个组中有 \(translated.count) 个为主机做转换；iommu=pt 可免去"
            )
        )
    }
}

/// All interrupts of guests' devices were taken by one processor.
enum InterruptsOnOneCPU: Probe {
    static let id = "interrupts-on-one-cpu"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        let facts = subject.facts
        if let why = facts.unknown["guestInterrupts"] { return .unknown(why) }
        let busy = facts.guestInterrupts.filter { $0.counts.contains { $0 > 0 } }
        guard !busy.isEmpty else {
            return .unknown(Text(en: "no guest's device has interrupts now", zh: "现在没有虚拟机设备的中断"))
        }
        var used: Set<Int> = []
        for interrupt in busy { used.formUnion(interrupt.counts.indices.filter { interrupt.counts[$0] > 0 }) }
        return .of(
            used.count == 1 && facts.processors > 1 && busy.count > 1,
            Text(
                en: "/proc/interrupts: \(busy.count) lines of vfio, on \(used.count) of \(facts.processors) processors",
                zh: "/proc/interrupts：vfio 的 \(busy.count) 个中断分布在 \(facts.processors) 个处理器中的 \(used.count) 个"
            )
        )
    }
}
