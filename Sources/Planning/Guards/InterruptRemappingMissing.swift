import Changes
import Inventory
import Wording

/// Without interrupt remapping a guest's device can send any interrupt to the host, on Intel and AMD alike: VFIO then
/// refuses every group with "Operation not permitted" unless `allow_unsafe_interrupts` is on
/// (drivers/vfio/vfio_iommu_type1.c, vfio_iommu_type1_attach_group).
enum InterruptRemappingMissing: Guard {
    static let name = "interrupt-remapping"
    static let levels = [GuardLevel.refuse, .warn]

    /// A parameter of the kind "bool", writable: it takes and gives `Y` and `N`.
    static let parameter = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

    static func findings(_ request: Request) -> [GuardFinding] {
        let host = request.host
        // Without an IOMMU there is no isolation at all, which another rule says.
        guard let function = request.leaving.first, host.isIOMMUActive != false else { return [] }
        guard let isOn = host.iommu?.interruptRemapping else {
            let why = host.iommu?.unknown["interruptRemapping"] ?? "not read"
            return [
                hostFinding(
                    .warn,
                    Text(
                        en: """
                            Whether interrupts are remapped cannot be seen (\(why)): \
                            if they are not, the guest will not start.
                            """,
                        zh: "无法得知中断重映射是否生效（\(Text(reason: why).zh)）：如果没有，虚拟机将无法启动。"
                    )
                )
            ]
        }
        guard !isOn else { return [] }
        if isAllowed(host) || request.unsafe.contains(.unsafeInterrupts) {
            return [
                hostFinding(
                    .warn,
                    Text(
                        en: """
                            Interrupts are not remapped, and allow_unsafe_interrupts lets devices go all the same: \
                            a guest can disturb the host, or take it over, through interrupts.
                            """,
                        zh: "中断没有重映射，而 allow_unsafe_interrupts 允许照样交出设备：虚拟机可以通过中断干扰甚至控制主机。"
                    )
                )
            ]
        }
        return [
            hostFinding(
                .refuse,
                Text(
                    en: """
                        Interrupts are not remapped: a guest with \(function.address) could disturb the host, or take it \
                        over, through interrupts, and the kernel refuses to start it. `passthru doctor` says how to \
                        switch remapping on. Only if you trust the guest: --\(UnsafeMode.unsafeInterrupts.rawValue)
                        """,
                    zh: """
                        中断没有重映射：得到 \(function.address) 的虚拟机可以通过中断干扰甚至控制主机，内核会拒绝启动它。\
                        `passthru doctor` 会说明如何打开重映射。仅在信任该虚拟机时使用：\
                        --\(UnsafeMode.unsafeInterrupts.rawValue)
                        """
                )
            )
        ]
    }

    /// What switches the mode on, after its module was loaded; nil where that is not asked for or not needed.
    static func change(_ host: Host, unsafe: Set<UnsafeMode>) -> PlannedChange? {
        guard unsafe.contains(.unsafeInterrupts), host.iommu?.interruptRemapping == false, !isAllowed(host) else {
            return nil
        }
        return PlannedChange(
            .writeAttribute(path: parameter, value: "Y"),
            before: host.kernel?.module("vfio_iommu_type1").parameters["allow_unsafe_interrupts"],
            after: "Y",
            inverse: [.writeAttribute(path: parameter, value: "N")],
            expectation: .attribute(path: parameter, value: "Y"),
            reason: Text(
                en: "lets devices go although interrupts are not remapped",
                zh: "在中断没有重映射时也允许交出设备"
            )
        )
    }

    private static func isAllowed(_ host: Host) -> Bool {
        host.kernel?.module("vfio_iommu_type1").parameters["allow_unsafe_interrupts"] == "Y"
    }
}
