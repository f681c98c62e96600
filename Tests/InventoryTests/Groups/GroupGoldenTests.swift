import Formats
import Foundation
import Machine
import TestHosts
import Testing

@testable import Inventory

/// Every board of the rig, captured with its IOMMU switched off by `rig/groups --keep`, and beside it the groups that the
/// kernel made on the same board with it on.
@Suite struct GroupGoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "TestHosts/Captures/Groups")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".tar.gz") }.map { String($0.dropLast(7)) }.sorted()
    }()

    static func members(_ name: String) throws -> [TarMember] {
        let packed = Array(try Data(contentsOf: folder.appending(path: name + ".tar.gz")))
        let bytes = try #require(Gzip.decompress(packed, limit: 8 << 20))
        return try TarArchive.read(bytes: bytes)
    }

    static func host(_ name: String) throws -> Host {
        let packed = Array(try Data(contentsOf: folder.appending(path: name + ".tar.gz")))
        let bytes = try #require(Gzip.decompress(packed, limit: 8 << 20))
        let file = FileManager.default.temporaryDirectory.appending(path: "passthru-\(name)-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return Host.read(try Machine.captured(at: file.path), GroupPrediction.parts)
    }

    /// The kernel's groups, each sorted.
    static func kernelGroups(_ name: String) throws -> Set<[PCIAddress]> {
        let text = try String(contentsOf: folder.appending(path: name + ".groups"), encoding: .utf8)
        return Set(text.split(separator: "\n").map { $0.split(separator: " ").compactMap { PCIAddress($0) }.sorted() })
    }

    @Test func everyBoardIsHere() {
        #expect(Self.names.count >= 40)
        for board in ["switches", "functions", "bridges", "virtual", "integrated", "roots", "redirect", "intel"] {
            for iommu in ["intel", "amd"] { #expect(Self.names.contains("\(board)-\(iommu)-stock")) }
        }
    }

    @Test(arguments: names) func theInputHoldsNoGroup(_ name: String) throws {
        let members = try Self.members(name)
        #expect(members.count > 20)
        for member in members {
            #expect(!member.path.contains("iommu"), "\(name): \(member.path)")
            if case .symbolicLink(let target) = member.kind { #expect(!target.contains("iommu")) }
        }
    }

    @Test(arguments: names) func predictedIsWhatTheKernelMakes(_ name: String) throws {
        let host = try Self.host(name)
        let prediction = try #require(GroupPrediction(host))
        let expected = try Self.kernelGroups(name)
        #expect(Set(prediction.groups.map { $0.addresses.sorted() }) == expected)
        #expect(prediction.groups.allSatisfy { $0.confidence == .certain })
        let grouped = Set(expected.joined())
        #expect(Set(prediction.ungrouped.map(\.address)) == Set(host.functions.map(\.address)).subtracting(grouped))
    }

    /// A group whose functions carry numbers is explained from the same rules, and one that is not as expected is told.
    @Test(arguments: names) func groupsOfTheKernelAreExplained(_ name: String) throws {
        var host = try Self.host(name)
        let expected = try Self.kernelGroups(name).sorted { $0[0] < $1[0] }
        for (number, group) in expected.enumerated() {
            for index in host.functions.indices where group.contains(host.functions[index].address) {
                host.pci?.functions?[index].group = number
                // What the kernel has done by then to what ACS can do.
                if let acs = host.functions[index].details?.capabilities?.acs, !name.hasPrefix("redirect") {
                    host.pci?.functions?[index].details?.capabilities?.acs?.control = acs.capability
                }
            }
        }
        guard !name.hasPrefix("redirect") else { return }
        let reasons = try #require(GroupReasons(host))
        #expect(reasons.differences.isEmpty, "\(reasons.differences)")
        for (number, group) in expected.enumerated() {
            let explanation = reasons.explanation(ofGroup: number)
            #expect((explanation != nil) == (group.count > 1))
            #expect(explanation?.en.contains("no reason") != true)
        }
    }
}
