/// The distinct paths of an archive as a tree, so that a path below a link, or two kinds under one path, are found in
/// time proportional to the paths' bytes.
struct TarTree {
    /// What a node is; `implied` is a directory that no member names.
    enum Kind: UInt8 {
        case implied, directory, file, symbolicLink
    }

    private struct Node {
        var parent: Int32
        var nameStart: Int32
        var nameLength: Int32
        var member: Int32 = -1
        var kind = Kind.implied
        var hasChildren = false
    }

    /// Why a path has no node.
    enum Failure: Error {
        case belowSymbolicLink(end: Int)
        case belowFile
        case full
    }

    private let capacity: Int
    private var nodes = [Node(parent: -1, nameStart: 0, nameLength: 0)]
    private var names: [UInt8] = []
    private var slots = [Int32](repeating: -1, count: 64)
    private var lastPath: [UInt8] = []
    /// For each component of `lastPath`: where it ends there, and its node.
    private var lastSteps: [(end: Int, node: Int32)] = []

    /// A tree for this many members and as many implied directories.
    init(members: Int) {
        let most = (Int(Int32.max) - 2) / 2
        capacity = min(max(members, 0), most) * 2
    }

    /// What a node is.
    func kind(of node: Int) -> Kind { nodes[node].kind }

    /// Whether some path lies below a node.
    func hasChildren(_ node: Int) -> Bool { nodes[node].hasChildren }

    /// The index of a node's member, or nil if no member has this path.
    func member(of node: Int) -> Int? {
        let member = nodes[node].member
        return member < 0 ? nil : Int(member)
    }

    /// Gives a node its kind and its member.
    mutating func set(_ node: Int, kind: Kind, member: Int) {
        nodes[node].kind = kind
        nodes[node].member = Int32(member)
    }

    /// The node of a normalised path, made if it is new.
    mutating func insert(_ path: [UInt8]) throws(Failure) -> Int {
        // Members come in the order of a directory walk as a rule: begin where the last path still agrees.
        var agreed = 0
        let shared = min(path.count, lastPath.count)
        while agreed < shared, path[agreed] == lastPath[agreed] {
            agreed += 1
        }
        while let step = lastSteps.last,
            step.end > agreed || (step.end < path.count && path[step.end] != UInt8(ascii: "/"))
        {
            lastSteps.removeLast()
        }
        lastPath = path
        var node = lastSteps.last?.node ?? 0
        var start = lastSteps.last.map { $0.end + 1 } ?? 0
        while start < path.count {
            switch nodes[Int(node)].kind {
            case .symbolicLink: throw .belowSymbolicLink(end: start - 1)
            case .file: throw .belowFile
            case .implied, .directory: break
            }
            var end = start
            while end < path.count, path[end] != UInt8(ascii: "/") {
                end += 1
            }
            let slot = slot(of: node, path, start..<end)
            if slots[slot] >= 0 {
                node = slots[slot]
            } else {
                guard nodes.count <= capacity, names.count < Int(Int32.max) - path.count else { throw .full }
                nodes[Int(node)].hasChildren = true
                let child = Int32(nodes.count)
                nodes.append(Node(parent: node, nameStart: Int32(names.count), nameLength: Int32(end - start)))
                names += path[start..<end]
                slots[slot] = child
                node = child
                if nodes.count * 2 > slots.count {
                    grow()
                }
            }
            lastSteps.append((end, node))
            start = end + 1
        }
        return Int(node)
    }

    /// The node of a normalised path, or nil if there is none.
    func find(_ path: [UInt8]) -> Int? {
        var node: Int32 = 0
        var start = 0
        while start < path.count {
            var end = start
            while end < path.count, path[end] != UInt8(ascii: "/") {
                end += 1
            }
            node = slots[slot(of: node, path, start..<end)]
            if node < 0 {
                return nil
            }
            start = end + 1
        }
        return Int(node)
    }

    /// The slot that holds a child, or the free one where it belongs.
    private func slot(of parent: Int32, _ path: [UInt8], _ name: Range<Int>) -> Int {
        var slot = hash(parent, path, name) & (slots.count - 1)
        while slots[slot] >= 0, !matches(nodes[Int(slots[slot])], parent, path, name) {
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private func matches(_ node: Node, _ parent: Int32, _ path: [UInt8], _ name: Range<Int>) -> Bool {
        guard node.parent == parent, Int(node.nameLength) == name.count else { return false }
        let start = Int(node.nameStart)
        for index in 0..<name.count where names[start + index] != path[name.lowerBound + index] {
            return false
        }
        return true
    }

    /// The seeded hash of the standard library, so that no archive can be made of colliding names.
    private func hash(_ parent: Int32, _ bytes: [UInt8], _ name: Range<Int>) -> Int {
        var hasher = Hasher()
        hasher.combine(parent)
        bytes.withUnsafeBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0[name])) }
        return hasher.finalize()
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for (index, node) in nodes.enumerated().dropFirst() {
            let name = Int(node.nameStart)..<Int(node.nameStart + node.nameLength)
            var slot = hash(node.parent, names, name) & (slots.count - 1)
            while slots[slot] >= 0 {
                slot = (slot + 1) & (slots.count - 1)
            }
            slots[slot] = Int32(index)
        }
    }
}
