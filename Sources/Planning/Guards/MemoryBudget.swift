import Inventory
import Wording

/// A guest with a device has all its memory pinned from its start on: what is left must be enough for the host, or the
/// kernel kills the host's own programs.
enum MemoryBudget: Guard {
    static let name = "memory-budget"
    static let levels = [GuardLevel.refuse, .consent, .warn]

    static func findings(_ request: Request) -> [GuardFinding] {
        guard request.movesAnything else { return [] }
        var seen: Set<String> = []
        return request.wanted.flatMap { function in
            let guests = request.host.guests?.guests(with: function.address) ?? []
            // One guest is weighed once, whatever it gets.
            return guests.filter { $0.isRunning != true && seen.insert($0.source).inserted }.compactMap { guest in
                finding(about: guest, function, request.host.memory)
            }
        }
    }

    private static func finding(
        about guest: KnownGuest,
        _ function: PCIFunction,
        _ memory: MemoryInventory?
    ) -> GuardFinding? {
        guard let need = guest.memory else {
            return unknown(guest, function, guest.unknown["memory"] ?? "not read")
        }
        guard let memory else { return unknown(guest, function, "not read") }
        if guest.usesHugepages == true { return hugepages(guest, need, function, memory) }
        guard let total = memory.total else { return unknown(guest, function, memory.unknown["total"] ?? "not read") }
        let reserve = MemoryInventory.hostReserve(total: total)
        let whole = Text(
            en:
                "The guest \(guest.qualifiedName) pins \(need.binarySize) of memory, and the host needs \(reserve.binarySize)",
            zh: "虚拟机 \(guest.qualifiedName) 会锁定 \(need.binarySize) 内存，而主机自己需要 \(reserve.binarySize)"
        )
        if need > total - reserve {
            return finding(
                .refuse,
                function,
                whole
                    + Text(
                        en: ": this machine has only \(total.binarySize). Give the guest less.",
                        zh: "：本机只有 \(total.binarySize)。请给虚拟机少分一些。"
                    )
            )
        }
        guard let available = memory.available else {
            return unknown(guest, function, memory.unknown["available"] ?? "not read")
        }
        guard need > available - reserve else { return nil }
        return finding(
            .consent,
            function,
            whole
                + Text(
                    en: ": only \(available.binarySize) are available now.",
                    zh: "：现在只有 \(available.binarySize) 可用。"
                )
        )
    }

    /// Huge pages are set aside already: the guest takes nothing else, and does not start without them.
    private static func hugepages(
        _ guest: KnownGuest,
        _ need: Int,
        _ function: PCIFunction,
        _ memory: MemoryInventory
    ) -> GuardFinding? {
        let size = guest.hugepageSize ?? memory.defaultHugepageSize
        guard let pool = memory.hugepages.first(where: { $0.size == size }) else {
            return unknown(guest, function, memory.unknown["hugepages"] ?? "no huge pages of the guest's size")
        }
        let (free, overflow) = pool.free.multipliedReportingOverflow(by: pool.size)
        guard !overflow, need > free else { return nil }
        return finding(
            .consent,
            function,
            Text(
                en: """
                    The guest \(guest.qualifiedName) needs \(need.binarySize) in huge pages of \(pool.size.binarySize), of which \
                    \(free.binarySize) are free: it will not start.
                    """,
                zh: """
                    虚拟机 \(guest.qualifiedName) 需要 \(need.binarySize) 的 \(pool.size.binarySize) 大页，\
                    现在只有 \(free.binarySize) 空闲：它将无法启动。
                    """
            )
        )
    }

    private static func unknown(_ guest: KnownGuest, _ function: PCIFunction, _ why: String) -> GuardFinding {
        finding(
            .warn,
            function,
            Text(
                en: "Whether the host has memory enough for the guest \(guest.qualifiedName) cannot be seen (\(why)).",
                zh: "无法判断主机内存是否足够虚拟机 \(guest.qualifiedName) 使用（\(Text(reason: why).zh)）。"
            )
        )
    }
}
