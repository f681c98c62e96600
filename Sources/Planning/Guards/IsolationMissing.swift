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
            guard function.group != nil, group?.isReal != false else {
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
