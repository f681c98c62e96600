import Inventory
import Wording

/// A controller whose disks are mounted or swapped to stays with the host.
enum SystemStorage: Guard {
    static func refusal(_ wanted: [PCIFunction], _ host: Host) -> Refusal? {
        for function in wanted {
            let consumers = host.consumers(of: function.address)
            let disks = consumers.filter { $0.kind == .disk && $0.isVital }
            if disks.isEmpty, let why = host.unseenStorageUse(of: function, consumers) {
                return Refusal(
                    guardName: "system-storage",
                    device: function.address,
                    message: Text(
                        en: "Whether the host uses the disks of \(function.address) cannot be seen (\(why)).",
                        zh: "无法判断主机是否正在使用 \(function.address) 的磁盘（\(Text(reason: why).zh)）。"
                    )
                )
            }
            guard let disk = disks.first else { continue }
            return Refusal(
                guardName: "system-storage",
                device: function.address,
                message: Text(
                    en:
                        "The host uses \(disk.name) behind \(function.address): \(disk.usesText.en). Unmount it first.",
                    zh: "主机正在使用 \(function.address) 后面的 \(disk.name)：\(disk.usesText.zh)。请先卸载。"
                ),
                costs: [host.deviceCost(function)]
            )
        }
        return nil
    }
}
