import Foundation
import Inventory
import Machine
import Operations
import TestHosts
import Testing
import Wording

/// `passthru export state` and `passthru import`.
@Suite struct ImportTests {
    private static let nic = "0000:04:00.0"

    private func router() throws -> SimulatedSysfs { SimulatedSysfs(try .named("i226-router")) }

    /// What a host says on which a card was assigned.
    private func exported() throws -> String {
        let sysfs = try router()
        _ = try Assign.run(
            Machine(sysfs),
            devices: [Self.nic],
            mates: [],
            once: false,
            guest: "nas",
            Permissions()
        ) { _ in }
        return try ExportState.run(Machine(sysfs), version: "1").text
    }

    private func take(_ sysfs: SimulatedSysfs, _ text: String, partial: Bool = false) throws -> Outcome {
        try Import.run(
            Machine(sysfs),
            .init(name: "state.txt", bytes: Array(text.utf8), isPartial: partial),
            Permissions()
        ) { _ in }
    }

    @Test func thereAndBack() throws {
        let text = try exported() + "\n# a comment of the owner's\n"
        let sysfs = try router()
        let before = sysfs.host
        let outcome = try take(sysfs, text)
        #expect(outcome.devices.map(\.description) == [Self.nic])
        #expect(sysfs.driver(of: Self.nic) == "vfio-pci")
        #expect(try ExportState.run(Machine(sysfs), version: "1").text == text)
        #expect(try !take(sysfs, text).changed)
        _ = try Undo.run(Machine(sysfs), .transaction(1)) { _ in }
        let left = sysfs.host.differences(from: before).filter { path in
            !["/sys/", "/var/run/"].contains { path.hasPrefix($0) }
        }
        #expect(left == [])
    }

    @Test func anotherDeviceAtTheAddressIsRefused() throws {
        let text = try exported()
        let sysfs = try router()
        sysfs.replaceIdentity(of: Self.nic, vendor: "8086", device: "1533")
        let before = sysfs.host
        let failure = #expect(throws: Failure.self) { try take(sysfs, text) }
        #expect(failure?.status == .refused)
        #expect(failure?.details.map(\.en) == ["0000:04:00.0 8086:125c: 8086:1533 is there, not 8086:125c"])
        let partial = try take(sysfs, text, partial: true)
        #expect(partial.devices == [])
        #expect(partial.warnings.contains { $0.en.contains("8086:1533 is there") })
        #expect(sysfs.host.differences(from: before) == [])
    }

    @Test func anAbsentDeviceIsRefused() throws {
        let text = try exported()
        let sysfs = try router()
        sysfs.vanish(Self.nic)
        let failure = #expect(throws: Failure.self) { try take(sysfs, text) }
        #expect(failure?.details.first?.en.contains("nothing is at its address") == true)
    }

    @Test func aLineThatCannotBeTakenIsNamed() throws {
        let text = try exported().replacing("option address '0000:04:00.0'", with: "option address 'here'")
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("'here'") }
        let failure = #expect(throws: Failure.self) { try take(router(), text) }
        #expect(failure?.status == .malformed)
        #expect(failure?.message.en.hasPrefix("state.txt, line \((line ?? -1) + 1): ") == true)
    }
}
