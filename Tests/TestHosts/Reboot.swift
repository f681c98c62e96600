import Foundation
import Machine

extension TestHost {
    /// A machine of `Hosts` whose text was changed, for example by a serial number for a card.
    public static func named(_ name: String, replacing edits: [String: String]) throws -> TestHost {
        var text = try String(contentsOf: Manifest.folder.appending(path: name + ".txt"), encoding: .utf8)
        for (old, new) in edits {
            precondition(text.contains(old), "\(name): \(old)")
            text = text.replacingOccurrences(of: old, with: new)
        }
        return try Manifest.host(name, text: text)
    }
}

extension SimulatedSysfs {
    /// The machine after a restart: the disk as it was left, everything else as `host` has it.
    ///
    /// - Parameter boot: names this run of the kernel.
    public func restarted(as host: TestHost, boot: String) -> SimulatedSysfs {
        func isOnDisk(_ path: String) -> Bool {
            !["/sys/", "/proc/", "/var/run/", "/run/", "/dev/"].contains { path.hasPrefix($0) }
        }
        var next = host
        for path in host.nodes.keys where isOnDisk(path) && self.host.nodes[path] == nil { next.remove(path) }
        for (path, node) in self.host.nodes where isOnDisk(path) { next.put(node, at: path) }
        next.file("/proc/sys/kernel/random/boot_id", boot)
        return SimulatedSysfs(next)
    }
}

/// The udev rule of passthru on a simulated machine: on the disk, and as the initramfs has it.
public enum UdevRules {
    public static let path = "/etc/udev/rules.d/70-passthru.rules"
    /// Where the simulated update-initramfs leaves what it put into the image.
    public static let image = "/boot/initrd.img-simulated"

    /// update-initramfs with passthru's hook: the rule as it is on the disk now goes into the image.
    public static func updateInitramfs(_ sysfs: SimulatedSysfs, _ arguments: [String]) -> ProgramResult {
        let hook = sysfs.host.text("/etc/initramfs-tools/hooks/passthru") != nil
        let rule = hook ? sysfs.host.text(path) ?? "" : ""
        try? sysfs.put(FileSnapshot(bytes: Array(rule.utf8)), at: image)
        return ProgramResult(status: 0, output: "")
    }

    /// The functions that a rule hands to vfio-pci.
    static func functions(in rules: String) -> [String] {
        rules.split(separator: "\n").filter { $0.hasPrefix("KERNEL==") && $0.contains("passthru_bind\"") }
            .compactMap { line in line.split(separator: "\"").dropFirst().first.map(String.init) }
    }
}

extension SimulatedSysfs {
    /// What both udevs do with the rule when the machine starts, before anything of passthru's runs: the override, and
    /// vfio-pci, ahead of any other driver.
    public func startUdev() {
        for rules in [UdevRules.image, UdevRules.path] {
            let text = host.text(rules) ?? ""
            for address in UdevRules.functions(in: text) {
                holdBack(address)
                guard text.contains("ENV{PASSTHRU_BOUND}=\"1\"") else { continue }
                change { $0.file("/run/udev/data/+pci:\(address)", "I:1\nE:PASSTHRU_BOUND=1") }
            }
        }
    }

    /// Lets vfio-pci have a function by its override, as udev rules and driverctl do it.
    public func holdBack(_ address: String) {
        guard let folder = folder(of: address) else { return }
        register(Self.vfio)
        change { host in
            host.folder("/sys/module/vfio_pci")
            host.file("\(folder)/driver_override", "vfio-pci")
        }
        if let driver = driver(of: address), driver != "vfio-pci" {
            try? write("/sys/bus/pci/drivers/\(driver)/unbind", bytes: Array(address.utf8), milliseconds: 0)
        }
        try? write("/sys/bus/pci/drivers_probe", bytes: Array(address.utf8), milliseconds: 0)
    }
}
