import Foundation
import TestHosts
import Testing

/// `explain` without an argument: a pipe or a plain file on standard input is the text, and nothing else is.
@Suite struct ExplainInputTests {
    private static let text = "error: unsupported configuration: host doesn't support VFIO PCI passthrough\n"

    /// A captured host without logs: what does not come from standard input is exit 66 there.
    private func onHost(_ body: (String) throws -> Void) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        try body(try sandbox.write(try TestHost.named("firmware-off")))
    }

    private func expectCause(_ result: Program, _ location: SourceLocation = #_sourceLocation) {
        #expect(result.status == 0, "\(result.output)\(result.error)", sourceLocation: location)
        #expect(result.output.contains("Confirmed on this host"), "\(result.output)", sourceLocation: location)
    }

    @Test func aPlainFileIsTheText() throws {
        try onHost { expectCause(try Program.run(["explain", "--host", $0], input: Self.text)) }
    }

    @Test func aPipeIsTheText() throws {
        try onHost { host in
            for arguments in [["explain"], ["explain", "-"]] {
                let pipe = Pipe()
                pipe.fileHandleForWriting.write(Data(Self.text.utf8))
                try pipe.fileHandleForWriting.close()
                expectCause(try Program.run(arguments + ["--host", host], standardInput: pipe.fileHandleForReading))
            }
        }
    }

    /// What wrote nothing said nothing: its silence is not answered with the host's own logs.
    @Test func anEmptyPipeIsAnEmptyText() throws {
        try onHost { host in
            let pipe = Pipe()
            try pipe.fileHandleForWriting.close()
            let result = try Program.run(["explain", "--host", host], standardInput: pipe.fileHandleForReading)
            #expect(result.status == 1)
            #expect(result.output.contains("standard input: it is empty"), "\(result.output)\(result.error)")
            #expect(result.output.contains("passthru explain </dev/null"))
        }
    }

    /// As cron of BusyBox, a service of systemd, sshd and a person at a terminal start it.
    @Test func anythingElseMeansThisMachinesOwnLogs() throws {
        try onHost { host in
            let arguments = ["explain", "--host", host]
            func expectLogs(_ result: Program, _ what: String) {
                #expect(result.status == 66, "\(what): \(result.output)\(result.error)")
                #expect(result.error.contains("holds no logs"), "\(what): \(result.error)")
            }
            expectLogs(try Program.run(arguments), "/dev/null")
            expectLogs(try Program.run(arguments, redirection: "<&-"), "closed")
            var ends: [Int32] = [-1, -1]
            #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            let socket = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
            defer { close(ends[1]) }
            expectLogs(try Program.run(arguments, standardInput: socket), "a socket")
            // pty(7): unlocked (TIOCSPTLCK), and its number (TIOCGPTN).
            let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
            defer { close(terminal) }
            var locked: Int32 = 0
            var number: UInt32 = 0
            #expect(ioctl(terminal, 0x4004_5431, &locked) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
            let name = "/dev/pts/\(number)"
            let keyboard = FileHandle(fileDescriptor: open(name, O_RDWR | O_NOCTTY), closeOnDealloc: true)
            expectLogs(try Program.run(arguments, standardInput: keyboard), "a terminal")
        }
    }

    @Test func whatIsNamedComesBeforeAPipe() throws {
        try onHost { host in
            let pipe = Pipe()
            pipe.fileHandleForWriting.write(Data("nothing of the kind\n".utf8))
            try pipe.fileHandleForWriting.close()
            let result = try Program.run(
                ["explain", "--host", host, Self.text],
                standardInput: pipe.fileHandleForReading
            )
            expectCause(result)
        }
    }

    /// A pipe that nobody closes, as a login without a terminal gives: what is waited for is said.
    @Test func whatIsWaitedForIsSaid() throws {
        try onHost { host in
            let pipe = Pipe()
            let writer = Thread {
                Thread.sleep(forTimeInterval: 3)
                pipe.fileHandleForWriting.write(Data(Self.text.utf8))
                try? pipe.fileHandleForWriting.close()
            }
            writer.start()
            let result = try Program.run(["explain", "--host", host], standardInput: pipe.fileHandleForReading)
            expectCause(result)
            #expect(result.error.contains("waiting for a text on standard input"), "\(result.error)")
        }
    }

    /// `passthru explain <(virsh start win11 2>&1)`: the shell gives the name of a pipe.
    @Test func aPipeWithANameIsWaitedFor() throws {
        try onHost { host in
            let sandbox = try Sandbox()
            defer { sandbox.remove() }
            let path = sandbox.folder.appending(path: "pipe").path
            #expect(mkfifo(path, 0o600) == 0)
            let writer = Thread {
                let descriptor = open(path, O_WRONLY)
                Thread.sleep(forTimeInterval: 0.5)
                let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
                handle.write(Data(Self.text.utf8))
            }
            writer.start()
            expectCause(try Program.run(["explain", "--host", host, path]))
        }
    }
}
