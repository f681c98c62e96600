import Inventory
import Wording

/// Whether guests in a container may lock their memory: with a device all of it is pinned, and what is beyond the limit makes
/// the guest's start fail (VFIO_IOMMU_MAP_DMA, ENOMEM).
public enum GuestLockedMemory: Check {
    public static let id = "guest-memlock"
    public static let title = Text(en: "Guests in containers may lock memory", zh: "容器里的虚拟机可以锁定内存")

    /// What libvirt grants beyond the guest's memory (qemuDomainGetMemLockLimitBytes): less may be enough.
    private static let margin = 1 << 30

    public static func applies(to host: Host) -> Bool { ContainedRunners.arise(host) }

    public static func answer(_ host: Host) -> Finding.Answer {
        ContainedRunners.answer(host) { runner, view, guests in
            let rights = view.rights
            guard let container = runner.container else { return .unknown("not read") }
            // libvirt takes QEMU's capabilities away and raises its limit; others start it with their own.
            let key: (can: Bool?, name: String) =
                runner.kind == .libvirt
                ? (rights.canRaiseLimits, "CAP_SYS_RESOURCE") : (rights.canLockAnyMemory, "CAP_IPC_LOCK")
            if key.can == true { return .ok(Text(verbatim: key.name)) }
            if rights.isLockedMemoryUnlimited == true { return .ok(Text(en: "no limit", zh: "没有限制")) }
            guard key.can == false else { return .unknown(rights.unknown["capabilities"] ?? "not read") }
            guard let limit = rights.lockedMemory else {
                return .unknown(rights.unknown["lockedMemory"] ?? "not read")
            }
            let text = Text(
                en: "limit \(limit.binarySize), no \(key.name)",
                zh: "限制为 \(limit.binarySize)，没有 \(key.name)"
            )
            // One that runs with its device has been allowed what it needs.
            let waiting = guests.guestsWithDevices(of: runner).filter { $0.isRunning != true }
            guard !waiting.isEmpty else {
                return .ok(text + Text(en: "; no guest there waits with a device", zh: "；其中没有带设备待启动的虚拟机"))
            }
            return judge(waiting, limit, text, container)
        }
    }

    private static func judge(
        _ waiting: [KnownGuest],
        _ limit: Int,
        _ text: Text,
        _ container: GuestContainer
    ) -> Finding.Answer {
        if let guest = waiting.first(where: { $0.memory.map { $0 > limit } == true }), let memory = guest.memory {
            return .problem(
                text
                    + Text(
                        en: "; \(guest.name) has \(memory.binarySize)",
                        zh: "；\(guest.name) 有 \(memory.binarySize)"
                    ),
                remedy: Text(
                    en: "Make the container \(container.name) anew with `--ulimit memlock=-1` or `--privileged`.",
                    zh: "请用 `--ulimit memlock=-1` 或 `--privileged` 重新创建容器 \(container.name)。"
                ),
                actor: .owner
            )
        }
        if let guest = waiting.first(where: { $0.memory == nil }) {
            return .unknown(guest.unknown["memory"] ?? "no amount of memory: \(guest.source)")
        }
        if let guest = waiting.first(where: { $0.memory.map { $0 > limit - margin } == true }) {
            return .unknown(
                text
                    + Text(
                        en: "; just enough or just not enough for \(guest.name)",
                        zh: "；对 \(guest.name) 可能够，也可能差一点"
                    )
            )
        }
        return .ok(text)
    }
}
