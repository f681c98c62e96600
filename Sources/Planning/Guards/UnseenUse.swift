import Inventory
import Wording

extension Host {
    /// Why it cannot be told whether the host needs the network behind a function; nil when it can.
    func unseenNetworkUse(of function: PCIFunction, _ consumers: [Consumer]) -> String? {
        guard let network else { return function.class.isNetwork ? "not read" : nil }
        if function.class.isNetwork, let why = network.unknown["interfaces"] { return why }
        if let why = unseenMeaning(of: function, consumers) { return why }
        for consumer in consumers where consumer.kind == .network {
            guard let interface = network.interface(consumer.name) else { continue }
            let keys = ["addresses", "hasDefaultRoute", "uppers", "master"]
            if let why = keys.lazy.compactMap({ interface.unknown[$0] }).first { return why }
        }
        return nil
    }

    /// Why it cannot be told what the network behind a function is meant for, or who is logged in through it; nil when it
    /// can, or where there is no network.
    func unseenMeaning(of function: PCIFunction, _ consumers: [Consumer]) -> String? {
        guard function.class.isNetwork || consumers.contains(where: { $0.kind == .network }) else { return nil }
        guard let networkConfiguration, session != nil else { return "not read" }
        return networkConfiguration.unknown["uses"]
    }

    /// An interface that the host needs and nobody can say of which function it is: any could be the one.
    var unresolvedInterface: (name: String, reason: String)? {
        for interface in network?.interfaces ?? [] {
            guard let reason = interface.unknown["functions"], [.physical, .other].contains(interface.kind) else {
                continue
            }
            let names = stack(on: interface)
            let isMeant = networkConfiguration?.use(ofAny: names) != nil
            let isSession = session?.interface.map(names.contains) ?? false
            if isMeant || isSession || consumer(for: interface).isVital { return (interface.name, reason) }
        }
        return nil
    }

    /// Why it cannot be told whether the host uses the disks behind a function; nil when it can.
    func unseenStorageUse(of function: PCIFunction, _ consumers: [Consumer]) -> Text? {
        guard let storage else { return function.class.isStorage ? Text(reason: "not read") : nil }
        if function.class.isStorage, let why = storage.unknown["devices"] { return Text(reason: why) }
        // A disk that hangs nobody knows where may hang below any controller.
        if function.class.isStorage,
            let lost = storage.devices.first(where: {
                [.disk, .partition, .other].contains($0.kind) && !$0.hidden && $0.unknown["functions"] != nil
            })
        {
            return Text(verbatim: "\(lost.name): ") + Text(reason: lost.unknown["functions"] ?? "")
        }
        let names = consumers.filter { $0.kind == .disk }.map(\.name)
        guard !names.isEmpty else { return nil }
        // Whatever stands on a device may be in use, and what cannot be followed may stand on any.
        for device in storage.devices {
            let lost = ["holders", "slaves", "number", "backingFile"].lazy.compactMap { device.unknown[$0] }.first
            if let lost { return Text(verbatim: "\(device.name): ") + Text(reason: lost) }
        }
        if let why = storage.unknown["mounts"] ?? storage.unknown["swaps"] { return Text(reason: why) }
        return unplacedUse(storage, names)
    }

    /// A mount, swap area or ZFS volume that may stand on one of these disks, as far as can be seen.
    private func unplacedUse(_ storage: StorageInventory, _ disks: [String]) -> Text? {
        let unplaced = storage.unplaced
        guard !unplaced.isEmpty else { return nil }
        let isZFS = { (name: String) in
            storage.device(name) != nil || storage.mounts.contains { $0.mountPoint == name && $0.fileSystem == "zfs" }
        }
        let others = unplaced.filter { !isZFS($0) }
        if !others.isEmpty {
            return Text(
                en: "which disks hold \(others.joined(separator: ", ")) is unknown: unmount it to go on",
                zh: "\(others.joined(separator: "、")) 在哪些磁盘上是未知的：卸载它才能继续"
            )
        }
        // Where udev looked at the disks, those of a pool are marked.
        let parts = disks.flatMap { [$0] + (storage.device($0)?.partitions ?? []) }
        let isMarked = parts.contains { storage.device($0)?.signature == "zfs_member" }
        if !isMarked && storage.devices.contains(where: { $0.signature != nil }) { return nil }
        return Text(
            en: """
                ZFS holds \(unplaced.joined(separator: ", ")), and \
                \(isMarked ? "this disk belongs to a pool" : "nothing here shows which disks its pools use"): \
                export the pool to go on
                """,
            zh: """
                \(unplaced.joined(separator: "、")) 在 ZFS 上，\
                \(isMarked ? "而这个磁盘属于某个存储池" : "而这里看不到存储池使用哪些磁盘")：导出存储池才能继续
                """
        )
    }
}
