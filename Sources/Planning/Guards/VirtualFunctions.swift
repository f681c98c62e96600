import Inventory
import Wording

/// The virtual functions of a physical one vanish when its driver goes (drivers/pci/iov.c, pci_disable_sriov); one that a
/// guest has open makes the kernel wait for that guest instead.
///
/// The other way round, a virtual function whose physical one belongs to vfio-pci opens only with the secret that both
/// users share (drivers/vfio/pci/vfio_pci_core.c, "VF token required"): nothing of the host is at stake there.
enum VirtualFunctions: Guard {
    static let name = "virtual-functions"
    static let levels = [GuardLevel.refuse, .consent, .warn]

    static func findings(_ request: Request) -> [GuardFinding] {
        request.leaving.compactMap { physical($0, request) ?? virtual($0, request.host) }
    }

    private static func physical(_ function: PCIFunction, _ request: Request) -> GuardFinding? {
        let address = function.address
        guard let details = function.details else {
            return unseen(function, function.unknown["details"] ?? "not read")
        }
        if let why = details.unknown["sriov"] { return unseen(function, why) }
        guard let sriov = details.sriov else { return nil }
        guard let enabled = sriov.enabled else {
            return unseen(function, details.unknown["sriov_numvfs"] ?? "not read")
        }
        guard enabled > 0 || !sriov.virtualFunctions.isEmpty else { return nil }
        let parts = sriov.virtualFunctions.compactMap(request.host.function)
        if let why = parts.lazy.compactMap({ $0.unknown["driver"] }).first { return unseen(function, why) }
        guard parts.count == enabled else {
            return finding(
                .refuse,
                function,
                Text(
                    en: """
                        \(address) has \(enabled) virtual functions, of which \(parts.count) can be seen. \
                        Take them away first: write 0 to its sriov_numvfs.
                        """,
                    zh: """
                        \(address) 有 \(enabled) 个虚拟功能，其中能看到的有 \(parts.count) 个。\
                        请先移除它们：向它的 sriov_numvfs 写入 0。
                        """
                )
            )
        }
        let assigned = parts.filter { $0.driver?.contains("vfio") == true }.map(\.address.description)
        if !assigned.isEmpty {
            return finding(
                .refuse,
                function,
                Text(
                    en: """
                        Virtual functions of \(address) belong to guests (\(Text.list(assigned).en)): they would vanish \
                        under them. First: passthru release \(assigned.joined(separator: " "))
                        """,
                    zh: """
                        \(address) 的虚拟功能已交给虚拟机（\(Text.list(assigned).zh)）：它们会随之消失。\
                        请先执行：passthru release \(assigned.joined(separator: " "))
                        """
                ),
                costs: parts.map(request.host.deviceCost)
            )
        }
        let named = parts.filter(request.isWanted).map(\.address.description)
        if !named.isEmpty {
            return finding(
                .refuse,
                function,
                Text(
                    en: "\(Text.list(named).en) would vanish with \(address): name either, not both.",
                    zh: "\(Text.list(named).zh) 会随 \(address) 一起消失：只能写其中之一。"
                )
            )
        }
        return finding(
            .consent,
            function,
            Text(
                en: "\(parts.count) virtual functions of \(address) vanish with its driver.",
                zh: "\(address) 的 \(parts.count) 个虚拟功能会随驱动一起消失。"
            ),
            costs: parts.map(request.host.deviceCost)
        )
    }

    private static func unseen(_ function: PCIFunction, _ why: String) -> GuardFinding {
        finding(
            .refuse,
            function,
            Text(
                en: "Whether \(function.address) has virtual functions, and who uses them, cannot be seen (\(why)).",
                zh: "无法得知 \(function.address) 是否有虚拟功能以及谁在使用（\(Text(reason: why).zh)）。"
            )
        )
    }

    private static func virtual(_ function: PCIFunction, _ host: Host) -> GuardFinding? {
        guard let owner = function.details?.physicalFunction,
            host.function(owner)?.driver?.contains("vfio") == true
        else { return nil }
        return finding(
            .warn,
            function,
            Text(
                en: """
                    \(owner), the physical function of \(function.address), belongs to a guest too: the kernel opens \
                    \(function.address) only with the token that both share (vf-token= of QEMU), and whoever has \
                    \(owner) can read what it carries.
                    """,
                zh: """
                    \(function.address) 的物理功能 \(owner) 也已交给虚拟机：\
                    只有给出双方共享的令牌（QEMU 的 vf-token=），内核才会打开 \(function.address)；\
                    而且拥有 \(owner) 的一方可以读取经过它的数据。
                    """
            )
        )
    }
}
