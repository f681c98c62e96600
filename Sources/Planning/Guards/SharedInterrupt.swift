import Inventory
import Wording

/// A device that knows no message-signalled interrupts holds a line that it may share: while a guest does not answer, the
/// line stays raised, and the kernel switches it off for everyone ("irq N: nobody cared").
enum SharedInterrupt: Guard {
    static let name = "shared-interrupt"
    static let levels = [GuardLevel.warn]

    static func findings(_ request: Request) -> [GuardFinding] {
        request.leaving.compactMap { function in
            guard let line = function.details?.irq else { return nil }
            guard let capabilities = function.details?.capabilities else {
                let why = function.details?.unknown["capabilities"] ?? "not read"
                return finding(
                    .warn,
                    function,
                    Text(
                        en: "Whether \(function.address) needs interrupt line \(line) cannot be seen (\(why)).",
                        zh: "无法得知 \(function.address) 是否需要中断线 \(line)（\(Text(reason: why).zh)）。"
                    )
                )
            }
            guard !capabilities.msi, !capabilities.msix else { return nil }
            return finding(
                .warn,
                function,
                Text(
                    en: """
                        \(function.address) knows only interrupt line \(line). If another device stands at \(line) in \
                        /proc/interrupts, the guest may not start, or the kernel may switch the line off for both.
                        """,
                    zh: """
                        \(function.address) 只能使用中断线 \(line)。如果 /proc/interrupts 中 \(line) 一行还有其他设备，\
                        虚拟机可能无法启动，或者内核会为双方关闭这条线。
                        """
                )
            )
        }
    }
}
