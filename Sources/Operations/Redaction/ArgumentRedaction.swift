import Inventory
import Readiness

/// Values on kernel lines and in module options: of parameters that nobody knows here the value is not kept, whatever it is
/// called, and of no parameter that is named like a secret.
struct ArgumentRedaction {
    /// Whether a file holds kernel lines.
    static func isKernelLine(_ path: String) -> Bool {
        ["/proc/cmdline", "/etc/default/grub", "/etc/kernel/cmdline", "/etc/config/grub", "/dev/kmsg"].contains(path)
            || ["/etc/default/grub.d/", "/etc/cmdline.d/", "/etc/kernelstub/", "/etc/grub.cfg.d/"]
                .contains { path.hasPrefix($0) }
            || path.contains("/loader/entries/") || path.hasSuffix("/grubenv") || path.hasSuffix(".cfg")
            || path.hasPrefix("/boot/") && path.hasSuffix(".conf")
    }

    static func isModuleOptions(_ path: String) -> Bool {
        path.hasPrefix("/etc/mod") || path.hasPrefix("/etc/dracut") || path.hasPrefix("/etc/mkinitcpio")
            || path.hasPrefix("/etc/initramfs-tools")
    }

    /// What a value becomes; the same for the same.
    var pseudonym: ([UInt8]) -> [UInt8]
    /// The names whose values went.
    var names: Set<String> = []

    init(_ pseudonym: @escaping ([UInt8]) -> [UInt8]) { self.pseudonym = pseudonym }

    mutating func redact(_ bytes: [UInt8], at path: String) -> [UInt8] {
        guard !path.contains("/config-"), Self.isConfiguration(path) else { return bytes }
        let isOptions = Self.isModuleOptions(path)
        let isMenu = path.hasSuffix(".cfg") && !path.hasPrefix("/etc/default/")
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if !result.isEmpty || line.startIndex > bytes.startIndex { result.append(UInt8(ascii: "\n")) }
            let words = line.split { $0 == 0x20 || $0 == 0x09 }
            let first = words.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
            if isOptions {
                if first.hasPrefix("#") {
                    result += first == "#" && words.count == 1 ? Array(line) : Self.blank(line)
                } else {
                    let module =
                        words.count > 1 && first == "options" ? String(decoding: words[1], as: UTF8.self) : first
                    redact(line, prefix: canonicalModuleName(module) + ".", keepsUnknown: false, into: &result)
                }
            } else if path.hasPrefix("/etc/default/"), first.hasPrefix("#") {
                result += Self.blank(line)
            } else {
                let isLine =
                    Self.isKernelLine(path)
                    && (!isMenu || ["linux", "module", "options", "kernel"].contains { first.hasPrefix($0) }
                        || line.firstRange(of: "cmdline".utf8) != nil || line.firstRange(of: "kernelopts".utf8) != nil)
                redact(line, prefix: "", keepsUnknown: !isLine, into: &result)
            }
        }
        return result
    }

    private static func isConfiguration(_ path: String) -> Bool {
        path.hasPrefix("/etc/") || path.hasPrefix("/boot/") || path.hasPrefix("/efi/") || isKernelLine(path)
    }

    /// A comment without its words: only what continues a line stays.
    private static func blank(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var text = line.map { $0 > 0x20 && $0 != UInt8(ascii: "#") ? UInt8(ascii: "x") : $0 }
        if line.last == UInt8(ascii: "\\") { text[text.count - 1] = UInt8(ascii: "\\") }
        return text
    }

    private mutating func redact(
        _ line: ArraySlice<UInt8>,
        prefix: String,
        keepsUnknown: Bool,
        into result: inout [UInt8]
    ) {
        var index = line.startIndex
        var isStart = true
        while index < line.endIndex {
            guard isStart, let equals = Self.key(in: line, at: index) else {
                isStart = !Self.isKeyByte(line[index])
                result.append(line[index])
                index += 1
                continue
            }
            let name = String(decoding: line[index..<equals], as: UTF8.self)
            result += line[index...equals]
            index = equals + 1
            isStart = true
            // `GRUB_CMDLINE_LINUX="…"`, `kernelopts=root=…`: what follows is looked at word by word.
            let isQuoted = index < line.endIndex && (line[index] == 0x22 || line[index] == 0x27)
            if Self.isContainer(name, isQuoted), !Self.isSecret(name) { continue }
            let quote = index < line.endIndex && (line[index] == 0x22 || line[index] == 0x27) ? line[index] : nil
            if quote != nil, !Self.isSecret(name), !keepsUnknown, Self.isKnown(prefix + name) { continue }
            let start = quote == nil ? index : index + 1
            let end =
                line[start...].firstIndex { byte in
                    quote == nil ? byte <= 0x20 || byte == 0x22 || byte == 0x27 : byte == quote
                } ?? line.endIndex
            let value = Array(line[start..<end])
            result += line[index..<start]
            if keeps(name, value, prefix, keepsUnknown) {
                result += value
            } else {
                names.insert(name)
                result += pseudonym(value)
            }
            index = end
        }
    }

    private func keeps(_ name: String, _ value: [UInt8], _ prefix: String, _ keepsUnknown: Bool) -> Bool {
        if Self.isSecret(name) { return value.isEmpty }
        if keepsUnknown || Self.isPlain(value) { return true }
        guard Self.isKnown(prefix + name) || Self.isKnown(name) else { return false }
        guard ["root", "resume"].contains(name) else { return true }
        // The kind of a root stays; what comes after it is replaced where it is known as a secret.
        let text = String(decoding: value, as: UTF8.self)
        return ["/dev/", "UUID=", "PARTUUID=", "LABEL=", "PARTLABEL=", "ZFS=", "zfs", "LUKS", "mtd", "ubi"]
            .contains { text.hasPrefix($0) } || !text.contains(":")
    }

    /// Where a key that begins here ends in an equals sign.
    private static func key(in line: ArraySlice<UInt8>, at start: Int) -> Int? {
        var index = start
        while index < line.endIndex, isKeyByte(line[index]) { index += 1 }
        guard index > start, index < line.endIndex, line[index] == UInt8(ascii: "="),
            line[start] != UInt8(ascii: "-")
        else { return nil }
        return index
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
    }

    private static func isContainer(_ name: String, _ isQuoted: Bool) -> Bool {
        ["kernelopts", "cmdline_ext", "cmdline", "default_kernelopts", "extra_cmdline", "saved_entry", "next_entry"]
            .contains(name) || name.hasPrefix("GRUB_") || isQuoted && name.utf8.allSatisfy { $0 < 0x61 || $0 > 0x7A }
    }

    /// A switch or one digit: nobody's.
    private static func isPlain(_ value: [UInt8]) -> Bool {
        value.count <= 1
            || ["on", "off", "yes", "no", "auto", "none", "true", "false", "force", "any", "all", "rw", "ro"]
                .contains(String(decoding: value, as: UTF8.self))
    }

    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return [
            "pass", "secret", "superuser", "username", "login", "token", "psk", "cred", "crypt", "pwd", "apikey",
            "api_key", "private",
        ]
        .contains { name.contains($0) } || name == "key" || name.hasSuffix("_key") || name.hasSuffix("-key")
            || name.hasSuffix(".key")
    }

    private static func isKnown(_ name: String) -> Bool {
        known.contains(name) || KernelParameters.names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }

    /// Modules and subsystems whose parameters describe hardware.
    private static let prefixes = [
        "vfio", "kvm", "iommu", "intel_iommu", "amd_iommu", "pci", "acpi", "i915.", "xe.", "amdgpu.", "radeon.",
        "nouveau.", "nvidia", "snd", "nvme", "usbcore.", "libata.", "zswap.", "efi", "drm", "passthru.", "igb", "ixgbe",
        "i40e", "ice.", "mlx", "e1000", "r8169.", "hugepage", "default_hugepagesz", "intel_", "amd_", "rcu", "nohz",
        "isolcpus", "processor.", "zfs.", "loop.", "softdep", "blacklist",
    ]

    private static let known: Set<String> = [
        "root", "rootfstype", "rootflags", "rootwait", "rootdelay", "resume", "init", "initrd", "BOOT_IMAGE", "console",
        "quiet", "splash", "video", "panic", "loglevel", "earlyprintk", "earlycon", "crashkernel", "mitigations",
        "apparmor",
        "security", "selinux", "lsm", "net.ifnames", "biosdevname", "consoleblank", "fbcon", "module_blacklist",
        "modprobe.blacklist", "rd.driver.pre", "rd.driver.blacklist", "mem", "memmap",
        "systemd.unified_cgroup_hierarchy",
        "systemd.unit", "noefi", "noapic", "nomodeset", "vga", "ids", "disable_vga", "boot", "MODULES", "HOOKS",
        "add_drivers", "force_drivers", "default", "timeout", "set",
    ]
}
