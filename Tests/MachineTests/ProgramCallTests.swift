import Machine
import SystemPackage
import Testing

/// Programs with an input, and with more output than fits.
@Suite struct ProgramCallTests {
    private func shell(_ script: String, input: [UInt8]? = nil, limit: Int = 16 << 20) throws -> ProgramAnswer {
        try Machine.live.run(
            ProgramCall("/bin/sh", ["-c", script], input: input, milliseconds: 20_000, limit: limit)
        )
    }

    @Test func theInputIsReadFromItsStart() throws {
        #expect(try shell("cat", input: Array("one\ntwo".utf8)).text == "one\ntwo")
        #expect(try shell("cat /dev/stdin", input: Array("x".utf8)).text == "x")
        // virsh(1) opens its file by name.
        #expect(try shell("cat /dev/stdin /dev/stdin", input: Array("x".utf8)).text == "xx")
        #expect(try shell("cat", input: []).text == "")
        #expect(try shell("cat").text == "")
    }

    @Test func aProgramNeedNotReadItsInput() throws {
        #expect(try shell("true", input: Array(repeating: 0x61, count: 4 << 20)).status == 0)
    }

    @Test func longOutputComesWhole() throws {
        let bytes = (0..<(2 << 20)).map { UInt8($0 % 253) }
        let answer = try shell("cat", input: bytes)
        #expect(answer.output == bytes && !answer.isCut)
    }

    @Test(arguments: [0, 1, 99_999, 100_000, 100_001])
    func moreThanTheLimitIsCutAndSaid(_ limit: Int) throws {
        let answer = try shell("head -c 100000 /dev/zero", limit: limit)
        #expect(answer.output.count == min(limit, 100_000) && answer.isCut == (limit < 100_000))
        #expect(answer.status == 0)
    }

    @Test func complaintsAreKeptApart() throws {
        let answer = try shell("echo out; echo wrong >&2; head -c 300000 /dev/zero >&2; exit 4")
        #expect(answer.text == "out\n" && answer.status == 4 && answer.complaint == "wrong")
        #expect(answer.errors.utf8.count == 1 << 16)
        #expect(try shell("echo; echo only out; exit 1").complaint == "only out")
        #expect(try Machine.live.run("/bin/sh", ["-c", "echo a; echo b >&2"], milliseconds: 9000).output == "a\nb\n")
    }

    @Test func theEndOfTheProgramCounts() throws {
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try shell("sleep 30 & echo started").text == "started\n")
        #expect(clock.now - start < .seconds(10))
        // One that closes its outputs and stays is ended, too.
        #expect(throws: Errno.timedOut) {
            try Machine.live.run(ProgramCall("/bin/sh", ["-c", "exec >&- 2>&-; sleep 30"], milliseconds: 300))
        }
        #expect(throws: Errno.timedOut) {
            try Machine.live.run(ProgramCall("/bin/sh", ["-c", "while :; do echo x; done"], milliseconds: 300))
        }
    }

    @Test func whatCannotBeRunSaysWhy() throws {
        #expect(throws: Errno.noSuchFileOrDirectory) {
            try Machine.live.run(ProgramCall("/no/such", milliseconds: 100))
        }
        #expect(throws: Errno.permissionDenied) { try Machine.live.run(ProgramCall("/etc/passwd", milliseconds: 100)) }
    }
}
