public import SystemPackage

/// A Linux machine as files, device nodes and programs: the one that runs passthru, or a captured one.
///
/// Everything that passthru knows of a machine came through this type.
public struct Machine: Sendable {
    public let tree: any FileTree

    public init(_ tree: any FileTree) {
        self.tree = tree
    }

    /// The machine that passthru runs on.
    public static let live = Machine(FolderTree.live)

    public var isLive: Bool { tree.isLive }

    /// All bytes of a file, at most `limit`.
    public func read(_ path: String, limit: Int = 64 << 20) throws(Errno) -> [UInt8] {
        try tree.read(path, limit: limit)
    }

    /// A file's text without the white space at its end, as sysfs attributes are meant.
    public func text(_ path: String) throws(Errno) -> String {
        try String(decoding: tree.read(path, limit: 64 << 20).trimmed, as: UTF8.self)
    }

    /// A file's text, or nil when there is none to be had: for what only adds to an answer. Who must not take a file that
    /// cannot be read for one that is not there asks ``textIfThere(_:)``.
    public func textIfAny(_ path: String) -> String? {
        try? text(path)
    }

    /// A file's text, or nil when there is no such file.
    public func textIfThere(_ path: String) throws(Errno) -> String? {
        do throws(Errno) { return try text(path) } catch { return try error.nilIfAbsence() }
    }

    /// The bytes of a file, or nil when there is no such file.
    public func readIfThere(_ path: String, limit: Int = 64 << 20) throws(Errno) -> [UInt8]? {
        do throws(Errno) { return try read(path, limit: limit) } catch { return try error.nilIfAbsence() }
    }

    /// The names in a directory as ``list(_:)`` gives them, or nil when there is no such directory.
    public func listIfThere(_ path: String) throws(Errno) -> [String]? {
        do throws(Errno) { return try list(path) } catch { return try error.nilIfAbsence() }
    }

    /// Whether something is at a path; an error where that could not be seen.
    public func isThere(_ path: String) throws(Errno) -> Bool {
        do throws(Errno) {
            _ = try status(path)
            return true
        } catch {
            return try error.nilIfAbsence() ?? false
        }
    }

    /// The text of a symbolic link.
    public func link(_ path: String) throws(Errno) -> String {
        try tree.link(path)
    }

    /// The last component of a link's target: the way sysfs names a driver, a subsystem, a group.
    public func linkName(_ path: String) -> String? {
        guard let target = try? tree.link(path) else { return nil }
        return split(target).name
    }

    /// Where a link leads, as a path from the root. The folder that holds the link must not itself be a link.
    public func linkTarget(_ path: String) throws(Errno) -> String {
        let target = try tree.link(path)
        return normalize(target.utf8.first == UInt8(ascii: "/") ? target : split(path).parent + "/" + target)
    }

    /// The names in a directory, sorted by their bytes.
    public func list(_ path: String) throws(Errno) -> [String] {
        try tree.list(path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The names in a directory, none where there is no such directory.
    public func listIfAny(_ path: String) -> [String] {
        (try? list(path)) ?? []
    }

    /// Whether something is at a path and could be seen: where "no" may change what is safe, ``isThere(_:)`` is asked.
    public func exists(_ path: String) -> Bool {
        (try? tree.status(path, following: true)) != nil
    }

    public func status(_ path: String, following: Bool = true) throws(Errno) -> FileStatus {
        try tree.status(path, following: following)
    }

    public func directory(_ path: String) throws(Errno) -> any FileDirectory {
        try tree.directory(path)
    }

    /// The lines of a long file that `wanted` picks, without their line ends. A captured host keeps only these.
    public func lines(in path: String, where wanted: (ArraySlice<UInt8>) -> Bool) throws(Errno) -> [String] {
        if let recorder = tree as? RecordingTree {
            return try recorder.lines(in: path, where: wanted)
        }
        return try pick(from: tree.read(path, limit: 256 << 20), where: wanted)
    }
}

extension Errno {
    /// Whether the kernel says that there is nothing at a path. Any other error says that nobody could look: what is there
    /// is unknown.
    public var isAbsence: Bool { self == .noSuchFileOrDirectory || self == .notDirectory }

    /// Nil for an absence; every other error is thrown.
    fileprivate func nilIfAbsence<Value>() throws(Errno) -> Value? {
        guard isAbsence else { throw self }
        return nil
    }
}

extension Machine {
    /// The folder that a path is in, `/` for one at the root.
    public static func parent(of path: String) -> String { split(path).parent }

    /// What a path names within its folder.
    public static func lastComponent(of path: String) -> String { split(path).name }
}

func pick(from bytes: [UInt8], where wanted: (ArraySlice<UInt8>) -> Bool) -> [String] {
    var lines: [String] = []
    var start = bytes.startIndex
    while start < bytes.endIndex {
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        let line = bytes[start..<end]
        if wanted(line) { lines.append(String(decoding: line, as: UTF8.self)) }
        start = end + 1
    }
    return lines
}

extension Collection<UInt8> where Self: BidirectionalCollection {
    /// Without white space and NUL at the end.
    public var trimmed: SubSequence {
        var end = endIndex
        while end > startIndex {
            let before = index(before: end)
            guard self[before] <= 0x20 else { break }
            end = before
        }
        return self[startIndex..<end]
    }
}
