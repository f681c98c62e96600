import Changes
import Guests
import Inventory
import Machine
import Planning
import Platforms
import Wording

/// How Proxmox VE comes to call passthru for one guest: a script among its snippets, and a line in the guest's
/// configuration that names it (qm(1), hookscript).
enum ProxmoxHook {
    static let key = "hookscript"
    static let volume = "local:snippets/passthru"

    static func path(of guest: String) -> String { "/etc/pve/qemu-server/\(guest).conf" }

    /// The script in the folder of the storage `local`; nil where there is no such storage.
    static func file(on machine: Machine) -> HookFile? {
        guard let folder = folder(of: "local", machine) else { return nil }
        return HookFile(
            path: "\(folder)/snippets/passthru",
            text: HookScript.proxmox,
            caller: "proxmox",
            reason: Text(
                en: "by it Proxmox calls passthru when a guest starts and when it has stopped",
                zh: "Proxmox 通过它在虚拟机启动和停止时调用 passthru"
            )
        )
    }

    /// The folder of a storage of the kind `dir` (`/etc/pve/storage.cfg`, pvesm(1)): the sections' lines are indented.
    private static func folder(of storage: String, _ machine: Machine) -> String? {
        var isInside = false
        for line in (machine.textIfAny("/etc/pve/storage.cfg") ?? "").utf8.split(separator: UInt8(ascii: "\n")) {
            let words = line.split { $0 <= 0x20 }.map { String(Substring($0)) }
            guard let first = line.first, !words.isEmpty else { continue }
            if first > 0x20 {
                isInside = words == ["dir:", storage]
            } else if isInside, words[0] == "path", words.count > 1 {
                return words[1]
            }
        }
        return nil
    }

    /// What names the script in a guest's configuration.
    ///
    /// - Parameter own: gets the configuration's path where the line comes by our doing.
    static func adding(to guest: String, on machine: Machine, own: inout [String]) -> [PlannedChange] {
        let path = path(of: guest)
        guard let bytes = try? machine.read(path) else { return [] }
        var configuration = ProxmoxConfiguration(bytes)
        guard configuration[key] == nil else { return [] }
        configuration.set(key, volume)
        if !own.contains(path) { own.append(path) }
        let reason = Text(
            en: "has Proxmox call passthru when the guest starts and when it has stopped",
            zh: "让 Proxmox 在该虚拟机启动和停止时调用 passthru"
        )
        return [change(path, bytes, configuration, reason)]
    }

    /// What takes the line out again, where it is there by our doing.
    static func removing(from guest: String, on machine: Machine, own: inout [String]) -> [PlannedChange] {
        let path = path(of: guest)
        guard own.contains(path) else { return [] }
        own.removeAll { $0 == path }
        guard let bytes = try? machine.read(path) else { return [] }
        var configuration = ProxmoxConfiguration(bytes)
        guard configuration[key] == volume else { return [] }
        configuration.set(key, nil)
        return [change(path, bytes, configuration, Text(en: "no longer needed", zh: "不再需要"))]
    }

    private static func change(
        _ path: String,
        _ before: [UInt8],
        _ after: ProxmoxConfiguration,
        _ reason: Text
    ) -> PlannedChange {
        .file(path, before: FileContent(before), after: FileContent(after.bytes), mode: 0o640, reason: reason)
    }

    static func isNamed(by guest: String, on machine: Machine) -> Bool {
        (try? machine.read(path(of: guest))).map { ProxmoxConfiguration($0)[key] == volume } ?? false
    }

    /// Why Proxmox cannot be made to call passthru for a guest; nil when it can.
    static func obstacle(_ guest: String, on machine: Machine) -> Text? {
        let path = path(of: guest)
        guard let bytes = try? machine.read(path) else {
            return Text(en: "\(path) cannot be read.", zh: "无法读取 \(path)。")
        }
        if let other = ProxmoxConfiguration(bytes)[key], other != volume {
            return Text(
                en: """
                    \(path) names another script already, \(key): \(other). Have that script run \
                    `\(HookScript.program) hook proxmox "$@"` and end with its status, and give it the name \(volume); \
                    or take the line out.
                    """,
                zh: """
                    \(path) 已指定了另一个脚本（\(key): \(other)）。请让该脚本执行 \
                    `\(HookScript.program) hook proxmox "$@"` 并返回其状态，再把它命名为 \(volume)；或者删除这一行。
                    """
            )
        }
        guard let file = file(on: machine) else {
            return Text(
                en: "/etc/pve/storage.cfg has no directory storage `local`, where passthru's script would lie.",
                zh: "/etc/pve/storage.cfg 中没有名为 `local` 的目录存储，passthru 的脚本无处存放。"
            )
        }
        return file.obstacle(on: machine)
    }
}
