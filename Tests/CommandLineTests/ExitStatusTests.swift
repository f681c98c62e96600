import Foundation
import TestHosts
import Testing

/// How each command line ends.
@Suite struct ExitStatusTests {
    private func run(_ host: String?, _ arguments: [String]) throws -> Program {
        guard let host else { return try Program.run(arguments) }
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        return try Program.run(arguments + ["--host", sandbox.write(.named(host))])
    }

    @Test(
        arguments: [
            ("i226-router", ["doctor"], 0), ("i226-router", ["devices"], 0), ("i226-router", ["usb"], 0),
            ("i226-router", [], 0), ("i226-router", ["show", "firmware"], 0), ("i226-router", ["show", "04:00.0"], 0),
            ("i226-router", ["guest", "xml", "04:00.0"], 0), ("i226-router", ["export", "qemu", "04:00.0"], 0),
            ("i226-router", ["assign", "04:00.0", "--dry-run"], 0),
            ("i226-router", ["release", "04:00.0", "--dry-run"], 0),
            ("argument-missing", ["doctor"], 1), ("silent-amd", ["doctor"], 1), ("container", ["doctor"], 1),
            ("argument-missing", [], 0),
            // Usage, an ambiguous device included.
            ("i226-router", ["nonsense"], 64), ("i226-router", ["devices", "--nonsense"], 64),
            ("i226-router", ["show"], 64), ("i226-router", ["assign"], 64), ("i226-router", ["show", "eth0"], 64),
            ("i226-router", ["devices", "--lang", "fr"], 64), ("i226-router", ["show", "8086:125c"], 64),
            ("i226-router", ["assign", "8086:125c", "--dry-run"], 64), ("two-gpus-desktop", ["show", "10de:1e07"], 64),
            ("two-gpus-desktop", ["guest", "xml", "10de:1e07"], 64),
            ("i226-router", ["export", "nonsense", "04:00.0"], 64),
            // A captured machine can only be planned for.
            ("i226-router", ["assign", "04:00.0", "--yes"], 64), ("i226-router", ["assign", "04:00.0"], 64),
            ("rmrr-server", ["release", "3b:02.1", "--yes"], 64),
            // Not there.
            ("i226-router", ["show", "09:00.0"], 66), ("i226-router", ["show", "1234:5678"], 66),
            ("i226-router", ["assign", "09:00.0", "--dry-run"], 66),
            ("i226-router", ["release", "09:00.0", "--dry-run"], 66),
            ("i226-router", ["export", "qemu", "09:00.0"], 66),
            // Refused.
            ("i226-router", ["assign", "01:00.0", "--dry-run"], 77),
            ("i226-router", ["assign", "05:00.0", "--dry-run"], 77),
            ("i226-router", ["assign", "00:1f.4", "--dry-run"], 77),
            ("i226-router", ["assign", "00:1f.6", "--dry-run"], 77),
            ("two-gpus-desktop", ["assign", "02:00.0", "--dry-run"], 77),
            ("argument-missing", ["assign", "01:00.0", "--dry-run"], 77),
            ("i226-router", ["guest", "xml", "00:1c.0"], 77),
            ("i226-router", ["export", "qemu", "00:00.0"], 77),
            ("two-gpus-desktop", ["assign", "02:00.0", "--with", "02:00.1", "--with", "02:00.2", "--dry-run"], 77),
            (
                "two-gpus-desktop",
                ["assign", "02:00.0", "--with", "02:00.1", "--with", "02:00.2", "--with", "02:00.3", "--dry-run"], 0
            ),
        ] as [(String, [String], Int32)]
    )
    func status(_ host: String, _ arguments: [String], _ expected: Int32) throws {
        let result = try run(host, arguments)
        #expect(result.status == expected, "\(arguments): \(result.output)\(result.error)")
        if expected >= 64 {
            #expect(result.output.isEmpty, "an error belongs to standard error")
            #expect(!result.error.isEmpty)
        } else {
            #expect(result.error.isEmpty, "\(result.error)")
        }
    }

    @Test func withoutAMachineNothingNeedsOne() throws {
        for arguments in [["--version"], ["--help"], ["help", "devices"], ["devices", "--help"]] {
            #expect(try run(nil, arguments).status == 0, "\(arguments)")
        }
        for shell in ["bash", "zsh", "fish"] {
            let script = try run(nil, ["--generate-completion-script", shell])
            #expect(script.status == 0)
            #expect(script.output.contains("passthru"))
        }
    }

    @Test func aNeededPartThatIsMissing() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(TestHost("nothing"))
        for arguments in [
            ["show", "04:00.0"], ["assign", "04:00.0", "--dry-run"], ["release", "04:00.0", "--dry-run"],
            ["guest", "xml", "04:00.0"], ["export", "qemu", "04:00.0"],
        ] {
            let result = try Program.run(arguments + ["--host", path])
            #expect(result.status == 69, "\(arguments): \(result.error)")
        }
    }

    @Test func errorsAsJSON() throws {
        for (arguments, status) in [
            (["assign", "01:00.0", "--dry-run"], 77), (["show", "09:00.0"], 66), (["show", "8086:125c"], 64),
        ] {
            let result = try run("i226-router", arguments + ["--json"])
            #expect(result.status == Int32(status))
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            #expect(object?["schema"] as? String == "passthru/error/1")
            #expect(object?["status"] as? Int == status)
            #expect((object?["message"] as? String)?.isEmpty == false)
        }
    }

    @Test func candidatesAreListed() throws {
        let ambiguous = try run("two-gpus-desktop", ["show", "10de:1e07"])
        #expect(ambiguous.error.contains("0000:01:00.0"))
        #expect(ambiguous.error.contains("0000:02:00.0"))
        let mates = try run("two-gpus-desktop", ["assign", "02:00.0", "--dry-run"])
        for address in ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"] { #expect(mates.error.contains(address)) }
    }
}
