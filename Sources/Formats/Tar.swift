/// Reading plain (uncompressed) tar archives: POSIX ustar and pax (POSIX.1-2017, pax utility, "ustar Interchange
/// Format" and "pax Extended Header"), GNU long names and base-256 numbers (GNU tar manual, "Basic Tar Format").
///
/// The archive is taken as hostile: nothing is believed before it is checked, memory stays in proportion to the
/// archive, and every fault is a ``TarError``. Strictness beyond GNU tar: the two zero blocks that end an archive must
/// be there (GNU tar only warns), because a copy that was cut on a member boundary cannot be told from a whole one
/// otherwise; after them only zeros may follow; a name must be UTF-8.
public enum TarArchive {
    /// Every member of an archive, in the order of the archive, one per path.
    ///
    /// A path that comes again with the same kind replaces the earlier member, in its place (as `tar -r` means it);
    /// with another kind it is an error. A hard link becomes a member with the content of the file that it names.
    /// Parent directories that are only implied by a path are not listed.
    ///
    /// - Parameters:
    ///   - bytes: the whole archive.
    ///   - limits: what a caller is ready to take.
    /// - Returns: the members; a file's content is a range of `bytes`.
    /// - Throws: the first fault found.
    public static func read(bytes: [UInt8], limits: TarLimits = TarLimits()) throws(TarError) -> [TarMember] {
        var reader = TarReader(bytes: bytes, limits: limits)
        return try reader.readAll()
    }
}

/// One file, directory or symbolic link of an archive.
public struct TarMember: Equatable, Sendable {
    /// What a member is.
    public enum Kind: Equatable, Sendable {
        /// A regular file; its content is this range of the archive's bytes.
        case file(Range<Int>)
        /// A directory.
        case directory
        /// A symbolic link, with its target as written. A target that begins with "/" counts from the archive's root;
        /// no target climbs, read word by word, above that root. Whoever follows links through other links must still
        /// stop at the root, as the kernel does in a chroot.
        case symbolicLink(String)
    }

    /// The path below the archive's root: components joined by single slashes, none of them "." or "..", no slash at
    /// either end, never empty.
    public let path: String
    /// File, directory or link.
    public let kind: Kind
    /// Permission bits, 0 to 0o7777 (chmod(2)).
    public let mode: UInt16

    /// User and group by number.
    public let owner: UInt32
    public let group: UInt32

    /// A member as given.
    public init(path: String, kind: Kind, mode: UInt16, owner: UInt32 = 0, group: UInt32 = 0) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.owner = owner
        self.group = group
    }
}

/// How large an archive a reader takes.
public struct TarLimits: Equatable, Sendable {
    /// The most members; distinct paths, implied parent directories included, may be twice as many.
    public var members: Int
    /// The most bytes: of the archive, and of all files together, hard links counted each time.
    public var totalBytes: Int
    /// The most bytes of one path or link target (PATH_MAX).
    public var pathLength: Int
    /// The most bytes of all paths and link targets together, which are kept beside the archive.
    public var pathBytes: Int

    /// The limits of a captured host unless said otherwise: 200,000 members, 256 MiB, 4096 bytes a path, 32 MiB of paths.
    public init(
        members: Int = 200_000,
        totalBytes: Int = 256 << 20,
        pathLength: Int = 4096,
        pathBytes: Int = 32 << 20
    ) {
        self.members = members
        self.totalBytes = totalBytes
        self.pathLength = pathLength
        self.pathBytes = pathBytes
    }
}

/// Why an archive was refused: what, at which byte, and of which member.
public struct TarError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The fault.
    public enum Reason: Equatable, Sendable {
        /// There is not a single byte.
        case empty
        /// The file is compressed by this program ("gzip", "xz" …).
        case compressed(by: String)
        /// The first block is no tar header.
        case notTar
        /// The bytes end where this many more are needed.
        case truncated(missing: Int)
        /// A header's checksum is wrong.
        case badChecksum
        /// A number in this header field is malformed, negative or beyond 63 bits.
        case badNumber(field: String)
        /// An extended header (pax 'x' or 'g', GNU 'L' or 'K') is malformed.
        case badExtendedHeader
        /// A zero block stands alone, or something other than zeros follows the end.
        case dataAfterEnd
        /// More members, or more distinct paths, than this limit.
        case tooManyMembers(limit: Int)
        /// More bytes than this limit, in the archive or in its files together.
        case tooManyBytes(limit: Int)
        /// Paths and link targets of more bytes than this limit, all together.
        case tooManyPathBytes(limit: Int)
        /// A path or link target of more bytes than this limit.
        case pathTooLong(limit: Int)
        /// The path begins with "/".
        case absolutePath
        /// The path has a component "..".
        case parentComponent
        /// The path is empty, not UTF-8, or has a zero byte.
        case badPath
        /// The path lies below this member, which is a symbolic link.
        case belowSymbolicLink(String)
        /// The path is a member of another kind already, or lies below a file.
        case conflictingKinds
        /// A symbolic link's target climbs above the archive's root.
        case linkLeavesArchive(target: String)
        /// A symbolic link's target is empty, not UTF-8, or has a zero byte.
        case badLinkTarget
        /// A hard link names this path, which is no earlier file of the archive.
        case hardLinkToNothing(target: String)
        /// A directory or link claims content of its own.
        case unexpectedContent
        /// A kind of member (a device node, a named pipe, a sparse file …) that no captured host has.
        case notPartOfCapturedHost(kind: String)
    }

    /// The fault.
    public let reason: Reason
    /// The byte offset of the header at fault, or of the end of the bytes.
    public let offset: Int
    /// The member's path as written, made safe to print; nil where no name was read yet.
    public let path: String?

    /// An error as given.
    public init(_ reason: Reason, offset: Int, path: String? = nil) {
        self.reason = reason
        self.offset = offset
        self.path = path
    }

    /// One sentence: what is wrong, and where.
    public var description: String {
        let subject = path.map { "member '\($0)'" } ?? "the archive"
        let place = " (byte \(offset))"
        switch reason {
        case .empty: return "The archive is empty: there is not a single byte."
        case .compressed(let program):
            return "The archive is compressed by \(program): decompress it first, only plain tar is read."
        case .notTar: return "This is no tar archive: its first 512 bytes are not a tar header."
        case .truncated(let missing):
            return "The archive is truncated: \(subject) needs \(missing) more bytes than there are\(place)."
        case .badChecksum: return "The archive is damaged: the checksum of a header is wrong\(place)."
        case .badNumber(let field):
            return "The archive is damaged: the field '\(field)' of \(subject) is no valid number\(place)."
        case .badExtendedHeader: return "The archive is damaged: an extended header is malformed\(place)."
        case .dataAfterEnd: return "The archive is damaged: its end is not followed by zeros alone\(place)."
        case .tooManyMembers(let limit): return "The archive has more than \(limit) members\(place)."
        case .tooManyBytes(let limit): return "The archive holds more than \(limit) bytes\(place)."
        case .tooManyPathBytes(let limit): return "The archive has paths of more than \(limit) bytes together\(place)."
        case .pathTooLong(let limit):
            return "The archive is refused: a path of \(subject) is longer than \(limit) bytes\(place)."
        case .absolutePath: return "The archive is refused: \(subject) has an absolute path\(place)."
        case .parentComponent: return "The archive is refused: \(subject) has '..' in its path\(place)."
        case .badPath: return "The archive is refused: the path of \(subject) is empty or not UTF-8 text\(place)."
        case .belowSymbolicLink(let link):
            return "The archive is refused: \(subject) lies below '\(link)', which is a symbolic link\(place)."
        case .conflictingKinds:
            return "The archive is refused: \(subject) is a file, a directory or a link at the same time\(place)."
        case .linkLeavesArchive(let target):
            return "The archive is refused: \(subject) is a link to '\(target)', outside of the archive\(place)."
        case .badLinkTarget: return "The archive is refused: the link \(subject) has no usable target\(place)."
        case .hardLinkToNothing(let target):
            return "The archive is refused: \(subject) is a hard link to '\(target)', which is no earlier file\(place)."
        case .unexpectedContent:
            return "The archive is damaged: \(subject) is no file and yet claims content\(place)."
        case .notPartOfCapturedHost(let kind):
            return "The archive is refused: \(subject) is \(kind), which is not part of a captured host\(place)."
        }
    }
}
