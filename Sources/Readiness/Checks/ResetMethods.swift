import Inventory
import Wording

/// Whether the kernel can reset the devices that people give away: one that nothing resets keeps what its last user left.
public enum ResetMethods: Check {
    public static let id = "reset-methods"
    public static let title = Text(en: "Devices can be reset", zh: "设备可以复位")
    public static let importance = Importance.advice

    private static func isMeant(_ function: PCIFunction, _ host: Host) -> Bool {
        guard function.isCandidate, let group = function.group else { return false }
        // What shares a group with a part of the platform cannot be handed over anyway.
        return host.members(ofGroup: group).allSatisfy { $0.class.isBridge || $0.class.platformRole == nil }
    }

    public static func applies(to host: Host) -> Bool { host.functions.contains { isMeant($0, host) } }

    public static func answer(_ host: Host) -> Finding.Answer {
        var count = 0
        let answer = DeviceAnswers.of(host, where: { isMeant($0, host) }) { function in
            let path = "\(PCIInventory.root)/\(function.address)/reset_method"
            guard let methods = function.details?.resetMethods else {
                return .unknown(function.whyUnknown("resetMethods"))
            }
            count += 1
            guard methods.isEmpty else { return .ok(function.says(methods.joined(separator: " "))) }
            return .problem(
                Text(en: "\(path): none", zh: "\(path)：无"),
                remedy: Text(
                    en: """
                        Expect that a guest which ends hard leaves the device unusable until the host restarts; functions \
                        of one slot that go together are reset together.
                        """,
                    zh: "虚拟机异常结束后，设备可能要等主机重启才能再用；同一插槽的功能一起交出时会一起复位。"
                ),
                actor: .owner
            ).likely
        }
        guard answer.verdict == .ok else { return answer }
        return .ok(Text(en: "reset_method of \(count) devices names a way", zh: "\(count) 个设备的 reset_method 都有复位方式"))
    }
}
