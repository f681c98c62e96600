import Inventory
import Wording

/// Whether devices that a guest has or could have still answer: one that lost its power and does not wake reads as nothing
/// but ones ("Unknown PCI header type '127'").
public enum SleepingDevices: Check {
    public static let id = "d3cold"
    public static let title = Text(en: "Devices answer and wake up", zh: "设备有应答并能唤醒")
    public static let importance = Importance.advice

    private static func isMeant(_ function: PCIFunction) -> Bool {
        guard function.isCandidate else { return false }
        return function.driver == "vfio-pci" || function.details?.answers == false
            || function.details?.powerState == "D3cold"
    }

    public static func applies(to host: Host) -> Bool { host.functions.contains(where: isMeant) }

    public static func answer(_ host: Host) -> Finding.Answer {
        DeviceAnswers.of(host, where: isMeant) { function in
            let path = "\(PCIInventory.root)/\(function.address)"
            let state = function.details?.powerState
            guard let answers = function.details?.answers else { return .unknown(function.whyUnknown("configSize")) }
            guard answers else {
                return .problem(
                    Text(
                        en: "\(path)/config reads as nothing but ones (power_state: \(state ?? "-"))",
                        zh: "\(path)/config 读到的全是 1（power_state：\(state ?? "-")）"
                    ),
                    remedy: Text(
                        en: """
                            Shut the machine down and take its power away for ten seconds. To keep it awake afterwards: \
                            write 0 to \(path)/d3cold_allowed, or set vfio-pci's option disable_idle_d3=1.
                            """,
                        zh: """
                            请关机并断电十秒。若要此后保持唤醒：向 \(path)/d3cold_allowed 写入 0，\
                            或设置 vfio-pci 的选项 disable_idle_d3=1。
                            """
                    ),
                    actor: .owner
                )
            }
            return .ok(function.says(Text(en: "answers (\(state ?? "-"))", zh: "有应答（\(state ?? "-")）")))
        }
    }
}
