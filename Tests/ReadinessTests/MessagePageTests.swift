import Foundation
import Testing

@testable import Readiness

/// docs/messages.md says what the data says, and the wordings are where the data says they were found.
@Suite struct MessagePageTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// `PASSTHRU_REGENERATE=1 swift test --filter MessagePageTests` writes the page anew.
    @Test func thePageSaysWhatTheDataSays() throws {
        let page = Self.root.appending(path: "docs/messages.md")
        let text = MessagePage.text(try #require(MessageTests.base))
        if ProcessInfo.processInfo.environment["PASSTHRU_REGENERATE"] == "1" {
            try text.write(to: page, atomically: true, encoding: .utf8)
            Issue.record("written anew: run it again without PASSTHRU_REGENERATE")
        }
        #expect(try String(contentsOf: page, encoding: .utf8) == text)
    }

    /// Looks into the binaries that are here; those that are not are counted by the script.
    @Test func wordingsAreInTheBinaries() throws {
        let process = Process()
        process.executableURL = Self.root.appending(path: "Tests/oracles/message-literals")
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(output)")
    }
}
