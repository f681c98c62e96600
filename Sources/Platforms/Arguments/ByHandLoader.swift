import Changes
import Formats
import Inventory
import Machine
import Wording

/// A loader whose configuration is nobody's but the owner's: what has to be written is said, and nothing is changed.
struct ByHandLoader: BootPlatform {
    let title: Text
    /// What to do with the words, which follow.
    private let advice: Text

    /// - Returns: nil when not even the loader's name is known.
    init?(_ machine: Machine, _ loader: BootLoader) {
        let words = Text(en: "to this kernel's line", zh: "的内核命令行末尾")
        func at(_ place: String, then: String? = nil) -> Text {
            let rest = Text(en: then.map { ", then run \($0)" } ?? "", zh: then.map { "，然后运行 \($0)" } ?? "")
            return Text(en: "append \(words.en) in \(place)\(rest.en)", zh: "追加到 \(place) \(words.zh)\(rest.zh)")
        }
        switch loader.kind {
        case .syslinux:
            let file = BootLoader.syslinuxFiles.first(where: machine.exists) ?? "syslinux.cfg"
            title = Text(verbatim: "SYSLINUX (\(file))")
            advice = at("\(file) (APPEND)")
        case .lilo:
            title = Text(verbatim: "LILO (/etc/lilo.conf)")
            advice = at("/etc/lilo.conf (append=\"…\")", then: "lilo")
        case .refind:
            title = Text(verbatim: "rEFInd (/boot/refind_linux.conf)")
            advice = at("/boot/refind_linux.conf")
        case .efiStub:
            title = Text(en: "the firmware's own boot entry", zh: "固件自身的启动项")
            advice = Text(
                en: "append to the boot entry's line (efibootmgr -u shows it; make a new one with efibootmgr -c … -u)",
                zh: "追加到固件启动项的命令行（efibootmgr -u 可查看；用 efibootmgr -c … -u 新建）"
            )
        case .grub:
            let file = ["/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"].first(where: machine.exists)
            guard let file else { return nil }
            title = Text(en: "a GRUB menu written by hand (\(file))", zh: "手写的 GRUB 菜单（\(file)）")
            advice = Text(en: "append to every line `linux` in \(file)", zh: "追加到 \(file) 的每个 `linux` 行")
        case .systemdBoot, .unifiedKernelImage, .unknown: return nil
        }
    }

    var savedLine: KernelCommandLine? { nil }

    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange] {
        guard !edit.isEmpty else { return [] }
        let added = edit.add.joined(separator: " ")
        let removed = edit.remove.joined(separator: " ")
        var en = "This machine boots by \(title.en), which passthru does not edit: nothing was changed."
        var zh = "本机由\(title.zh)引导，passthru 不编辑它：未做任何更改。"
        if !added.isEmpty {
            en += " By hand, \(advice.en), and restart: \(added)"
            zh += "请手动\(advice.zh)，然后重启：\(added)"
        }
        if !removed.isEmpty {
            en += " By hand, take out of the same line, and restart: \(removed)"
            zh += "请手动从同一行去掉，然后重启：\(removed)"
        }
        throw BootPlatformError(.missing, Text(en: en, zh: zh))
    }

    var trialObstacle: Text? { Text(en: "passthru does not edit this loader", zh: "passthru 不编辑该引导程序") }

    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange] { [] }
    func endOfTrial() throws(BootPlatformError) -> [PlannedChange] { [] }
}

/// A system whose loader is known, and whose files are not there: the partition that has them is not mounted.
struct MissingBootFolder: BootPlatform {
    private let path: String

    /// - Returns: nil when nothing is missing.
    init?(_ machine: Machine) {
        let menus = ["/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"]
        guard !menus.contains(where: machine.exists) else { return nil }
        let isOpenWrt = Platform.isOpenWrt(machine) && machine.exists("/sbin/uci")
        guard isOpenWrt || machine.exists(GRUBMkconfig.defaults) else { return nil }
        path = menus[0]
    }

    var title: Text { Text(verbatim: "GRUB (\(path))") }
    var savedLine: KernelCommandLine? { nil }

    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange] {
        guard !edit.isEmpty else { return [] }
        throw BootPlatformError(
            .missing,
            Text(
                en: "\(path) is missing: nothing was changed. Mount the partition that holds it first: mount /boot",
                zh: "缺少 \(path)：未做任何更改。请先挂载它所在的分区：mount /boot"
            )
        )
    }

    var trialObstacle: Text? { Text(en: "\(path) is missing", zh: "缺少 \(path)") }
    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange] { [] }
    func endOfTrial() throws(BootPlatformError) -> [PlannedChange] { [] }
}
