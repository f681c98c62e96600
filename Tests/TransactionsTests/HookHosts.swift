import Inventory
import Machine
import Operations
import Planning
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// A desktop whose first graphics card shows the text consoles and the login screen, and a guest of libvirt that gets it.
enum HookHost {
    static let card = ["0000:01:00.0", "0000:01:00.1", "0000:01:00.2", "0000:01:00.3"]
    static let guest = "win11"
    static let script = "/etc/libvirt/hooks/qemu.d/passthru"
    static let console = "/sys/class/vtconsole/vtcon1/bind"
    static let picture = "/sys/bus/platform/drivers/efi-framebuffer/"
    static let consent = Consent(guardName: "console-display", token: "0000:01:00.0")

    static let domain = """
        <domain type='kvm'><name>win11</name><memory unit='GiB'>4</memory>
        <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
          <hostdev mode='subsystem' type='pci' managed='no'>
            <source><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>
          </hostdev>
        </devices></domain>
        """

    static func desktop(_ edit: (inout TestHost) -> Void = { _ in }) throws -> SimulatedSysfs {
        var host = try TestHost.named("two-gpus-desktop").with([
            "/proc/sys/kernel/random/boot_id": "first", "/usr/sbin/passthru": "",
            "/etc/libvirt/qemu/win11.xml": domain,
            "/sys/class/vtconsole/vtcon0/name": "(S) dummy device", "/sys/class/vtconsole/vtcon0/bind": "0",
            "/sys/class/vtconsole/vtcon1/name": "(M) frame buffer device", console: "1",
            "/sys/devices/platform/efi-framebuffer.0/graphics/fb0/name": "EFI VGA",
            picture + "bind": "", picture + "unbind": "",
            "/lib/systemd/system/gdm.service": "[Unit]",
            "/sys/fs/cgroup/system.slice/gdm.service/cgroup.events": "populated 1\nfrozen 0",
        ])
        host.link("/usr/lib/x86_64-linux-gnu/libvirt.so.0", "libvirt.so.0.9000.0")
        host.link("/etc/systemd/system/display-manager.service", "/lib/systemd/system/gdm.service")
        host.folder("/sys/bus/platform/devices/efi-framebuffer.0")
        host.link(
            "/sys/bus/platform/devices/efi-framebuffer.0/driver",
            "../../../bus/platform/drivers/efi-framebuffer"
        )
        host.link("/sys/class/graphics/fb0", "../../devices/platform/efi-framebuffer.0/graphics/fb0")
        host.link("/sys/devices/platform/efi-framebuffer.0/graphics/fb0/device", "../../../efi-framebuffer.0")
        host.file("/usr/bin/systemctl", "", mode: 0o755)
        edit(&host)
        return simulated(host)
    }

    /// With a systemd that starts and stops the login screen.
    static func simulated(_ host: TestHost) -> SimulatedSysfs {
        let sysfs = SimulatedSysfs(host)
        sysfs.programs["/usr/bin/systemctl"] = { sysfs, arguments in
            let state = "populated \(arguments.first == "start" ? 1 : 0)\nfrozen 0\n"
            let events = "/sys/fs/cgroup/system.slice/gdm.service/cgroup.events"
            try? sysfs.put(FileSnapshot(bytes: Array(state.utf8)), at: events)
            return ProgramResult(status: 0, output: "")
        }
        return sysfs
    }

    @discardableResult
    static func assign(
        _ sysfs: SimulatedSysfs,
        guest: String = guest,
        _ devices: [String] = card,
        consents: Set<Consent> = [consent]
    ) throws -> Outcome {
        try Assign.run(
            Machine(sysfs),
            devices: [devices[0]],
            mates: Array(devices.dropFirst()),
            once: false,
            guest: guest,
            atGuestStart: true,
            Permissions(consents: consents)
        ) { _ in }
    }

    /// A call of the hook; what it says when it fails.
    static func call(
        _ sysfs: SimulatedSysfs,
        _ moment: Hook.Moment,
        guest: String = guest,
        _ manager: WantedState.HandOver.Manager = .libvirt,
        holders: @escaping () -> [DeviceHolder]? = { nil }
    ) -> Failure? {
        do {
            try Hook.run(Machine(sysfs), guest: guest, manager, moment) { machine, parts in
                var host = Host.read(machine, parts)
                if let holders = holders() {
                    host.holders = HolderInventory()
                    host.holders?.holders = holders
                }
                return host
            }
            return nil
        } catch {
            return error
        }
    }

    /// What is not as it was, without what passthru may leave: loaded modules.
    static func changes(_ sysfs: SimulatedSysfs, since before: TestHost) -> [String] {
        sysfs.host.differences(from: before).filter {
            !$0.hasPrefix("/sys/module/") && !$0.hasPrefix("/sys/bus/pci/drivers/vfio-pci")
        }
    }

    static func programs(_ sysfs: SimulatedSysfs) -> [String] {
        sysfs.events.compactMap { event in
            if case .run(let path, let arguments) = event {
                ([Machine.lastComponent(of: path)] + arguments).joined(separator: " ")
            } else {
                nil
            }
        }
    }
}
