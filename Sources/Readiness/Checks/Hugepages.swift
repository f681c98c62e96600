import Inventory
import Wording

/// Whether the huge pages that waiting guests ask for are set aside: without them they do not start.
public enum Hugepages: Check {
    public static let id = "hugepages"
    public static let title = Text(en: "Huge pages for guests", zh: "虚拟机所需的大页")
    public static let importance = Importance.advice

    private static func waiting(_ host: Host) -> [KnownGuest] {
        host.guests?.waiting.filter { $0.usesHugepages == true } ?? []
    }

    public static func applies(to host: Host) -> Bool { !waiting(host).isEmpty }

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let memory = host.memory else { return .unknown("not read") }
        let answers = waiting(host).map { guest -> Finding.Answer in
            guard let need = guest.memory else {
                return .unknown(guest.unknown["memory"] ?? "no amount of memory: \(guest.source)")
            }
            let size = guest.hugepageSize ?? memory.defaultHugepageSize
            guard let pool = memory.hugepages.first(where: { $0.size == size }) else {
                return .unknown(memory.unknown["hugepages"] ?? "/sys/kernel/mm/hugepages: no pages of that size")
            }
            let free = pool.free.multipliedReportingOverflow(by: pool.size).partialValue
            let evidence = Text(
                en: """
                    /sys/kernel/mm/hugepages: \(free.binarySize) free in pages of \(pool.size.binarySize); \
                    \(guest.qualifiedName) needs \(need.binarySize)
                    """,
                zh: """
                    /sys/kernel/mm/hugepages：\(pool.size.binarySize) 大页空闲 \(free.binarySize)；\
                    \(guest.qualifiedName) 需要 \(need.binarySize)
                    """
            )
            guard need > free else { return .ok(evidence) }
            let pages = (need + pool.size - 1) / pool.size
            return .problem(
                evidence,
                remedy: Text(
                    en: """
                        Set at least \(pages) pages of \(pool.size.binarySize) aside (hugepages= on the kernel's line, or \
                        vm.nr_hugepages), or give \(guest.qualifiedName) ordinary memory.
                        """,
                    zh: """
                        请至少预留 \(pages) 个 \(pool.size.binarySize) 大页（内核参数 hugepages= 或 vm.nr_hugepages），\
                        或让 \(guest.qualifiedName) 使用普通内存。
                        """
                ),
                actor: .owner
            )
        }
        return Finding.Answer.joined(answers) ?? .ok(Text(en: "no guest asks for them", zh: "没有虚拟机需要大页"))
    }
}
