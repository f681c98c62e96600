import Foundation
import Glibc
import Machine
import SystemPackage
import Testing

/// A folder gives what a tree in memory gives, though it reads in a way of its own.
@Suite struct FolderTreeTests {
    @Test(arguments: [0, 1, 63, 959, 960, 961, 4095, 4096, 4097, 60000])
    func attributesComeWhole(_ size: Int) throws {
        let bytes = (0..<size).map { UInt8($0 % 251) }
        try withFolder { folder, tree in
            try Data(bytes).write(to: folder.appending(path: "attribute"))
            #expect(try tree.directory("/").read("attribute") == bytes)
            #expect(try tree.read("/attribute", limit: 1 << 20) == bytes)
            #expect(try tree.read("/attribute", limit: 100) == Array(bytes.prefix(100)))
        }
    }

    @Test(arguments: [
        "../../bus/pci/drivers/igb", "igb", "/sys/igb", "a/", String(repeating: "d/", count: 2000) + "igb",
    ])
    func linksAreNamedByTheirEnd(_ target: String) throws {
        var memory = MemoryTree()
        memory.put(.symbolicLink(target), at: "/device/driver")
        let expected = try memory.directory("/device").linkName("driver")
        try withFolder { folder, tree in
            let device = folder.appending(path: "device")
            try FileManager.default.createDirectory(at: device, withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(
                atPath: device.appending(path: "driver").path,
                withDestinationPath: target
            )
            #expect(try tree.directory("/device").linkName("driver") == expected)
            #expect(try tree.directory("/device").link("driver") == target)
        }
    }

    @Test func missingIsNoSuchFile() throws {
        try withFolder { _, tree in
            #expect(throws: Errno.noSuchFileOrDirectory) { try tree.directory("/").linkName("driver") }
            #expect(throws: Errno.noSuchFileOrDirectory) { try tree.directory("/").read("uevent") }
        }
    }

    /// Whoever laid out the folder may have put anything in the place of a file; opening a device can act.
    @Test func onlyPlainFilesAreRead() throws {
        try withFolder { folder, tree in
            func path(_ name: String) -> String { folder.appending(path: name).path }
            #expect(mkfifo(path("pipe"), 0o600) == 0)
            try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "pipe")
            try FileManager.default.createDirectory(atPath: path("folder"), withIntermediateDirectories: false)
            let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(socket) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            // A short name, as a socket's path has little room.
            let here = FileManager.default.currentDirectoryPath
            let name = "/tmp/passthru-\(UUID().uuidString.prefix(8))"
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            #expect(bound == 0, "\(here)")
            #expect(rename(name, path("socket")) == 0 || errno == EXDEV)
            var names = ["pipe", "folder", "link"]
            if FileManager.default.fileExists(atPath: path("socket")) { names.append("socket") } else { unlink(name) }
            // /dev/zero: only root may make a device node, and not everywhere.
            if mknod(path("device"), S_IFCHR | 0o600, 1 << 8 | 5) == 0 { names.append("device") }
            for name in names {
                let error = name == "folder" ? Errno.isDirectory : .invalidArgument
                #expect(throws: error, "\(name)") { try tree.read("/\(name)", limit: 100) }
                // Names in a folder are read without following a link.
                let direct = name == "link" ? Errno.tooManySymbolicLinkLevels : error
                #expect(throws: direct, "\(name)") { try tree.directory("/").read(name) }
            }
            #expect(try Machine(tree).status("/pipe").kind == .other)
        }
    }

    /// A pipe that nobody writes to is no empty file, here neither.
    @Test func anEmptyPipeIsNoEmptyFile() throws {
        try withFolder { folder, _ in
            let path = folder.appending(path: "pipe").path
            #expect(mkfifo(path, 0o600) == 0)
            #expect(throws: Errno.invalidArgument) { try Machine.live.read(path) }
            try Data().write(to: folder.appending(path: "empty"))
            #expect(try Machine.live.read(folder.appending(path: "empty").path).isEmpty)
            #expect(try Machine.live.read("/dev/null").isEmpty)
        }
    }

    private func withFolder(_ body: (URL, FolderTree) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "passthru-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder, try FolderTree(folder: folder.path))
    }
}
