import Foundation
import Machine
import SystemPackage
import Testing

/// Files that are replaced and put back whole.
@Suite struct DurableFileTests {
    private let folder: URL
    private let tree: FolderTree

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "durable-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        tree = try FolderTree(folder: folder.path, isWritable: true)
    }

    private func clean() { try? FileManager.default.removeItem(at: folder) }

    @Test func everythingOfAFileComesBack() throws {
        defer { clean() }
        var file = FileSnapshot(bytes: [0x00, 0xFF, 0x0A], mode: 0o4750, owner: 1000, group: 65534)
        file.modified = .init(seconds: 1_000_000_000, nanoseconds: 123_456_789)
        file.attributes = ["user.comment": "a value", "user.empty": FileContent([])]
        try tree.put(file, at: "/etc/deep/file")
        #expect(try tree.snapshot("/etc/deep/file") == file)
        try tree.replace("/etc/deep/file", with: [0x61])
        let replaced = try #require(try tree.snapshot("/etc/deep/file"))
        #expect(replaced.bytes == [0x61])
        #expect(replaced.mode == 0o4750 && replaced.owner == 1000 && replaced.attributes == file.attributes)
        #expect(replaced.modified != file.modified)
        try tree.put(file, at: "/etc/deep/file")
        #expect(try tree.snapshot("/etc/deep/file") == file)
        try tree.put(nil, at: "/etc/deep/file")
        try tree.put(nil, at: "/etc/deep/file")
        #expect(try tree.snapshot("/etc/deep/file") == nil)
        try tree.put(nil, at: "/no/such/folder")
        #expect(try tree.list("/") == ["etc"])
    }

    @Test func aSnapshotIsCodedWhole() throws {
        defer { clean() }
        var file = FileSnapshot(bytes: Array(0...255), mode: 0o600)
        file.attributes["user.text"] = "plain"
        let coded = try JSONEncoder().encode(file)
        #expect(try JSONDecoder().decode(FileSnapshot.self, from: coded) == file)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(FileContent.self, from: Data(#"{"hexadecimal": "0g"}"#.utf8))
        }
    }

    @Test func aLinkIsFollowedAndStays() throws {
        defer { clean() }
        try tree.put(FileSnapshot(bytes: [0x61]), at: "/real/file")
        symlink("/real/file", folder.path + "/absolute")
        symlink("absolute", folder.path + "/relative")
        try tree.replace("/relative", with: [0x62])
        #expect(try tree.snapshot("/real/file")?.bytes == [0x62])
        #expect(try tree.link("/relative") == "absolute")
        symlink("loop", folder.path + "/loop")
        #expect(throws: Errno.tooManySymbolicLinkLevels) { try tree.replace("/loop", with: []) }
    }

    @Test func whatAnInterruptedReplacementLeftGoesAway() throws {
        defer { clean() }
        try tree.put(FileSnapshot(bytes: [0x61]), at: "/file")
        try Data([0x62]).write(to: folder.appending(path: "file.passthru-new"))
        try tree.put(FileSnapshot(bytes: [0x63]), at: "/file")
        #expect(try tree.list("/") == ["file"])
        try Data([0x62]).write(to: folder.appending(path: "file.passthru-new"))
        try tree.put(nil, at: "/file")
        #expect(try tree.list("/") == [])
    }

    @Test func addingToAFile() throws {
        defer { clean() }
        #expect(throws: Errno.noSuchFileOrDirectory) { try tree.append([0x61], to: "/file") }
        try tree.put(FileSnapshot(bytes: [0x61]), at: "/file")
        try tree.append([0x62, 0x63], to: "/file")
        #expect(try tree.read("/file", limit: 10) == [0x61, 0x62, 0x63])
    }

    @Test func foldersThatAreNotEmptyStay() throws {
        defer { clean() }
        try tree.put(FileSnapshot(bytes: []), at: "/a/b")
        #expect(throws: Errno.directoryNotEmpty) { try tree.removeFolder("/a") }
        try tree.put(nil, at: "/a/b")
        try tree.removeFolder("/a")
        #expect(try tree.list("/") == [])
    }

    /// Another process holds the lock: python's fcntl.lockf is the same call.
    @Test func anotherProcessHoldsTheLock() throws {
        defer { clean() }
        try tree.put(FileSnapshot(bytes: []), at: "/lock")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [
            "-c",
            "import fcntl,sys\nf=open(sys.argv[1],'w')\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint('held',flush=True)\nsys.stdin.read()",
            folder.path + "/lock",
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        _ = output.fileHandleForReading.availableData
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try tree.lock("/lock", milliseconds: 200) }
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        let lock = try tree.lock("/lock", milliseconds: 200)
        withExtendedLifetime(lock) {}
    }

    @Test func aTreeThatIsNotWritableIsNotWritten() throws {
        defer { clean() }
        let captured = try FolderTree(folder: folder.path)
        #expect(throws: Errno.readOnlyFileSystem) { try captured.put(FileSnapshot(bytes: []), at: "/file") }
        #expect(throws: Errno.readOnlyFileSystem) { try captured.append([], to: "/file") }
        #expect(throws: Errno.readOnlyFileSystem) { try captured.removeFolder("/a") }
        #expect(throws: Errno.readOnlyFileSystem) { try captured.lock("/lock", milliseconds: 0) }
        #expect(try tree.list("/") == [])
    }
}
