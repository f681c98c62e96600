public import Machine
internal import SystemPackage

/// The nodes of a machine in which memory is nearer to some processors than to others
/// (Documentation/ABI/stable/sysfs-devices-node).
public struct NodeInventory: Sendable, Hashable, Codable {
    public struct Node: Sendable, Hashable, Codable {
        public var number: Int
        /// `0-7,16-23`; null when it could not be read, empty for a node without processors.
        @Nullable public var processors: String?
        /// Bytes; null when it could not be read.
        @Nullable public var memory: Int?
    }

    /// One on an ordinary machine, none with a kernel that knows no nodes; null when they could not be seen.
    @Nullable public var nodes: [Node]?
    public var unknown: [String: String] = [:]

    static let root = "/sys/devices/system/node"

    public static func read(_ machine: Machine) -> NodeInventory {
        do {
            let names = try machine.list(root).filter { Sysfs.isNumbered($0, "node") }
            return NodeInventory(nodes: names.sorted(by: Sysfs.inOrder).compactMap { Node($0, on: machine) })
        } catch  where error == .noSuchFileOrDirectory && (machine.isLive || machine.exists("/sys/devices/system")) {
            return NodeInventory(nodes: [])  // A kernel without CONFIG_NUMA.
        } catch {
            return NodeInventory(nodes: nil, unknown: ["nodes": reason(error, root)])
        }
    }
}

extension NodeInventory.Node {
    fileprivate init?(_ name: String, on machine: Machine) {
        guard let number = Int(name.dropFirst(4)) else { return nil }
        let folder = "\(NodeInventory.root)/\(name)"
        self.init(number: number, processors: machine.textIfAny("\(folder)/cpulist"), memory: nil)
        for line in (try? machine.textLines("\(folder)/meminfo")) ?? [] {
            // Node 0 MemTotal:       16303812 kB
            let words = Lines.words(line)
            guard words.count >= 4, words[2] == "MemTotal:", let kilobytes = Int(words[3]) else { continue }
            memory = kilobytes.multipliedReportingOverflow(by: 1024).partialValue
        }
    }
}
