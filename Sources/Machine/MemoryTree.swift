public import SystemPackage

/// A machine's files held in memory: what an archive gave, or what a test made.
public struct MemoryTree: FileTree {
    public enum Node: Sendable, Hashable {
        case file([UInt8], mode: UInt32)
        case directory
        case symbolicLink(String)
    }

    private var nodes: [String: Node] = ["/": .directory]
    private var children: [String: [String]] = [:]
    private var owners: [String: Owner] = [:]
    /// An archive, and which part of it each of its files is: they are not kept twice.
    private var archive: [UInt8] = []
    private var parts: [String: Range<Int>] = [:]

    /// Who owns a file, by number.
    public struct Owner: Sendable, Hashable {
        public var user: UInt32
        public var group: UInt32

        public init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    public init() {}

    /// For files that are parts of an archive.
    public init(archive: [UInt8]) { self.archive = archive }

    /// Puts a node at an absolute path; folders above it come into being.
    public mutating func put(_ node: Node, at path: String) {
        let path = normalize(path)
        guard path != "/" else { return }
        parts[path] = nil
        if nodes.updateValue(node, forKey: path) == nil {
            let (parent, name) = split(path)
            children[parent, default: []].append(name)
            if nodes[parent] == nil { put(.directory, at: parent) }
        }
    }

    /// Puts a file that is a part of the archive.
    public mutating func put(_ part: Range<Int>, mode: UInt32, at path: String) {
        put(.file([], mode: mode), at: path)
        parts[normalize(path)] = part
    }

    /// Says who owns the node at a path; root does otherwise.
    public mutating func setOwner(_ owner: Owner, at path: String) {
        owners[normalize(path)] = owner
    }

    public mutating func put(_ text: String, at path: String) {
        put(.file(Array(text.utf8), mode: 0o644), at: path)
    }

    public func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        let (node, place) = try node(at: path, following: true)
        switch node {
        case .file(let bytes, _):
            if let part = parts[place] { return Array(archive[part].prefix(limit)) }
            return bytes.count <= limit ? bytes : Array(bytes[..<limit])
        case .directory: throw .isDirectory
        case .symbolicLink: throw .tooManySymbolicLinkLevels
        }
    }

    public func link(_ path: String) throws(Errno) -> String {
        guard case .symbolicLink(let target) = try node(at: path, following: false).node else {
            throw .invalidArgument
        }
        return target
    }

    public func list(_ path: String) throws(Errno) -> [String] {
        let (node, path) = try node(at: path, following: true)
        guard case .directory = node else { throw .notDirectory }
        return children[path] ?? []
    }

    public func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
        let (node, place) = try node(at: path, following: following)
        switch node {
        case .file(let bytes, let mode):
            let owner = owners[place]
            return FileStatus(
                kind: .file,
                mode: mode,
                owner: owner?.user ?? 0,
                group: owner?.group ?? 0,
                size: parts[place]?.count ?? bytes.count
            )
        case .directory: return FileStatus(kind: .directory, mode: 0o755)
        case .symbolicLink: return FileStatus(kind: .symbolicLink, mode: 0o777)
        }
    }

    /// Walks `path` as the kernel does, links included; absolute links start at this tree's root.
    private func node(at path: String, following: Bool) throws(Errno) -> (node: Node, path: String) {
        var rest = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }[...]
        var here = "/"
        var links = 0
        while let name = rest.popFirst() {
            if name == "." { continue }
            if name == ".." {
                here = split(here).parent
                continue
            }
            let next = here == "/" ? "/" + name : here + "/" + name
            guard let node = nodes[next] else {
                if case .directory = nodes[here] { throw .noSuchFileOrDirectory }
                throw .notDirectory
            }
            if case .symbolicLink(let target) = node, following || !rest.isEmpty {
                links += 1
                guard links <= 40 else { throw .tooManySymbolicLinkLevels }
                if target.utf8.first == UInt8(ascii: "/") { here = "/" }
                rest = (target.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) } + rest)[...]
                continue
            }
            here = next
        }
        guard let node = nodes[here] else { throw .noSuchFileOrDirectory }
        return (node, here)
    }
}

/// `/a/./b//c/../d` as `/a/b/d`, by text alone.
func normalize(_ path: String) -> String {
    var parts: [Substring.UTF8View] = []
    for part in path.utf8.split(separator: UInt8(ascii: "/")) {
        switch String(Substring(part)) {
        case ".": continue
        case "..": _ = parts.popLast()
        default: parts.append(part)
        }
    }
    return "/" + parts.map { String(Substring($0)) }.joined(separator: "/")
}

func split(_ path: String) -> (parent: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("/", path) }
    let parent = path[..<slash]
    return (parent.isEmpty ? "/" : String(parent), String(path[path.utf8.index(after: slash)...]))
}
