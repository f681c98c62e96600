import TestHosts
import Testing
import Wording

@testable import Inventory

/// What is predicted on every board of the rig while its IOMMU is off, and what the kernel makes of it with it on.
@Suite struct GroupGoldenTests {
    private func host(_ name: String) throws -> Host {
        Host.read(try GroupCaptures.machine(name), GroupPrediction.parts)
    }

    private func kernelGroups(_ name: String) throws -> Set<[PCIAddress]> {
        Set(try GroupCaptures.kernelGroups(name).map { $0.compactMap { PCIAddress($0) }.sorted() })
    }

    @Test func everyBoardIsHere() {
        #expect(GroupCaptures.names.count >= 40)
        for board in ["switches", "functions", "bridges", "virtual", "integrated", "roots", "redirect"] {
            for iommu in ["intel", "amd"] {
                for kernel in ["stock", "newest"] {
                    #expect(GroupCaptures.names.contains("\(board)-\(iommu)-\(kernel)"))
                }
            }
        }
    }

    @Test(arguments: GroupCaptures.names) func theInputHoldsNoGroup(_ name: String) throws {
        let paths = try GroupCaptures.paths(name)
        #expect(paths.count > 20)
        for path in paths { #expect(!path.contains("iommu"), "\(name): \(path)") }
    }

    @Test(arguments: GroupCaptures.names) func predictedIsWhatTheKernelMakes(_ name: String) throws {
        let host = try host(name)
        #expect(host.functions.allSatisfy { $0.group == nil })
        let prediction = try #require(GroupPrediction(host))
        let expected = try kernelGroups(name)
        #expect(Set(prediction.groups.map { $0.addresses.sorted() }) == expected)
        #expect(prediction.groups.allSatisfy { $0.confidence == .certain && $0.doubts.isEmpty })
        let grouped = Set(expected.joined())
        #expect(Set(prediction.ungrouped.map(\.address)) == Set(host.functions.map(\.address)).subtracting(grouped))
    }

    /// The same groups as if they were there: each that is shared has its reason, and none is a surprise.
    @Test(arguments: GroupCaptures.names) func groupsOfTheKernelAreExplained(_ name: String) throws {
        var host = try host(name)
        let expected = try kernelGroups(name).sorted { $0[0] < $1[0] }
        let numbers = expected.enumerated().reduce(into: [PCIAddress: Int]()) { numbers, group in
            for address in group.element { numbers[address] = group.offset }
        }
        for index in host.functions.indices {
            let function = host.functions[index]
            host.pci?.functions?[index].group = numbers[function.address]
            // What the kernel has switched on by then.
            if let acs = function.details?.capabilities?.acs {
                host.pci?.functions?[index].details?.capabilities?.acs?.control = acs.capability
            }
        }
        let reasons = try #require(GroupReasons(host))
        #expect(reasons.differences == [])
        for (number, group) in expected.enumerated() {
            #expect(reasons.causes(ofGroup: number).isEmpty == (group.count == 1))
            #expect((reasons.explanation(ofGroup: number) == nil) == (group.count == 1))
        }
    }
}
