import Guests
import Inventory
import Machine
import Planning
import Wording

/// `passthru guest xml` and `passthru export qemu`: what a guest's configuration must say.
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

    public static func qemuArguments(_ machine: Machine, devices: [String]) throws(Failure) -> QEMUArguments {
        QEMUArguments(try functions(machine, devices))
    }

    private static func functions(_ machine: Machine, _ names: [String]) throws(Failure) -> [PCIFunction] {
        let host = Host.read(machine, [.pci])
        let functions = try DeviceSelector(host).functions(names)
        _ = try NamedDevices(functions.map { "\($0.address)" }, on: host)
        return functions
    }
}
