import Formats
import Foundation
public import Machine

/// A machine written down for tests: its files, folders and links by their paths.
public struct TestHost: Sendable, Equatable {
    public var name: String
    public private(set) var nodes: [String: MemoryTree.Node] = [:]

    public init(_ name: String) {
        self.name = name
    }

    /// The machine of `Hosts/NAME.txt`.
    public static func named(_ name: String) throws -> TestHost {
        try Manifest.host(name)
    }

    /// Names of all machines in `Hosts`, sorted; files that begin with an underscore are parts of others.
    public static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: Manifest.folder.path)) ?? []
        return files.filter { $0.hasSuffix(".txt") && !$0.hasPrefix("_") }.map { String($0.dropLast(4)) }.sorted()
    }()

    // MARK: Editing

    public mutating func put(_ node: MemoryTree.Node, at path: String) { nodes[path] = node }

    /// A text file; a line end is added where there is none.
    public mutating func file(_ path: String, _ text: String, mode: UInt32 = 0o644) {
        let ended = text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
        nodes[path] = .file(Array(ended.utf8), mode: mode)
    }

    public mutating func file(_ path: String, bytes: [UInt8], mode: UInt32 = 0o644) {
        nodes[path] = .file(bytes, mode: mode)
    }

    public mutating func link(_ path: String, _ target: String) { nodes[path] = .symbolicLink(target) }

    /// A link from one absolute path to another, written relative as the kernel does.
    public mutating func relativeLink(_ path: String, to target: String) {
        let from = path.split(separator: "/").dropLast()
        let to = target.split(separator: "/")
        let common = zip(from, to).prefix { $0 == $1 }.count
        let up = [Substring](repeating: "..", count: from.count - common)
        nodes[path] = .symbolicLink((up + to.dropFirst(common)).joined(separator: "/"))
    }

    public mutating func folder(_ path: String) { nodes[path] = .directory }

    /// Takes away a path and everything below it.
    public mutating func remove(_ path: String) {
        let below = path + "/"
        nodes = nodes.filter { $0.key != path && !$0.key.hasPrefix(below) }
    }

    /// A copy without these paths and what is below them.
    public func without(_ paths: String...) -> TestHost { without(paths) }

    public func without(_ paths: [String]) -> TestHost {
        var copy = self
        for path in paths { copy.remove(path) }
        return copy
    }

    /// A copy in which some text files say something else.
    public func with(_ texts: [String: String]) -> TestHost {
        var copy = self
        for (path, text) in texts { copy.file(path, text) }
        return copy
    }

    public func text(_ path: String) -> String? {
        guard case .file(let bytes, _)? = nodes[path] else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    public mutating func merge(_ other: TestHost) { nodes.merge(other.nodes) { $1 } }

    // MARK: As a machine

    public var tree: MemoryTree {
        var tree = MemoryTree()
        for (path, node) in nodes.sorted(by: { $0.key < $1.key }) { tree.put(node, at: path) }
        return tree
    }

    public var machine: Machine { Machine(tree) }

    /// As a folder laid out as the machine's root.
    public func write(to folder: URL) throws {
        let files = FileManager.default
        for (path, node) in nodes.sorted(by: { $0.key < $1.key }) {
            let place = folder.appending(path: String(path.dropFirst()))
            try files.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            switch node {
            case .directory: try files.createDirectory(at: place, withIntermediateDirectories: true)
            case .symbolicLink(let target):
                try files.createSymbolicLink(atPath: place.path, withDestinationPath: target)
            case .file(let bytes, let mode):
                try Data(bytes).write(to: place)
                try files.setAttributes([.posixPermissions: Int(mode)], ofItemAtPath: place.path)
            }
        }
    }

    /// As a plain tar archive.
    public func archive() throws -> [UInt8] {
        var writer = TarWriter()
        for (path, node) in nodes.sorted(by: { $0.key < $1.key }) {
            let name = String(path.dropFirst())
            switch node {
            case .directory: try writer.addDirectory(name)
            case .symbolicLink(let target): try writer.addSymbolicLink(name, target: target)
            case .file(let bytes, let mode): try writer.addFile(name, content: bytes, mode: UInt16(mode))
            }
        }
        return writer.finish()
    }
}

extension TestHost {
    /// Paths that are not the same on both, without what the kernel and passthru's journal say of the past.
    public func differences(from other: TestHost) -> [String] {
        Set(nodes.keys).union(other.nodes.keys).filter { path in
            nodes[path] != other.nodes[path] && !path.hasPrefix("/proc/") && !path.contains("/passthru/journal")
        }.sorted()
    }
}

extension TestHost: Codable {
    private struct Coded: Codable {
        var bytes: Data?
        var mode: UInt32?
        var target: String?
    }

    public init(from decoder: any Decoder) throws {
        self.init("coded")
        for (path, coded) in try decoder.singleValueContainer().decode([String: Coded].self) {
            if let bytes = coded.bytes {
                nodes[path] = .file([UInt8](bytes), mode: coded.mode ?? 0o644)
            } else if let target = coded.target {
                nodes[path] = .symbolicLink(target)
            } else {
                nodes[path] = .directory
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(
            nodes.mapValues { node in
                switch node {
                case .file(let bytes, let mode): Coded(bytes: Data(bytes), mode: mode)
                case .symbolicLink(let target): Coded(target: target)
                case .directory: Coded()
                }
            }
        )
    }
}
