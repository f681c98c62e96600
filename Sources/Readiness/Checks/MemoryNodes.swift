import Inventory
import Wording

/// On a machine with several NUMA nodes, whether each device is near to processors and memory.
public enum MemoryNodes: Check {
    public static let id = "numa"
    public static let title = Text(en: "NUMA nodes of devices", zh: "设备所在的 NUMA 节点")
    public static let importance = Importance.advice

    public static func applies(to host: Host) -> Bool {
        (host.nodes?.nodes?.count ?? 0) > 1 && host.functions.contains(where: \.isCandidate)
    }

    public static func answer(_ host: Host) -> Finding.Answer {
        let nodes = host.nodes?.nodes ?? []
        return DeviceAnswers.of(host, where: \.isCandidate) { function in
            let path = "\(PCIInventory.root)/\(function.address)/numa_node"
            guard let number = function.details?.numaNode else {
                return .unknown(Text(en: "\(path): the firmware names no node", zh: "\(path)：固件没有给出节点"))
            }
            guard let node = nodes.first(where: { $0.number == number }) else {
                return .unknown("\(path): \(number)")
            }
            guard node.processors?.isEmpty != true, node.memory != 0 else {
                return .problem(
                    Text(
                        en: "\(path): \(number), a node without \(node.memory == 0 ? "memory" : "processors")",
                        zh: "\(path)：\(number)，该节点没有\(node.memory == 0 ? "内存" : "处理器")"
                    ),
                    remedy: Text(
                        en: "For speed only: its guest's memory is far from it. Use a slot of another processor.",
                        zh: "仅影响速度：虚拟机的内存离它很远。请使用另一个处理器的插槽。"
                    ),
                    actor: .owner
                )
            }
            return .ok(function.says(Text(en: "node \(number)", zh: "节点 \(number)")))
        }
    }
}
