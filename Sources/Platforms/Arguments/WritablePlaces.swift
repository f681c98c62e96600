import Changes
import Inventory
import Machine
import Wording

extension Machine {
    /// The changes, if their files lie on file systems that take them: said before anything is written.
    func writable(_ changes: [PlannedChange]) throws(BootPlatformError) -> [PlannedChange] {
        for change in changes {
            var paths = change.generates
            if case .writeFile(let path, _, _) = change.change { paths.append(path) }
            for path in paths {
                guard let system = BootFileSystem.holding(path, self), system.isReadOnly else { continue }
                throw BootPlatformError(
                    .refused,
                    Text(
                        en: """
                            \(system.mountPoint) is mounted read-only, and \(path) has to be written: nothing was \
                            changed. Make it writable first: mount -o remount,rw \(system.mountPoint)
                            """,
                        zh: """
                            \(system.mountPoint) 以只读方式挂载，而 \(path) 需要写入：未做任何更改。请先使其可写：\
                            mount -o remount,rw \(system.mountPoint)
                            """
                    )
                )
            }
        }
        return changes
    }
}
