import Foundation
import Machine
import TestHosts
import TestPlans
import Testing
import Transactions

/// passthru is killed (SIGKILL) after every record of its journal and after every step; what is then found and finished
/// leaves the machine exactly as before or exactly as planned, and the journal tells the truth.
@Suite struct KillTests {
    private static let nic = "0000:04:00.0"

    private static func machine() throws -> TestHost {
        var host = try TestHost.named("i226-router").with([
            EveryKind.edited: "GRUB_TIMEOUT=5\n", EveryKind.removed: "old\n",
            "/proc/sys/kernel/random/boot_id": "first",
        ])
        host.file("/bin/touch", "", mode: 0o755)
        host.file("/bin/rm", "", mode: 0o755)
        host.file("/bin/cp", "", mode: 0o755)
        host.folder("/boot")
        return host
    }

    /// A process of its own that works on a simulated machine.
    private struct Probe {
        let state: URL
        var host: TestHost {
            get throws { try JSONDecoder().decode(TestHost.self, from: Data(contentsOf: state)) }
        }

        init(_ host: TestHost) throws {
            state = FileManager.default.temporaryDirectory.appending(path: "kill-\(UUID().uuidString).json")
            try put(host)
        }

        func put(_ host: TestHost) throws { try JSONEncoder().encode(host).write(to: state) }

        func remove() { try? FileManager.default.removeItem(at: state) }

        /// - Returns: the signal that ended it, and what it said.
        func run(_ verb: String, killAt: Int? = nil) throws -> (signal: Int32, output: String) {
            let process = Process()
            let folder = URL(
                fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            )
            process.executableURL = folder.deletingLastPathComponent().appending(path: "kill-probe")
            process.arguments = [state.path, verb] + (killAt.map { ["\($0)"] } ?? [])
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            let killed = process.terminationReason == .uncaughtSignal
            #expect(killed || process.terminationStatus == 0, "\(verb) \(killAt ?? 0): \(output)")
            return (killed ? process.terminationStatus : 0, output)
        }
    }

    /// What a restart leaves: the disk. Devices are with their home drivers, `/var/run` is empty.
    private static func restarted(_ killed: TestHost, from initial: TestHost) -> TestHost {
        func isVolatile(_ path: String) -> Bool {
            ["/sys/", "/proc/", "/var/run/", "/dev/"].contains { path.hasPrefix($0) }
        }
        var host = TestHost("restarted")
        for (path, node) in initial.nodes where isVolatile(path) { host.put(node, at: path) }
        for (path, node) in killed.nodes where !isVolatile(path) { host.put(node, at: path) }
        host.file("/proc/sys/kernel/random/boot_id", "second")
        return host
    }

    private static func ignoringModules(_ paths: [String]) -> [String] {
        // Loading a module has no inverse.
        paths.filter { !$0.hasPrefix("/sys/module/") && !$0.hasPrefix("/sys/bus/pci/drivers/vfio-pci") }
    }

    private static func number(in output: String) throws -> Int {
        try #require(output.split(separator: " ").last.flatMap { Int($0.trimmingCharacters(in: .newlines)) })
    }

    @Test(arguments: ["apply", "fail"], [false, true])
    func killedAtEveryPoint(_ verb: String, _ withRestart: Bool) throws {
        let initial = try Self.machine()
        let whole = try Probe(initial)
        defer { whole.remove() }
        let events = try Self.number(in: whole.run(verb).output)
        let final = try whole.host
        #expect(events > 25)
        if verb == "fail" { #expect(Self.ignoringModules(final.differences(from: initial)) == []) }
        for point in 1...events {
            let probe = try Probe(initial)
            defer { probe.remove() }
            let (signal, said) = try probe.run(verb, killAt: point)
            #expect(signal == SIGKILL, "\(said)")
            if withRestart { try probe.put(Self.restarted(probe.host, from: initial)) }
            _ = try probe.run("recover")
            let end = try probe.host
            let entry = try #require(Journal(on: end.machine).entry(1), "\(said)")
            if said.contains("recorded commit") {
                #expect(entry.state == .applied)
                let differing = end.differences(from: withRestart ? Self.restarted(final, from: initial) : final)
                #expect(differing == [], "\(said)")
            } else {
                #expect(entry.state == .rolledBack, "\(said)")
                #expect(Self.ignoringModules(end.differences(from: initial)) == [], "\(said)")
            }
        }
    }

    /// The power fails again while what was interrupted is put back.
    @Test func killedWhileRecovering() throws {
        let initial = try Self.machine()
        let killed = try Probe(initial)
        defer { killed.remove() }
        // As late as possible: just before it counts as applied.
        let events = try Self.number(in: killed.run("apply").output)
        try killed.put(initial)
        _ = try killed.run("apply", killAt: events - 1)
        let state = try killed.host
        let points = try Self.number(in: killed.run("recover").output)
        #expect(points > 10)
        for point in 1...points {
            let probe = try Probe(state)
            defer { probe.remove() }
            let (signal, said) = try probe.run("recover", killAt: point)
            #expect(signal == SIGKILL, "\(said)")
            _ = try probe.run("recover")
            let end = try probe.host
            #expect(Self.ignoringModules(end.differences(from: initial)) == [], "\(said)")
            #expect(Journal(on: end.machine).entry(1)?.state == .rolledBack, "\(said)")
        }
    }
}
