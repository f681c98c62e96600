import Foundation
import TestHosts
import Testing

@testable import Formats

/// Raw headers, right or wrong in one place.
private func header(
    _ name: String,
    type: Character = "0",
    size: String = "00000000000",
    target: String = "",
    magic: String = "ustar\u{0}00",
    prefix: String = ""
) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, _ start: Int) {
        block.replaceSubrange(start..<start + text.utf8.count, with: text.utf8)
    }
    put(name, 0)
    put("0000644", 100)
    put(size, 124)
    put(String(type), 156)
    put(target, 157)
    put(magic, 257)
    put(prefix, 345)
    return signed(block)
}

private func signed(_ header: [UInt8]) -> [UInt8] {
    var block = header
    block.replaceSubrange(148..<156, with: utf8("        "))
    let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    block.replaceSubrange(148..<156, with: utf8(String(repeating: "0", count: 6 - sum.count) + sum) + [0, 0x20])
    return block
}

private func padded(_ content: [UInt8]) -> [UInt8] {
    content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
}

private let end = [UInt8](repeating: 0, count: 1024)

private func octal(_ value: Int) -> String {
    let text = String(value, radix: 8)
    return String(repeating: "0", count: 11 - text.count) + text
}

private func extended(_ type: Character, _ content: [UInt8]) -> [UInt8] {
    header("extended", type: type, size: octal(content.count)) + padded(content)
}

private func reason(_ bytes: [UInt8], _ limits: TarLimits = TarLimits()) -> TarError.Reason? {
    do throws(TarError) {
        _ = try TarArchive.read(bytes: bytes, limits: limits)
        return nil
    } catch {
        return error.reason
    }
}

@Suite struct TarReadingTests {
    @Test func ownArchiveReadsBack() throws {
        let bytes = try sampleArchive()
        let members = try TarArchive.read(bytes: bytes)
        #expect(members.map(\.path).first == "sys")
        #expect(members.map(\.path)[3] == String(repeating: "long/", count: 60) + "name")
        #expect(members[3].mode == 0o600)
        #expect(members[2].kind == .symbolicLink("../proc/driver"))
        guard case .file(let range) = members[1].kind else { Issue.record("no file"); return }
        #expect(Array(bytes[range]) == utf8("0x8086\n"))
        #expect(members.count == 5)
        #expect(try sampleArchive() == bytes)
    }

    @Test func everyTruncationIsAnError() throws {
        let bytes = try sampleArchive()
        for count in 0..<bytes.count {
            switch reason(Array(bytes[..<count])) {
            case .truncated, .empty: break
            case let other: Issue.record("\(count): \(String(describing: other))")
            }
        }
        #expect(reason(bytes) == nil)
    }

    @Test func missingEndMarkerIsTruncation() {
        #expect(reason(header("a")) == .truncated(missing: 512))
        #expect(reason(header("a") + end[..<512]) == .truncated(missing: 512))
        #expect(reason(header("a") + end) == nil)
        #expect(reason(header("a") + end + end + [0, 0]) == nil)
        #expect(reason(header("a") + end + [1]) == .dataAfterEnd)
        #expect(reason(header("a") + end[..<512] + header("b") + end) == .dataAfterEnd)
    }

    @Test(arguments: [
        ("/etc/passwd", TarError.Reason.absolutePath), ("a/../b", .parentComponent), ("..", .parentComponent),
        ("", .badPath),
    ])
    func hostilePath(path: String, expected: TarError.Reason) {
        #expect(reason(header(path) + end) == expected)
    }

    @Test func pathsAreNormalised() throws {
        let bytes = header("./", type: "5") + header("./a//b/./c") + header("d/", type: "0") + end
        let members = try TarArchive.read(bytes: bytes)
        #expect(members.map(\.path) == ["a/b/c", "d"])
        #expect(members[1].kind == .directory)
    }

    @Test func pathsNeedText() {
        var block = header("x")
        block[0] = 0xFF
        #expect(reason(signed(block) + end) == .badPath)
        #expect(reason(extended("x", utf8("10 path=\u{0}\n")) + header("a") + end) == .badPath)
        #expect(reason(extended("L", utf8("a") + [0] + utf8("b")) + header("a") + end) == .badPath)
    }

    @Test(arguments: ["../x", "a/../../x", "/../x", ".././x"])
    func linksMustNotLeave(target: String) {
        #expect(reason(header("l", type: "2", target: target) + end) == .linkLeavesArchive(target: target))
    }

    @Test(arguments: ["/etc/passwd", "x/..", "./x", "y"])
    func linksMayStay(target: String) throws {
        let members = try TarArchive.read(bytes: header("l", type: "2", target: target) + end)
        #expect(members == [TarMember(path: "l", kind: .symbolicLink(target), mode: 0o644)])
        #expect(reason(header("d/e/l", type: "2", target: "../../x") + end) == nil)
    }

    @Test func nothingBelowLinks() {
        let link = header("l", type: "2", target: "/etc")
        #expect(reason(link + header("l/passwd") + end) == .belowSymbolicLink("l"))
        #expect(reason(link + header("other/x") + header("l/a/b") + end) == .belowSymbolicLink("l"))
        #expect(reason(header("l/passwd") + link + end) == .conflictingKinds)
        #expect(reason(header("l") + header("l/x") + end) == .conflictingKinds)
        #expect(reason(header("l/x") + header("l") + end) == .conflictingKinds)
        #expect(reason(header("l") + link + end) == .conflictingKinds)
        #expect(reason(header("l", type: "5") + link + end) == .conflictingKinds)
        #expect(reason(link + header("lx/passwd") + end) == nil)
    }

    @Test func laterMemberReplacesEarlier() throws {
        let one = header("a", size: octal(1)) + padded(utf8("1"))
        let two = header("a", size: octal(1)) + padded(utf8("2"))
        let hard = header("h", type: "1", target: "a")
        let bytes = one + hard + header("b") + two + end
        let members = try TarArchive.read(bytes: bytes)
        #expect(members.map(\.path) == ["a", "h", "b"])
        guard case .file(let range) = members[0].kind, case .file(let old) = members[1].kind else {
            Issue.record("no file")
            return
        }
        #expect(Array(bytes[range]) == utf8("2"))
        #expect(Array(bytes[old]) == utf8("1"))
    }

    @Test func hardLinks() {
        #expect(reason(header("h", type: "1", target: "a") + end) == .hardLinkToNothing(target: "a"))
        #expect(
            reason(header("d", type: "5") + header("h", type: "1", target: "d") + end)
                == .hardLinkToNothing(target: "d")
        )
        #expect(reason(header("d/x") + header("h", type: "1", target: "d") + end) == .hardLinkToNothing(target: "d"))
        #expect(reason(header("h", type: "1", target: "/a") + end) == .absolutePath)
        let link = header("d/l", type: "2", target: "../x")
        #expect(reason(link + header("h", type: "1", target: "d/l") + end) == .linkLeavesArchive(target: "../x"))
        let file = header("a", size: octal(400)) + padded([UInt8](repeating: 65, count: 400))
        let links = (0..<3).flatMap { header("h\($0)", type: "1", target: "a") }
        #expect(reason(file + links + end, TarLimits(totalBytes: 4096)) == nil)
        #expect(reason(file + links + end, TarLimits(totalBytes: 1500)) == .tooManyBytes(limit: 1500))
    }

    @Test func sizesThatLie() {
        guard case .truncated = reason(header("a", size: "77777777777") + end) else { Issue.record(); return }
        for first in [UInt8(0xFF), 0xC0] {
            var block = header("a")
            block.replaceSubrange(124..<136, with: [UInt8](repeating: first, count: 12))
            #expect(reason(signed(block) + end) == .badNumber(field: "size"))
        }
        var block = header("a")
        block.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7))
        guard case .truncated = reason(signed(block) + end) else { Issue.record(); return }
        block.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2])
        #expect(reason(signed(block) + padded([1, 2]) + end) == nil)
        #expect(reason(header("a", size: "0000000000x") + end) == .badNumber(field: "size"))
        #expect(reason(header("a", type: "5", size: octal(5)) + end) == .unexpectedContent)
        let huge = extended("x", utf8("34 size=9223372036854775808000000\n"))
        #expect(reason(huge + header("a") + end) == .badNumber(field: "size"))
        let big = extended("x", utf8("28 size=9223372036854775807\n"))
        guard case .truncated = reason(big + header("a") + end) else { Issue.record(); return }
    }

    @Test(arguments: ["3", "4", "6", "S", "M", "Z"])
    func foreignKinds(type: Character) {
        guard case .notPartOfCapturedHost = reason(header("a", type: type) + end) else { Issue.record(); return }
    }

    @Test func extendedHeaders() throws {
        let name = String(repeating: "d", count: 300) + "/f"
        let gnu = extended("L", utf8(name) + [0]) + extended("K", utf8("t/u") + [0]) + header("cut", type: "2")
        #expect(
            try TarArchive.read(bytes: gnu + end)
                == [TarMember(path: name, kind: .symbolicLink("t/u"), mode: 0o644)]
        )
        let pax = extended("x", utf8("10 path=p\n16 linkpath=q/r\n19 mtime=1.2345678\n")) + header("cut", type: "2")
        #expect(
            try TarArchive.read(bytes: pax + end)
                == [TarMember(path: "p", kind: .symbolicLink("q/r"), mode: 0o644)]
        )
        // pax counts for more than GNU's header, in whatever order; an empty value takes a record back.
        #expect(try TarArchive.read(bytes: extended("L", utf8("gnu")) + pax + end)[0].path == "p")
        #expect(try TarArchive.read(bytes: extended("x", utf8("8 path=\n")) + header("ustar") + end)[0].path == "ustar")
        #expect(reason(extended("x", utf8("11 path=abc\n")) + header("a") + end) == .badExtendedHeader)
        #expect(reason(extended("x", utf8("99999999999 path=abc\n")) + header("a") + end) == .badExtendedHeader)
        #expect(reason(extended("x", utf8("12 path=abc\n")) + end) == .badExtendedHeader)
        #expect(reason(extended("g", utf8("12 path=abc\n")) + header("a") + end) == .badExtendedHeader)
        #expect(reason(extended("g", utf8("15 comment=abc\n")) + header("a") + end) == nil)
        let sparse = extended("x", utf8("22 GNU.sparse.major=1\n"))
        #expect(reason(sparse + header("a") + end) == .notPartOfCapturedHost(kind: "a sparse file"))
        #expect(
            reason(extended("L", [UInt8](repeating: 97, count: 4097)) + header("a") + end)
                == .pathTooLong(limit: 4096)
        )
    }

    @Test func prefixCountsForPOSIXAlone() throws {
        #expect(try TarArchive.read(bytes: header("f", prefix: "p/q") + end)[0].path == "p/q/f")
        #expect(try TarArchive.read(bytes: header("f", magic: "ustar  \u{0}", prefix: "1234") + end)[0].path == "f")
    }

    @Test(arguments: [
        ("gzip", [UInt8]([0x1F, 0x8B, 8])), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
        ("zstd", [0x28, 0xB5, 0x2F, 0xFD]), ("bzip2", utf8("BZh9")),
    ])
    func compressedArchives(program: String, magic: [UInt8]) {
        #expect(reason(magic + end) == .compressed(by: program))
    }

    @Test func notAnArchive() {
        #expect(reason([]) == .empty)
        #expect(reason([UInt8](repeating: 65, count: 2048)) == .notTar)
        #expect(reason(header("a") + [UInt8](repeating: 65, count: 2048)) == .badChecksum)
        #expect(reason(utf8("short")) == .truncated(missing: 507))
    }

    @Test func signedChecksumIsTaken() {
        var block = header("\u{E9}")
        block.replaceSubrange(148..<156, with: utf8("        "))
        let sum = String(block.reduce(0) { $0 + Int(Int8(bitPattern: $1)) }, radix: 8)
        block.replaceSubrange(148..<156, with: utf8(String(repeating: "0", count: 6 - sum.count) + sum) + [0, 0x20])
        #expect(reason(block + end) == nil)
    }

    @Test func millionMembersEndEarly() {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(300_000 * 512)
        for index in 0..<300_000 {
            // One real header with the digits and the checksum put right, as making each anew is slow.
            bytes += fast(index)
        }
        bytes += end
        let start = ContinuousClock.now
        #expect(reason(bytes) == .tooManyMembers(limit: 200_000))
        print("tar: 200,000 members refused after \(ContinuousClock.now - start)")
        // Few members, very many directories.
        let deep = (0..<40).flatMap { index in
            extended("x", pax("path", "\(index)/" + String(repeating: "a/", count: 2000) + "f")) + header("f")
        }
        #expect(reason(deep + end, TarLimits(members: 1000)) == .tooManyMembers(limit: 1000))
        #expect(reason(deep + end) == nil)
    }

    /// What the paths and link targets of a captured host take together stays small beside the archive.
    @Test func pathsTogetherAreBounded() {
        let bytes = (0..<9000).flatMap { index in
            extended("x", pax("path", "\(index)/" + String(repeating: "a/", count: 2000) + "f")) + header("f")
        }
        let found = reason(bytes + end, TarLimits(members: 40_000_000))
        #expect(found.map { "\($0)" }?.contains("tooManyPathBytes") == true, "\(String(describing: found))")
    }

    private func pax(_ key: String, _ value: String) -> [UInt8] {
        let rest = key.utf8.count + value.utf8.count + 3
        let length = rest + String(rest + 4).utf8.count
        return utf8("\(length) \(key)=\(value)\n")
    }

    private static let template = header("000000")
    private func fast(_ number: Int) -> [UInt8] {
        var block = Self.template
        var rest = number
        var added = 0
        for index in stride(from: 5, through: 0, by: -1) {
            block[index] = 0x30 + UInt8(rest % 10)
            added += rest % 10
            rest /= 10
        }
        let old = block[148..<154].reduce(0) { $0 * 8 + Int($1 - 0x30) }
        let sum = String(old + added, radix: 8)
        block.replaceSubrange(148..<154, with: utf8(String(repeating: "0", count: 6 - sum.count) + sum))
        return block
    }

    @Test func messagesAreOnePlainSentence() {
        do throws(TarError) {
            _ = try TarArchive.read(bytes: header("a/../\u{1B}[31mb") + end)
            Issue.record("taken")
        } catch {
            #expect(
                error.description
                    == "The archive is refused: member 'a/../\\x1b[31mb' has '..' in its path (byte 0)."
            )
        }
    }

    @Test func mutationsNeverCrash() throws {
        var random = FixedSeed(state: 2)
        let seeds = [
            try sampleArchive(),
            extended("L", utf8("long/name") + [0]) + header("cut") + header("h", type: "1", target: "long/name") + end,
            extended("x", utf8("12 path=abc\n")) + header("q", size: octal(3)) + padded([1, 2, 3])
                + header("l", type: "2", target: "../x") + end,
        ]
        var refused = 0
        for round in 0..<30_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            // Half of them with checksums put right again, so that what lies behind is reached.
            if round % 2 == 0 {
                for start in stride(from: 0, to: bytes.count - 511, by: 512)
                where bytes[start + 257] == 0x75 && bytes[start + 258] == 0x73 {
                    bytes.replaceSubrange(start..<start + 512, with: signed(Array(bytes[start..<start + 512])))
                }
            }
            if round % 7 == 0 {
                bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            }
            do throws(TarError) {
                for member in try TarArchive.read(bytes: bytes) {
                    if case .file(let range) = member.kind {
                        #expect(range.upperBound <= bytes.count)
                    }
                    #expect(!member.path.split(separator: "/").contains(".."))
                }
            } catch {
                refused += 1
                #expect(error.description.last == ".")
            }
        }
        #expect(refused > 10_000)
        print("tar: \(refused) of 30,000 mutations refused")
    }
}
