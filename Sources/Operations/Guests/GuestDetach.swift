import Changes
import Guests
import Inventory
import Machine
import Planning
import Wording

/// `passthru guest detach`: takes devices out of a guest's configuration; they stay bound until they are released.
public enum GuestDetach {
    /// - Parameters:
    ///   - names: devices; a device that is gone is named by its address or `vendor:product` as the configuration has it.
    ///   - isLive: whether the guest that runs loses them now, too.
    public static func run(
        _ machine: Machine,
        guest name: String,
        devices names: [String],
        isLive: Bool,
        _ permissions: Permissions,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        try Execution.carryOut(on: machine, verb: "guest-detach", permissions, givesBack: true, progress: progress) {
            () throws(Failure) -> Intention in
            let host = Host.read(machine, [.pci, .usb, .guests])
            let guest = try GuestCatalog(machine, host.guests).guest(name)
            let editor = try GuestCatalog(machine, host.guests).editor(guest)
            let known = editor.keys
            var keys: Set<String> = []
            var addresses: [PCIAddress] = []
            for name in names {
                let found = try Self.keys(name, host)
                keys.formUnion(found.keys)
                addresses += found.address.map { [$0] } ?? []
            }
            keys.formUnion(Self.stale(keys, known, host))
            var plan = Plan()
            let ours = keys.intersection(known)
            try Self.checkUSB(names, ours, guest, host)
            let foreign = addresses.filter {
                guest.functions.contains($0) && !known.contains(PCIGuestDevice($0).deviceKey)
            }
            guard foreign.isEmpty else {
                let list = foreign.map(\.description)
                throw Failure(
                    .refused,
                    Text(
                        en: """
                            \(list.joined(separator: ", ")) is in \(guest.name), but passthru did not put it there: take it \
                            out where it was put in.
                            """,
                        zh: "\(list.joined(separator: "、")) 在 \(guest.name) 中，但不是 passthru 加入的：请在加入它的地方移除。"
                    )
                )
            }
            if isLive { plan.changes += try editor.unplugging(keys) }
            plan.changes += try editor.detaching(ours)
            if guest.isRunning == true, !isLive, !plan.changes.isEmpty {
                plan.warnings.append(
                    Text(
                        en: "\(guest.name) runs: it keeps the devices until it is shut down.",
                        zh: "\(guest.name) 正在运行：在关机之前它仍保留这些设备。"
                    )
                )
            }
            return Intention(plan: plan, devices: addresses)
        }
    }

    /// Devices that were put in by numbers which no device has any more: plugged in anew, they have others.
    static func stale(_ keys: Set<String>, _ known: Set<String>, _ host: Host) -> Set<String> {
        let kinds = keys.compactMap { key -> String? in
            let parts = key.utf8.split(separator: UInt8(ascii: "-"))
            return key.hasPrefix("usb-") && parts.count >= 3
                ? "usb-\(Substring(parts[1]))-\(Substring(parts[2]))-" : nil
        }
        let present = Set((host.usb?.devices ?? []).compactMap(\.numberedKey))
        return known.filter { key in kinds.contains { key.hasPrefix($0) } && !present.contains(key) }
    }

    /// What the owner put in by another way is the owner's to take out.
    private static func checkUSB(
        _ names: [String],
        _ ours: Set<String>,
        _ guest: KnownGuest,
        _ host: Host
    ) throws(Failure) {
        guard ours.isEmpty else { return }
        for name in names {
            guard case .usb(let device)? = try? DeviceSelector(host).devices([name], host.usb).first,
                guest.usb.contains(where: { $0.matches(device) })
            else { continue }
            throw Failure(
                .refused,
                Text(
                    en:
                        "\(name) is in \(guest.name), but passthru did not put it there: take it out where it was put in.",
                    zh: "\(name) 在 \(guest.name) 中，但不是 passthru 加入的：请在加入它的地方移除。"
                )
            )
        }
    }

    /// Every key that a configuration may have for a device.
    private static func keys(_ name: String, _ host: Host) throws(Failure) -> (keys: Set<String>, address: PCIAddress?)
    {
        if let address = PCIAddress(name) { return ([PCIGuestDevice(address).deviceKey], address) }
        let ids = name.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        if ids.count == 2, let vendor = UInt16(Substring(ids[0]), radix: 16),
            let product = UInt16(Substring(ids[1]), radix: 16)
        {
            let place = USBGuestDevice.Place.product(vendor: HardwareID(vendor), product: HardwareID(product))
            let gone = GuestDevice.usb(USBGuestDevice(place)).key
            guard let device = try? DeviceSelector(host).devices([name], host.usb).first else { return ([gone], nil) }
            let found = device.keys(host)
            return (found.keys.union([gone]), found.address)
        }
        guard let device = try DeviceSelector(host).devices([name], host.usb).first else { return ([], nil) }
        return device.keys(host)
    }
}

extension USBDevice {
    /// The key of a device that is named by its number, too.
    fileprivate var numberedKey: String? {
        guard let vendor = vendorID, let product = productID, let bus, let number else { return nil }
        let place = USBGuestDevice.Place.exact(vendor: vendor, product: product, bus: bus, device: number)
        return GuestDevice.usb(USBGuestDevice(place)).key
    }
}

extension PCIGuestDevice {
    /// ``GuestDevice/key``.
    fileprivate var deviceKey: String { GuestDevice.pci(self).key }
}

extension NamedDevice {
    /// Every key that a configuration may have for the device, and its address if it has one.
    func keys(_ host: Host) -> (keys: Set<String>, address: PCIAddress?) {
        switch self {
        case .pci(let function): return ([PCIGuestDevice(function.address).deviceKey], function.address)
        case .usb(let device):
            let all = host.usb?.devices ?? []
            var places = [true, false].compactMap { device.place(among: all, byPort: $0)?.0 }
            places += [device.place(among: [], byPort: false)?.0].compactMap(\.self)
            if let vendor = device.vendorID, let product = device.productID, let bus = device.bus,
                let number = device.number
            {
                places.append(.exact(vendor: vendor, product: product, bus: bus, device: number))
            }
            return (Set(places.map { GuestDevice.usb(USBGuestDevice($0)).key }), nil)
        }
    }
}
