import Inventory
import Wording

/// A disk that the host does not use but that holds something goes only when the owner names it by its serial number: a
/// guest may write over all of it.
enum PartitionedDisk: Guard {
    static let name = "partitioned-disk"
    static let levels = [GuardLevel.consent]

    static func findings(_ request: Request) -> [GuardFinding] {
        guard request.movesAnything, let storage = request.host.storage else { return [] }
        return request.touched.flatMap { function in
            let address = function.address.description
            let used = Set(
                storage.uses(ofFunction: address).filter { $0.kind != .volume }.compactMap(\.chain.first)
            )
            return storage.devices.filter { disk in
                disk.disk == nil && !disk.hidden && disk.isBelow(address) && !used.contains(disk.name)
            }.compactMap { finding(about: $0, storage, function, request) }
        }
    }

    /// The disk's serial number, unless another disk has the same (cheap bridges all have one); then the function's
    /// address, with the disk where there are several.
    private static func token(
        of disk: BlockDevice,
        _ storage: StorageInventory,
        _ function: PCIFunction
    ) -> String {
        let others = storage.devices.filter { $0.disk == nil && !$0.hidden && $0.name != disk.name }
        if let serial = disk.serial, !serial.isEmpty, !others.contains(where: { $0.serial == serial }) { return serial }
        let address = function.address.description
        return others.contains { $0.isBelow(address) } ? "\(address)/\(disk.name)" : address
    }

    private static func finding(
        about disk: BlockDevice,
        _ storage: StorageInventory,
        _ function: PCIFunction,
        _ request: Request
    ) -> GuardFinding? {
        let content: [Text]
        if !disk.partitions.isEmpty {
            content = disk.partitions.compactMap(storage.device).map { partition in
                let facts = [partition.size?.binarySize, partition.signature].compactMap(\.self)
                return Text(verbatim: partition.name + (facts.isEmpty ? "" : " (\(facts.joined(separator: " ")))"))
            }
        } else if let signature = disk.signature {
            content = [Text(verbatim: signature)]
        } else {
            return nil
        }
        let title = [disk.model, disk.size?.binarySize].compactMap(\.self).joined(separator: ", ")
        let name = disk.name + (title.isEmpty ? "" : " (\(title))")
        let who = request.name(function)
        let list = Text.list(content)
        return finding(
            .consent,
            function,
            token: token(of: disk, storage, function),
            Text(
                en: "\(name) behind \(who.en) is not in use but holds \(list.en): a guest may write over all of it.",
                zh: "\(who.zh) 后面的 \(name) 没有在使用，但上面有 \(list.zh)：虚拟机可能覆盖其全部内容。"
            )
        )
    }
}
