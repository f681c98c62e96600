import Inventory
import Wording

/// Devices whose resets are known not to work.
public enum ResetFaults: Check {
    public static let id = "reset-faults"
    public static let title = Text(en: "No device with a known reset fault", zh: "没有已知复位缺陷的设备")
    public static let importance = Importance.advice

    static func faults(on host: Host) -> [(function: PCIFunction, fault: HardwareFacts.ResetFault)] {
        host.functions.compactMap { function in
            HardwareFacts.builtIn?.fault(of: function).map { (function, $0) }
        }
    }

    public static func applies(to host: Host) -> Bool { !faults(on: host).isEmpty }

    public static func answer(_ host: Host) -> Finding.Answer {
        let answers = faults(on: host).map { function, fault -> Finding.Answer in
            if let module = fault.module {
                guard let loaded = host.kernel?.loaded else {
                    return .unknown(host.kernel?.unknown["loaded"] ?? "not read")
                }
                if loaded.contains(module) {
                    let cured = Text(en: "/proc/modules: \(module) is loaded", zh: "/proc/modules：已加载 \(module)")
                    return .ok(function.says(cured))
                }
            }
            return .problem(
                function.says(Text(verbatim: "\(function.id), ") + fault.text),
                remedy: fault.remedy,
                actor: .owner
            ).likely
        }
        return Finding.Answer.joined(answers, shown: DeviceAnswers.shown)
            ?? .ok(Text(en: "no such device here", zh: "这里没有这类设备"))
    }
}
