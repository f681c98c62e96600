import CZlib
import FoundationEssentials
import Inventory
import Machine
import SystemPackage
import Wording

/// The record of every transaction, on storage that outlives a reboot: one file each, a line for each thing that
/// happened, on disk before it happens.
///
/// A line is the CRC-32 of the rest in eight hexadecimal digits, a blank, one JSON object. A last line that does not
/// match its checksum was cut off by a power failure and counts as not written.
public struct Journal: Sendable {
    let machine: Machine
    public let folder: String

    /// On OpenWrt `/var` is in memory, so that the journal lies in `/etc` there.
    public init(on machine: Machine) {
        self.machine = machine
        folder = Platform.isOpenWrt(machine) ? "/etc/passthru/journal" : "/var/lib/passthru/journal"
    }

    /// What a transaction can be numbered.
    private static let numbers = 1..<1_000_000_000

    /// Finished transactions that are kept for `history`.
    private static let kept = 100

    /// The file of a transaction.
    public func path(_ id: Int) -> String {
        "\(folder)/\(String(repeating: "0", count: max(0, 4 - String(id).count)))\(id)"
    }

    /// Numbers of all transactions, oldest first; an error other than that there is no journal yet.
    public func ids() throws(Errno) -> [Int] {
        do throws(Errno) {
            return try machine.list(folder).compactMap { name in
                Int(name).flatMap { Self.numbers.contains($0) && path($0).hasSuffix("/\(name)") ? $0 : nil }
            }.sorted()
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
            return []
        }
    }

    /// A transaction; nil when there is none of that number, or its file is no journal.
    public func entry(_ id: Int) -> JournalEntry? {
        guard let bytes = try? machine.read(path(id)) else { return nil }
        var entry: JournalEntry?
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        for (number, line) in lines.enumerated() {
            guard let line = Self.decode(line) else {
                // Only the last line can have been cut off; one that is whole but not understood was written by a
                // passthru that knows more, and what it says must not be taken for nothing.
                if number == lines.count - 1, !Self.isWhole(line) { break }
                return nil
            }
            if case .plan(let header) = line.record, entry == nil {
                guard (header.version ?? 1) <= JournalHeader.newestVersion else { return nil }
                entry = JournalEntry(id: id, header: header, time: line.time)
            }
            entry?.take(line)
        }
        return entry
    }

    /// Numbers of those that cannot be read.
    public var unreadable: [Int] { ((try? ids()) ?? []).filter { entry($0) == nil } }

    /// All transactions that can be read, oldest first.
    public func entries() throws(Errno) -> [JournalEntry] { try ids().compactMap(entry) }

    /// Those of one verb, oldest first: files of others are not taken apart, so that it costs little to find none.
    public func entries(made verb: String) throws(Errno) -> [JournalEntry] {
        let mark = Array("\"verb\":\"\(verb)\"".utf8)
        return try ids().filter { id in
            guard let bytes = try? machine.read(path(id)) else { return false }
            // Keys are sorted: the verb is the last thing that the first line says of the plan.
            let line = bytes[..<(bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex)].suffix(256)
            return line.indices.contains { line[$0...].starts(with: mark) }
        }.compactMap(entry).filter { $0.header.verb == verb }
    }

    /// Keeps other processes from changing anything while the object lives.
    public func lock(milliseconds: Int) throws(Errno) -> any FileLock {
        try machine.tree.lock("\(folder)/lock", milliseconds: milliseconds)
    }

    /// Begins a transaction; only under the lock.
    func begin(_ header: JournalHeader) throws(Errno) -> JournalWriter {
        let ids = try ids()
        let id = (ids.last ?? 0) + 1
        let line = JournalLine(time: machine.wallClock, record: .plan(header))
        // Plans hold what files said, secrets perhaps.
        try machine.tree.put(FileSnapshot(bytes: try Self.encode(line), mode: 0o600), at: path(id))
        prune(ids)
        return JournalWriter(self, JournalEntry(id: id, header: header, time: line.time))
    }

    /// Goes on with a transaction of which a part of the last line may be missing.
    func reopen(_ entry: JournalEntry) throws(Errno) -> JournalWriter {
        let bytes = try machine.read(path(entry.id))
        let whole = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .prefix { Self.decode($0) != nil }
        let end = whole.last?.endIndex ?? 0
        let isWhole = end < bytes.count && end == bytes.count - 1
        var isSound = true
        if !isWhole {
            // Adding to half a line would make it damage in the middle of the file.
            let sound = FileSnapshot(bytes: bytes[..<end] + [UInt8(ascii: "\n")], mode: 0o600)
            isSound = (try? machine.tree.put(sound, at: path(entry.id))) != nil
        }
        return JournalWriter(self, entry, canAppend: isSound)
    }

    func append(_ line: JournalLine, to id: Int) throws(Errno) {
        try machine.tree.append(Self.encode(line), to: path(id))
    }

    private func prune(_ ids: [Int]) {
        for id in ids.dropLast(Self.kept) {
            guard let entry = entry(id), entry.state == .undone || entry.state == .rolledBack else { continue }
            try? machine.tree.put(nil, at: path(id))
        }
    }

    private static func encode(_ line: JournalLine) throws(Errno) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if let key = CodingUserInfoKey.everyLanguage { encoder.userInfo[key] = true }
        guard let json = try? encoder.encode(line) else { throw .invalidArgument }
        let bytes = [UInt8](json)
        return Array("\(checksum(bytes[...])) ".utf8) + bytes + [UInt8(ascii: "\n")]
    }

    private static func decode(_ bytes: ArraySlice<UInt8>) -> JournalLine? {
        isWhole(bytes) ? try? JSONDecoder().decode(JournalLine.self, from: Data(bytes.dropFirst(9))) : nil
    }

    /// Whether a line matches its checksum.
    private static func isWhole(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count > 9 && bytes.prefix(8).elementsEqual(checksum(bytes.dropFirst(9)).utf8)
    }

    /// CRC-32 as in gzip (RFC 1952), eight hexadecimal digits.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> String {
        let value = bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress, uInt($0.count)) }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// Adds to the journal of one transaction, and knows what it says.
final class JournalWriter {
    private let journal: Journal
    private(set) var entry: JournalEntry
    /// Runs after each record is on disk.
    var onRecord: (JournalRecord) -> Void = { _ in }

    private let canAppend: Bool

    init(_ journal: Journal, _ entry: JournalEntry, canAppend: Bool = true) {
        self.journal = journal
        self.canAppend = canAppend
        self.entry = entry
    }

    /// On disk when it returns. What happened is remembered even where the disk takes no more.
    func record(_ record: JournalRecord) throws(Errno) {
        let line = JournalLine(time: journal.machine.wallClock, record: record)
        entry.take(line)
        guard canAppend else { throw .noSpace }
        try journal.append(line, to: entry.id)
        onRecord(record)
    }
}
