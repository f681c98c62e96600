public import Wording

/// Something of the host that disappears with a PCI function.
public struct Consumer: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Codable {
        case network, disk, usb, display, sound, input
    }

    public var kind: Kind
    /// The kernel's name: `eth0`, `nvme0n1`, `1-4`, `card0`.
    public var name: String
    /// What it is used for now, `br-lan`, `/mnt`, `swap`; empty when nothing was found.
    public var uses: [String]
    /// Whether the host would stop working, or become unreachable, without it.
    public var isVital: Bool

    public init(kind: Kind, name: String, uses: [String] = [], isVital: Bool = false) {
        self.kind = kind
        self.name = name
        self.uses = uses
        self.isVital = isVital
    }

    public var text: Text {
        let what =
            switch kind {
            case .network: Text(en: "network \(name)", zh: "网络 \(name)")
            case .disk: Text(en: "disk \(name)", zh: "磁盘 \(name)")
            case .usb: Text(verbatim: "USB \(name)")
            case .display: Text(en: "display \(name)", zh: "显示 \(name)")
            case .sound: Text(en: "sound \(name)", zh: "声音 \(name)")
            case .input: Text(en: "input \(name)", zh: "输入 \(name)")
            }
        return uses.isEmpty ? what : what + Text(verbatim: " (") + usesText + Text(verbatim: ")")
    }

    /// What it is used for, as a list.
    public var usesText: Text {
        .list(
            uses.map { use in
                use == Self.defaultRoute ? Text(en: use, zh: "默认路由") : Text(verbatim: use)
            }
        )
    }

    /// Among ``uses``: the way to everywhere leads through this interface.
    public static let defaultRoute = "default route"
}

extension Host {
    /// The functions (`0000:02:00.0`) that anything hangs below, directly or behind bridges: all others cost nothing.
    public var functionsWithConsumers: Set<String> {
        var found: Set<String> = []
        for interface in network?.interfaces ?? [] { found.formUnion(interface.functions) }
        for disk in storage?.devices ?? [] { found.formUnion(disk.paths.joined()) }
        for device in usb?.devices ?? [] { found.formUnion(device.functions) }
        for card in display?.cards ?? [] { found.formUnion(card.functions) }
        for buffer in display?.frameBuffers ?? [] { found.formUnion(buffer.functions) }
        for buffer in display?.bootFrameBuffers ?? [] { found.formUnion(buffer.functions) }
        for device in input?.devices ?? [] { found.formUnion(device.functions) }
        for port in serial?.ports ?? [] { found.formUnion(port.functions) }
        return found
    }

    /// What hangs below a function, from the parts of the host that were read.
    public func consumers(of address: PCIAddress) -> [Consumer] {
        let bdf = address.description
        var consumers: [Consumer] = []
        for interface in network?.interfaces.below(bdf) ?? [] {
            consumers.append(consumer(for: interface))
        }
        if let storage {
            let uses = storage.uses(ofFunction: bdf)
            for disk in storage.devices where disk.disk == nil && !disk.hidden && disk.isBelow(bdf) {
                let own = uses.filter { $0.chain.first == disk.name }
                consumers.append(
                    Consumer(
                        kind: .disk,
                        name: disk.name,
                        uses: own.map { $0.mountPoint ?? $0.kind.rawValue }.unique,
                        isVital: own.contains { $0.kind != .volume }
                    )
                )
            }
        }
        for device in usb?.devices.below(bdf) ?? [] where !device.isHub && !device.isRootHub {
            let label = [device.manufacturer, device.product].compactMap(\.self).joined(separator: " ")
            consumers.append(Consumer(kind: .usb, name: device.portPath, uses: label.isEmpty ? [] : [label]))
        }
        for card in display?.cards.below(bdf) ?? [] {
            let connected = card.connectors.filter { $0.status == "connected" }.map(\.name)
            consumers.append(Consumer(kind: .display, name: card.name, uses: connected))
        }
        for buffer in display?.frameBuffers.below(bdf) ?? [] {
            consumers.append(Consumer(kind: .display, name: buffer.name))
        }
        return consumers
    }

    /// An interface and all that is built on it: bridge, bond, VLAN, tunnel.
    public func stack(on interface: NetworkInterface) -> [String] {
        var names = [interface.name]
        var queue = interface.uppers + [interface.master].compactMap(\.self)
        while let name = queue.popLast() {
            guard !names.contains(name) else { continue }
            names.append(name)
            guard let upper = network?.interface(name) else { continue }
            queue += upper.uppers + [upper.master].compactMap(\.self)
        }
        // A tunnel such as pppoe-wan names no link in sysfs to what carries it.
        for other in network?.interfaces ?? [] where other.possibleLowers.contains(where: names.contains) {
            if !names.contains(other.name) { names.append(other.name) }
        }
        return names
    }

    /// An interface with everything that is built on it.
    public func consumer(for interface: NetworkInterface) -> Consumer {
        let names = stack(on: interface)
        let interfaces = names.compactMap { network?.interface($0) }
        var uses = Array(names.dropFirst())
        if interfaces.contains(where: { $0.hasDefaultRoute == true }) { uses.append(Consumer.defaultRoute) }
        uses += interfaces.flatMap(\.addresses).filter { !$0.isLinkLocal }.map(\.address)
        return Consumer(
            kind: .network,
            name: interface.name,
            uses: uses.unique,
            isVital: interfaces.contains { $0.hasDefaultRoute == true || $0.addresses.contains { !$0.isLinkLocal } }
        )
    }
}

extension InterfaceAddress {
    fileprivate var isLinkLocal: Bool { address.hasPrefix("fe80:") || address.hasPrefix("169.254.") }
}

extension Array where Element: Hashable {
    /// Without repetitions, in the order of first appearance.
    var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
