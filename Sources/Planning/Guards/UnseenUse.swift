import Inventory

extension Host {
    /// Why it cannot be told whether the host needs the network behind a function; nil when it can.
    func unseenNetworkUse(of function: PCIFunction, _ consumers: [Consumer]) -> String? {
        guard let network else { return function.class.isNetwork ? "not read" : nil }
        if function.class.isNetwork, let why = network.unknown["interfaces"] { return why }
        for consumer in consumers where consumer.kind == .network {
            guard let interface = network.interface(consumer.name) else { continue }
            if let why = interface.unknown["addresses"] ?? interface.unknown["hasDefaultRoute"] { return why }
        }
        return nil
    }

    /// Why it cannot be told whether the host uses the disks behind a function; nil when it can.
    func unseenStorageUse(of function: PCIFunction, _ consumers: [Consumer]) -> String? {
        guard let storage else { return function.class.isStorage ? "not read" : nil }
        if function.class.isStorage, let why = storage.unknown["devices"] { return why }
        guard consumers.contains(where: { $0.kind == .disk }) else { return nil }
        return storage.unknown["mounts"] ?? storage.unknown["swaps"]
    }
}
