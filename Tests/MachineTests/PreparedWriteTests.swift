import Foundation
import Machine
import SystemPackage
import TestHosts
import Testing

/// Writes that are made even if the process that prepared them is killed: that is tried in the rig (rig/scripts/rom.sh).
@Suite struct PreparedWriteTests {
    @Test func itIsMadeWhenAskedFor() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(Array("old".utf8), as: "attribute")
        let write = try Machine.live.tree.prepareWrite(path, bytes: Array("new".utf8))
        #expect(Machine.live.textIfAny(path) == "old")
        try write.make(milliseconds: 10_000)
        #expect(Machine.live.textIfAny(path) == "new")
        // Once is enough.
        try Data("other".utf8).write(to: URL(filePath: path))
        try write.make(milliseconds: 10_000)
        #expect(Machine.live.textIfAny(path) == "other")
    }

    @Test func itIsMadeWhenItIsForgotten() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(Array("old".utf8), as: "attribute")
        do { _ = try Machine.live.tree.prepareWrite(path, bytes: Array("new".utf8)) }
        for _ in 0..<200 where Machine.live.textIfAny(path) != "new" { Machine.live.pause(milliseconds: 50) }
        #expect(Machine.live.textIfAny(path) == "new")
    }

    @Test func whatWentWrongIsTold() throws {
        let write = try Machine.live.tree.prepareWrite("/proc/no-such-file", bytes: [0x30])
        #expect(throws: (any Error).self) { try write.make(milliseconds: 10_000) }
    }

    /// Others that were prepared later, and children that read, do not keep an earlier one waiting.
    @Test func oneDoesNotWaitForAnother() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let paths = try (0..<4).map { try sandbox.write(Array("old".utf8), as: "attribute\($0)") }
        let writes = try paths.map { try Machine.live.tree.prepareWrite($0, bytes: Array("new".utf8)) }
        for (path, write) in zip(paths, writes) {
            try write.make(milliseconds: 10_000)
            #expect(Machine.live.textIfAny(path) == "new")
        }
    }

    @Test func aLongFileComesWhole() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        var bytes = [UInt8](repeating: 0, count: 3 << 20)
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 2_654_435_761 >> 13) }
        let path = try sandbox.write(bytes, as: "long")
        #expect(try Machine.live.readWithDeadline(path, limit: 16 << 20, milliseconds: 60_000) == bytes)
        #expect(try Machine.live.readWithDeadline(path, limit: 1000, milliseconds: 10_000) == Array(bytes.prefix(1000)))
        #expect(try Machine.live.readWithDeadline(path, milliseconds: 10_000).count == 1 << 16)
    }

    /// Given up, and nothing is left of it: neither a process that waits, nor a reader of the pipe.
    @Test func aReadThatDoesNotComeBackIsGivenUp() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let pipe = sandbox.folder.appending(path: "pipe").path
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: Errno.timedOut) { try Machine.live.readWithDeadline(pipe, milliseconds: 200) }
        let writer = open(pipe, O_WRONLY | O_NONBLOCK)
        #expect(writer < 0 && errno == ENXIO)
        if writer >= 0 { close(writer) }
    }

    /// What does not answer once is not asked again and again: not by another attribute of the same device either.
    @Test func aDeviceThatDoesNotAnswerIsNotAskedTwice() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let pipe = sandbox.folder.appending(path: "driver_override").path
        #expect(mkfifo(pipe, 0o600) == 0)
        let file = try sandbox.write(Array("7".utf8), as: "sriov_numvfs")
        let other = try Sandbox()
        defer { other.remove() }
        let elsewhere = try other.write(Array("8".utf8), as: "sriov_numvfs")
        #expect(try Machine.live.readWithDeadline(file, milliseconds: 10_000) == Array("7".utf8))
        #expect(throws: Errno.timedOut) { try Machine.live.readWithDeadline(pipe, milliseconds: 200) }
        let start = Machine.live.bootClock
        #expect(throws: Errno.timedOut) { try Machine.live.readWithDeadline(file, milliseconds: 10_000) }
        #expect(throws: Errno.timedOut) { try Machine.live.linkWithDeadline(pipe, milliseconds: 10_000) }
        #expect(Machine.live.bootClock - start < 5_000)
        #expect(try Machine.live.readWithDeadline(elsewhere, milliseconds: 10_000) == Array("8".utf8))
    }
}
