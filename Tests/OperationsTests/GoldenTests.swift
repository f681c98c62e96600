import Foundation
import Machine
import Operations
import TestHosts
import Testing

/// What the program prints for every machine, verb by verb, kept in `Tests/Goldens/HOST/VERB.{en,zh,json}.txt`.
///
/// `PASSTHRU_REGENERATE=1 swift test --filter GoldenTests` writes them anew; the difference is then for people to read.
@Suite struct GoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Goldens")
    static let verbs: [(name: String, arguments: [String])] = [
        ("status", []), ("doctor", ["doctor"]), ("devices", ["devices"]), ("usb", ["usb"]),
        ("firmware", ["show", "firmware"]),
    ]
    /// A device to show of each machine, the one that says most.
    static let shown: [String: String] = [
        "i226-router": "0000:00:1f.6", "two-gpus-desktop": "0000:01:00.0", "rmrr-server": "0000:3b:00.0",
        "old-istoreos": "0000:01:00.0", "argument-missing": "0000:01:00.0", "amd-desktop": "0000:0b:00.0",
        "container": "0000:02:00.3",
    ]
    static let regenerates = ProcessInfo.processInfo.environment["PASSTHRU_REGENERATE"] == "1"

    @Test(arguments: TestHost.names)
    func everyVerbPrintsWhatItPrinted(_ name: String) throws {
        let host = try Sandbox()
        defer { host.remove() }
        let path = try host.write(.named(name))
        var verbs = Self.verbs
        if let device = Self.shown[name] { verbs.append(("show", ["show", device])) }
        if name == "argument-missing" || name == "guide-by-hand" {
            verbs.append(("fix", ["doctor", "--fix", "--dry-run"]))
        }
        if name == "i226-router" {
            verbs.append(("verbose", ["doctor", "--verbose"]))
            verbs.append(("fix", ["doctor", "--fix", "--dry-run"]))
            verbs.append(("assign", ["assign", "0000:04:00.0", "--dry-run"]))
            verbs.append(("refused", ["assign", "0000:00:1f.6", "--dry-run"]))
        }
        if name == "two-gpus-desktop" {
            verbs.append(("mates", ["assign", "0000:02:00.0", "--dry-run"]))
            verbs.append(("ambiguous", ["show", "10de:1e07"]))
        }
        if name == "rmrr-server" { verbs.append(("release", ["release", "0000:3b:02.1", "--dry-run"])) }
        for (verb, arguments) in verbs {
            for (ending, options) in [("en", ["--lang", "en"]), ("zh", ["--lang", "zh"]), ("json", ["--json"])] {
                let result = try Program.run(arguments + ["--host", path] + options)
                let text =
                    "exit \(result.status)\n\(result.output)\(result.error.isEmpty ? "" : "---\n" + result.error)"
                let golden = Self.folder.appending(path: "\(name)/\(verb).\(ending).txt")
                if Self.regenerates {
                    try FileManager.default.createDirectory(
                        at: golden.deletingLastPathComponent(),
                        withIntermediateDirectories: true
                    )
                    try text.write(to: golden, atomically: true, encoding: .utf8)
                    Issue.record("written anew: run it again without PASSTHRU_REGENERATE")
                } else {
                    let kept = try? String(contentsOf: golden, encoding: .utf8)
                    #expect(kept == text, "\(name)/\(verb).\(ending).txt")
                }
            }
        }
    }

    /// A file that no test compares any more would lie there for ever.
    @Test func noGoldenIsLeftOver() throws {
        // Those of `boot` are PlatformsTests', those of `recipes` GuestsTests'.
        let known = Set(TestHost.names + ["boot", "recipes", "qemu-properties"])
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder.path) {
            #expect(known.contains(name), "\(name)")
        }
    }
}
