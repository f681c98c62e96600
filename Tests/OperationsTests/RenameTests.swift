import Foundation
import Inventory
import Machine
import Operations
import SystemPackage
import TestHosts
import Testing

/// openat2(2) answers `EAGAIN` for a path with ".." while anything on the machine is renamed: no reader may take that for
/// an absence.
@Suite struct RenameTests {
    @Test func aFolderReadsTheSameBesideAProcessThatRenames() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let folder = try sandbox.write(TestHost.named("i226-router"))
        func answer() throws -> [UInt8] {
            let devices = Devices.run(Machine(try FolderTree(folder: folder)))
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return [UInt8](try encoder.encode(devices))
        }
        let quiet = try answer()
        let renaming = Renaming(in: sandbox.folder)
        defer { renaming.stop() }
        var different = 0
        for _ in 0..<200 where try answer() != quiet { different += 1 }
        #expect(renaming.count > 1000, "something was renamed meanwhile")
        #expect(different == 0, "of 200 answers")
    }
}

/// Renames a file to and fro until it is stopped.
private final class Renaming: @unchecked Sendable {
    private let lock = NSLock()
    private var isStopped = false
    private var renames = 0

    var count: Int { lock.withLock { renames } }

    init(in folder: URL) {
        let names = ["here", "there"].map { folder.appending(path: $0).path }
        _ = FileManager.default.createFile(atPath: names[0], contents: nil)
        Thread { [self] in
            var number = 0
            while !lock.withLock({ isStopped }) {
                for _ in 0..<100 {
                    rename(names[number % 2], names[(number + 1) % 2])
                    number += 1
                }
                lock.withLock { renames = number }
            }
            lock.withLock { isStopped = false }
        }.start()
    }

    func stop() {
        lock.withLock { isStopped = true }
        while lock.withLock({ isStopped }) { usleep(1000) }
    }
}
