import Inventory
import Wording

/// Whether there is memory for the guests that wait with devices: all of it is pinned from their start on.
public enum MemoryBudgetCheck: Check {
    public static let id = "memory-budget"
    public static let title = Text(en: "Memory for guests with devices", zh: "带设备的虚拟机所需内存")
    public static let importance = Importance.advice

    private static func waiting(_ host: Host) -> [KnownGuest] {
        host.guests?.waiting.filter { $0.usesHugepages != true } ?? []
    }

    public static func applies(to host: Host) -> Bool { !waiting(host).isEmpty }

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let memory = host.memory else { return .unknown("not read") }
        guard let total = memory.total, let available = memory.available else {
            return .unknown(memory.unknown["available"] ?? memory.unknown["total"] ?? "not read")
        }
        let left = max(0, available - MemoryInventory.hostReserve(total: total))
        let answers = waiting(host).map { guest -> Finding.Answer in
            guard let need = guest.memory else {
                return .unknown(guest.unknown["memory"] ?? "no amount of memory: \(guest.source)")
            }
            let evidence = Text(
                en:
                    "/proc/meminfo: \(left.binarySize) beside the host's own; \(guest.qualifiedName) pins \(need.binarySize)",
                zh: "/proc/meminfo：除主机自用外有 \(left.binarySize)；\(guest.qualifiedName) 会锁定 \(need.binarySize)"
            )
            guard need > left else { return .ok(evidence) }
            return .problem(
                evidence,
                remedy: Text(
                    en: "Give \(guest.qualifiedName) less memory, or stop what takes it.",
                    zh: "请给 \(guest.qualifiedName) 少分配内存，或停止占用内存的程序。"
                ),
                actor: .owner
            )
        }
        return Finding.Answer.joined(answers) ?? .ok(Text(en: "no guest waits with a device", zh: "没有带设备待启动的虚拟机"))
    }
}

extension GuestInventory {
    /// Guests with devices that do not run now.
    var waiting: [KnownGuest] { guests.filter { !$0.functions.isEmpty && $0.isRunning != true } }
}
