/// Writing tar archives that depend on nothing but what is put in: POSIX ustar headers, a pax header before a member
/// whose name, target or size does not fit, times 0, members in the order given.
///
/// An archive ends with exactly two zero blocks; ``TarArchive`` and GNU tar read it back.
public struct TarWriter: Sendable {
    private var bytes: [UInt8] = []
    /// Of the member being added; numbers that do not fit into seven octal digits become 0.
    private var owner: UInt32 = 0
    private var group: UInt32 = 0

    /// An empty archive.
    public init() {}

    /// Adds a regular file.
    ///
    /// - Parameters:
    ///   - path: relative path below the archive's root, without "..".
    ///   - content: its bytes.
    ///   - mode: permission bits.
    ///   - owner: user by number, at most 2097151.
    ///   - group: group by number, likewise.
    /// - Throws: a path that ``TarArchive`` would refuse.
    public mutating func addFile(
        _ path: String,
        content: some Collection<UInt8>,
        mode: UInt16 = 0o644,
        owner: UInt32 = 0,
        group: UInt32 = 0
    ) throws(TarError) {
        (self.owner, self.group) = (owner, group)
        defer { (self.owner, self.group) = (0, 0) }
        try addHeader(path, type: UInt8(ascii: "0"), size: content.count, target: "", mode: mode)
        bytes += content
        pad()
    }

    /// Adds a directory; parents need not be added first.
    ///
    /// - Throws: a path that ``TarArchive`` would refuse.
    public mutating func addDirectory(_ path: String, mode: UInt16 = 0o755) throws(TarError) {
        try addHeader(path, type: UInt8(ascii: "5"), size: 0, target: "", mode: mode)
    }

    /// Adds a symbolic link.
    ///
    /// - Parameters:
    ///   - path: where the link is.
    ///   - target: what it points to, as readlink(2) gives it.
    /// - Throws: a path that ``TarArchive`` would refuse, or an empty target. A target that climbs above the root is
    ///   written as given; ``TarArchive`` refuses it.
    public mutating func addSymbolicLink(_ path: String, target: String) throws(TarError) {
        guard !target.isEmpty, !target.utf8.contains(0) else {
            throw TarError(.badLinkTarget, offset: bytes.count, path: printable(path.utf8))
        }
        try addHeader(path, type: UInt8(ascii: "2"), size: 0, target: target, mode: 0o777)
    }

    /// The whole archive, with its end marker.
    public consuming func finish() -> [UInt8] {
        bytes += [UInt8](repeating: 0, count: 1024)
        return bytes
    }

    // MARK: Blocks

    private mutating func addHeader(
        _ path: String,
        type: UInt8,
        size: Int,
        target: String,
        mode: UInt16
    ) throws(TarError) {
        let name = Array(path.utf8)
        if let reason = Self.refusal(name) {
            throw TarError(reason, offset: bytes.count, path: printable(name))
        }
        let stored = type == UInt8(ascii: "5") ? name + [UInt8(ascii: "/")] : name
        let targetBytes = Array(target.utf8)
        let split = Self.split(stored)
        var records: [UInt8] = []
        if split == nil {
            records += Self.record("path", stored)
        }
        if targetBytes.count > 100 {
            records += Self.record("linkpath", targetBytes)
        }
        if size > 0o77777777777 {
            records += Self.record("size", Array(String(size).utf8))
        }
        if !records.isEmpty {
            // Readers without pax extract this as a file: it gets a name that shows what it belongs to.
            let label = Array("PaxHeaders/".utf8) + (name.split(separator: UInt8(ascii: "/")).last ?? []).prefix(80)
            addBlock(prefix: [], name: label, type: UInt8(ascii: "x"), size: records.count, target: [], mode: 0o644)
            bytes += records
            pad()
        }
        let shortened = split ?? (prefix: [], name: Array(stored.prefix(100)))
        addBlock(
            prefix: shortened.prefix,
            name: shortened.name,
            type: type,
            size: min(size, 0o77777777777),
            target: Array(targetBytes.prefix(100)),
            mode: mode
        )
    }

    private static func refusal(_ path: [UInt8]) -> TarError.Reason? {
        if path.first == UInt8(ascii: "/") {
            return .absolutePath
        }
        for component in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if component.elementsEqual("..".utf8) {
                return .parentComponent
            }
            if component.isEmpty || component.contains(0) || component.elementsEqual(".".utf8) {
                return .badPath
            }
        }
        return nil
    }

    /// A path as ustar's two name fields, 155 and 100 bytes, or nil if it does not fit.
    private static func split(_ path: [UInt8]) -> (prefix: [UInt8], name: [UInt8])? {
        if path.count <= 100 {
            return ([], path)
        }
        let slash = UInt8(ascii: "/")
        // The slash between the fields is not stored; the name must not be empty.
        for index in max(0, path.count - 101)..<path.count - 1 where path[index] == slash {
            return index <= 155 ? (Array(path[..<index]), Array(path[(index + 1)...])) : nil
        }
        return nil
    }

    /// A pax record; its length counts its own digits.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = key.utf8.count + value.count + 3
        var length = rest + 1
        while rest + String(length).utf8.count != length {
            length = rest + String(length).utf8.count
        }
        return Array("\(length) \(key)=".utf8) + value + [UInt8(ascii: "\n")]
    }

    private mutating func addBlock(
        prefix: [UInt8],
        name: [UInt8],
        type: UInt8,
        size: Int,
        target: [UInt8],
        mode: UInt16
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Collection<UInt8>, at start: Int) {
            block.replaceSubrange(start..<start + text.count, with: text)
        }
        func octal(_ value: Int, digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.utf8.count)) + text).utf8)
        }
        put(name, at: 0)
        put(octal(Int(mode & 0o7777), digits: 7), at: 100)
        put(octal(owner <= 0o7777777 ? Int(owner) : 0, digits: 7), at: 108)
        put(octal(group <= 0o7777777 ? Int(group) : 0, digits: 7), at: 116)
        put(octal(size, digits: 11), at: 124)
        put(octal(0, digits: 11), at: 136)
        put(Array("        ".utf8), at: 148)
        block[156] = type
        put(target, at: 157)
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(prefix, at: 345)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
        bytes += block
    }

    private mutating func pad() {
        let rest = bytes.count % 512
        if rest != 0 {
            bytes += [UInt8](repeating: 0, count: 512 - rest)
        }
    }
}
