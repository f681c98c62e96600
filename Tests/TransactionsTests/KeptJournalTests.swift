import Changes
import Foundation
import Inventory
import Machine
import Operations
import Planning
import SystemPackage
import TestHosts
import TestPlans
import Testing
import Transactions
import Wording

/// Journals as released versions wrote them, in `Journals/VERSION`: whoever upgrades in the middle of something can undo it
/// all the same. They are never edited; a new release adds a folder of its own (CONTRIBUTING.md).
@Suite struct KeptJournalTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Journals")

    /// What a release left of one situation: its journal, and what else of the machine it had changed.
    struct Kept: Sendable, CustomTestStringConvertible {
        var version: String
        var name: String
        var folder: URL { KeptJournalTests.folder.appending(path: "\(version)/\(name)") }
        var testDescription: String { "\(version)/\(name)" }

        var journal: [(name: String, bytes: [UInt8])] {
            get throws {
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                    .filter { Int($0) != nil }
                    .map { ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0)))) }
            }
        }

        /// The states of its transactions, as the release itself told them.
        var told: [String] {
            get throws {
                struct History: Decodable {
                    struct Transaction: Decodable {
                        var id: Int
                        var verb: String
                        var state: String
                        var cause: String?
                        var follows: Int?
                        var guest: String?
                    }
                    var transactions: [Transaction]
                }
                let data = try Data(contentsOf: folder.appending(path: "history.json"))
                return try JSONDecoder().decode(History.self, from: data).transactions.map {
                    KeptJournalTests.line($0.id, $0.verb, $0.state, $0.cause, $0.follows, $0.guest)
                }
            }
        }
    }

    /// What differs between the machine before and the machine as it was left.
    private struct Difference: Codable {
        var changed: TestHost
        var removed: [String]

        init(from before: TestHost, to after: TestHost) {
            changed = TestHost("changed")
            for (path, node) in after.nodes where before.nodes[path] != node { changed.put(node, at: path) }
            removed = before.nodes.keys.filter { after.nodes[$0] == nil }.sorted()
        }

        func applied(to before: TestHost) -> TestHost {
            var host = before
            removed.forEach { host.remove($0) }
            for (path, node) in changed.nodes { host.put(node, at: path) }
            return host
        }
    }

    static let kept: [Kept] = {
        let files = FileManager.default
        let versions = (try? files.contentsOfDirectory(atPath: folder.path)) ?? []
        return versions.sorted().flatMap { version in
            ((try? files.contentsOfDirectory(atPath: folder.appending(path: version).path)) ?? []).sorted().map {
                Kept(version: version, name: $0)
            }
        }
    }()

    fileprivate static func line(
        _ id: Int,
        _ verb: String,
        _ state: String,
        _ cause: String?,
        _ follows: Int?,
        _ guest: String?
    ) -> String {
        "\(id) \(verb) \(state) \(cause ?? "-") \(follows.map(String.init) ?? "-") \(guest ?? "-")"
    }

    private func told(_ machine: Machine) throws -> [String] {
        let history = try History.run(machine, transaction: nil)
        #expect(history.unreadable == [])
        return history.transactions.map {
            Self.line($0.id, $0.verb, $0.state.rawValue, $0.cause?.rawValue, $0.follows, $0.guest)
        }
    }

    /// What a change of passthru's own must not lose: modules that were loaded stay loaded.
    private func differences(_ host: TestHost, from before: TestHost) -> [String] {
        host.differences(from: before).filter { path in
            !path.hasPrefix("/sys/module/") && !path.hasPrefix("/sys/bus/pci/drivers/vfio-pci")
                && path != "/var/run/passthru/boot.json"
        }
    }

    @Test func everyReleaseIsThere() {
        let names = Set(Self.kept.filter { $0.version == "0.1.0" }.map(\.name))
        #expect(names.isSuperset(of: Self.scenarios.map(\.name)))
        #expect(names.contains { $0.hasPrefix("rig-") })
    }

    /// The newest program tells what the release told.
    @Test(arguments: kept) func itSaysWhatItSaid(_ kept: Kept) throws {
        var host = try Self.host(of: kept)
        let base = Journal(on: host.machine).folder
        for (name, bytes) in try kept.journal { host.file("\(base)/\(name)", bytes: bytes, mode: 0o600) }
        #expect(try !kept.journal.isEmpty)
        #expect(try told(host.machine) == kept.told)
    }

    /// The newest program finishes what the release left, and takes everything back.
    @Test(arguments: kept.filter { !$0.name.hasPrefix("rig-") }) func itIsTakenBack(_ kept: Kept) throws {
        let scenario = try #require(Self.scenarios.first { $0.name == kept.name })
        let before = try scenario.before().host
        let sysfs = try scenario.simulated(Self.host(of: kept))
        for (name, bytes) in try kept.journal {
            try sysfs.put(FileSnapshot(bytes: bytes, mode: 0o600), at: "\(Journal(on: Machine(sysfs)).folder)/\(name)")
        }
        let recovered = try Recover.run(Machine(sysfs))
        #expect(recovered.unreadable == [])
        let undo = try Undo.run(Machine(sysfs), .all) { _ in }
        #expect(undo.transactions.flatMap(\.left).map(\.en) == [])
        #expect(differences(sysfs.host, from: before) == [])
    }

    /// A file whose form only a later passthru knows is not taken for one of ours: nothing of it is put back by guess.
    @Test func aLaterVersion() throws {
        let sysfs = try PermanentAssignmentTests.router()
        try Self.assign(sysfs, once: true)
        let path = "/etc/passthru/journal/0001"
        let lines = try #require(sysfs.host.text(path)).split(separator: "\n")
        let first = String(lines[0].dropFirst(9))
        #expect(first.contains(#""version":2"#))
        let later = first.replacingOccurrences(of: #""version":2"#, with: #""version":3"#)
        let written = ["\(Self.checksum(later)) \(later)"] + lines.dropFirst().map(String.init)
        sysfs.change { $0.file(path, written.joined(separator: "\n")) }
        #expect(try History.run(Machine(sysfs), transaction: nil).unreadable == [1])
    }

    /// CRC-32 (RFC 1952), bit by bit.
    private static func checksum(_ text: String) -> String {
        var value: UInt32 = 0xFFFF_FFFF
        for byte in text.utf8 {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        }
        let digits = String(~value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The machine as the release left it, without the journal; of the rig's only what tells where the journal lies.
    private static func host(of kept: Kept) throws -> TestHost {
        let file = kept.folder.appending(path: "changed.json")
        guard FileManager.default.fileExists(atPath: file.path) else { return TestHost("rig") }
        let difference = try JSONDecoder().decode(Difference.self, from: Data(contentsOf: file))
        guard let scenario = scenarios.first(where: { $0.name == kept.name }) else { return TestHost("unknown") }
        return difference.applied(to: try scenario.before().host)
    }

    // MARK: How they came about

    struct Scenario: Sendable {
        var name: String
        /// The machine before anything was done.
        var before: @Sendable () throws -> SimulatedSysfs
        /// Makes what its programs do.
        var simulated: @Sendable (TestHost) throws -> SimulatedSysfs = { SimulatedSysfs($0) }
        /// Leaves the machine to be kept.
        var act: @Sendable (SimulatedSysfs) throws -> TestHost
    }

    private static let nic = "0000:04:00.0"

    private static func assign(_ sysfs: SimulatedSysfs, once: Bool, within: Int? = nil) throws {
        _ = try PermanentAssignmentTests.assign(sysfs, [nic], once: once, Permissions(confirmWithin: within))
    }

    private static let router: @Sendable () throws -> SimulatedSysfs = { try PermanentAssignmentTests.router() }

    private static func loader(_ host: TestHost) -> SimulatedSysfs {
        let sysfs = SimulatedSysfs(host)
        IStoreOSHook.install(sysfs)
        return sysfs
    }

    private static func turnOn(_ sysfs: SimulatedSysfs, trial: Bool) throws {
        let wish = trial ? IOMMUSwitch.Wish(isOn: true) : IOMMUSwitch.Wish(isOn: true, trialMinutes: nil)
        _ = try IOMMUSwitch.run(Machine(sysfs), wish, Permissions()) { _ in }
    }

    private static func tried(_ sysfs: SimulatedSysfs) throws {
        try turnOn(sysfs, trial: true)
        try IStoreOSHook.reboot(sysfs, as: "second")
        _ = try Boot.run(Machine(sysfs), isEarly: false)
    }

    /// A machine for a plan with every kind of change, and the programs that it runs.
    private static func every() throws -> SimulatedSysfs {
        var host = try TestHost.named("i226-router").with([
            EveryKind.edited: "GRUB_TIMEOUT=5\n", EveryKind.removed: "old\n",
            "/proc/sys/kernel/random/boot_id": "first",
        ])
        for program in ["/bin/touch", "/bin/rm", "/bin/cp"] { host.file(program, "", mode: 0o755) }
        host.folder("/boot")
        return everyProgram(host)
    }

    private static func everyProgram(_ host: TestHost) -> SimulatedSysfs {
        let sysfs = SimulatedSysfs(host)
        sysfs.programs = [
            "/bin/touch": { sysfs, arguments in
                try? sysfs.put(FileSnapshot(bytes: []), at: arguments[0])
                return ProgramResult(status: 0, output: "")
            },
            "/bin/cp": { sysfs, arguments in
                let source = (try? sysfs.read(arguments[0], limit: .max)) ?? []
                try? sysfs.put(FileSnapshot(bytes: source), at: arguments[1])
                return ProgramResult(status: 0, output: "")
            },
            "/bin/rm": { sysfs, arguments in
                try? sysfs.put(nil, at: arguments[1])
                return ProgramResult(status: 0, output: "")
            },
        ]
        return sysfs
    }

    /// The machine as it was when this event of the plan was safely done.
    private static func stopped(_ sysfs: SimulatedSysfs, at event: String, undoing: Bool = false) throws -> TestHost {
        var left: TestHost?
        let transaction = Transaction(on: Machine(sysfs), settling: 200) { _ in
        } onEvent: {
            if "\($0)" == event, left == nil { left = sysfs.host }
        }
        let device = try #require(PCIAddress(nic))
        let entry = try transaction.apply(EveryKind.plan(for: device, on: Machine(sysfs)), verb: "probe")
        if undoing { #expect(transaction.undo(entry, .request) == []) }
        return try #require(left, "\(event)")
    }

    private static let document = ProgramDocument(
        name: "domain win11",
        program: "/usr/bin/virsh",
        reading: ["dumpxml", "win11"],
        writing: ["define", "/dev/stdin"],
        place: nil
    )
    private static let domain = "/etc/libvirt/qemu/win11.xml"

    private static func libvirt(_ host: TestHost) -> SimulatedSysfs {
        let sysfs = SimulatedSysfs(host)
        sysfs.answers["/usr/bin/virsh"] = { [unowned sysfs] call in
            guard call.arguments.first == "define" else {
                return ProgramAnswer(status: 0, output: Array((sysfs.host.text(domain) ?? "").utf8))
            }
            sysfs.change { $0.file(domain, String(decoding: call.input ?? [], as: UTF8.self)) }
            return ProgramAnswer(status: 0)
        }
        return sysfs
    }

    static let scenarios: [Scenario] = [
        Scenario(name: "once", before: router) {
            try assign($0, once: true)
            return $0.host
        },
        Scenario(name: "permanent", before: router) {
            try assign($0, once: false)
            return $0.host
        },
        Scenario(name: "waiting", before: router) {
            try assign($0, once: false, within: 60)
            return $0.host
        },
        Scenario(name: "confirmed", before: router) {
            try assign($0, once: false, within: 60)
            _ = try Confirm.run(Machine($0), transaction: nil)
            return $0.host
        },
        Scenario(name: "released", before: router) {
            try assign($0, once: false)
            _ = try PermanentAssignmentTests.release($0, [nic])
            return $0.host
        },
        Scenario(name: "undone", before: router) {
            try assign($0, once: false)
            _ = try Undo.run(Machine($0), .all) { _ in }
            return $0.host
        },
        Scenario(name: "failed", before: router) {
            $0.beforeWrite = { _, path, _ in path.hasSuffix("drivers_probe") ? .ioError : nil }
            _ = try? assign($0, once: false)
            return $0.host
        },
        Scenario(name: "not-all-put-back", before: router) {
            $0.beforeWrite = { _, path, _ in
                path.hasSuffix("drivers_probe") || path.hasSuffix("igc/bind") ? .ioError : nil
            }
            _ = try? assign($0, once: false)
            return $0.host
        },
        Scenario(name: "every-kind", before: every, simulated: everyProgram) {
            try stopped($0, at: "recorded commit")
        },
        Scenario(name: "interrupted-early", before: every, simulated: everyProgram) {
            try stopped($0, at: "performed step 3")
        },
        Scenario(name: "interrupted-late", before: every, simulated: everyProgram) {
            try stopped($0, at: "performed step 10")
        },
        Scenario(name: "interrupted-undo", before: every, simulated: everyProgram) {
            try stopped($0, at: "took back step 8", undoing: true)
        },
        Scenario(name: "boot-change", before: { try IStoreOSHook.router() }, simulated: loader) {
            try turnOn($0, trial: false)
            return $0.host
        },
        Scenario(name: "trial-prepared", before: { try IStoreOSHook.router() }, simulated: loader) {
            try turnOn($0, trial: true)
            return $0.host
        },
        Scenario(name: "trial-running", before: { try IStoreOSHook.router() }, simulated: loader) {
            try tried($0)
            return $0.host
        },
        Scenario(name: "trial-kept", before: { try IStoreOSHook.router() }, simulated: loader) {
            try tried($0)
            _ = try Confirm.run(Machine($0), transaction: nil)
            return $0.host
        },
        Scenario(name: "trial-failed", before: { try IStoreOSHook.router() }, simulated: loader) {
            try tried($0)
            try IStoreOSHook.reboot($0, as: "third")
            _ = try Boot.run(Machine($0), isEarly: false)
            return $0.host
        },
        Scenario(name: "hook", before: { try HookHost.desktop() }, simulated: HookHost.simulated) {
            try HookHost.assign($0)
            #expect(HookHost.call($0, .start) == nil)
            return $0.host
        },
        Scenario(name: "hook-stopped", before: { try HookHost.desktop() }, simulated: HookHost.simulated) {
            try HookHost.assign($0)
            #expect(HookHost.call($0, .start) == nil)
            #expect(HookHost.call($0, .stop) == nil)
            return $0.host
        },
        Scenario(
            name: "document",
            before: {
                var host = try TestHost.named("i226-router").with([
                    "/proc/sys/kernel/random/boot_id": "first", domain: "<domain>old</domain>\n",
                ])
                host.file("/usr/bin/virsh", "", mode: 0o755)
                return libvirt(host)
            },
            simulated: libvirt
        ) {
            let plan = Plan(changes: [
                .document(
                    document,
                    before: "<domain>old</domain>\n",
                    after: "<domain>new</domain>\n",
                    reason: Text(en: "a test", zh: "测试")
                )
            ])
            try Transaction(on: Machine($0)).apply(plan, verb: "guest-attach")
            return $0.host
        },
    ]

    /// Writes what this version leaves, when a release is made: `PASSTHRU_KEEP_JOURNALS=0.2.0`. A version that is kept is
    /// never written again.
    @Test func keep() throws {
        guard let version = ProcessInfo.processInfo.environment["PASSTHRU_KEEP_JOURNALS"] else { return }
        for scenario in Self.scenarios {
            let kept = Kept(version: version, name: scenario.name)
            try #require(!FileManager.default.fileExists(atPath: kept.folder.path), "\(version) is kept already")
            let sysfs = try scenario.before()
            let before = sysfs.host
            var after = try scenario.act(sysfs)
            let folder = Journal(on: after.machine).folder
            let history = try JSONRecord.bytes(History.run(after.machine, transaction: nil))
            try FileManager.default.createDirectory(at: kept.folder, withIntermediateDirectories: true)
            for name in try after.machine.list(folder) where Int(name) != nil {
                try Data(try after.machine.read("\(folder)/\(name)")).write(to: kept.folder.appending(path: name))
            }
            after.remove(folder)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            try encoder.encode(Difference(from: before, to: after)).write(
                to: kept.folder.appending(path: "changed.json")
            )
            try Data(try #require(history)).write(to: kept.folder.appending(path: "history.json"))
        }
        Issue.record("the journals of \(version) were written: commit them, then test without the variable")
    }
}
