import Inventory
import Machine
import Wording

/// systemd hosts: two units, a list of modules, a udev rule.
enum SystemdBoot {
    static let rulePath = "/etc/udev/rules.d/70-passthru.rules"
    static let modulesPath = "/etc/modules-load.d/passthru.conf"

    static func files(for wish: BootWish, on machine: Machine) -> [BootFile] {
        var files: [BootFile] = []
        if wish.needsService {
            let early = Text(en: "binds before udev loads the drivers, at every boot", zh: "每次启动时在 udev 加载驱动之前绑定")
            let late = Text(en: "finishes what was interrupted, and looks after the rest", zh: "收尾被中断的更改并处理其余部分")
            let on = Text(en: "switches that on", zh: "启用它")
            files = [
                BootFile(
                    path: BootService.earlyUnitPath,
                    content: .text(BootService.earlyUnit, mode: 0o644),
                    reason: early,
                    isService: true
                ),
                BootFile(
                    path: BootService.earlyLinkPath,
                    content: .link(BootService.earlyUnitPath),
                    reason: on,
                    isService: true
                ),
                BootFile(
                    path: BootService.unitPath,
                    content: .text(BootService.unit, mode: 0o644),
                    reason: late,
                    isService: true
                ),
                BootFile(
                    path: BootService.linkPath,
                    content: .link(BootService.unitPath),
                    reason: on,
                    isService: true
                ),
            ]
        }
        if !wish.devices.isEmpty {
            files.append(
                BootFile(
                    path: modulesPath,
                    content: .text("# Made by passthru.\nvfio_iommu_type1\nvfio-pci\n", mode: 0o644),
                    reason: Text(en: "loads vfio at every boot", zh: "每次启动时加载 vfio")
                )
            )
        }
        if let rule = rule(for: wish) {
            files.append(
                BootFile(
                    path: rulePath,
                    content: .text(rule, mode: 0o644),
                    reason: Text(
                        en: "keeps these devices from their own drivers, in an initramfs too",
                        zh: "不让这些设备被原来的驱动接管，在 initramfs 中也是如此"
                    )
                )
            )
        }
        return files + (wish.reachesInitramfs ? Initramfs.files(on: machine) : [])
    }

    /// The override is only set where the driver is there to take the device: without vfio the host keeps it. Devices
    /// are named with all that udev can compare; `passthru boot` looks at serial numbers, too.
    private static func rule(for wish: BootWish) -> String? {
        guard !wish.devices.isEmpty || wish.access != .root else { return nil }
        var lines = ["# Made by passthru from /etc/passthru.conf: changes are lost."]
        if !wish.devices.isEmpty {
            lines.append("ACTION!=\"add\", GOTO=\"passthru_nodes\"")
            lines.append("SUBSYSTEM!=\"pci\", GOTO=\"passthru_nodes\"")
            // Whoever is locked out writes it on the kernel's line. Two rules: in one, matches come before imports.
            lines.append("IMPORT{cmdline}=\"passthru.bind\"")
            lines.append("ENV{passthru.bind}==\"0\", GOTO=\"passthru_nodes\"")
            for device in wish.devices { lines.append(match(device) + ", GOTO=\"passthru_bind\"") }
            lines.append("GOTO=\"passthru_end\"")
            lines.append("LABEL=\"passthru_bind\"")
            lines.append("IMPORT{builtin}=\"kmod load vfio-pci\"")
            lines.append(
                "TEST==\"/sys/bus/pci/drivers/vfio-pci\", ATTR{driver_override}=\"vfio-pci\", "
                    + "ENV{\(BoundByRule.property)}=\"1\""
            )
            lines.append("GOTO=\"passthru_end\"")
            lines.append("LABEL=\"passthru_nodes\"")
        }
        let permissions: String?
        switch wish.access {
        case .root: permissions = nil
        case .group(let name): permissions = "GROUP=\"\(name)\", MODE=\"0660\""
        case .world: permissions = "MODE=\"0666\""
        }
        // Whoever may open a group's node may open /dev/vfio/vfio on systems with udev already.
        if let permissions { lines.append("SUBSYSTEM==\"vfio\", \(permissions)") }
        if !wish.devices.isEmpty { lines.append("LABEL=\"passthru_end\"") }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func match(_ device: DeviceIdentity) -> String {
        var parts = [
            "KERNEL==\"\(device.address)\"", "ATTR{vendor}==\"0x\(device.vendor)\"",
            "ATTR{device}==\"0x\(device.device)\"",
        ]
        if let vendor = device.subsystemVendor { parts.append("ATTR{subsystem_vendor}==\"0x\(vendor)\"") }
        if let number = device.subsystemDevice { parts.append("ATTR{subsystem_device}==\"0x\(number)\"") }
        return parts.joined(separator: ", ")
    }
}
