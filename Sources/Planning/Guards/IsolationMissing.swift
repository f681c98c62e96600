import Inventory
import Wording

/// Without an IOMMU group there is nothing to hand over: a guest could write to all memory.
enum IsolationMissing: Guard {
    static let name = "iommu-group"
    static let levels = [GuardLevel.refuse]

    static func findings(_ request: Request) -> [GuardFinding] {
        let host = request.host
        return request.wanted.compactMap { function in
            if let why = function.unknown["group"] {
                return finding(
                    .refuse,
                    function,
                    Text(
                        en: "The IOMMU group of \(function.address) could not be read (\(why)).",
                        zh: "无法读取 \(function.address) 的 IOMMU 组（\(Text(reason: why).zh)）。"
                    )
                )
            }
            let group = function.group.flatMap { number in host.iommu?.groups?.first { $0.number == number } }
            if group?.isReal == false {
                return finding(
                    .refuse,
                    function,
                    Text(
                        en: """
                            The group of \(function.address) is one of vfio's no-IOMMU mode, which protects nothing: \
                            its user could read and write all of the host's memory, and QEMU cannot use it. \
                            `passthru doctor` says how to get a real one.
                            """,
                        zh: """
                            \(function.address) 的组属于 vfio 的无 IOMMU 模式，没有任何保护：\
                            使用者可以读写主机的全部内存，QEMU 也无法使用它。\
                            `passthru doctor` 会说明如何得到真正的组。
                            """
                    )
                )
            }
            guard function.group != nil else {
                return finding(
                    .refuse,
                    function,
                    Text(
                        en: "\(function.address) is in no IOMMU group: `passthru doctor` says why and what to do.",
                        zh: "\(function.address) 不在任何 IOMMU 组中：`passthru doctor` 会说明原因和办法。"
                    )
                )
            }
            return nil
        }
    }
}
