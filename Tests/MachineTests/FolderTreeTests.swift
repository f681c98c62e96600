import Foundation
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

    private func withFolder(_ body: (URL, FolderTree) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "passthru-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder, try FolderTree(folder: folder.path))
    }
}
