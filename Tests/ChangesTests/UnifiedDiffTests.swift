import Changes
import Foundation
import TestHosts
import Testing

/// What is printed as a diff is one: patch(1) makes the new file out of the old.
@Suite struct UnifiedDiffTests {
    private static let patch = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/patch" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Applies a diff as `patch -p1` does; nil when it refuses.
    private func apply(_ diff: String, to before: String?) throws -> String? {
        let folder = FileManager.default.temporaryDirectory.appending(path: "diff-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "file")
        if let before { try before.write(to: file, atomically: false, encoding: .utf8) }
        try diff.write(to: folder.appending(path: "patch"), atomically: false, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.patch))
        process.currentDirectoryURL = folder
        process.arguments = ["-p1", "--fuzz=0", "--force", "-i", "patch"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return FileManager.default.fileExists(atPath: file.path) ? try String(contentsOf: file, encoding: .utf8) : ""
    }

    @Test func patchMakesTheNewFile() throws {
        var random = FixedSeed(state: 1)
        for round in 0..<60 {
            let old = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                "line \(Int.random(in: 0..<12, using: &random))"
            }
            var new = old
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0...new.count, using: &random)
                if Bool.random(using: &random) || new.isEmpty {
                    new.insert("added \(Int.random(in: 0..<9, using: &random))", at: place)
                } else {
                    new.remove(at: min(place, new.count - 1))
                }
            }
            func text(_ lines: [String]) -> String {
                lines.joined(separator: "\n") + (lines.isEmpty || Bool.random(using: &random) ? "" : "\n")
            }
            let (before, after) = (text(old), text(new))
            guard before != after else { continue }
            let diff = UnifiedDiff.text("/file", before: Array(before.utf8), after: Array(after.utf8))
            #expect(try apply(diff, to: before) == after, "round \(round):\n\(before)\n--\n\(after)\n--\n\(diff)")
        }
    }

    @Test func filesThatComeAndGo() throws {
        let new = UnifiedDiff.text("/file", before: nil, after: Array("a\nb\n".utf8))
        #expect(new == "--- /dev/null\n+++ b/file\n@@ -0,0 +1,2 @@\n+a\n+b\n")
        #expect(try apply(new, to: nil) == "a\nb\n")
        let gone = UnifiedDiff.text("/file", before: Array("a\nb\n".utf8), after: nil)
        #expect(gone == "--- a/file\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n")
        #expect(UnifiedDiff.text("/file", before: [0x61], after: [0x61]) == "")
    }

    @Test func linesFarApartAreHunksOfTheirOwn() {
        let lines = (1...30).map { "line \($0)" }
        var changed = lines
        changed[2] = "changed"
        changed[25] = "changed"
        let diff = UnifiedDiff.text(
            "/etc/file",
            before: Array((lines.joined(separator: "\n") + "\n").utf8),
            after: Array((changed.joined(separator: "\n") + "\n").utf8)
        )
        #expect(diff.contains("@@ -1,6 +1,6 @@\n") && diff.contains("@@ -23,7 +23,7 @@\n"))
    }

    @Test func bytesThatAreNoTextAreNotShown() {
        let diff = UnifiedDiff.text("/file", before: [0xFF, 0x0A], after: [0x61, 0x0A])
        #expect(diff.hasSuffix("Binary files differ\n"))
    }
}
