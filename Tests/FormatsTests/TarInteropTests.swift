import Foundation
import Testing

@testable import Formats

@Suite struct TarInteropTests {
    private func tree(_ folder: URL) throws -> URL {
        let root = folder.appending(path: "root")
        let manager = FileManager.default
        let deep = "sys/" + String(repeating: "0000:00:1c.0/", count: 12) + "net"
        try manager.createDirectory(at: root.appending(path: deep), withIntermediateDirectories: true)
        try Data("0x8086\n".utf8).write(to: root.appending(path: deep + "/vendor"))
        let long = String(repeating: "n", count: 200)
        try Data(repeating: 7, count: 5000).write(to: root.appending(path: long))
        try manager.createSymbolicLink(
            atPath: root.appending(path: "link").path(),
            withDestinationPath: deep + "/" + long
        )
        try manager.createSymbolicLink(
            atPath: root.appending(path: "sys/up").path(),
            withDestinationPath: "../link"
        )
        try manager.linkItem(at: root.appending(path: long), to: root.appending(path: "zhard"))
        try Data().write(to: root.appending(path: "\u{4E2D}\u{6587}"))
        return root
    }

    private struct Plain: Equatable, CustomStringConvertible {
        let member: String
        let content: [UInt8]
        var description: String { "\(member) \(content.count)" }
    }

    private func plain(_ bytes: [UInt8]) throws -> [Plain] {
        try TarArchive.read(bytes: bytes).map { member in
            switch member.kind {
            case .file(let range): Plain(member: "\(member.path) \(member.mode)", content: Array(bytes[range]))
            case .directory: Plain(member: "\(member.path)/ \(member.mode)", content: [])
            case .symbolicLink(let target): Plain(member: "\(member.path) -> \(target)", content: [])
            }
        }
    }

    @Test func gnuTarFormatsReadTheSame() throws {
        try withFolder { folder in
            let root = try tree(folder)
            let formats = ["gnu", "pax", "posix", "oldgnu"]
            let read = try formats.map { format in
                try plain(run("tar", ["--format=" + format, "--sort=name", "-cf", "-", "."], in: root))
            }
            #expect(read[0].count == 20)
            for other in read.dropFirst() {
                #expect(other == read[0])
            }
            // ustar cannot hold the 200-byte name; it must agree on what it can hold.
            let ustar = try plain(run("tar", ["--format=ustar", "--sort=name", "-cf", "-", "./sys"], in: root))
            #expect(ustar == read[0].filter { $0.member.hasPrefix("sys") })
            #expect(ustar.count == 16)
        }
    }

    @Test func gnuTarReadsOurs() throws {
        try withFolder { folder in
            let file = folder.appending(path: "ours.tar")
            try Data(sampleArchive()).write(to: file)
            let list = String(decoding: try run("tar", ["-tvf", file.path()]), as: UTF8.self)
            #expect(list.split(separator: "\n").count == 5)
            #expect(list.contains("sys/driver -> ../proc/driver"))
            #expect(list.contains(String(repeating: "long/", count: 60) + "name"))
            try run("tar", ["-xf", file.path(), "-C", folder.path()])
            #expect(try bytes(of: folder.appending(path: "sys/vendor").path()) == utf8("0x8086\n"))
        }
    }

    @Test func writerRoundTripsAtEveryNameLength() throws {
        for length in 1...300 {
            var writer = TarWriter()
            let path =
                String(repeating: "d/", count: length / 4) + String(repeating: "n", count: length - length / 4 * 2)
            try writer.addFile(path, content: utf8("x"))
            try writer.addSymbolicLink("l", target: path)
            try writer.addDirectory("e/" + path)
            let bytes = writer.finish()
            let members = try TarArchive.read(bytes: bytes)
            #expect(members.map(\.path) == [path, "l", "e/" + path])
            #expect(members[1].kind == .symbolicLink(path))
        }
        var writer = TarWriter()
        #expect(throws: TarError.self) { try writer.addFile("../x", content: []) }
        #expect(throws: TarError.self) { try writer.addFile("/x", content: []) }
        #expect(throws: TarError.self) { try writer.addFile("a//x", content: []) }
        #expect(throws: TarError.self) { try writer.addFile("", content: []) }
    }
}
