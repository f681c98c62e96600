import Changes
import Foundation
import Inventory
import Machine
import SystemPackage
import TestHosts
import Testing
import Transactions
import Wording

/// Programs that a plan runs in a container, with an input.
@Suite struct PlacedProgramTests {
    private static let place = RunnerPlace(.libvirt, in: "webvirtcloud")
    private static let id = String(repeating: "0123456789abcdef", count: 4)
    private static let old: FileContent = "<domain>old</domain>\n"
    private static let new: FileContent = "<domain>new</domain>\n"

    /// A host with one container in which libvirtd runs, and a virsh that keeps what it is given.
    private func host(pid: Int = 77, saying text: String? = nil) throws -> (SimulatedSysfs, ProgramTree) {
        let inside = ProgramTree(["/kept": "<domain>old</domain>\n"])
        inside.programs["/usr/bin/virsh"] = { call in
            switch call.arguments.first {
            case "define":
                inside.base.put(.file(call.input ?? [], mode: 0o644), at: "/kept")
                return .success(ProgramAnswer(status: 0))
            case "dumpxml":
                let kept = (try? inside.read("/kept", limit: 99)) ?? []
                return .success(ProgramAnswer(status: 0, output: text.map { Array($0.utf8) } ?? kept))
            default: return .success(ProgramAnswer(status: 1, errors: "\nerror: unknown command\n"))
            }
        }
        let host = try TestHost.named("i226-router").with([
            "/proc/1/cmdline": "/sbin/procd\0",
            "/var/lib/docker/containers/\(Self.id)/config.v2.json":
                #"{"ID":"\#(Self.id)","Name":"/webvirtcloud","Path":"/init"}"#,
        ])
        let sysfs = SimulatedSysfs(host)
        start(sysfs, inside, pid)
        return (sysfs, inside)
    }

    private func start(_ sysfs: SimulatedSysfs, _ inside: ProgramTree, _ pid: Int) {
        sysfs.insides = [pid: inside]
        sysfs.change { host in
            host.file("/proc/\(pid)/cmdline", "/usr/sbin/libvirtd\0--listen\0")
            host.file("/proc/\(pid)/cgroup", "0::/docker/\(Self.id)\n")
            host.file("/proc/\(pid)/mountinfo", "600 500 0:57 / / rw - overlay overlay rw\n")
            host.link("/proc/\(pid)/root", "/")
            host.link("/proc/\(pid)/ns/mnt", "mnt:[4026532\(pid)]")
            host.link("/proc/self/ns/mnt", "mnt:[4026531841]")
        }
    }

    private func plan(_ expectation: Changes.Expectation? = nil) -> Plan {
        func define(_ document: FileContent) -> Change {
            .runProgram(
                path: "/usr/bin/virsh",
                arguments: ["define", "/dev/stdin"],
                input: document,
                place: Self.place
            )
        }
        return Plan(changes: [
            PlannedChange(
                define(Self.new),
                before: Self.old.text,
                after: Self.new.text,
                inverse: [define(Self.old)],
                expectation: expectation,
                reason: Text(en: "a test", zh: "测试")
            )
        ])
    }

    private func says(_ contains: [String], lacks: [String] = []) -> Changes.Expectation {
        .programSays(
            path: "/usr/bin/virsh",
            arguments: ["dumpxml", "--inactive", "win"],
            place: Self.place,
            contains: contains,
            lacks: lacks
        )
    }

    private func failure(_ sysfs: SimulatedSysfs, _ plan: Plan) -> String? {
        do {
            try Transaction(on: Machine(sysfs), deadline: 1000, settling: 0).apply(plan, verb: "test")
            return nil
        } catch {
            return error.message.en
        }
    }

    @Test func theInputArrivesAndIsTakenBack() throws {
        let (sysfs, inside) = try host()
        #expect(failure(sysfs, plan(says(["new"], lacks: ["old"]))) == nil)
        #expect(try inside.read("/kept", limit: 99) == Self.new.bytes)
        // The container was restarted meanwhile: its processes have other numbers.
        sysfs.change { $0.remove("/proc/77") }
        start(sysfs, inside, 78)
        let transaction = Transaction(on: Machine(sysfs))
        let entry = try #require(try transaction.journal.entries().last)
        #expect(transaction.undo(entry, .request).isEmpty)
        #expect(try inside.read("/kept", limit: 99) == Self.old.bytes)
        #expect(inside.calls.filter { $0.arguments == ["define", "/dev/stdin"] }.count == 2)
    }

    @Test func whatItSaysAfterwardsDecides() throws {
        let (sysfs, inside) = try host(saying: "<domain>other</domain>")
        #expect(failure(sysfs, plan(says(["new"])))?.contains("does not say 'new'") == true)
        #expect(try inside.read("/kept", limit: 99) == Self.old.bytes)
        #expect(failure(sysfs, plan(says([], lacks: ["other"])))?.contains("still says 'other'") == true)
        #expect(failure(sysfs, plan(says(["other"], lacks: ["new"]))) == nil)
    }

    @Test func aContainerThatIsDownIsSaidSo() throws {
        let (sysfs, _) = try host()
        sysfs.change { $0.remove("/proc/77") }
        let said = try #require(failure(sysfs, plan()))
        #expect(said.contains("libvirt does not run in the container webvirtcloud: start the container"), "\(said)")
    }

    @Test func complaintsAreShownWithoutTheInput() throws {
        let (sysfs, inside) = try host()
        inside.programs["/usr/bin/virsh"] = { _ in .success(ProgramAnswer(status: 1, errors: "\nerror: no memory\n")) }
        let said = try #require(failure(sysfs, plan()))
        #expect(
            said.contains(
                "/usr/bin/virsh define /dev/stdin in the container webvirtcloud ended with 1: error: no memory"
            ),
            "\(said)"
        )
        #expect(!said.contains("<domain>"))
    }

    /// As `virsh attach-device` and `detach-device`: the one failed, so there is nothing for the other to take away.
    @Test func whatNeverCameNeedNotBeTakenBack() throws {
        let (sysfs, inside) = try host()
        inside.programs["/usr/bin/virsh"] = { call in
            call.arguments.first == "dumpxml"
                ? .success(ProgramAnswer(status: 0, output: Array("<domain/>".utf8)))
                : .success(ProgramAnswer(status: 1, errors: "error: Path '/dev/vfio/9' is not accessible\n"))
        }
        do {
            try Transaction(on: Machine(sysfs), deadline: 1000, settling: 0).apply(plan(says(["new"])), verb: "test")
            Issue.record("it was applied")
        } catch {
            #expect(error.left.isEmpty && error.message.en.contains("not accessible"))
        }
        // Where it cannot be asked it is not known.
        inside.programs["/usr/bin/virsh"] = { _ in .success(ProgramAnswer(status: 1, errors: "error: no connection\n"))
        }
        do {
            try Transaction(on: Machine(sysfs), deadline: 1000, settling: 0).apply(plan(says(["new"])), verb: "test")
            Issue.record("it was applied")
        } catch {
            #expect(error.left.count == 1)
        }
    }

    @Test func aHangingProgramIsSaidSo() throws {
        let (sysfs, inside) = try host()
        inside.programs["/usr/bin/virsh"] = { _ in .failure(.timedOut) }
        #expect(failure(sysfs, plan())?.contains("did not end within 120 s and was stopped") == true)
    }

    /// A journal that was written before programs had places.
    @Test func oldRecordsAreRead() throws {
        let old = #"{"runProgram":{"arguments":["-f","/x"],"path":"/bin/rm"}}"#
        let change = try JSONDecoder().decode(Change.self, from: Data(old.utf8))
        #expect(change == .runProgram(path: "/bin/rm", arguments: ["-f", "/x"]))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(String(decoding: try encoder.encode(change), as: UTF8.self) == old)
        let planned = plan(says(["x"])).changes[0]
        let bytes = try #require(JSONRecord.bytes(planned))
        #expect(JSONRecord.value(PlannedChange.self, bytes) == planned)
    }

    @Test func aSentenceNamesThePlace() {
        let planned = plan().changes[0]
        #expect(planned.inverse.map(\.sentence) == ["/usr/bin/virsh define /dev/stdin  # in webvirtcloud"])
    }
}
