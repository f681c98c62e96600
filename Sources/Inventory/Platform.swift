public import Machine
internal import SystemPackage

/// What kind of Linux this is. Later floors decide by its capabilities, the name is for people.
public struct Platform: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable {
        case istoreos, openwrt, debian, ubuntu, proxmox, fedora, arch, unknown
    }

    public var kind: Kind
    /// `PRETTY_NAME` of os-release(5).
    @Nullable public var name: String?
    @Nullable public var version: String?
    public var capabilities: [Capability]
    public var unknown: [String: String] = [:]

    /// A mechanism of this system that a plan can build on.
    public enum Capability: String, Sendable, Codable, CaseIterable {
        /// iStoreOS' own hook: `/etc/init.d/grub` with `/etc/grub.cfg.d`, and a menu that uses `$cmdline_ext`.
        case grubHook
        case grubMenu, updateGrub, grubby, proxmoxBootTool, systemdBoot, kernelstub
        case uci, procd, systemd, openrc
        case kmodloader, kmod
        case udev, hotplugd
        case initramfsTools, dracut, mkinitcpio
        case overlayRoot
    }

    /// Whether OpenWrt's service manager runs the machine: then `/var` is in memory, and netifd runs the network.
    public static func isOpenWrt(_ machine: Machine) -> Bool { machine.exists("/sbin/procd") }

    public static func read(_ machine: Machine) -> Platform {
        var platform = Platform(kind: .unknown, name: nil, version: nil, capabilities: [])
        platform.capabilities = Capability.allCases.filter { capability in
            capability.isThere(on: machine) { (error: Errno, path: String) in
                platform.unknown["capabilities"] = reason(error, path)
            }
        }
        let has = Set(platform.capabilities)
        var release: [String: String] = [:]
        do {
            var text = try machine.textIfThere("/etc/os-release")
            if text == nil { text = try machine.textIfThere("/usr/lib/os-release") }
            release = assignments(in: text ?? "")
            platform.name = release["PRETTY_NAME"] ?? release["NAME"]
            platform.version = release["VERSION_ID"]
            if text == nil { platform.unknown["name"] = "/etc/os-release: no such file" }
        } catch {
            platform.unknown["name"] = reason(error, "/etc/os-release")
        }
        let family = [release["ID"] ?? ""] + (release["ID_LIKE"] ?? "").split(separator: " ").map(String.init)
        func isLike(_ id: String) -> Bool { family.contains(id) }
        platform.kind =
            if has.contains(.grubHook) || release["ID"] == "istoreos" {
                .istoreos
            } else if (has.contains(.uci) && has.contains(.procd)) || isLike("openwrt") || isLike("lede") {
                .openwrt
            } else if machine.exists("/etc/pve") || machine.exists("/usr/bin/pvesh") {
                .proxmox
            } else if isLike("ubuntu") {
                .ubuntu
            } else if isLike("debian") {
                .debian
            } else if isLike("fedora") || isLike("rhel") {
                .fedora
            } else if isLike("arch") {
                .arch
            } else {
                .unknown
            }
        return platform
    }
}

extension Platform.Capability {
    /// Whether a machine has it, as far as that can be seen.
    public func isThere(on machine: Machine) -> Bool { isThere(on: machine) { _, _ in } }

    /// - Parameter lost: told what could not be seen.
    fileprivate func isThere(on machine: Machine, _ lost: (Errno, String) -> Void) -> Bool {
        func exists(_ path: String) -> Bool {
            do throws(Errno) {
                return try machine.isThere(path)
            } catch {
                lost(error, path)
                return false
            }
        }
        func any(_ paths: String...) -> Bool { paths.contains(where: exists) }
        switch self {
        case .grubHook:
            return exists("/etc/init.d/grub") && exists("/etc/grub.cfg.d")
                && machine.textIfAny("/boot/grub/grub.cfg")?.contains("cmdline_ext") == true
        case .grubMenu: return any("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")
        case .updateGrub: return exists("/etc/default/grub")
        case .grubby: return any("/usr/sbin/grubby", "/usr/bin/grubby", "/sbin/grubby")
        case .proxmoxBootTool: return exists("/etc/kernel/proxmox-boot-uuids")
        case .systemdBoot:
            return any("/boot/loader/loader.conf", "/efi/loader/loader.conf", "/boot/efi/loader/loader.conf")
        case .kernelstub: return any("/etc/kernelstub/configuration", "/usr/bin/kernelstub")
        case .uci: return any("/sbin/uci", "/lib/config/uci.sh")
        case .procd: return any("/sbin/procd")
        case .systemd: return any("/run/systemd/system")
        case .openrc: return any("/run/openrc", "/sbin/openrc-run")
        case .kmodloader: return any("/sbin/kmodloader")
        case .kmod: return any("/usr/bin/kmod", "/bin/kmod")
        case .udev: return any("/run/udev", "/lib/udev/rules.d", "/usr/lib/udev/rules.d")
        case .hotplugd: return any("/sbin/hotplug-call", "/etc/hotplug.d")
        case .initramfsTools: return any("/etc/initramfs-tools")
        case .dracut: return any("/etc/dracut.conf.d", "/usr/bin/dracut")
        case .mkinitcpio: return any("/etc/mkinitcpio.conf")
        case .overlayRoot: return exists("/rom") && exists("/overlay")
        }
    }
}

/// `NAME=value` and `NAME="value"` lines, as os-release(5) has them.
func assignments(in text: String) -> [String: String] {
    var result: [String: String] = [:]
    for line in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
        let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { continue }
        var value = parts[1].trimmed
        if let quote = value.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"), value.count > 1,
            value.last == quote
        {
            value = value.dropFirst().dropLast()
        }
        result[String(decoding: parts[0], as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
    return result
}
