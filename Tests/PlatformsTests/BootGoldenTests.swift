import Formats
import Foundation
import Machine
import Operations
import TestHosts
import Testing
import Transactions
import Wording

/// `passthru iommu on` on every kind of loader, kept in `Tests/Goldens/boot/NAME`: what the dry run prints, the difference,
/// and the changed files afterwards. The programs that it runs are simulated (``SimulatedLoaders``).
///
/// `PASSTHRU_REGENERATE=1 swift test --filter BootGoldenTests` writes them anew; the difference is then for people to read.
@Suite struct BootGoldenTests {
    static let regenerates = ProcessInfo.processInfo.environment["PASSTHRU_REGENERATE"] == "1"
    /// What a loader, or what makes its files, reads; the rest of a plan is the boot service's.
    static let places = [
        "/boot/", "/efi/", "/etc/default/", "/etc/kernel", "/etc/cmdline.d/", "/etc/dracut", "/etc/config/grub",
    ]

    static func isLoaders(_ path: String) -> Bool { places.contains { path.hasPrefix($0) } }

    /// What of the disk differs.
    static func differences(_ now: TestHost, _ before: TestHost) -> [String] {
        now.differences(from: before).filter { path in
            !["/sys/", "/var/run/", "/run/"].contains { path.hasPrefix($0) }
        }
    }

    static func on(_ sysfs: SimulatedSysfs, isOn: Bool = true, isTried: Bool = false) throws -> Outcome {
        let wish = IOMMUSwitch.Wish(isOn: isOn, trialMinutes: isTried ? 5 : nil)
        return try IOMMUSwitch.run(Machine(sysfs), wish, Permissions()) { _ in }
    }

    private static func plan(_ name: String) throws -> String {
        try String(contentsOf: BootHost.folder.appending(path: "\(name)/plan.txt"), encoding: .utf8)
    }

    /// Whether the golden of the dry run has a trial boot.
    private static func triesIt(_ name: String) throws -> Bool { try plan(name).contains("passthru.trial") }

    /// `iommu on`; nil where it is refused, with the status and in the words of the dry run's golden: a loader is refused
    /// exactly where that says so.
    static func onUnlessRefused(_ sysfs: SimulatedSysfs, _ name: String, isTried: Bool = false) throws -> Outcome? {
        do {
            let outcome = try on(sysfs, isTried: isTried)
            #expect(try plan(name).hasPrefix("exit 0\n"), "\(name) is not refused")
            return outcome
        } catch let failure as Failure {
            #expect(try plan(name) == "exit \(failure.status.rawValue)\n---\npassthru: \(failure.message.en)\n")
            return nil
        }
    }

    private func keep(_ text: String, _ file: String, _ name: String) throws {
        let golden = BootHost.folder.appending(path: "\(name)/\(file)")
        if Self.regenerates {
            let folder = golden.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try text.write(to: golden, atomically: true, encoding: .utf8)
            Issue.record("written anew: run it again without PASSTHRU_REGENERATE")
        } else {
            #expect((try? String(contentsOf: golden, encoding: .utf8)) == text, "\(name)/\(file)")
        }
    }

    @Test func thereAreMany() { #expect(BootHost.names.count >= 25) }

    @Test(arguments: BootHost.names)
    func thePlanIsTheSame(_ name: String) throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let path = try sandbox.write(try BootHost(name).host)
        let result = try Program.run(["iommu", "on", "--dry-run", "--host", path, "--lang", "en"])
        let error = result.error.isEmpty ? "" : "---\n" + result.error
        try keep("exit \(result.status)\n\(result.output)\(error)", "plan.txt", name)
    }

    @Test(arguments: BootHost.names)
    func itIsDoneOnceAndTakenBackWhole(_ name: String) throws {
        let before = try BootHost(name).host
        let sysfs = SimulatedLoaders.machine(before)
        let folder = BootHost.folder.appending(path: "\(name)/after")
        if Self.regenerates { try? FileManager.default.removeItem(at: folder) }
        guard let outcome = try Self.onUnlessRefused(sysfs, name) else {
            #expect(Self.differences(sysfs.host, before) == [], "nothing was changed")
            let diff = BootHost.folder.appending(path: "\(name)/diff.txt")
            let kept = [diff, folder].filter { FileManager.default.fileExists(atPath: $0.path) }
            #expect(kept == [], "a change is kept of a loader that is refused")
            return
        }
        try keep(outcome.diff, "diff.txt", name)
        let changed = Self.differences(sysfs.host, before).filter(Self.isLoaders)
        for file in changed { try keep(sysfs.host.text(file) ?? "", "after" + file, name) }
        if !Self.regenerates {
            let kept = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
            let files = kept.filter { !folder.appending(path: $0).hasDirectoryPath }
            #expect(
                files.allSatisfy { name in
                    changed.contains("/" + name) || changed.contains { $0.hasPrefix("/\(name)/") }
                }
            )
        }
        let once = sysfs.host
        #expect(try !Self.on(sysfs).changed, "a second time")
        #expect(Self.differences(sysfs.host, once) == [])
        _ = try Undo.run(Machine(sysfs), .transaction(1)) { _ in }
        #expect(Self.differences(sysfs.host, before) == [], "after undo")
    }

    @Test(arguments: BootHost.names)
    func offTakesOutWhatOnPutIn(_ name: String) throws {
        let before = try BootHost(name).host
        let sysfs = SimulatedLoaders.machine(before)
        guard try Self.onUnlessRefused(sysfs, name) != nil else { return }
        _ = try Self.on(sysfs, isOn: false)
        for path in Self.differences(sysfs.host, before) where Self.isLoaders(path) {
            let words = sysfs.host.text(path) ?? ""
            let old = before.text(path) ?? ""
            for word in ["intel_iommu=on", "iommu=pt", "passthru"] where !old.contains(word) {
                #expect(!words.contains(word), "\(path)")
            }
        }
    }

    /// Prepared, booted, confirmed, and taken back; and prepared, and taken back at once.
    @Test(arguments: BootHost.names)
    func aTrialIsKeptOrTakenBackWhole(_ name: String) throws {
        let before = try BootHost(name).host
        // The hook's own reader of functions is IStoreOSHook's.
        guard before.text("/etc/config/grub") == nil else { return }
        for isKept in [true, false] {
            let sysfs = SimulatedLoaders.machine(before)
            guard let outcome = try Self.onUnlessRefused(sysfs, name, isTried: true) else { return }
            #expect((outcome.trial != nil) == (try Self.triesIt(name)), "\(name)")
            guard outcome.trial != nil else { return }
            if isKept {
                #expect(SimulatedLoaders.reboot(sysfs, as: "second"), "the next boot is the trial")
                #expect(try Boot.run(Machine(sysfs), isEarly: false).trial?.phase == .running)
                #expect(try Confirm.run(Machine(sysfs), transaction: nil).confirmed == [1])
                #expect(!SimulatedLoaders.reboot(sysfs, as: "third"), "the one after it is not")
                #expect(!sysfs.host.nodes.keys.contains { $0.hasSuffix("passthru-trial.conf") })
            }
            _ = try Undo.run(Machine(sysfs), .transaction(1)) { _ in }
            #expect(Self.differences(sysfs.host, before) == [], "kept: \(isKept)")
        }
    }
}
