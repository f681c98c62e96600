import Changes
import Inventory
import Machine
import Wording

/// A script that is there as long as it is wanted, and goes only where it is our own.
public struct HookFile: Sendable, Hashable {
    public var path: String
    public var text: String
    /// Who is called by it: `libvirt` or `proxmox`, passthru's own word.
    public var caller: String
    public var reason: Text

    public init(path: String, text: String, caller: String, reason: Text) {
        self.path = path
        self.text = text
        self.caller = caller
        self.reason = reason
    }

    /// What puts it there; nothing where a script does the same already.
    ///
    /// - Parameter own: gets its path where it comes by our doing.
    public func installing(on machine: Machine, own: inout [String]) -> [PlannedChange] {
        guard (try? machine.read(path)) == nil else { return [] }
        if !own.contains(path) { own.append(path) }
        return [.file(path, before: nil, after: FileContent(text), mode: 0o755, reason: reason)]
    }

    /// What takes it away, where it is there by our doing and as we made it.
    ///
    /// - Parameters:
    ///   - own: loses its path.
    ///   - warnings: say that it stays.
    public func removing(on machine: Machine, own: inout [String], warnings: inout [Text]) -> [PlannedChange] {
        guard own.contains(path) else { return [] }
        own.removeAll { $0 == path }
        guard let now = try? machine.read(path) else { return [] }
        guard now == Array(text.utf8) else {
            warnings.append(
                Text(
                    en: "\(path) was changed by somebody else: it stays.",
                    zh: "\(path) 已被他人修改：予以保留。"
                )
            )
            return []
        }
        let reason = Text(en: "no longer needed", zh: "不再需要")
        return [.file(path, before: FileContent(now), after: nil, reason: reason)]
    }

    /// Why it cannot be put there; nil when it can, or does its work already.
    public func obstacle(on machine: Machine) -> Text? {
        guard let now = try? machine.read(path), !HookScript.callsPassthru(now) else { return nil }
        return Text(
            en: """
                \(path) is there and is not passthru's: it is not touched. Move it, or have it run \
                `\(HookScript.program) hook \(caller) "$@"` and end with its status.
                """,
            zh: """
                \(path) 已存在且不属于 passthru：不会改动它。请移走它，或让它执行 \
                `\(HookScript.program) hook \(caller) "$@"` 并返回其状态。
                """
        )
    }
}

/// How libvirt comes to call passthru.
public enum LibvirtHook {
    /// Since this version libvirt runs every script of a folder, so that nobody's own is in the way.
    static let folderSince = LibvirtVersion(6, 5)
    public static let folder = "/etc/libvirt/hooks/qemu.d"
    /// The one script that all versions run.
    public static let script = "/etc/libvirt/hooks/qemu"

    /// The script on this machine.
    ///
    /// - Parameter own: files that are there by our doing: one that an older libvirt had stays where it is.
    public static func file(on machine: Machine, own: [String] = []) -> HookFile {
        let isOld = LibvirtVersion.read(machine).map { $0 < folderSince } ?? false
        let usual = isOld ? script : "\(folder)/passthru"
        return HookFile(
            path: own.contains(usual) ? usual : own.contains(script) ? script : usual,
            text: HookScript.libvirt,
            caller: "libvirt",
            reason: Text(
                en: "by it libvirt calls passthru when a guest starts and when it has stopped",
                zh: "libvirt 通过它在虚拟机启动和停止时调用 passthru"
            )
        )
    }

    /// What the owner should know before the first guest starts.
    public static func warnings(on machine: Machine) -> [Text] {
        var warnings: [Text] = []
        let file = file(on: machine)
        if LibvirtVersion.read(machine) == nil {
            warnings.append(
                Text(
                    en: "libvirt's version could not be told: before 6.5 it does not look into \(folder).",
                    zh: "无法得知 libvirt 的版本：6.5 之前的版本不会读取 \(folder)。"
                )
            )
        }
        if file.path != script, machine.exists(script), !HookScript.callsPassthru((try? machine.read(script)) ?? []) {
            warnings.append(
                Text(
                    en: "libvirt runs \(script) first: if it moves the same devices, take that out of it.",
                    zh: "libvirt 会先运行 \(script)：如果它也移动这些设备，请从中去掉。"
                )
            )
        }
        if machine.textIfAny("/sys/fs/selinux/enforce") == "1" {
            warnings.append(
                Text(
                    en: """
                        SELinux is enforcing, and its policy may keep libvirt from running hooks: if the guest does not \
                        start, `ausearch -m avc` says so.
                        """,
                    zh: "SELinux 处于强制模式，其策略可能不让 libvirt 运行钩子：如果虚拟机无法启动，请查看 `ausearch -m avc`。"
                )
            )
        }
        return warnings
    }

    /// Scripts other than passthru's that libvirt ran already when it started: then it looks for new ones at every call.
    public static func others(on machine: Machine, own: [String]) -> [String] {
        let own = file(on: machine, own: own).path
        let all = [script] + machine.listIfAny(folder).map { "\(folder)/\($0)" }
        return all.filter { path in
            guard path != own, let status = try? machine.status(path) else { return false }
            return status.kind == .file && status.mode & 0o111 != 0
        }
    }
}
