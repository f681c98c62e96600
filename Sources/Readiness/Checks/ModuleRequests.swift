import Inventory
import Wording

/// Lists of modules that ask for what old guides name and this kernel no longer has.
public enum ModuleRequests: Check {
    public static let id = "module-lists"
    public static let title = Text(en: "Module lists are up to date", zh: "模块列表没有过时内容")
    public static let importance = Importance.advice

    public static func applies(to host: Host) -> Bool { host.bootBindings?.modules.isEmpty == false }

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let entries = host.bootBindings?.modules, !entries.isEmpty else { return .unknown("not read") }
        return Finding.Answer.joined(entries.map { judge($0, host) }) ?? .unknown("not read")
    }

    private static func judge(_ entry: BootBindings.Entry, _ host: Host) -> Finding.Answer {
        let evidence = Text(verbatim: "\(entry.path): \(entry.value)")
        switch entry.value {
        case "vfio_virqfd":
            guard let version = host.kernel?.version else {
                return .unknown(host.kernel?.unknown["release"] ?? "not read")
            }
            guard version >= KernelVersion(major: 6, minor: 2) else { return .ok(evidence) }
            return .problem(
                evidence + Text(en: ", part of vfio since Linux 6.2", zh: "，自 Linux 6.2 起已并入 vfio"),
                remedy: Text(
                    en: "Take vfio_virqfd out of \(entry.path): building the initramfs complains about it.",
                    zh: "请从 \(entry.path) 中去掉 vfio_virqfd：生成 initramfs 时会因它报错。"
                ),
                actor: .owner
            )
        case "pci_stub":
            return .problem(
                evidence + Text(en: ", which keeps devices away from vfio-pci, too", zh: "，它也会让 vfio-pci 拿不到设备"),
                remedy: Text(
                    en: "Take pci-stub out of \(entry.path): `passthru assign` binds the device to vfio-pci at boot.",
                    zh: "请从 \(entry.path) 中去掉 pci-stub：`passthru assign` 会在启动时把设备绑定到 vfio-pci。"
                ),
                actor: .owner
            )
        default: return .ok(evidence)
        }
    }
}
