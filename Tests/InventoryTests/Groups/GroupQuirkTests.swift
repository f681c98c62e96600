import TestHosts
import Testing
import Wording

@testable import Inventory

/// The data about particular devices.
@Suite struct GroupQuirkTests {
    @Test func theDataIsWhole() throws {
        let quirks = try GroupQuirks(GroupQuirks.bytes)
        #expect(quirks.isolations.count == 35)
        #expect(quirks.aliases.count == 12)
        #expect(quirks.bridges.count == 2)
        let entries = quirks.isolations.map(\.devices) + quirks.aliases.map(\.devices) + quirks.bridges.map(\.devices)
        for entry in entries {
            #expect(entry.source.hasPrefix("drivers/pci/quirks.c: "))
            #expect(entry.title.en != "" && entry.title.zh != "")
        }
    }

    @Test(arguments: [
        "config isolation\n\toption kind 'sideways'\n\toption vendor '8086'\n\toption device '1'\n",
        "config isolation\n\toption kind 'port'\n\toption vendor '8086'\n\toption en 'x'\n\toption zh 'x'\n\toption source 's'\n",
        "config bridge\n\toption kind 'no-alias'\n\toption vendor '8086'\n\toption device '9-1'\n\toption en 'x'\n\toption zh 'x'\n\toption source 's'\n",
        "config bridge\n\toption kind 'no-alias'\n\toption vendor '8086'\n\toption device '9'\n\toption en 'x'\n\toption zh 'x'\n\toption source 's'\n\toption since '5.99'\n",
    ])
    func aMistakeIsTold(_ text: String) {
        #expect(throws: GroupQuirks.Mistake.self) { try GroupQuirks(Array(text.utf8)) }
    }

    /// A root port and a card behind it on a kernel; whether they are apart, and how sure that is.
    private func port(_ id: String, kernel: String, caps: String = "", arguments: String = "") throws -> (
        isApart: Bool, confidence: GroupConfidence?
    ) {
        let host = try GroupHost.read(
            "pci 0000:00:1c.0 \(id) 060400 express=root caps=\(caps.isEmpty ? "msi" : caps)\n"
                + "pci 0000:01:00.0 8086:10d3 020000 parent=0000:00:1c.0 express=endpoint caps=msi",
            kernel: kernel,
            arguments: arguments
        )
        let group = GroupPrediction(host)?.group(of: GroupHost.address("01:00.0"))
        return (group?.members.count == 1, group?.confidence)
    }

    @Test func aPortWithoutACSIsNotApart() throws {
        #expect(try port("8086:3420", kernel: "6.1.0-56-amd64") == (false, .certain))
        #expect(try port("8086:3420", kernel: "6.1.0-56-amd64", caps: "acs") == (true, .certain))
    }

    @Test func chipsetsOfTheKernelsList() throws {
        // Registers that are not read decide, so it is likely only.
        #expect(try port("8086:8c10", kernel: "6.1.0") == (true, .likely))
        // ACS is there, in a place of its own.
        #expect(try port("8086:a290", kernel: "6.1.0", caps: "acs") == (true, .certain))
        #expect(try port("8086:a290", kernel: "6.1.0") == (false, .certain))
        // Zhaoxin: some ports do, all others do not, whatever they say.
        #expect(try port("1d17:0715", kernel: "6.1.0") == (true, .certain))
        #expect(try port("1d17:0999", kernel: "6.1.0", caps: "acs") == (false, .certain))
    }

    @Test func theKernelsVersionCounts() throws {
        #expect(try port("0014:7a09", kernel: "6.1.0") == (true, .certain))
        #expect(try port("0014:7a09", kernel: "5.10.0") == (false, .certain))
        // Between the kernels that were read.
        #expect(try port("0014:7a09", kernel: "5.15.0") == (true, .likely))
        #expect(try port("8086:3420", kernel: "7.9.0") == (false, .likely))
        #expect(try port("8086:3420", kernel: "4.14.0") == (false, .likely))
    }

    @Test func argumentsOfTheKernel() throws {
        func apart(_ arguments: String, kernel: String = "6.12.0") throws -> Bool {
            try port("8086:3420", kernel: kernel, caps: "acs", arguments: arguments).isApart
        }
        #expect(try apart("pci=noaer"))
        #expect(try !apart("pci=disable_acs_redir=00:1c.0"))
        #expect(try !apart("pci=noaer,disable_acs_redir=0000:05:00.0;0000:00:1c.0"))
        #expect(try !apart("pci=disable_acs_redir=pci:8086:0"))
        #expect(try apart("pci=disable_acs_redir=pci:10de:0"))
        #expect(try !apart("pci=config_acs=0000000@00:1c.0"))
        #expect(try apart("pci=config_acs=xx111x1@00:1c.0"))
        // 6.1 has no such argument.
        #expect(try apart("pci=config_acs=0000000@00:1c.0", kernel: "6.1.0"))
        // A path from bridge to bridge is not followed.
        let path = try port(
            "8086:3420",
            kernel: "6.12.0",
            caps: "acs",
            arguments: "pci=disable_acs_redir=00:1c.0/00.0"
        )
        #expect(path.confidence == .unknown)
        let override = try port("8086:3420", kernel: "6.12.0", arguments: "pcie_acs_override=downstream")
        #expect(override == (false, .likely))
    }
}
