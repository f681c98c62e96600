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
            if let why = group?.unknown["name"] {
                return finding(
                    .refuse,
                    function,
                    Text(
                        en: """
                            Whether the IOMMU group of \(function.address) is one of vfio's no-IOMMU mode, which protects \
                            nothing, cannot be seen (\(why)).
                            """,
                        zh: """
                            无法判断 \(function.address) 的 IOMMU 组是否属于没有任何保护的 vfio 无 IOMMU 模式\
                            （\(Text(reason: why).zh)）。
                            """
                    )
                )
            }
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
                    .sentences(
                        [
                            Text(
                                en:
                                    "\(function.address) is in no IOMMU group: `passthru doctor` says why and what to do.",
                                zh: "\(function.address) 不在任何 IOMMU 组中：`passthru doctor` 会说明原因和办法。"
                            )
                        ] + outlook(function, host)
                    )
                )
            }
            return nil
        }
    }

    /// What group to expect once the IOMMU is on, where the host was read for it. For advice: whether there is a group now
    /// is the only thing that counts.
    private static func outlook(_ function: PCIFunction, _ host: Host) -> [Text] {
        guard host.isIOMMUActive == false, host.functions.contains(where: { $0.details?.parents != nil }),
            let group = GroupPrediction(host)?.group(of: function.address), group.confidence != .unknown
        else { return [] }
        let mates = group.addresses.filter { $0 != function.address }.map(\.description)
        guard let why = group.explanation else {
            return [
                Text(
                    en:
                        "Once the IOMMU is on it will \(group.confidence == .likely ? "probably " : "")be alone in its group.",
                    zh: "启用 IOMMU 后它\(group.confidence == .likely ? "很可能" : "")将独占一组。"
                )
            ]
        }
        return [
            Text(
                en: """
                    Once the IOMMU is on it will \(group.confidence == .likely ? "probably " : "")share a group with \
                    \(mates.joined(separator: ", ")): \(why.en).
                    """,
                zh: """
                    启用 IOMMU 后它\(group.confidence == .likely ? "很可能" : "")将与 \(mates.joined(separator: "、")) 同组：\
                    \(why.zh)。
                    """
            )
        ]
    }
}
