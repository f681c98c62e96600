import Formats
import Foundation
import Machine
import TestHosts
import Testing

/// Captured machines that are none, or only parts of one.
@Suite struct BrokenHostTests {
    static let readers: [[String]] = [
        [], ["doctor"], ["devices"], ["usb"], ["show", "firmware"], ["show", "04:00.0"],
    ]

    /// One sentence on standard error, nothing on standard output, exit 65.
    private func expectMalformed(_ path: String, _ what: String, _ location: SourceLocation = #_sourceLocation) throws {
        for language in ["en", "zh"] {
            let result = try Program.run(["devices", "--host", path, "--lang", language])
            #expect(result.status == 65, "\(what): \(result.status) \(result.error)", sourceLocation: location)
            #expect(result.output.isEmpty, "\(what)", sourceLocation: location)
            let lines = result.error.split(separator: "\n")
            #expect(lines.count == 1, "\(what): \(result.error)", sourceLocation: location)
        }
    }

    // MARK: Archives

    @Test func truncatedAnywhere() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let whole = try TestHost.named("i226-router").archive()
        var lengths = Array(1..<600) + stride(from: 600, to: whole.count, by: whole.count / 150)
        lengths += [whole.count - 1, whole.count - 511, whole.count - 512, whole.count - 513, whole.count - 1024]
        // Every length by the decoder; some of them by the whole program.
        for length in lengths.sorted() {
            #expect(throws: TarError.self, "\(length) of \(whole.count) bytes") {
                _ = try TarArchive.read(bytes: Array(whole[..<length]))
            }
        }
        for length in [1, 100, 511, 512, 513, 1024, whole.count / 2, whole.count - 513, whole.count - 1] {
            let path = try sandbox.write(whole[..<length], as: "short.tar")
            try expectMalformed(path, "\(length) of \(whole.count) bytes")
        }
        #expect(try Program.run(["devices", "--host", sandbox.write(whole, as: "whole.tar")]).status == 0)
    }

    /// More than a captured host can be is not even read: 64 MiB of address space more than the program itself has would
    /// not hold it.
    @Test func aHugeArchiveIsRefusedUnread() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(Self.member("etc/hostname", size: "77777777777\0"), as: "huge.tar")
        // Sparse: it takes no room on the disk.
        #expect(truncate(path, 300 << 20) == 0)
        let start = ContinuousClock.now
        try expectMalformed(path, "300 MiB")
        #expect(try Program.run(["devices", "--host", path]).error.contains("holds more than"))
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    /// A pipe in the place of a file is not an empty file: what it would say is unknown.
    @Test func aPipeInTheFolderIsNoEmptyFile() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let folder = try sandbox.write(try TestHost.named("argument-missing"))
        let arguments = ["doctor", "--json", "--host", folder]
        #expect(try Program.run(arguments).output.contains(#""reason" : "argument-missing""#))
        let path = folder + "/proc/cmdline"
        #expect(unlink(path) == 0 && mkfifo(path, 0o644) == 0)
        let result = try Program.run(arguments)
        #expect(result.output.contains(#""reason" : "unknown""#), "\(result.output.prefix(300)) \(result.error)")
        #expect(result.output.contains("/proc/cmdline: invalid argument"))
    }

    /// One member, written by hand.
    static func member(
        _ name: String,
        type: Character = "0",
        link: String = "",
        size: String? = nil,
        content: [UInt8] = []
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        let digits = String(content.count, radix: 8)
        put(name, at: 0)
        put("0000644\0", at: 100)
        put("0000000\0", at: 108)
        put("0000000\0", at: 116)
        put(size ?? String(repeating: "0", count: 11 - digits.count) + digits + "\0", at: 124)
        put("00000000000\0", at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put(link, at: 157)
        put("ustar\0" + "00", at: 257)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
        let padding = [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        return header + content + padding
    }

    private static let end = [UInt8](repeating: 0, count: 1024)
    private static let file = member("proc/version", content: Array("Linux version 6.1\n".utf8))

    static let hostile: [(String, [UInt8])] = [
        ("a link out by dots", member("sys/x", type: "2", link: "../../etc/passwd") + end),
        ("a link far out", member("x", type: "2", link: "a/../../../../../etc/shadow") + end),
        ("a hard link", member("sys/x", type: "1", link: "etc/passwd") + end),
        ("an absolute path", member("/etc/passwd", content: [1]) + end),
        ("a path with dots", member("sys/../../etc/passwd", content: [1]) + end),
        ("a path of dots", member("..", type: "5") + end),
        ("a character device", member("dev/mem", type: "3") + end),
        ("a block device", member("dev/sda", type: "4") + end),
        ("a pipe", member("dev/log", type: "6") + end),
        ("an unknown kind", member("x", type: "Z") + end),
        ("a size that is larger than the file", member("x", size: "77777777777\0") + end),
        ("a negative size", member("x", size: "-0000000001\0") + end),
        ("a size of letters", member("x", size: "hello world\0") + end),
        (
            "a size near the largest number",
            {
                var bytes = member("x")
                bytes.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7))
                let sum =
                    bytes[..<148].reduce(0) { $0 + Int($1) } + 8 * 32 + bytes[156..<512].reduce(0) { $0 + Int($1) }
                let digits = String(sum, radix: 8)
                let text = String(repeating: "0", count: 6 - digits.count) + digits + "\0 "
                bytes.replaceSubrange(148..<156, with: text.utf8)
                return bytes + end
            }()
        ),
        (
            "a wrong checksum",
            {
                var bytes = file; bytes[0] ^= 1; return bytes + end
            }()
        ),
        ("a file below a file", file + member("proc/version/x", content: [1]) + end),
        ("a file below a link", member("proc", type: "2", link: "sys") + file + end),
        ("an empty name", member("", content: [1]) + end),
        ("data after the end", file + end + file),
        ("no end", file),
        ("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 7, count: 2000)),
        ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0] + [UInt8](repeating: 7, count: 2000)),
        ("zstd", [0x28, 0xB5, 0x2F, 0xFD] + [UInt8](repeating: 7, count: 2000)),
        ("an ELF file", [0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 0, count: 2000)),
        ("random bytes", (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }),
        ("a text", Array("00:00.0 Host bridge: Intel Corporation\n".utf8)),
        ("nothing", []),
        ("zeros only", [UInt8](repeating: 0, count: 100)),
    ]

    @Test(arguments: hostile.indices)
    func hostileArchives(_ index: Int) throws {
        let (what, bytes) = Self.hostile[index]
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        try expectMalformed(sandbox.write(bytes, as: "bad.tar"), what)
    }

    @Test func theHandMadeMemberIsGood() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(Self.file + Self.end, as: "good.tar")
        let result = try Program.run(["--host", path, "--json"])
        #expect(result.status == 0)
        #expect(result.output.contains("\"kernel\" : \"6.1\""))
    }

    @Test func aMillionMembers() throws {
        let one = Self.member("a", type: "5")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(one.count * 1_000_000)
        // All with one name would be refused for that; the names differ and the checksums with them.
        for number in 0..<1_000_000 {
            var block = one
            let name = Array(String(number, radix: 16).utf8)
            block.replaceSubrange(0..<name.count, with: name)
            let sum =
                name.reduce(0) { $0 + Int($1) } + one[8..<148].reduce(0) { $0 + Int($1) } + 256
                + one[156..<512].reduce(0) { $0 + Int($1) }
            let digits = String(sum, radix: 8)
            block.replaceSubrange(
                148..<156,
                with: (String(repeating: "0", count: 6 - digits.count) + digits + "\0 ").utf8
            )
            bytes += block
        }
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        try expectMalformed(sandbox.write(bytes + Self.end, as: "many.tar"), "a million members")
    }

    // MARK: Other paths

    @Test func whatIsNeitherArchiveNorFolder() throws {
        for path in ["/dev/null", "/dev/zero", "/proc/self/mem", "/no/such/path", "/etc/hostname/x", ""] {
            try expectMalformed(path, path)
        }
    }

    /// Links in a folder lead nowhere outside of it.
    @Test func aFolderCannotLeadOutOfItself() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        var host = try TestHost.named("i226-router")
        let secret = try sandbox.write(Array("Linux version SECRET\n".utf8), as: "secret")
        host.link("/proc/version", secret)
        host.remove("/proc/sys/kernel/osrelease")
        host.link("/etc/os-release", "../../../../../../../../../../etc/os-release")
        let result = try Program.run(["--host", sandbox.write(host), "--json"])
        #expect(result.status == 0)
        #expect(!result.output.contains("SECRET"))
        #expect(!result.output.contains("PRETTY"))
        #expect(result.output.contains("\"kernel\" : null"))
    }

    @Test func anEmptyFolderIsAMachineOfWhichNothingIsKnown() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(TestHost("nothing"))
        for (arguments, status) in [
            ([], 0), (["devices"], 0), (["usb"], 0), (["show", "firmware"], 0), (["doctor"], 1),
        ]
            as [([String], Int32)]
        {
            for options in [["--json"], ["--lang", "en"], ["--lang", "zh"]] {
                let result = try Program.run(arguments + ["--host", path] + options)
                #expect(result.status == status, "\(arguments) \(options): \(result.error)")
                #expect(!result.output.isEmpty, "\(arguments) \(options) prints nothing")
            }
        }
        let doctor = try Program.run(["doctor", "--host", path, "--json"]).output
        let object = try JSONSerialization.jsonObject(with: Data(doctor.utf8)) as? [String: Any]
        #expect(object?["ready"] as? String == "unknown")
        #expect(object?["reason"] as? String == "unknown")
        for finding in object?["findings"] as? [[String: Any]] ?? [] {
            #expect(finding["verdict"] as? String == "unknown", "\(finding["id"] ?? "")")
        }
        let devices = try Program.run(["devices", "--host", path, "--json"]).output
        let list = try JSONSerialization.jsonObject(with: Data(devices.utf8)) as? [String: Any]
        #expect(list?["devices"] is NSNull)
        #expect((list?["unknown"] as? [String: Any])?.isEmpty == false)
        let usb = try Program.run(["usb", "--host", path, "--json"]).output
        let ports = try JSONSerialization.jsonObject(with: Data(usb.utf8)) as? [String: Any]
        #expect(ports?["devices"] is NSNull, "an empty list would say that there are none")
    }

    /// Whatever part is missing: no crash, no error, never a line less than JSON.
    @Test(arguments: ["i226-router", "rmrr-server"])
    func partsMissingOneAtATime(_ name: String) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let host = try TestHost.named(name)
        var parts: Set<String> = []
        for path in host.nodes.keys {
            let names = path.split(separator: "/")
            for count in 1...min(3, names.count) { parts.insert("/" + names[..<count].joined(separator: "/")) }
        }
        // Each attribute of one function, too.
        let function = "/sys/devices/pci0000:00/0000:00:1c.3/0000:04:00.0"
        for path in host.nodes.keys where path.hasPrefix(function + "/") { parts.insert(path) }
        for part in parts.sorted() {
            let archive = try sandbox.write(host.without(part).archive(), as: "part.tar")
            for verb in [["doctor"], ["devices"], ["usb"]] {
                let result = try Program.run(verb + ["--host", archive, "--json"])
                #expect(result.status == 0 || verb == ["doctor"] && result.status == 1, "\(verb) without \(part)")
                #expect(throws: Never.self, "\(verb) without \(part)") {
                    _ = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
                }
            }
        }
    }

    /// Files full of what no kernel writes.
    @Test(arguments: [
        [UInt8](repeating: 0xFF, count: 5000), [], [0], Array("-1\n".utf8), Array("0x\n".utf8),
        Array("99999999999999999999999\n".utf8), Array(": :: = \n|||\n- - -\n".utf8),
    ])
    func nonsenseInEveryFile(_ content: [UInt8]) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        var host = try TestHost.named("i226-router")
        for (path, node) in host.nodes {
            if case MemoryTree.Node.file = node { host.file(path, bytes: content) }
        }
        let archive = try sandbox.write(host.archive(), as: "nonsense.tar")
        for verb in [[], ["doctor"], ["devices"], ["usb"], ["show", "firmware"], ["show", "04:00.0"]] as [[String]] {
            let result = try Program.run(verb + ["--host", archive, "--json"])
            #expect([0, 1, 66, 69].contains(result.status), "\(verb): \(result.status) \(result.error)")
        }
    }
}
