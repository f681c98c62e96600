import Formats
import Machine
import TestHosts

/// What the programs of the loaders, and the loaders themselves at boot, do to the files. All of this is simulated: the
/// judges of these tests, and the rig, have the real ones.
///
/// - grub-mkconfig: the first menu with the words of the defaults exchanged, in all but recovery entries
/// - kernelstub: its settings into the `options` of its entries
/// - bootctl set-oneshot: the variable LoaderEntryOneShot
/// - mkinitcpio: an image that holds the line; proxmox-boot-tool, dracut, kernel-install: nothing that can be seen
enum SimulatedLoaders {
    static func machine(_ before: TestHost) -> SimulatedSysfs {
        let sysfs = SimulatedSysfs(before)
        if before.text("/etc/config/grub") != nil {
            IStoreOSHook.install(sysfs)
            return sysfs
        }
        let programs: [String: (SimulatedSysfs, [String]) -> Void] = [
            "/usr/sbin/update-grub": { sysfs, _ in mkconfig(sysfs, before) },
            "/usr/sbin/grub-mkconfig": { sysfs, _ in mkconfig(sysfs, before) },
            "/usr/bin/grub-mkconfig": { sysfs, _ in mkconfig(sysfs, before) },
            "/usr/bin/kernelstub": { sysfs, _ in kernelstub(sysfs) },
            "/usr/bin/bootctl": { sysfs, words in
                guard words.first == "set-oneshot", words.count == 2 else { return }
                let bytes = words[1].isEmpty ? nil : BootHost.variable(words[1])
                put(sysfs, bytes, BootHost.path(of: "LoaderEntryOneShot"))
            },
            "/usr/bin/mkinitcpio": { sysfs, _ in
                let files =
                    ["/etc/kernel/cmdline"] + sysfs.host.nodes.keys.filter { $0.hasPrefix("/etc/cmdline.d/") }.sorted()
                let text = files.compactMap { sysfs.host.text($0) }.joined()
                guard before.text("/efi/EFI/Linux/arch-linux.efi") != nil else { return }
                put(
                    sysfs,
                    Array((text == original(before) ? "an image\n" : text).utf8),
                    "/efi/EFI/Linux/arch-linux.efi"
                )
            },
            "/usr/bin/dracut": { _, _ in }, "/usr/bin/kernel-install": { _, _ in },
            "/usr/sbin/proxmox-boot-tool": { _, _ in },
        ]
        for (path, program) in programs {
            sysfs.programs[path] = { sysfs, words in
                program(sysfs, words)
                return ProgramResult(status: 0, output: "")
            }
        }
        return sysfs
    }

    private static func original(_ before: TestHost) -> String { before.text("/etc/kernel/cmdline") ?? "" }

    static func put(_ sysfs: SimulatedSysfs, _ bytes: [UInt8]?, _ path: String) {
        try? sysfs.put(bytes.map { FileSnapshot(bytes: $0) }, at: path)
    }

    private static func words(_ host: TestHost) -> [String] {
        let parts = host.nodes.keys.filter { $0.hasPrefix("/etc/default/grub.d/") }.sorted()
        let files = (["/etc/default/grub"] + parts).compactMap { host.bytes($0) }
        return GRUBDefaults(files).arguments.words.map(\.text)
    }

    private static func mkconfig(_ sysfs: SimulatedSysfs, _ before: TestHost) {
        let path = "/boot/grub/grub.cfg"
        guard let menu = before.bytes(path), let document = try? GRUBMenuDocument(menu) else { return }
        let (old, new) = (words(before), words(sysfs.host))
        let edit = ArgumentEdit(remove: old.filter { !new.contains($0) }, add: new.filter { !old.contains($0) })
        let after = try? document.edited(edit) { entry in !(entry.titles.last?.contains("recovery") ?? true) }
        put(sysfs, after, path)
    }

    private static func kernelstub(_ sysfs: SimulatedSysfs) {
        guard let bytes = sysfs.host.bytes("/etc/kernelstub/configuration"),
            let options = KernelstubSettings(bytes)?.options
        else { return }
        for name in ["current", "oldkern"] {
            let path = "/boot/efi/loader/entries/Pop_OS-\(name).conf"
            let lines = (sysfs.host.text(path) ?? "").split(separator: "\n").dropLast()
            let line = "options root=UUID=1234 ro \(options.joined(separator: " "))"
            put(sysfs, Array(((lines.map(String.init) + [line]).joined(separator: "\n") + "\n").utf8), path)
        }
        put(sysfs, bytes, "/etc/kernelstub/configuration")
    }

    // MARK: A boot

    /// Starts the machine anew with what the loader would choose; what it takes of orders for one boot is gone afterwards.
    ///
    /// - Returns: whether the kernel's line is the one of a trial.
    static func reboot(_ sysfs: SimulatedSysfs, as boot: String) -> Bool {
        var line: String?
        for folder in ["/boot/grub", "/boot/grub2"] {
            let path = folder + "/grubenv"
            guard let bytes = sysfs.host.bytes(path), let block = GRUBEnvironment(bytes),
                block.values["next_entry"] == "passthru-trial"
            else { continue }
            put(sysfs, try? block.setting([("next_entry", "")]), path)
            if let menu = sysfs.host.bytes(folder + "/custom.cfg") {
                let entry = GRUBMenu(menu).entries.first { $0.ids.last == "passthru-trial" }
                line = entry?.linux.first.map { $0.arguments.joined(separator: " ") }
            }
            if let entry = sysfs.host.bytes("/boot/loader/entries/passthru-trial.conf") {
                line = words(BootLoaderEntry(entry).commandLine(environment: block.values))
            }
        }
        let variable = BootHost.path(of: "LoaderEntryOneShot")
        if sysfs.host.bytes(variable) == BootHost.variable("passthru-trial.conf") {
            put(sysfs, nil, variable)
            for home in ["/boot", "/boot/efi", "/efi"] {
                guard let entry = sysfs.host.bytes(home + "/loader/entries/passthru-trial.conf") else { continue }
                line = words(BootLoaderEntry(entry).commandLine())
                put(sysfs, BootHost.variable("passthru-trial.conf"), BootHost.path(of: "LoaderEntrySelected"))
            }
        }
        if let line {
            let now = sysfs.host.text("/proc/cmdline") ?? ""
            let mark = KernelCommandLine(now).words.first { $0.isNamed("BOOT_IMAGE") || $0.isNamed("initrd") }
            put(sysfs, Array(((mark.map { $0.text + " " } ?? "") + line + "\n").utf8), "/proc/cmdline")
        }
        put(sysfs, Array("\(boot)\n".utf8), "/proc/sys/kernel/random/boot_id")
        return line?.contains("passthru.trial=") == true
    }

    private static func words(_ line: KernelCommandLine) -> String { line.words.map(\.text).joined(separator: " ") }
}
