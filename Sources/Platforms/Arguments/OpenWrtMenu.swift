import Changes
import Formats
import Inventory
import Machine
import Wording

/// OpenWrt, and iStoreOS without its GRUB hook: the arguments stand in the menu itself, `/boot/grub/grub.cfg`, which every
/// firmware upgrade writes anew; the boot service then puts them back. The file must never be in the upgrade's backup: it
/// names the root partition by an identifier that each image changes.
struct OpenWrtMenu: BootPlatform {
    static let menu = "/boot/grub/grub.cfg"

    private let machine: Machine

    init?(_ machine: Machine) {
        guard machine.exists("/etc/openwrt_release") || Platform.isOpenWrt(machine), machine.exists(Self.menu) else {
            return nil
        }
        self.machine = machine
    }

    var title: Text { Text(en: "the GRUB menu \(Self.menu)", zh: "GRUB 菜单 \(Self.menu)") }

    var savedLine: KernelCommandLine? {
        (try? machine.read(Self.menu)).flatMap { GRUBMenu($0).defaultEntry?.linux.first?.commandLine }
    }

    func permanent(_ edit: ArgumentEdit, leavesFailsafeAlone: Bool) throws(BootPlatformError) -> [PlannedChange] {
        guard let before = try machine.content(Self.menu) else { return [] }
        let after: [UInt8]
        do {
            after = try GRUBMenuDocument(before.bytes).edited(edit) { entry in
                !(leavesFailsafeAlone && entry.isFailsafe)
            }
        } catch {
            throw .malformed(Self.menu, error)
        }
        guard after != before.bytes else { return [] }
        let reason = Text(en: "the arguments of every boot", zh: "每次启动的参数")
        return try machine.writable([.file(Self.menu, before: before, after: FileContent(after), reason: reason)])
    }

    /// The menu, read as strictly as GRUB does; nil when there is none.
    func handDocument() throws(BootPlatformError) -> GRUBMenuDocument? {
        guard let content = try machine.content(Self.menu) else { return nil }
        do {
            return try GRUBMenuDocument(content.bytes)
        } catch {
            throw .malformed(Self.menu, error)
        }
    }

    var trialObstacle: Text? {
        Text(
            en: "OpenWrt's GRUB cannot note on the disk that a trial was taken",
            zh: "OpenWrt 的 GRUB 无法在磁盘上记下试启动已被采用"
        )
    }

    func trial(_ edit: ArgumentEdit, marks: [String]) throws(BootPlatformError) -> [PlannedChange] { [] }
    func endOfTrial() throws(BootPlatformError) -> [PlannedChange] { [] }
}

extension GRUBMenuDocument.Entry {
    /// OpenWrt's entry that starts without the owner's settings.
    var isFailsafe: Bool { linuxLines.contains { $0.words.contains("failsafe=true") } }
}
