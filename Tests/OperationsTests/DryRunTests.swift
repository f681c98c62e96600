import Foundation
import Machine
import Operations
import TestHosts
import Testing

/// A dry run of every writing verb changes nothing of a whole root, although it could.
@Suite struct DryRunTests {
    private static func everything(below folder: URL) throws -> [String: String] {
        let files = FileManager.default
        var found: [String: String] = [:]
        for case let name as String in try #require(files.enumerator(atPath: folder.path)) {
            let path = folder.appending(path: name).path
            let attributes = try files.attributesOfItem(atPath: path)
            let content =
                attributes[.type] as? FileAttributeType == .typeRegular ? files.contents(atPath: path)?.hashValue : nil
            found[name] =
                "\(attributes[.posixPermissions] ?? "") \(attributes[.modificationDate] ?? "") \(content ?? 0)"
        }
        return found
    }

    @Test func nothingIsWritten() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dry-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try TestHost.named("i226-router").write(to: folder)
        let machine = Machine(try FolderTree(folder: folder.path, isWritable: true))
        let before = try Self.everything(below: folder)
        #expect(before.count > 500)
        let dry = Permissions(dryRun: true)
        let plan = try Assign.run(machine, devices: ["04:00.0"], mates: [], once: true, dry) { _ in }
        #expect(plan.changed)
        #expect(plan.plan.count == 6)
        #expect(try !Release.run(machine, devices: ["04:00.0"], dry) { _ in }.changed)
        #expect(try Undo.run(machine, .all, dryRun: true) { _ in }.transactions.isEmpty)
        #expect(throws: Failure.self) {
            try Assign.run(machine, devices: ["01:00.0"], mates: [], once: true, dry) { _ in }
        }
        #expect(try Self.everything(below: folder) == before)
    }
}
