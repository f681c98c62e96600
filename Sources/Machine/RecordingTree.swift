public import SystemPackage

/// A tree that remembers everything that was read through it: how `capture` knows what belongs to a host.
///
/// Used by one thread, the one that reads the host.
public final class RecordingTree: FileTree, @unchecked Sendable {
    private let base: any FileTree
    /// What was seen, by path; a directory only when it was listed or turned out to be empty.
    public private(set) var seen: [String: MemoryTree.Node] = [:]
    /// What could not be looked at, and why: an archive cannot say that of a path.
    public private(set) var failed: [String: Errno] = [:]
    /// Owners of the files that do not belong to root.
    public private(set) var owners: [String: MemoryTree.Owner] = [:]

    public init(_ base: any FileTree) {
        self.base = base
    }

    public func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        let bytes = try noting(path) { () throws(Errno) in try base.read(path, limit: limit) }
        record(.file(bytes, mode: mode(of: path)), at: path)
        return bytes
    }

    public func link(_ path: String) throws(Errno) -> String {
        let target = try base.link(path)
        if !Self.ownFolders.contains(path) { record(.symbolicLink(target), at: path) }
        return target
    }

    public func list(_ path: String) throws(Errno) -> [String] {
        let names = try noting(path) { () throws(Errno) in try base.list(path) }
        record(.directory, at: path)
        for name in names { note(path + "/" + name) }
        return names
    }

    public func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
        let status = try noting(path) { () throws(Errno) in try base.status(path, following: following) }
        note(path)
        return status
    }

    func lines(in path: String, where wanted: (ArraySlice<UInt8>) -> Bool) throws(Errno) -> [String] {
        let bytes = try base.read(path, limit: 256 << 20)
        let lines = pick(from: bytes, where: wanted)
        // What another reader picked before stays, in the file's order.
        var known = Set(lines)
        if case .file(let kept, _) = seen[canonical(path)] { known.formUnion(pick(from: kept) { _ in true }) }
        let text = pick(from: bytes) { known.contains(String(decoding: $0, as: UTF8.self)) }.map { $0 + "\n" }.joined()
        record(.file(Array(text.utf8), mode: 0o444), at: path)
        return lines
    }

    func kernelLines(where wanted: (ArraySlice<UInt8>) -> Bool) throws(Errno) -> [String] {
        let lines = try Machine(base).kernelLines(where: wanted)
        let text = lines.map { $0 + "\n" }.joined()
        record(.file(Array(text.utf8), mode: 0o444), at: Machine.kernelLines)
        return lines
    }

    private func noting<Value>(_ path: String, _ look: () throws(Errno) -> Value) throws(Errno) -> Value {
        do throws(Errno) {
            return try look()
        } catch {
            // EINVAL is an answer: an attribute that has no value now.
            if !error.isAbsence, error != .invalidArgument { failed[path] = error }
            throw error
        }
    }

    /// A path that exists but was not read: a link is kept as it is, a file as an empty one with its permissions.
    private func note(_ path: String) {
        guard !Self.ownFolders.contains(path) else { return }
        guard let status = try? base.status(path, following: false) else { return }
        switch status.kind {
        case .symbolicLink:
            if let target = try? base.link(path) { record(.symbolicLink(target), at: path, weak: true) }
        case .directory: record(.directory, at: path, weak: true)
        case .file, .characterDevice, .blockDevice, .other:
            record(.file([], mode: status.mode), at: path, weak: true)
            if status.owner != 0 || status.group != 0 {
                owners[canonical(path)] = MemoryTree.Owner(user: status.owner, group: status.group)
            }
        }
    }

    private func mode(of path: String) -> UInt32 {
        (try? base.status(path, following: true))?.mode ?? 0o444
    }

    private func record(_ node: MemoryTree.Node, at path: String, weak: Bool = false) {
        let path = canonical(path)
        if weak && seen[path] != nil { return }
        seen[path] = node
    }

    /// The path with the links in its folders followed, and those links recorded, so that each file is kept once, where
    /// it really is.
    private func canonical(_ path: String) -> String {
        var rest = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }[...]
        var here = ""
        var links = 0
        while let name = rest.popFirst() {
            if name == "." { continue }
            if name == ".." {
                here = here.isEmpty ? "" : split(here).parent
                if here == "/" { here = "" }
                continue
            }
            let next = here + "/" + name
            if !rest.isEmpty, links < 40, let target = linkInFolder(next) {
                links += 1
                if target.utf8.first == UInt8(ascii: "/") { here = "" }
                rest = (target.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) } + rest)[...]
                continue
            }
            here = next
        }
        return here.isEmpty ? "/" : here
    }

    private var plainFolders: Set<String> = []

    /// Links into the folder of the process that looks: in a captured host they are plain folders.
    private static let ownFolders: Set<String> = ["/proc/self", "/proc/net", "/proc/thread-self", "/proc/mounts"]

    private func linkInFolder(_ path: String) -> String? {
        if Self.ownFolders.contains(path) { return nil }
        if plainFolders.contains(path) { return nil }
        if case .symbolicLink(let target) = seen[path] { return target }
        guard let target = try? base.link(path) else {
            plainFolders.insert(path)
            return nil
        }
        seen[path] = .symbolicLink(target)
        return target
    }
}
