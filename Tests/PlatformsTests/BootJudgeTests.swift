import Formats
import Foundation
import Machine
import Operations
import TestHosts
import Testing

/// What the loaders' own readers say of the files after the change, and of those of a trial.
@Suite struct BootJudgeTests {
    /// A program of the distribution. Where it is missing nothing is judged, and that fails.
    private static func judge(_ name: String, package: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let found = path.split(separator: ":").map { "\($0)/\(name)" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        if found == nil { notJudged("\(name) is not installed (package \(package))") }
        return found
    }

    private static func notJudged(_ why: String) { Issue.record("NOT JUDGED: \(why)") }

    private static func run(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_RELAX_ESP_CHECKS": "1", "LC_ALL": "C"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }

    /// The machine after the change for good, and after the preparation of a trial.
    private func machines(_ name: String) throws -> [TestHost] {
        try [false, true].compactMap { isTried in
            let sysfs = SimulatedLoaders.machine(try BootHost(name).host)
            guard let outcome = try BootGoldenTests.onUnlessRefused(sysfs, name, isTried: isTried) else { return nil }
            return isTried && outcome.trial == nil ? nil : sysfs.host
        }
    }

    @Test(arguments: BootHost.names)
    func grubTakesItsFiles(_ name: String) throws {
        let check = Self.judge("grub-script-check", package: "grub-common")
        let editor = Self.judge("grub-editenv", package: "grub-common")
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        for host in try machines(name) {
            for path in host.nodes.keys.sorted() where path.hasPrefix("/boot/") {
                guard let bytes = host.bytes(path) else { continue }
                if path.hasSuffix(".cfg"), let check {
                    // GRUB's own file reader leaves carriage returns out.
                    let file = try sandbox.write(bytes.filter { $0 != 13 }, as: "judged.cfg")
                    let (status, output) = try Self.run(check, [file])
                    #expect(status == 0 || output.contains("contains no commands"), "\(path): \(output)")
                } else if path.hasSuffix("grubenv"), let editor {
                    let file = try sandbox.write(bytes, as: "grubenv")
                    let (status, output) = try Self.run(editor, [file, "list"])
                    let block = try #require(GRUBEnvironment(bytes))
                    #expect(status == 0 && bytes.count == 1024, "\(path)")
                    for (key, value) in block.values where !value.contains("\n") && !value.contains("\\") {
                        #expect(output.contains("\(key)=\(value)\n"), "\(path): \(key)")
                    }
                }
            }
        }
    }

    @Test(arguments: BootHost.names)
    func theShellTakesTheDefaults(_ name: String) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        for host in try machines(name) {
            guard let bytes = host.bytes("/etc/default/grub.d/zz-passthru.cfg") else { continue }
            let file = try sandbox.write(bytes, as: "zz.cfg")
            let script = "set -e; GRUB_CMDLINE_LINUX_DEFAULT=own; . \(file); echo \"$GRUB_CMDLINE_LINUX_DEFAULT\""
            let (status, output) = try Self.run("/bin/sh", ["-c", script])
            #expect(status == 0 && output == "own intel_iommu=on iommu=pt\n")
        }
    }

    /// bootctl reads the entries of a file system of its own; that it is no FAT it is told to overlook.
    @Test(arguments: BootHost.names)
    func systemdBootReadsItsEntries(_ name: String) throws {
        let before = try BootHost(name).host
        let homes = ["/boot", "/boot/efi"].filter { home in
            before.nodes.keys.contains { $0.hasPrefix(home + "/loader/entries/") }
        }
        guard let home = homes.first, !name.contains("bls"), !name.contains("rhel") else { return }
        guard let bootctl = Self.judge("bootctl", package: "systemd-boot"),
            let unshare = Self.judge("unshare", package: "util-linux")
        else { return }
        guard try Self.run(unshare, ["-rm", "true"]).status == 0 else {
            return Self.notJudged("unshare -rm is not permitted")
        }
        func list(_ host: TestHost) throws -> String {
            let sandbox = try Sandbox()
            defer { sandbox.remove() }
            var part = TestHost("part")
            for (path, node) in host.nodes where path.hasPrefix(home + "/loader/") {
                part.put(node, at: String(path.dropFirst(home.count)))
            }
            let source = try sandbox.write(part, as: "source")
            let esp = try sandbox.write(TestHost("esp"), as: "esp")
            let script =
                "mount -t tmpfs none \(esp) && cp -r \(source)/. \(esp) && \(bootctl) --no-pager --esp-path=\(esp) list"
            let (status, output) = try Self.run(unshare, ["-rm", "/bin/sh", "-c", script])
            #expect(status == 0, "\(output)")
            return output
        }
        func defaultEntry(_ text: String) -> Substring? {
            let lines = text.split(separator: "\n")
            guard let index = lines.firstIndex(where: { $0.contains("(default)") }) else { return nil }
            return lines[index...].first { $0.contains(" id: ") }
        }
        let old = try list(before)
        for host in try machines(name) {
            let text = try list(host)
            #expect(text.contains("intel_iommu=on iommu=pt"))
            #expect(defaultEntry(text) == defaultEntry(old), "the default stays the same")
        }
    }
}
