import Inventory
import Wording

/// A program that starts guests may lock less memory than any guest with a device needs.
enum MemoryLockLow: Probe {
    static let id = "memlock-low"
    /// Less than the smallest guest that anybody starts.
    static let least: UInt64 = 512 << 20

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        let locks = subject.facts.memoryLocks
        if locks.isEmpty, let why = subject.facts.unknown["memoryLocks"] { return .unknown(why) }
        guard !locks.isEmpty else {
            return .unknown(Text(en: "no program that starts guests runs here", zh: "这里没有运行启动虚拟机的程序"))
        }
        let low = locks.filter { ($0.limit ?? .max) < least }
        let list = (low.isEmpty ? locks : low).map { lock in
            let limit = lock.limit.map { Int(clamping: $0).binarySize } ?? "unlimited"
            return "\(lock.command) (\(lock.pid)): \(limit)"
        }
        return .of(
            !low.isEmpty,
            Text(en: "Max locked memory: \(list.joined(separator: ", "))", zh: "内存锁定限额：\(list.joined(separator: "、"))")
        )
    }
}

/// The host has little memory left.
enum MemoryLow: Probe {
    static let id = "low-memory"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let memory = subject.host.memory else { return .unknown("not read") }
        guard let available = memory.available else { return .unknown(memory.unknown["available"] ?? "not read") }
        let total = memory.total.map { " / \($0.binarySize)" } ?? ""
        return .of(available < 1 << 30, Text(verbatim: "/proc/meminfo: MemAvailable \(available.binarySize)\(total)"))
    }
}

/// No huge pages are set aside, or none is free.
enum NoHugepages: Probe {
    static let id = "hugepages-none"

    static func answer(_ subject: ProbeSubject, argument: String) -> ProbeAnswer {
        guard let memory = subject.host.memory else { return .unknown("not read") }
        guard !memory.hugepages.isEmpty else {
            return .unknown(memory.unknown["hugepages"] ?? "/sys/kernel/mm/hugepages: not read")
        }
        let list = memory.hugepages.map { "\($0.size.binarySize): \($0.free)/\($0.total)" }
        return .of(
            memory.hugepages.allSatisfy { $0.free == 0 },
            Text(en: "huge pages free: \(list.joined(separator: ", "))", zh: "空闲大页：\(list.joined(separator: "、"))")
        )
    }
}
