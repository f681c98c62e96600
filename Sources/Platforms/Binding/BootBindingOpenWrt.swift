import Changes
import Inventory
import Machine
import Wording

/// OpenWrt and iStoreOS: an init script, kmodloader's lists, hotplug scripts.
enum OpenWrtBoot {
    static let modulesPath = "/etc/modules.d/00-passthru"
    static let hotplugPaths = ["/etc/hotplug.d/vfio/10-passthru", "/etc/hotplug.d/misc/10-passthru"]

    static func files(for wish: BootWish, on machine: Machine) -> [BootFile] {
        var files: [BootFile] = []
        if wish.needsService {
            let reason = Text(en: "binds before the drivers are loaded, at every boot", zh: "每次启动时在加载驱动之前绑定")
            files.append(
                BootFile(
                    path: BootService.initScriptPath,
                    content: .text(BootService.initScript, mode: 0o755),
                    reason: reason,
                    isService: true
                )
            )
            files.append(
                BootFile(
                    path: BootService.initLinkPath,
                    content: .link(BootService.initLinkTarget),
                    reason: Text(en: "switches that on", zh: "启用它"),
                    isService: true
                )
            )
        }
        if !wish.devices.isEmpty {
            files.append(
                BootFile(
                    path: modulesPath,
                    // A digit in front: kmodloader loads it at once. Never `ids=`: that would take every equal device.
                    content: .text("vfio_iommu_type1\nvfio-pci\n", mode: 0o644),
                    reason: Text(en: "loads vfio at every boot", zh: "每次启动时加载 vfio")
                )
            )
        }
        if let script = hotplugScript(wish.access) {
            files += hotplugPaths.map {
                BootFile(
                    path: $0,
                    content: .text(script, mode: 0o644),
                    reason: Text(en: "who may open vfio's device nodes", zh: "谁可以打开 vfio 的设备节点")
                )
            }
        }
        return files
    }

    /// procd makes every node with mode 0600, and then sources the scripts for the node's subsystem: `vfio` for the
    /// groups, `misc` for `/dev/vfio/vfio`.
    private static func hotplugScript(_ access: NodeAccess) -> String? {
        let commands: String
        switch access {
        case .root: return nil
        case .group(let name): commands = "chgrp \(name) \"/dev/$DEVNAME\" && chmod 0660 \"/dev/$DEVNAME\""
        case .world: commands = "chmod 0666 \"/dev/$DEVNAME\""
        }
        return """
            # Made by passthru: who may open vfio's device nodes.
            case "$ACTION $DEVNAME" in
            "add vfio/"*) \(commands) ;;
            esac

            """
    }
}

extension BootBindingFiles {
    private static let keepFolder = "/lib/upgrade/keep.d"
    private static let keepPath = "/lib/upgrade/keep.d/passthru"
    private static let sysupgradePath = "/etc/sysupgrade.conf"

    /// Names what a firmware upgrade must keep. Never GRUB's files: they name the disk of the image that they came with.
    mutating func keepThroughUpgrade(_ old: BootWish, _ new: BootWish, _ machine: Machine) {
        let isNeeded = new.needsService || new.access != .root
        if machine.exists(Self.keepFolder) {
            // The list itself is kept only where it names itself.
            let list = Self.kept(new) + [Self.keepPath]
            let text = isNeeded ? list.map { $0 + "\n" }.joined() : nil
            replace(Self.keepPath, with: text, machine)
        } else {
            let now = (try? machine.read(Self.sysupgradePath)).map { String(decoding: $0, as: UTF8.self) }
            var lines = (now ?? "").utf8.split(separator: UInt8(ascii: "\n")).map { String(Substring($0)) }
            let before = lines
            let kept = isNeeded ? Self.kept(new) : []
            // Those of the old wish that no other line of ours needs.
            let gone = Set(Self.kept(old)).subtracting(kept)
            lines.removeAll { gone.contains($0) }
            lines += kept.filter { !lines.contains($0) }
            if lines != before {
                replace(Self.sysupgradePath, with: lines.isEmpty ? nil : lines.map { $0 + "\n" }.joined(), machine)
            }
        }
        if isNeeded, !old.needsService, Platform.read(machine).kind != .istoreos {
            warnings.append(
                Text(
                    en: """
                        A firmware upgrade keeps the assignments, but not \(BootService.program) itself: install it again \
                        afterwards. Until then the devices stay with the host.
                        """,
                    zh: """
                        固件升级会保留这些分配，但不保留 \(BootService.program) 本身：升级后请重新安装。在此之前设备留在主机上。
                        """
                )
            )
        }
    }

    private static func kept(_ wish: BootWish) -> [String] {
        var paths: [String] = []
        if wish.needsService {
            paths = ["/etc/config/passthru", "/etc/passthru/", BootService.initScriptPath, BootService.initLinkPath]
        }
        if !wish.devices.isEmpty { paths.append(OpenWrtBoot.modulesPath) }
        if wish.access != .root { paths += OpenWrtBoot.hotplugPaths }
        return paths
    }

    private mutating func replace(_ path: String, with text: String?, _ machine: Machine) {
        let now = try? machine.read(path)
        guard now != text.map({ Array($0.utf8) }) else { return }
        changes.append(
            .file(
                path,
                before: now.map { FileContent($0) },
                after: text.map { FileContent($0) },
                reason: Text(en: "what a firmware upgrade keeps", zh: "固件升级时保留的内容")
            )
        )
    }
}
