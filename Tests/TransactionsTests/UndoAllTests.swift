import Changes
import Foundation
import Machine
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// Any plans in any order: `undo --all` gives back the root that was there, byte for byte, on a real file system.
@Suite struct UndoAllTests {
    /// A file tree below a temporary folder that can be written and runs two programs.
    private struct Root: FileTree {
        let files: FolderTree
        let path: String

        init() throws {
            path = FileManager.default.temporaryDirectory.appending(path: "undo-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path + "/tmp", withIntermediateDirectories: true)
            files = try FolderTree(folder: path, isWritable: true)
        }

        func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] { try files.read(path, limit: limit) }
        func link(_ path: String) throws(Errno) -> String { try files.link(path) }
        func list(_ path: String) throws(Errno) -> [String] { try files.list(path) }
        func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
            try files.status(path, following: following)
        }
        func snapshot(_ path: String) throws(Errno) -> FileSnapshot? { try files.snapshot(path) }
        func put(_ snapshot: FileSnapshot?, at path: String) throws(Errno) { try files.put(snapshot, at: path) }
        func append(_ bytes: [UInt8], to path: String) throws(Errno) { try files.append(bytes, to: path) }
        func removeFolder(_ path: String) throws(Errno) { try files.removeFolder(path) }
        func lock(_ path: String, milliseconds: Int) throws(Errno) -> any FileLock {
            try files.lock(path, milliseconds: milliseconds)
        }
        var isWritable: Bool { true }
        var isRoot: Bool { true }
        func run(_ path: String, _ arguments: [String], milliseconds: Int) throws(Errno) -> ProgramResult {
            if path == "/fail" { return ProgramResult(status: 1, output: "failed") }
            try put(path == "/touch" ? FileSnapshot(bytes: []) : nil, at: arguments[0])
            return ProgramResult(status: 0, output: "")
        }

        /// Every file and folder but the journal, with what is to come back.
        func everything() throws -> [String: String] {
            var found: [String: String] = [:]
            let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            for name in names where !name.hasPrefix("var/lib/passthru") && name != "var" && name != "var/lib" {
                let status = try status("/" + name, following: false)
                var text = "\(status.kind.rawValue) \(String(status.mode, radix: 8)) \(status.owner):\(status.group)"
                if let snapshot = try? snapshot("/" + name) {
                    text += " \(snapshot.bytes) \(String(describing: snapshot.modified)) \(snapshot.attributes)"
                }
                found[name] = text
            }
            return found
        }
    }

    private static let paths = [
        "/etc/default/grub", "/etc/modules.d/vfio", "/etc/new/deep/file", "/boot/grub/grub.cfg", "/etc/link",
        "/etc/odd",
    ]

    private func fill(_ root: Root, _ random: inout FixedSeed) throws {
        for path in Self.paths where path != "/etc/new/deep/file" && path != "/etc/link" {
            guard Bool.random(using: &random) else { continue }
            var file = FileSnapshot(
                bytes: (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
                },
                mode: [0o644, 0o600, 0o755, 0o4750].randomElement(using: &random) ?? 0o644,
                owner: [0, 1000].randomElement(using: &random) ?? 0,
                group: [0, 65534].randomElement(using: &random) ?? 0
            )
            if Bool.random(using: &random) { file.attributes["user.test"] = FileContent("a value") }
            try root.put(file, at: path)
        }
        if Bool.random(using: &random) {
            try FileManager.default.createDirectory(atPath: root.path + "/etc", withIntermediateDirectories: true)
            symlink("default/grub", root.path + "/etc/link")
        }
    }

    private func plan(_ root: Root, _ random: inout FixedSeed) -> Plan {
        var texts: [String: FileContent?] = [:]
        let changes = (0..<Int.random(in: 1...6, using: &random)).map { _ -> PlannedChange in
            if Int.random(in: 0..<5, using: &random) == 0 {
                let path = "/tmp/touched-\(Int.random(in: 0..<3, using: &random))"
                // Not there yet, or nobody's business: the inverse would take away what was there.
                guard (try? root.status(path, following: true)) == nil, texts[path] == nil else {
                    return PlannedChange(
                        .runProgram(path: "/touch", arguments: [path]),
                        before: nil,
                        after: nil,
                        inverse: [],
                        reason: .empty
                    )
                }
                texts[path] = ""
                return PlannedChange(
                    .runProgram(path: "/touch", arguments: [path]),
                    before: nil,
                    after: nil,
                    inverse: [.runProgram(path: "/rm", arguments: [path])],
                    reason: .empty
                )
            }
            let path = Self.paths[Int.random(in: 0..<Self.paths.count, using: &random)]
            let place = path == "/etc/link" && (try? root.link(path)) != nil ? "/etc/default/grub" : path
            let before = texts[place] ?? (try? root.snapshot(place)).flatMap { $0 }?.content
            let after: FileContent? =
                Int.random(in: 0..<4, using: &random) == 0 ? nil : "text \(random.next() % 100)\n"
            texts[place] = .some(after)
            return .file(place, before: before, after: after, mode: 0o640, reason: .empty)
        }
        let failing = Int.random(in: 0..<6, using: &random) == 0
        let failure = PlannedChange(
            .runProgram(path: "/fail", arguments: []),
            before: nil,
            after: nil,
            inverse: [],
            reason: .empty
        )
        return Plan(changes: changes + (failing ? [failure] : []))
    }

    @Test func anySequenceComesBackWhole() throws {
        var applied = 0
        var visible = 0
        for seed in UInt64(1)...300 {
            var random = FixedSeed(state: seed)
            let root = try Root()
            defer { try? FileManager.default.removeItem(atPath: root.path) }
            try fill(root, &random)
            let before = try root.everything()
            let transaction = Transaction(on: Machine(root))
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let plan = plan(root, &random)
                do throws(TransactionFailure) {
                    try transaction.apply(plan, verb: "test")
                    applied += 1
                } catch {
                    #expect(error.left == [], "seed \(seed)")
                }
                if try root.everything() != before { visible += 1 }
            }
            for entry in try transaction.journal.entries().reversed() where entry.state == .applied {
                #expect(transaction.undo(entry, .request) == [], "seed \(seed)")
            }
            #expect(try root.everything() == before, "seed \(seed)")
        }
        print("undo --all: seeds 1 to 300, \(applied) plans applied, \(visible) states unlike the start")
        // Most plans were carried out, and could be seen.
        #expect(applied > 500 && visible > 400, "\(applied) applied, \(visible) seen")
    }
}
