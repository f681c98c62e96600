import Inventory
import Wording

/// Devices that know only a wired interrupt and share it: vfio-pci wants such a line for itself unless the device can mask
/// its interrupt ("Device or resource busy" at the guest's start, or "irq N: nobody cared").
public enum SharedInterrupts: Check {
    public static let id = "shared-interrupts"
    public static let title = Text(en: "No shared wired interrupts", zh: "没有共享的有线中断")
    public static let importance = Importance.advice

    private static func isMeant(_ function: PCIFunction) -> Bool {
        guard function.isCandidate, function.details?.irq != nil, let own = function.details?.capabilities else {
            return false
        }
        return own.interruptPin && !own.msi && !own.msix
    }

    public static func applies(to host: Host) -> Bool { host.functions.contains(where: isMeant) }

    public static func answer(_ host: Host) -> Finding.Answer {
        DeviceAnswers.of(host, where: isMeant) { function in
            guard let interrupts = host.interrupts, interrupts.lines != nil else {
                return .unknown(host.interrupts?.unknown["lines"] ?? "not read")
            }
            let number = function.details?.irq ?? 0
            let handlers = interrupts.line(number)?.handlers ?? []
            // A function without a driver has no handler of its own among them.
            let others = function.driver == nil ? handlers.count : handlers.count - 1
            guard others > 0 else {
                return .ok(function.says(Text(en: "interrupt \(number) alone", zh: "独占中断 \(number)")))
            }
            return .problem(
                function.says(
                    Text(
                        en: "/proc/interrupts: line \(number) with \(handlers.joined(separator: ", "))",
                        zh: "/proc/interrupts：中断 \(number) 由 \(handlers.joined(separator: "、")) 共用"
                    )
                ),
                remedy: Text(
                    en: "Should its guest not start (busy): use another slot, or unbind what shares the line.",
                    zh: "若虚拟机因设备忙无法启动：请换一个插槽，或解绑共用该中断的设备。"
                ),
                actor: .owner
            ).likely
        }
    }
}
