import Inventory
import Wording

/// Whether Secure Boot locks the kernel down, and whether anything here suffers from it: vfio does not, modules without a
/// signature do (kernel_lockdown(7)).
public enum LockdownCheck: Check {
    public static let id = "lockdown"
    public static let title = Text(en: "Secure Boot and lockdown do no harm", zh: "安全启动和内核锁定没有妨碍")
    public static let importance = Importance.advice

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let firmware = host.firmware else { return .unknown("not read") }
        let path = "/sys/kernel/security/lockdown"
        guard let lockdown = firmware.lockdown else {
            guard firmware.secureBoot == false else {
                return .unknown(firmware.unknown["lockdown"] ?? firmware.unknown["secureBoot"] ?? "not read")
            }
            return .ok(Text(en: "Secure Boot is off", zh: "安全启动未开启"))
        }
        let evidence = Text(verbatim: "\(path): \(lockdown)")
        guard lockdown != "none" else { return .ok(evidence) }
        let faults = ResetFaults.faults(on: host).filter { $0.fault.module != nil }
        guard let first = faults.first, let module = first.fault.module, host.kernel?.loaded?.contains(module) != true
        else { return .ok(evidence + Text(en: "; vfio works all the same", zh: "；不影响 vfio")) }
        return .problem(
            evidence
                + Text(
                    en: "; \(first.function.address) needs the module \(module)",
                    zh: "；\(first.function.address) 需要模块 \(module)"
                ),
            remedy: Text(
                en: "Sign \(module) with a key that the firmware knows (mokutil), or switch Secure Boot off.",
                zh: "请用固件认可的密钥为 \(module) 签名（mokutil），或关闭安全启动。"
            ) + BIOSMenus.hint(.secureBoot, host),
            actor: .owner
        )
    }
}
