import Foundation
import Platforms
import Testing

/// The service that packages install is the one that `assign` writes.
@Suite struct BootServiceTests {
    private static let packaging = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "packaging")

    @Test(arguments: [
        ("passthru.init", BootService.initScript), ("passthru-early.service", BootService.earlyUnit),
        ("passthru.service", BootService.unit),
    ])
    func thePackagedFileIsTheSame(_ name: String, _ text: String) throws {
        #expect(try String(contentsOf: Self.packaging.appending(path: name), encoding: .utf8) == text)
    }

    /// Nothing else lies there that nobody keeps the same.
    @Test func thereAreNoOthers() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.packaging.path).sorted()
        #expect(names == ["passthru-early.service", "passthru.init", "passthru.service"])
    }
}
