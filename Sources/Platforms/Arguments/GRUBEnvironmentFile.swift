import Changes
import Formats
import Machine
import Wording

/// GRUB's environment block on a machine.
struct GRUBEnvironmentFile {
    let machine: Machine
    let path: String

    var values: [String: String] { (try? machine.read(path)).flatMap(GRUBEnvironment.init)?.values ?? [:] }

    /// The block after a change of variables; one of the usual size where there is none yet.
    func bytes(setting variables: [(name: String, value: String?)]) throws(BootPlatformError) -> (
        before: FileContent?, after: FileContent
    ) {
        let before = try machine.content(path)
        guard let block = GRUBEnvironment(before?.bytes ?? GRUBEnvironment.empty()) else {
            throw BootPlatformError(
                .malformed,
                Text(
                    en: "\(path) is no GRUB environment block. The file is left alone: mend it first (grub-editenv).",
                    zh: "\(path) 不是 GRUB 环境块。文件保持不变：请先修正它（grub-editenv）。"
                )
            )
        }
        do {
            return (before, FileContent(try block.setting(variables)))
        } catch {
            if error == .damaged { throw .malformed(path, error) }
            throw BootPlatformError(
                .refused,
                Text(
                    en: "\(path) has no room: \(error)",
                    zh: "\(path) 空间不足：\(error)"
                )
            )
        }
    }

    /// The change of one variable; nil when it is so already.
    func change(_ name: String, to value: String?, reason: Text) throws(BootPlatformError) -> PlannedChange? {
        if value == nil, values[name] == nil { return nil }
        let (before, after) = try bytes(setting: [(name, value)])
        return before == after ? nil : .file(path, before: before, after: after, reason: reason)
    }
}
