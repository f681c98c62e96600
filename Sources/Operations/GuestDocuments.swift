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
        let devices = try functions(machine, devices).map { function in
            var device = PCIGuestDevice(function.address)
            device.isManaged = managed
            return GuestDevice.pci(device)
        }
        do throws(DomainError) {
            return try HostDeviceElements(devices).xml
        } catch {
            throw Failure(.malformed, error.text)
        }
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

    private static func functions(_ machine: Machine, _ names: [String]) throws(Failure) -> [PCIFunction] {
        let host = Host.read(machine, [.pci])
        let functions = try DeviceSelector(host).functions(names)
        _ = try NamedDevices(functions.map { "\($0.address)" }, on: host)
        return functions
    }
}
