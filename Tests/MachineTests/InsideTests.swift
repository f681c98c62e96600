import Foundation
import Machine
import SystemPackage
import TestHosts
import Testing

/// The machine as a process in namespaces of its own sees it.
@Suite(.serialized) struct InsideTests {
    /// A container, gone at the end.
    private func with(
        _ files: [String: String] = [:],
        options: [String] = ["-m", "-p", "-u", "-i", "-n"],
        _ body: (FakeContainer, Machine) throws -> Void
    ) throws {
        let container = try FakeContainer(named: "inner", files: files, options: options)
        defer { container.stop() }
        try body(container, try Machine.live.inside(process: container.pid))
    }

    @Test func namespacesCanBeMadeHere() { #expect(FakeContainer.isPossible) }

    @Test func itsFilesAreThoseBelowItsRoot() throws {
        try with(["etc/only-here": "inside\n"]) { (container: FakeContainer, inside: Machine) throws in
            #expect(try inside.text("/etc/only-here") == "inside")
            #expect(!Machine.live.exists("/etc/only-here"))
            #expect(inside.program("sh") != nil)
            #expect(throws: Errno.noSuchFileOrDirectory) { try inside.text("/etc/passwd") }
            #expect(try Machine.live.hostName(ofProcess: container.pid) == "inner")
        }
    }

    @Test func noLinkLeadsOut() throws {
        try with(["etc/x": ""]) { (container: FakeContainer, inside: Machine) throws in
            let root = "/proc/\(container.pid)/root"
            symlink("/etc/passwd", root + "/etc/absolute")
            symlink("../../../../../../etc/passwd", root + "/etc/relative")
            symlink("/proc/1/root/etc/passwd", root + "/etc/magic")
            symlink("/dev/zero", root + "/etc/device")
            mkfifo(root + "/etc/pipe", 0o666)
            for name in ["absolute", "relative"] {
                #expect(throws: Errno.noSuchFileOrDirectory, "\(name)") { try inside.read("/etc/\(name)") }
            }
            #expect(throws: Errno.tooManySymbolicLinkLevels) { try inside.read("/etc/magic") }
            #expect(throws: Errno.invalidArgument) { try inside.read("/etc/device") }
            #expect(throws: Errno.invalidArgument) { try inside.read("/etc/pipe") }
            #expect(throws: Errno.isDirectory) { try inside.read("/etc") }
        }
    }

    @Test func programsRunInItsNamespaces() throws {
        try with { (container: FakeContainer, inside: Machine) throws in
            let script =
                "hostname; for n in mnt uts ipc net pid cgroup user; do readlink /proc/self/ns/$n; done; pwd; id -u"
            let answer = try inside.run(ProgramCall("/bin/sh", ["-c", script], milliseconds: 20_000))
            let expected =
                ["inner"]
                + ["mnt", "uts", "ipc", "net", "pid", "cgroup", "user"].map { name in
                    (try? Machine.live.link("/proc/\(container.pid)/ns/\(name)")) ?? "?"
                } + ["/", "0"]
            #expect(answer.text.split(separator: "\n").map(String.init) == expected)
            #expect(answer.errors.isEmpty && answer.status == 0 && !answer.isCut)
            // Its own process list: it is not the container's first process, nor one of ours.
            let list = try inside.run("/bin/sh", ["-c", "echo /proc/[0-9]*"], milliseconds: 20_000)
            #expect(list.output.contains("/proc/1 ") && !list.output.contains("/proc/\(container.pid)"))
            #expect(throws: Errno.noSuchFileOrDirectory) {
                try inside.run(ProgramCall("/usr/bin/no-such", milliseconds: 1000))
            }
        }
    }

    /// What only the host has cannot be run, and what only the container has can.
    @Test func onlyItsOwnProgramsAreThere() throws {
        try with(["opt/virsh.sh": "#!/bin/sh\necho virsh of $(hostname)\n"]) {
            (_: FakeContainer, inside: Machine) throws in
            #expect(try inside.run("/opt/virsh", [], milliseconds: 20_000).output == "virsh of inner\n")
            #expect(throws: Errno.noSuchFileOrDirectory) { try Machine.live.run("/opt/virsh", [], milliseconds: 1000) }
        }
    }

    @Test func aHangingProgramIsEndedWithItsChildren() throws {
        try with(["opt/hang.sh": "#!/bin/sh\nsleep 997 & sleep 998\n"]) {
            (container: FakeContainer, inside: Machine) throws in
            let clock = ContinuousClock()
            let time = clock.measure {
                #expect(throws: Errno.timedOut) { try inside.run(ProgramCall("/opt/hang", milliseconds: 500)) }
            }
            #expect(time < .seconds(10))
            usleep(200_000)
            let list = try inside.run("/bin/sh", ["-c", "cat /proc/[0-9]*/cmdline"], milliseconds: 20_000).output
            #expect(!list.contains("997") && !list.contains("998"))
        }
    }

    @Test func theEndOfAProgramIsItsOwn() throws {
        try with { (_: FakeContainer, inside: Machine) throws in
            for (script, status) in [("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137), ("true", 0)] {
                #expect(try inside.run("/bin/sh", ["-c", script], milliseconds: 20_000).status == status)
            }
        }
    }

    @Test func aProcessThatIsGoneIsNoPlace() throws {
        let container = try FakeContainer(named: "short")
        let inside = try Machine.live.inside(process: container.pid)
        container.stop()
        #expect(throws: Errno.noSuchProcess) { try inside.run(ProgramCall("/bin/true", milliseconds: 1000)) }
        #expect(throws: Errno.noSuchProcess) { try Machine.live.inside(process: container.pid) }
        #expect(throws: Errno.noSuchProcess) { try Machine(MemoryTree()).inside(process: 1) }
    }

    /// As an unprivileged container: root inside is nobody outside.
    @Test func aUserNamespaceIsEnteredToo() throws {
        try with(options: ["-U", "--map-root-user", "-m", "-p", "-u", "-i", "-n"]) {
            (_: FakeContainer, inside: Machine) throws in
            let answer = try inside.run(
                ProgramCall("/bin/sh", ["-c", "id -u; cat /proc/self/uid_map"], milliseconds: 20_000)
            )
            #expect(answer.text.hasPrefix("0\n"), "\(answer)")
        }
    }

    /// A program gets no right that the process it joins could not have.
    @Test func noMoreCapabilitiesThanTheProcess() throws {
        let container = try FakeContainer(named: "dropped", without: "-sys_module,-sys_time")
        defer { container.stop() }
        let status = try Machine.live.inside(process: container.pid)
            .run("/bin/sh", ["-c", "grep CapEff /proc/self/status; grep CapBnd /proc/1/status"], milliseconds: 20_000)
        let own = try Machine.live.text("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("CapBnd") }
        let masks = status.output.split(separator: "\n").compactMap { $0.split(separator: "\t").last }
        #expect(masks.count == 2 && masks.first == masks.last, "\(status.output)")
        #expect(masks.first != own?.split(separator: "\t").last)
    }
}
