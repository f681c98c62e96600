import Guests
import Inventory
import Machine
import Planning
import Wording

/// Devices that somebody named for a guest, with the host that they are of.
struct NamedDevices {
    var host: Host
    var all: [NamedDevice]

    init(host: Host, all: [NamedDevice]) {
        self.host = host
        self.all = all
    }

    /// - Throws: what ``DeviceSelector/devices(_:_:)`` throws, and 77 for what no guest can have.
    init(_ names: [String], on host: Host) throws(Failure) {
        self.host = host
        all = try DeviceSelector(host).devices(names, host.usb)
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
    }

    /// The devices with everything that a recipe looks at.
    static func detailed(
        _ names: [String],
        on machine: Machine
    ) throws(Failure) -> (named: NamedDevices, functions: [PCIFunction]) {
        var named = try NamedDevices(names, on: Host.read(machine, [.pci, .names, .usb]))
        let functions = named.functions
        named.host.readDetails(of: functions, from: machine)
        return (named, named.host.fresh(functions))
    }

    var functions: [PCIFunction] {
        all.compactMap { device in if case .pci(let function) = device { function } else { nil } }
    }

    var usbDevices: [USBDevice] {
        all.compactMap { device in if case .usb(let device) = device { device } else { nil } }
    }

    /// As a guest's configuration gets them, functions without any recipe.
    func devices(byPort: Bool) throws(GuestDeviceError) -> [GuestDevice] {
        try functions.map { .pci(PCIGuestDevice($0.address)) } + usbGuestDevices(byPort: byPort).map { .usb($0.device) }
    }

    /// The USB devices, each with what the owner should know about the way it is found again.
    func usbGuestDevices(byPort: Bool) throws(GuestDeviceError) -> [(device: USBGuestDevice, warning: Text?)] {
        var found: [(USBGuestDevice, Text?)] = []
        for device in usbDevices {
            guard let (place, warning) = device.place(among: host.usb?.devices ?? [], byPort: byPort) else {
                throw GuestDeviceError(
                    Text(
                        en: "\(device.portPath) does not say what it is: its IDs cannot be read.",
                        zh: "\(device.portPath) 没有说明自己是什么：无法读取其 ID。"
                    )
                )
            }
            found.append((USBGuestDevice(place), warning))
        }
        return found
    }
}
