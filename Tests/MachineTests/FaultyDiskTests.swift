import FaultyDisk
import Foundation
import Machine
import SystemPackage
import Testing

/// What is on the disk when a write returns, and what is left of one that the disk had no room for.
@Suite struct FaultyDiskTests {
    private let folder: URL
    private let tree: FolderTree

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "faulty-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        tree = try FolderTree(folder: folder.path, isWritable: true)
    }

    private func clean() { try? FileManager.default.removeItem(at: folder) }

    /// What reaches the disk, in order; see `faulty_disk_end`.
    private func order(_ body: () throws -> Void) rethrows -> String {
        faulty_disk_begin(-1)
        defer { _ = faulty_disk_end() }
        try body()
        return String(cString: faulty_disk_end())
    }

    /// The content before the name, and the name before it is called done: so a power cut leaves the old file or the new.
    @Test func aFileIsOnTheDiskBeforeItsName() throws {
        defer { clean() }
        let file = FileSnapshot(bytes: [0x61])
        #expect(try order { try tree.put(file, at: "/file") } == "wfrd")
        #expect(try order { try tree.put(file, at: "/file") } == "wfrd", "and when it is replaced")
        #expect(try order { try tree.put(file, at: "/a/b/file") } == "ddwfrd", "new folders, too")
        #expect(try order { try tree.put(nil, at: "/file") } == "d")
        #expect(try order { try tree.putLink("a", at: "/link") } == "rd")
        #expect(try order { try tree.putLink(nil, at: "/link") } == "d")
        #expect(try order { try tree.put(nil, at: "/a/b/file") } == "d")
        #expect(try order { try tree.removeFolder("/a/b") } == "d")
    }

    @Test func aLineIsOnTheDiskBeforeWhatItAnnounces() throws {
        defer { clean() }
        try tree.put(FileSnapshot(bytes: []), at: "/journal")
        #expect(try order { try tree.append(Array("line\n".utf8), to: "/journal") } == "wf")
        #expect(try order { try tree.overwrite("/journal", with: FileSnapshot(bytes: Array("LINE\n".utf8))) } == "wf")
    }

    /// A full disk takes a part of a line: what comes after it could not be read any more.
    @Test func noPartOfALineIsLeftOnAFullDisk() throws {
        defer { clean() }
        let first = Array("first\n".utf8)
        let second = Array("the second line\n".utf8)
        try tree.put(FileSnapshot(bytes: first), at: "/journal")
        for room in [0, 1, 4, second.count - 1] {
            faulty_disk_begin(room)
            let error = #expect(throws: Errno.self) { try tree.append(second, to: "/journal") }
            _ = faulty_disk_end()
            #expect(error == .noSpace)
            #expect(try tree.read("/journal", limit: .max) == first, "with room for \(room)")
        }
        try tree.append(second, to: "/journal")
        #expect(try tree.read("/journal", limit: .max) == first + second)
    }

    @Test func aFullDiskKeepsTheOldFile() throws {
        defer { clean() }
        let old = FileSnapshot(bytes: Array("old".utf8), mode: 0o640)
        try tree.put(old, at: "/file")
        faulty_disk_begin(2)
        let error = #expect(throws: Errno.self) {
            try tree.put(FileSnapshot(bytes: Array("new".utf8)), at: "/file")
        }
        _ = faulty_disk_end()
        #expect(error == .noSpace)
        #expect(try tree.read("/file", limit: .max) == old.bytes)
        #expect(try tree.list("/") == ["file"], "no half a file either")
    }
}
