import Foundation
import Inventory
import Machine
import Operations
import Planning
import TestHosts
import Testing
import Wording

/// What the verbs say of groups: whose they are, and why.
@Suite struct PredictedGroupsTests {
    private static let captures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "TestHosts/Captures")

    private func switchedOn(_ name: String) throws -> Machine {
        try Machine.captured(at: Self.captures.appending(path: name + ".tar").path)
    }

    @Test func predictedGroupsAreNeverADevicesOwn() throws {
        let devices = Devices.run(try GroupCaptures.machine("switches-intel-stock"))
        #expect(devices.groupsFrom == .prediction)
        let groups = try #require(devices.predictedGroups)
        #expect(groups.contains { $0.members.count == 6 })
        #expect(devices.devices?.allSatisfy { $0.group == nil } == true)
        #expect(devices.devices?.allSatisfy { [.kept, .unisolated, .unknown].contains($0.verdict) } == true)
        let json = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(devices)) as? [String: Any]
        )
        #expect(json["groupsFrom"] as? String == "prediction")
        #expect((json["predictedGroups"] as? [Any])?.count == groups.count)
        #expect((json["groups"] as? [Any])?.isEmpty != false)
    }

    @Test(arguments: ["intel", "amd"]) func realGroupsArePredictedByNobody(_ name: String) throws {
        let devices = Devices.run(try switchedOn(name))
        #expect(devices.groupsFrom == .kernel)
        #expect(devices.predictedGroups == nil && devices.predictedWithoutGroup == nil)
    }

    /// The kernel's groups on the usual board, each with its reason, and none that is not as expected.
    @Test(arguments: ["intel", "amd"]) func realGroupsAreExplained(_ name: String) throws {
        let machine = try switchedOn(name)
        let host = Inventory.Host.read(machine, [.pci, .pciDetails, .kernel, .firmware])
        let reasons = try #require(GroupReasons(host))
        #expect(reasons.differences == [])
        for number in Set(host.functions.compactMap(\.group)) {
            let isShared = host.members(ofGroup: number).count > 1
            #expect((reasons.explanation(ofGroup: number) != nil) == isShared)
            #expect(reasons.causes(ofGroup: number).isEmpty == !isShared)
        }
    }

    @Test func showTellsWhy() throws {
        let real = try Show.run(try switchedOn("intel"), device: "06:00.0")
        #expect(real.groupReason?.en.contains("the port 0000:00:05.0 has no ACS") == true)
        #expect(real.predictedGroup == nil)
        let predicted = try Show.run(try GroupCaptures.machine("functions-intel-stock"), device: "01:00.1")
        #expect(predicted.predictedGroup?.confidence == .certain)
        #expect(predicted.predictedGroup?.members.count == 2)
        #expect(predicted.groupReason == nil)
        let unit = try Show.run(try GroupCaptures.machine("switches-amd-stock"), device: "00:01.0")
        #expect(unit.predictedGroup == nil)
        #expect(unit.predictedWithoutGroup?.en.contains("is the IOMMU itself") == true)
    }

    /// The same host answers the same where a folder or an archive stands for it, and nothing is written.
    @Test func assigningIsRefusedWhateverIsPredicted() throws {
        let machine = try GroupCaptures.machine("switches-intel-stock")
        for device in ["0c:00.0", "0d:00.0"] {
            #expect(throws: Failure.self) {
                try Assign.run(machine, devices: [device], mates: [], once: true, Permissions(dryRun: true)) { _ in }
            }
        }
    }
}
