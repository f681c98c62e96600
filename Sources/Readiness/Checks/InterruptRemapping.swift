import Formats
import Inventory
import Wording

/// Whether interrupts of a guest's device go through the IOMMU: without it vfio refuses with "Operation not permitted".
public enum InterruptRemapping: Check {
    public static let id = "interrupt-remapping"
    public static let title = Text(en: "Interrupt remapping in force", zh: "中断重映射已生效")

    enum State: Equatable {
        case on
        /// Off, but vfio was told not to mind.
        case unsafeAllowed
        case off(ReadinessReport.Reason)
        case unknown(String)
    }

    static func state(_ host: Host) -> State {
        guard let iommu = host.iommu else { return .unknown("not read") }
        guard let on = iommu.interruptRemapping else {
            return .unknown(iommu.unknown["interruptRemapping"] ?? "not read")
        }
        if on { return .on }
        if host.kernel?.module("vfio_iommu_type1").parameters["allow_unsafe_interrupts"] == "Y" {
            return .unsafeAllowed
        }
        if host.kernel?.arguments?.interruptRemapping.isOn == false { return .off(.switchedOff) }
        if host.kernel?.config?["IRQ_REMAP"] == "n" { return .off(.kernelWithout) }
        if let dmar = host.firmware?.dmar, !dmar.interruptRemapping { return .off(.firmwareOff) }
        if let ivrs = host.firmware?.ivrs, !ivrs.namesSouthBridgeIOAPIC { return .off(.firmwareOff) }
        return .off(.unknown)
    }

    public static func answer(_ host: Host) -> Finding.Answer {
        let chips = Text(en: "/proc/interrupts shows no IR- chip", zh: "/proc/interrupts 中没有 IR- 芯片")
        switch state(host) {
        case .on: return .ok(Text(en: "/proc/interrupts shows IR- chips", zh: "/proc/interrupts 中有 IR- 芯片"))
        case .unknown(let why): return .unknown(why)
        case .unsafeAllowed:
            return .problem(
                chips + Text(en: ", and allow_unsafe_interrupts is on", zh: "，而且 allow_unsafe_interrupts 已打开"),
                remedy: Text(
                    en:
                        "A guest can disturb the host through interrupts. Prefer a machine or firmware that remaps them.",
                    zh: "虚拟机可以通过中断干扰主机。最好使用支持中断重映射的机器或固件。"
                ),
                actor: .owner
            )
        case .off(.switchedOff):
            return .problem(
                chips + Text(en: "; an argument switches it off", zh: "；有参数关闭了它"),
                remedy: Text(
                    en: "Take intremap=off (nointremap) out of the kernel's arguments.",
                    zh: "请从内核参数中去掉 intremap=off（nointremap）。"
                ),
                actor: .owner
            )
        case .off(.kernelWithout):
            return .problem(
                chips + Text(en: "; CONFIG_IRQ_REMAP is not set", zh: "；未设置 CONFIG_IRQ_REMAP"),
                remedy: Text(en: "Use a kernel with CONFIG_IRQ_REMAP=y.", zh: "请使用 CONFIG_IRQ_REMAP=y 的内核。"),
                actor: .distribution
            )
        case .off(.firmwareOff):
            if host.firmware?.dmar == nil {
                return .problem(
                    chips
                        + Text(
                            en: "; the IVRS table names no I/O APIC at 00:14.0, the south bridge's",
                            zh: "；IVRS 表没有列出南桥（00:14.0）的 I/O APIC"
                        ),
                    remedy: Text(
                        en: "Update the firmware (BIOS): the kernel remaps no interrupts without that entry.",
                        zh: "请更新固件（BIOS）：缺少该条目时内核不启用中断重映射。"
                    ),
                    actor: .firmware
                )
            }
            return .problem(
                chips + Text(en: "; the DMAR table does not offer it", zh: "；DMAR 表没有提供该功能"),
                remedy: Text(
                    en: "Look for interrupt remapping or x2APIC in the BIOS set-up, or update the firmware.",
                    zh: "请在 BIOS 中查找中断重映射（Interrupt Remapping）或 x2APIC，或更新固件。"
                ),
                actor: .firmware
            )
        case .off:
            if host.isIOMMUActive != true {
                return .unknown(Text(en: "the IOMMU is off, so nothing can be seen of it", zh: "IOMMU 未开启，无法查看"))
            }
            return .problem(
                chips,
                remedy: Text(
                    en: "Look for \"interrupt remapping\" in dmesg: the kernel says there why it did not switch it on.",
                    zh: "请在 dmesg 中查找 “interrupt remapping”：内核会说明没有开启的原因。"
                ),
                actor: .owner
            )
        }
    }
}
