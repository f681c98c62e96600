import Inventory
import Machine
import Wording

/// What every way to try a boot with GRUB has in common.
enum GRUBTrial {
    /// Why GRUB cannot remember, in the block below this folder, that the trial was taken; nil when it can.
    static func obstacle(to folder: String, _ machine: Machine) -> Text? {
        guard machine.exists(folder) else { return Text(en: "\(folder) is missing", zh: "缺少 \(folder)") }
        guard let system = BootFileSystem.holding(folder, machine) else {
            return Text(
                en: "what \(folder) lies on could not be read",
                zh: "无法得知 \(folder) 所在的文件系统"
            )
        }
        if system.isReadOnly {
            return Text(en: "\(system.mountPoint) is mounted read-only", zh: "\(system.mountPoint) 以只读方式挂载")
        }
        if let reason = system.reasonGRUBCannotWrite {
            return Text(en: "GRUB cannot write to \(folder): \(reason)", zh: "GRUB 无法写入 \(folder)：\(reason)")
        }
        return nil
    }

    /// A word within double quotes (GNU GRUB manual, "Quoting").
    static func quoted(_ word: String) -> String {
        var text = ""
        for scalar in word.unicodeScalars {
            if "\\\"$".unicodeScalars.contains(scalar) { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}
