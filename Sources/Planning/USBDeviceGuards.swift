import Inventory
import Wording

/// What the guards have against giving a single USB device to a guest.
///
/// They know what is lost with a PCI function. So the device is looked at as if it hung below a controller of its own, and
/// nothing else did: a mounted stick, an adapter with the default route and the last keyboard are then found as they are
/// behind a whole controller.
public enum USBDeviceGuards {
    private static let rules: [any Guard.Type] = [
        SystemStorage.self, ManagementNetwork.self, LastInput.self, SerialConsole.self, UplinkModem.self,
        PartitionedDisk.self,
    ]
    /// The controller that is not there: no machine has this many domains.
    private static let controller = PCIAddress(domain: 0xFFFF_FFFF, bus: 0xFF, device: 31, function: 7)

    /// The findings about a device, refusals first; a consent names it by its port path.
    public static func findings(_ device: USBDevice, on host: Host) -> [GuardFinding] {
        guard !device.isHub, !device.isRootHub else {
            return [
                GuardFinding(
                    guardName: PlatformFunction.name,
                    level: .refuse,
                    device: nil,
                    token: device.portPath,
                    message: Text(
                        en: "\(device.portPath) is a hub: give a guest the devices behind it, or the whole controller.",
                        zh: "\(device.portPath) 是集线器：请交出它后面的设备，或整个控制器。"
                    ),
                    costs: []
                )
            ]
        }
        let (host, function) = host.settingApart(device, below: controller)
        let request = Request([function], on: host)
        let found = rules.flatMap { $0.findings(request) }.map { finding -> GuardFinding in
            var finding = finding
            finding.device = nil
            if finding.token == "\(controller)" { finding.token = device.portPath }
            finding.message = finding.message.replacing(
                "\(controller)",
                with: Text(en: "the USB device \(device.portPath)", zh: "USB 设备 \(device.portPath)")
            )
            finding.costs = []
            return finding
        }
        return GuardLevel.allCases.sorted(by: >).flatMap { level in found.filter { $0.level == level } }
    }
}

extension Host {
    /// The same host with what lives on one USB device, and nothing else, below `controller`.
    fileprivate func settingApart(_ device: USBDevice, below controller: PCIAddress) -> (Host, PCIFunction) {
        var host = self
        let place = ["\(controller)"]
        func names(_ kind: String) -> Set<String> { Set(device.usedBy.filter { $0.kind == kind }.map(\.name)) }
        func move<Item>(
            _ items: inout [Item]?,
            _ wanted: Set<String>,
            _ name: (Item) -> String,
            _ put: (inout Item) -> Void
        ) {
            for index in (items ?? []).indices {
                guard let item = items?[index], wanted.contains(name(item)) else { continue }
                var moved = item
                put(&moved)
                items?[index] = moved
            }
        }
        var interfaces = host.network?.interfaces
        move(&interfaces, names("net"), \.name) { $0.functions = place }
        if let interfaces { host.network?.interfaces = interfaces }
        var inputs = host.input?.devices
        move(&inputs, names("input"), \.name) { $0.functions = place }
        if let inputs { host.input?.devices = inputs }
        var ports = host.serial?.ports
        move(&ports, names("tty"), \.name) { $0.functions = place }
        if let ports { host.serial?.ports = ports }
        let disks = names("block")
        var blocks = host.storage?.devices
        move(&blocks, disks.union((blocks ?? []).filter { $0.disk.map(disks.contains) ?? false }.map(\.name)), \.name) {
            $0.functions = place
            $0.paths = [place]
        }
        if let blocks { host.storage?.devices = blocks }
        var devices = host.usb?.devices
        move(&devices, [device.portPath], \.portPath) { $0.functions = place }
        if let devices { host.usb?.devices = devices }
        // A controller of the class that USB has (PCI Code and ID Assignment Specification, 0C0330h).
        let function = PCIFunction(
            address: controller,
            vendor: HardwareID(0),
            device: HardwareID(0),
            class: PCIClass(code: 0x0C0330)
        )
        host.pci?.functions?.append(function)
        return (host, function)
    }
}

extension Text {
    /// The same with every `part` replaced.
    fileprivate func replacing(_ part: String, with other: Text) -> Text {
        func replaced(_ text: String, _ other: String) -> String {
            var result: [UInt8] = []
            var rest = Array(text.utf8)[...]
            let part = Array(part.utf8)
            while let byte = rest.first {
                if rest.starts(with: part) {
                    result += other.utf8
                    rest = rest.dropFirst(part.count)
                } else {
                    result.append(byte)
                    rest = rest.dropFirst()
                }
            }
            return String(decoding: result, as: UTF8.self)
        }
        return Text(en: replaced(en, other.en), zh: replaced(zh, other.zh))
    }
}
