import Inventory
import Machine
import Planning
import SystemPackage
import TestHosts
import Testing

/// While a write to sriov_numvfs waits for a guest to let go of a virtual function, the physical one's lock is held and the
/// virtual one has neither link nor driver any more (pci_iov_remove_virtfn() in drivers/pci/iov.c).
@Suite struct StuckDeviceTests {
    /// A machine on which some files do not answer.
    private struct StuckTree: FileTree {
        let base: MemoryTree
        let stuck: Set<String>

        func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
            if stuck.contains(Machine.lastComponent(of: path)), path.contains("0000:3b:00.0") { throw .timedOut }
            return try base.read(path, limit: limit)
        }
        func link(_ path: String) throws(Errno) -> String { try base.link(path) }
        func list(_ path: String) throws(Errno) -> [String] { try base.list(path) }
        func status(_ path: String, following: Bool) throws(Errno) -> FileStatus {
            try base.status(path, following: following)
        }
    }

    private static let physical = "/sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0"
    private static let virtual = "/sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:02.1"

    /// The second of four is with a guest, which does not let go.
    private func machine(_ more: [String: String] = ["/dev/vfio/33": ""]) throws -> Machine {
        let host = try TestHost.named("rmrr-server").without([
            "\(Self.physical)/virtfn1", "\(Self.virtual)/driver", "\(Self.virtual)/physfn",
        ])
        return Machine(StuckTree(base: host.with(more).tree, stuck: ["sriov_numvfs", "driver_override"]))
    }

    private func function(_ address: String, _ machine: Machine) throws -> (Host, PCIFunction) {
        let host = Host.read(machine, [.pci, .pciDetails, .iommu, .consumers])
        return (host, try #require(PCIAddress(address).flatMap(host.function)))
    }

    @Test func howManyThereAreIsUnknown() throws {
        let (_, function) = try function("0000:3b:00.0", machine())
        let details = try #require(function.details)
        #expect(details.sriov?.total == 64)
        #expect(details.sriov?.enabled == nil)
        #expect(details.unknown["sriov_numvfs"]?.contains("timed out") == true)
        // The others are there, behind the gap.
        let others = ["0000:3b:02.0", "0000:3b:02.2", "0000:3b:02.3"]
        #expect(details.sriov?.virtualFunctions.map(\.description) == others)
    }

    @Test func theOneOfTheGuestIsNotFree() throws {
        let (host, function) = try function("0000:3b:02.1", machine())
        #expect(function.driver == nil)
        #expect(function.unknown["driver"]?.contains("a guest has not let go of it") == true)
        #expect(DeviceJudge(host).verdict(of: function, consumers: []) == .unknown)
        // Without a node of its group nobody has it, nor where the node is another function's.
        let (free, same) = try self.function("0000:3b:02.1", machine([:]))
        #expect(DeviceJudge(free).verdict(of: same, consumers: []) == .free)
    }
}
