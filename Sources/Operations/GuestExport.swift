import Guests
import Inventory
import Machine
import Planning
import Wording

/// `passthru export proxmox` and `passthru export incus`: devices in the words of what runs guests elsewhere.
public enum GuestExport {
    /// Lines for `/etc/pve/qemu-server/VMID.conf`.
    public struct Proxmox: Sendable, Encodable {
        public let schema = "passthru/proxmox/1"
        public var settings: [Setting]

        public struct Setting: Sendable, Encodable {
            public var key: String
            public var value: String
        }

        public var lines: [String] { settings.map { "\($0.key): \($0.value)" } }
    }

    /// Sections for the files in `/etc/pve/mapping`.
    public struct Mapping: Sendable, Encodable {
        public let schema = "passthru/proxmox-mapping/1"
        /// For `pci.cfg`; null when no PCI function was named.
        @Nullable public var pci: String?
        /// For `usb.cfg`.
        @Nullable public var usb: String?
    }

    public struct Incus: Sendable, Encodable {
        public let schema = "passthru/incus/1"
        /// For `incus config edit`.
        public var yaml: String
    }

    public static func proxmox(_ machine: Machine, devices names: [String]) throws(Failure) -> Proxmox {
        let named = try select(machine, names)
        // The board that the guest's configuration names: PCI Express is what a new guest should have.
        var configuration = ProxmoxConfiguration(Array("machine: q35\n".utf8))
        do throws(GuestDeviceError) {
            let changes = try configuration.attach(try named.devices(byPort: true))
            return Proxmox(
                settings: changes.compactMap { change in change.after.map { .init(key: change.key, value: $0) } }
            )
        } catch {
            throw Failure(.malformed, error.message)
        }
    }

    /// - Parameter name: what the mapping shall be called.
    public static func mapping(_ machine: Machine, devices names: [String], name: String) throws(Failure) -> Mapping {
        guard ProxmoxMapping.isName(name) else {
            throw Failure(
                .usage,
                Text(
                    en: """
                        \(name) is no name for a mapping: two to forty letters, digits, - and _, a letter first.
                        """,
                    zh: "\(name) 不能作为映射名称：须为 2 到 40 个字母、数字、- 或 _，且以字母开头。"
                )
            )
        }
        let named = try select(machine, names)
        let node = machine.textIfAny("/proc/sys/kernel/hostname") ?? machine.textIfAny("/etc/hostname") ?? "pve"
        let functions = named.functions
        let usb = named.usbDevices
        guard usb.count < 2 else {
            throw Failure(
                .usage,
                Text(en: "A mapping holds one USB device: name them one by one.", zh: "一个映射只能含一个 USB 设备：请分别执行。")
            )
        }
        let equal = { (device: USBDevice) in
            named.host.usb?.devices.filter { $0.vendorID == device.vendorID && $0.productID == device.productID }.count
                ?? 0
        }
        return Mapping(
            pci: functions.isEmpty ? nil : ProxmoxMapping.pci(name, functions, node: node),
            usb: usb.first.flatMap { ProxmoxMapping.usb(name, $0, node: node, byPort: equal($0) > 1) }
        )
    }

    public static func incus(_ machine: Machine, devices names: [String]) throws(Failure) -> Incus {
        let named = try select(machine, names)
        let displays = Set(named.functions.filter { $0.class.isDisplay }.map(\.address))
        do throws(GuestDeviceError) {
            return Incus(yaml: try IncusDevices(try named.devices(byPort: false), displays: displays).yaml)
        } catch {
            throw Failure(.malformed, error.message)
        }
    }

    private static func select(_ machine: Machine, _ names: [String]) throws(Failure) -> NamedDevices {
        try NamedDevices(names, on: Host.read(machine, [.pci, .usb, .iommu]))
    }
}
