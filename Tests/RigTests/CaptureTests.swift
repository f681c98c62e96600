import Foundation
import Testing

/// A host that was captured answers like the live one, to the byte, on any machine.
@Suite(.enabled(if: Results.isThere, "boot the rig's machines first: Scripts/test does"))
struct CaptureTests {
    @Test(arguments: DoctorTests.expected.map(\.machine))
    func sameAnswers(_ machine: String) throws {
        let archive = Results.path(machine, "host.tar")
        for (file, arguments) in [
            ("devices.json", ["devices", "--json"]), ("doctor.json", ["doctor", "--json"]),
            ("firmware.json", ["show", "firmware", "--json"]), ("usb.json", ["usb", "--json"]),
            ("devices.txt", ["devices"]), ("doctor.zh.txt", ["doctor", "--lang", "zh"]),
            ("show-0000:01:00.0.json", ["show", "0000:01:00.0", "--json"]), ("status.json", ["--json"]),
        ] {
            let (_, output) = try Results.run(Results.program, ["--host", archive] + arguments)
            try expectSame(output, try Results.text(machine, file), "\(machine) \(file)")
        }
    }

    @Test(arguments: DoctorTests.expected.map(\.machine))
    func extractedFolderIsTheSame(_ machine: String) throws {
        let folder = try extracted(machine, "host.tar")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for arguments in [["devices", "--json"], ["doctor", "--json"], ["show", "0000:01:00.0", "--json"]] {
            let archived = try Results.run(Results.program, ["--host", Results.path(machine, "host.tar")] + arguments)
            let plain = try Results.run(Results.program, ["--host", folder] + arguments)
            try expectSame(plain.output, archived.output, "\(machine) \(arguments)")
        }
    }

    /// Nothing that tells whose machine it is stays in the archive that a bug report carries.
    @Test func redaction() throws {
        let whole = try Results.data("intel", "host.tar")
        let redacted = try Results.data("intel", "redacted.tar")
        for secret in ["52:54:00:00:00:01", "KEYBOARD01", "STICK01", "NVME0001"] {
            #expect(whole.range(of: Data(secret.utf8)) != nil, "\(secret) is there to be found")
            #expect(redacted.range(of: Data(secret.utf8)) == nil, "\(secret) is gone")
        }
        let (status, _) = try Results.run(Results.program, ["--host", Results.path("intel", "redacted.tar"), "doctor"])
        #expect(status == 0)
    }

    /// What may differ between a live machine and its capture: routes, which only the live one sees in every table.
    private func expectSame(_ left: String, _ right: String, _ what: String) throws {
        guard left != right else { return }
        let pair = zip(left.split(separator: "\n"), right.split(separator: "\n")).first { $0 != $1 }
        Issue.record("\(what) differ: \(pair.map { "'\($0)' and '\($1)'" } ?? "one is longer")")
    }

    private func extracted(_ machine: String, _ archive: String) throws -> String {
        let folder = NSTemporaryDirectory() + "passthru-\(machine)-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (status, _) = try Results.run("/usr/bin/tar", ["-C", folder, "-xf", Results.path(machine, archive)])
        #expect(status == 0)
        return folder
    }
}
