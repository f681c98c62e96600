import Inventory
import Wording

/// A controller whose disks are mounted or swapped to stays with the host.
enum SystemStorage: Guard {
    static let name = "system-storage"
    static let levels = [GuardLevel.refuse]

    static func findings(_ request: Request) -> [GuardFinding] {
        let host = request.host
        return request.touched.compactMap { function in
            let who = request.name(function)
            let consumers = host.consumers(of: function.address)
            let disks = consumers.filter { $0.kind == .disk && $0.isVital }
            if disks.isEmpty, let why = host.unseenStorageUse(of: function, consumers) {
                return finding(
                    .refuse,
                    function,
                    Text(
                        en: "Whether the host uses the disks of \(who.en) cannot be seen (\(why)).",
                        zh: "无法判断主机是否正在使用 \(who.zh) 的磁盘（\(Text(reason: why).zh)）。"
                    )
                )
            }
            guard let disk = disks.first else { return nil }
            return finding(
                .refuse,
                function,
                Text(
                    en: "The host uses \(disk.name) behind \(who.en): \(disk.usesText.en). Unmount it first.",
                    zh: "主机正在使用 \(who.zh) 后面的 \(disk.name)：\(disk.usesText.zh)。请先卸载。"
                ),
                costs: [host.deviceCost(function)]
            )
        }
    }
}
