import Foundation
import Machine
import SystemPackage
import Testing

/// Programs that are announced before they begin, and those whose time is over.
@Suite struct StartedProgramTests {
    private final class Scratch {
        let path = FileManager.default.temporaryDirectory.appending(path: "started-\(UUID().uuidString)").path
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }
        func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }
    }

    private final class Seen: @unchecked Sendable {
        var process = 0
        var status: ProcessStatus?
        var isBegun = true
    }

    private func call(_ script: String, milliseconds: Int = 20_000, grace: Int = 0) -> ProgramCall {
        var call = ProgramCall("/bin/sh", ["-c", script], milliseconds: milliseconds)
        call.grace = grace
        return call
    }

    @Test func theProcessIsToldBeforeTheProgramBegins() throws {
        let scratch = try Scratch()
        let seen = Seen()
        let mark = scratch.path + "/begun"
        let answer = try Machine.live.run(call("touch \(mark); echo $$")) { process throws(Errno) in
            // Time enough for a program that does not wait.
            usleep(200_000)
            seen.process = process
            seen.status = Machine.live.process(process)
            seen.isBegun = FileManager.default.fileExists(atPath: mark)
        }
        #expect(!seen.isBegun)
        #expect(scratch.has("begun"))
        #expect(answer.text == "\(seen.process)\n")
        #expect(seen.status?.session == seen.process && seen.status?.hasEnded == false)
        let age = Machine.live.bootClock - (seen.status?.started ?? 0) * 10
        #expect(age > 150 && age < 60_000)
    }

    @Test func aProgramThatMustNotBeginDoesNot() throws {
        let scratch = try Scratch()
        #expect(throws: Errno.noSpace) {
            try Machine.live.run(call("touch \(scratch.path)/begun")) { _ throws(Errno) in throw .noSpace }
        }
        usleep(200_000)
        #expect(!scratch.has("begun"))
    }

    /// Another process starts the program and is killed before it says that it may begin.
    @Test func aProgramWhoseStarterIsKilledFirstNeverBegins() throws {
        let scratch = try Scratch()
        let process = Process()
        let folder = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        process.executableURL = folder.deletingLastPathComponent().appending(path: "start-probe")
        process.arguments = ["die", "touch \(scratch.path)/begun"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        usleep(300_000)
        #expect(!scratch.has("begun"))
    }

    /// A program that was allowed to begin outlives its starter, in a session that can be found by its number.
    @Test func aProgramOutlivesItsStarterInItsSession() throws {
        let scratch = try Scratch()
        let process = Process()
        let folder = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        process.executableURL = folder.deletingLastPathComponent().appending(path: "start-probe")
        let script = """
            cd \(scratch.path); touch begun
            for i in $(seq 600); do [ -e go ] && break; sleep 0.05; done
            touch ended
            """
        process.arguments = ["begin", script]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let said = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        let number = try #require(Int(said.trimmingCharacters(in: .newlines)))
        for _ in 0..<1500 where !scratch.has("begun") { usleep(20_000) }
        kill(process.processIdentifier, SIGKILL)
        usleep(300_000)
        #expect(Machine.live.processes(ofSession: number).contains(number))
        #expect(FileManager.default.createFile(atPath: scratch.path + "/go", contents: nil))
        for _ in 0..<200 where !Machine.live.processes(ofSession: number).isEmpty { usleep(50_000) }
        #expect(scratch.has("ended") && Machine.live.processes(ofSession: number).isEmpty)
        // Only now: Foundation waits until nobody has the descriptors that the starter had, its program included.
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
    }

    @Test func aProgramWhoseTimeIsOverMayTidyUp() throws {
        let scratch = try Scratch()
        let script =
            "trap 'touch \(scratch.path)/tidy; exit 1' TERM; touch \(scratch.path)/ready; while :; do sleep 0.05; done"
        #expect(throws: Errno.timedOut) {
            try Machine.live.run(call(script, milliseconds: 2_000, grace: 10_000)) { _ throws(Errno) in }
        }
        #expect(scratch.has("ready") && scratch.has("tidy"))
    }

    /// TERM reaches all of the session, and who ignores it is killed after the grace.
    @Test func aProgramThatIgnoresItIsKilledWithItsSession() throws {
        let seen = Seen()
        let start = ContinuousClock.now
        // A shell with job control gives what it starts in the background a process group of its own.
        let script = "trap '' TERM; set -m; (trap '' TERM; sleep 60; sleep 60) & set +m; while :; do sleep 0.05; done"
        #expect(throws: Errno.timedOut) {
            try Machine.live.run(call(script, milliseconds: 500, grace: 700)) { process throws(Errno) in
                seen.process = process
            }
        }
        #expect(ContinuousClock.now - start > .milliseconds(1_100))
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(Machine.live.processes(ofSession: seen.process) == [])
    }

    @Test func aDaemonWithASessionOfItsOwnIsNoPartOfIt() throws {
        let seen = Seen()
        let answer = try Machine.live.run(call("setsid sleep 3 >/dev/null 2>&1 & sleep 0.3; echo $!")) {
            process throws(Errno) in seen.process = process
        }
        #expect(answer.status == 0)
        #expect(Machine.live.processes(ofSession: seen.process) == [])
    }
}
