import Foundation
import Testing

@testable import Formats

struct GzipTests {
    /// `printf 'CONFIG_AMD_IOMMU=y\n' | gzip -9n`, made by gzip itself.
    private func gzip(_ content: String) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "config")
        try Data(content.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-n", file.path]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: folder.appending(path: "config.gz")))
    }

    @Test func readsWhatGzipWrote() throws {
        let text = String(repeating: "CONFIG_AMD_IOMMU=y\n# CONFIG_X is not set\n", count: 5000)
        let compressed = try gzip(text)
        #expect(Gzip.decompress(compressed, limit: 1 << 20) == Array(text.utf8))
        #expect(Gzip.decompress(compressed, limit: 1000) == nil)
    }

    @Test func damageIsSeen() throws {
        let compressed = try gzip("CONFIG_AMD_IOMMU=y\n")
        for end in compressed.indices {
            #expect(Gzip.decompress(Array(compressed[..<end]), limit: 1000) == nil, "cut at \(end)")
        }
        var wrong = compressed
        wrong[wrong.count - 6] ^= 1
        #expect(Gzip.decompress(wrong, limit: 1000) == nil)
        #expect(Gzip.decompress(Array("plain".utf8), limit: 1000) == nil)
    }
}
