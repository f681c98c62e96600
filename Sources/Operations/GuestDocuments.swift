import Guests
import Inventory
import Machine
import Planning
import Wording

/// `passthru guest xml`: what a guest's configuration must say.
public enum GuestDocuments {
    public static func hostdevXML(
        _ machine: Machine,
        devices: [String],
        managed: Bool
    ) throws(Failure) -> String {
        try functions(machine, devices).map { Hostdev($0.address, managed: managed).xml }.joined()
    }

    /// The devices that a person names, with everything that a recipe looks at, and the host that has them.
    static func detailedFunctions(
        _ machine: Machine,
        _ devices: [String]
    ) throws(Failure) -> (host: Host, functions: [PCIFunction]) {
        var host = Host.read(machine, [.pci, .names])
        let functions = try Self.functions(machine, devices)
        host.readDetails(of: functions, from: machine)
        return (host, functions.map { host.function($0.address) ?? $0 })
    }

    private static func functions(_ machine: Machine, _ devices: [String]) throws(Failure) -> [PCIFunction] {
        let host = Host.read(machine, [.pci])
        let functions = try DeviceSelector(host).functions(devices)
        for function in functions {
            guard let role = function.class.platformRole else { continue }
            throw Failure(
                .refused,
                Text(
                    en: "\(function.address) is \(role.name.en): no guest can have it.",
                    zh: "\(function.address) 是\(role.name.zh)：不能交给任何虚拟机。"
                ),
                guardName: "platform-function"
            )
        }
        return functions
    }
}
