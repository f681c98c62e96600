import Formats
import Machine

/// iStoreOS' GRUB hook on a simulated machine: what `/etc/init.d/grub restart` and `update-grub` do to the files, and what
/// GRUB does with them at boot.
public enum IStoreOSHook {
    static let environment = "/boot/grub/grubenv"
    static let extra = "/boot/grub/grub.ext.cfg"

    /// The router with its switch off, before anybody did anything.
    public static func router() throws -> SimulatedSysfs {
        var host = try TestHost.named("i226-router").with([
            "/etc/config/grub": """
            config iommu 'iommu'
            \toption enabled '0'
            #\toption cmdline 'intel_iommu=on iommu=pt'

            config cmdline
            \toption enabled '0'
            \toption cmdline 'usb-storage.quirks=0bda:9210:u,0080:a001:u'
            \toption comment 'Disable UAS for some NVMe/SATA to USB Adapters'

            """,
            "/etc/grub.cfg.d/01-iommu.cfg": "set cmdline_ext=\"$cmdline_ext $IOMMU_CMDLINE\"\n",
            "/etc/grub.cfg.d/02-cmdline.cfg": "set cmdline_ext=\"$cmdline_ext $CUSTOM_CMDLINE\"\n",
            "/proc/cmdline": line(""),
            "/proc/sys/kernel/random/boot_id": "first",
        ])
        host.remove(extra)
        host.file("/etc/init.d/grub", "", mode: 0o755)
        host.file("/usr/sbin/update-grub", "", mode: 0o755)
        let mounts = host.text("/proc/self/mountinfo") ?? ""
        host.file("/proc/self/mountinfo", mounts + "24 23 259:1 /boot /boot rw,noatime - ext4 /dev/nvme0n1p1 rw\n")
        let sysfs = SimulatedSysfs(host)
        install(sysfs)
        return sysfs
    }

    /// Makes the hook's two programs do what they do.
    public static func install(_ sysfs: SimulatedSysfs) {
        sysfs.programs["/usr/sbin/update-grub"] = { sysfs, _ in
            merge(sysfs)
            return ProgramResult(status: 0, output: "")
        }
        sysfs.programs["/etc/init.d/grub"] = { sysfs, arguments in
            if arguments == ["restart"] { restart(sysfs) }
            return ProgramResult(status: 0, output: "")
        }
    }

    private static func merge(_ sysfs: SimulatedSysfs) {
        var text = "# Merged /etc/grub.cfg.d/*.cfg\n"
        for name in ((try? sysfs.list("/etc/grub.cfg.d")) ?? []).sorted() where name.hasSuffix(".cfg") {
            text += sysfs.host.text("/etc/grub.cfg.d/\(name)") ?? ""
        }
        try? sysfs.put(FileSnapshot(bytes: Array(text.utf8)), at: extra)
    }

    private static func restart(_ sysfs: SimulatedSysfs) {
        guard let bytes = try? sysfs.read("/etc/config/grub", limit: .max), let document = try? UCIDocument(bytes)
        else {
            return
        }
        let settings = IStoreOSGRUB(document)
        let iommu = settings.isIOMMUEnabled ? settings.iommuCommandLine ?? "intel_iommu=on iommu=pt" : nil
        let custom = settings.additions.compactMap { $0.isEnabled ? $0.commandLine : nil }.joined(separator: " ")
        set(sysfs, [("IOMMU_CMDLINE", iommu), ("CUSTOM_CMDLINE", custom.isEmpty ? nil : custom)])
        merge(sysfs)
    }

    private static func set(_ sysfs: SimulatedSysfs, _ variables: [(name: String, value: String?)]) {
        let now = (try? sysfs.read(environment, limit: .max)) ?? GRUBEnvironment.empty()
        guard let bytes = try? GRUBEnvironment(now)?.setting(variables) else { return }
        try? sysfs.put(FileSnapshot(bytes: bytes), at: environment)
    }

    /// The kernel's line of the first entry.
    private static func line(_ more: String) -> String {
        "BOOT_IMAGE=/boot/vmlinuz root=PARTUUID=11223344-02 rootwait noinitrd" + (more.isEmpty ? "" : " " + more)
    }

    /// Starts the machine anew, as GRUB does it: the functions of passthru's snippet are followed by hand here; the rig has
    /// the real GRUB.
    public static func reboot(_ sysfs: SimulatedSysfs, as boot: String) throws {
        let bytes = (try? sysfs.read(environment, limit: .max)) ?? []
        let values = GRUBEnvironment(bytes)?.values ?? [:]
        var words = [values["IOMMU_CMDLINE"], values["CUSTOM_CMDLINE"]].compactMap(\.self).joined(separator: " ")
        let script = sysfs.host.text(extra) ?? ""
        if values["passthru_state"] == "trial",
            let start = script.range(of: "set cmdline_ext=\"", after: "passthru_go_failed {")
        {
            set(sysfs, [("passthru_state", "failed")])
            words = String(script[start...].prefix { $0 != "\"" })
        }
        try sysfs.put(FileSnapshot(bytes: Array((line(words) + "\n").utf8)), at: "/proc/cmdline")
        try sysfs.put(FileSnapshot(bytes: Array("\(boot)\n".utf8)), at: "/proc/sys/kernel/random/boot_id")
    }
}

extension String {
    /// Where `text` ends that stands somewhere behind `mark`.
    fileprivate func range(of text: String, after mark: String) -> Index? {
        func end(of text: String, from start: Index) -> Index? {
            var index = start
            while index < endIndex {
                if self[index...].hasPrefix(text) { return self.index(index, offsetBy: text.count) }
                index = self.index(after: index)
            }
            return nil
        }
        return end(of: mark, from: startIndex).flatMap { end(of: text, from: $0) }
    }
}
