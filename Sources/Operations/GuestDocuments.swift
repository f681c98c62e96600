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
