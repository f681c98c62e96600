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

    /// Whether all functions of the bus are given away together anyway: then VFIO resets the bus
    /// (VFIO_DEVICE_PCI_HOT_RESET), where the kernel named it for one of them.
    private static func goesTogether(_ function: PCIFunction, _ host: Host) -> Bool {
        let mates = host.busMates(of: function)
        return !mates.isEmpty && function.group != nil && mates.allSatisfy { $0.group == function.group }
            && ([function] + mates).contains { $0.details?.resetMethods?.contains("bus") == true }
    }

    public static func applies(to host: Host) -> Bool { host.functions.contains { isMeant($0, host) } }

    public static func answer(_ host: Host) -> Finding.Answer {
        var count = 0
        var together = 0
        let answer = DeviceAnswers.of(host, where: { isMeant($0, host) }) { function in
            let path = "\(PCIInventory.root)/\(function.address)/reset_method"
            guard let named = function.details?.resetMethods, let methods = host.resetMethods(of: function) else {
                return .unknown(function.whyUnknown("resetMethods"))
            }
            count += 1
            guard methods.isEmpty else { return .ok(function.says(methods.joined(separator: " "))) }
            if goesTogether(function, host) {
                together += 1
                return .ok(function.says("bus"))
            }
            let mates = Text.list(host.busMates(of: function).map(\.address.description))
            let list = named.joined(separator: " ")
            return .problem(
                named.isEmpty
                    ? Text(en: "\(path): none", zh: "\(path)：无")
                    : Text(
                        en: "\(path): \(list), which the kernel refuses: the bus has \(mates.en), too",
                        zh: "\(path)：\(list)，但内核会拒绝：该总线上还有 \(mates.zh)"
                    ),
                remedy: Text(
                    en: """
                        Expect that a guest which ends hard leaves the device unusable until the host restarts; functions \
                        of one bus that go together are reset together.
                        """,
                    zh: "虚拟机异常结束后，设备可能要等主机重启才能再用；同一总线上的功能一起交出时会一起复位。"
                ),
                actor: .owner
            ).likely
        }
        guard answer.verdict == .ok else { return answer }
        let ways = Text(en: "reset_method of \(count) devices names a way", zh: "\(count) 个设备的 reset_method 都有复位方式")
        guard together > 0 else { return .ok(ways) }
        return .ok(
            ways
                + Text(
                    en: ", for \(together) of them together with all of their bus, as their group goes",
                    zh: "，其中 \(together) 个须与同一总线上的全部功能（也同组）一起复位"
                )
        )
    }
}
