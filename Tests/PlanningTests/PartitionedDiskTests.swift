import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// Disks that the host does not use, but somebody may.
@Suite struct PartitionedDiskTests {
    private static let name = "partitioned-disk"
    private static let part = "partition sda1 8:1 1048576\npartition sda2 8:2 4096"

    @Test func theSerialNumberMustBeNamed() throws {
        let host = try BusyHost.read("\(Self.part)\n\(BusyHost.disk)/device/serial = WD-77")
        let found = try BusyHost.findings(Self.name, host, BusyHost.controller)
        #expect(found.map(\.level) == [.consent])
        #expect(found.first?.token == "WD-77")
        for word in ["WDC WD10", "1 GiB", "sda1 (512 MiB)", "sda2 (2 MiB)"] {
            #expect(found.first?.message.en.contains(word) == true, "\(word)")
            #expect(found.first?.message.zh.contains(word) == true, "\(word)")
        }
        let refusal = #expect(throws: Refusal.self) { try BusyHost.plan(host, BusyHost.controller) }
        #expect(refusal?.message.en.contains("--consent partitioned-disk=WD-77") == true)
        let wrong = Consent(guardName: Self.name, token: BusyHost.controller)
        #expect(throws: Refusal.self) { try BusyHost.plan(host, BusyHost.controller, consents: [wrong]) }
        let right = Consent(guardName: Self.name, token: "WD-77")
        _ = try BusyHost.plan(host, BusyHost.controller, consents: [right])
    }

    @Test func withoutASerialNumberTheAddressDoes() throws {
        let host = try BusyHost.read(Self.part)
        #expect(try BusyHost.findings(Self.name, host, BusyHost.controller).map(\.token) == [BusyHost.controller])
    }

    @Test func aFileSystemOnTheWholeDiskCounts() throws {
        let host = try BusyHost.read("", ["/run/udev/data/b8:0": "E:ID_FS_TYPE=LVM2_member\n"])
        let found = try BusyHost.findings(Self.name, host, BusyHost.controller)
        #expect(found.first?.message.en.contains("LVM2_member") == true)
    }

    @Test func anEmptyDiskAndANetworkCardMayGo() throws {
        let host = try BusyHost.read()
        #expect(try BusyHost.findings(Self.name, host, BusyHost.controller).isEmpty)
        _ = try BusyHost.plan(host, BusyHost.controller)
        _ = try BusyHost.plan(host, BusyHost.card)
    }

    /// Of a mounted disk another guard speaks, and nothing can be consented to.
    @Test func aMountedDiskIsNotAskedFor() throws {
        let host = try BusyHost.read()
        #expect(try BusyHost.findings(Self.name, host, "0000:05:00.0").isEmpty)
    }
}
