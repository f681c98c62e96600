import TestHosts
import Testing
import Wording

@testable import Inventory

/// What no board of the rig has.
@Suite struct GroupRuleTests {
    private static let outer = """
        pci 0000:00:01.0 8086:1901 060400 express=root caps=acs
        pci 0000:01:00.0 10b5:8747 060400 parent=0000:00:01.0 express=up
        """

    /// QEMU's switches have no ACS.
    @Test func aSwitchWithACSKeepsCardsApart() throws {
        let host = try GroupHost.read(
            Self.outer + """

                pci 0000:02:08.0 10b5:8747 060400 parent=0000:01:00.0 express=down caps=acs
                pci 0000:02:10.0 10b5:8747 060400 parent=0000:01:00.0 express=down
                pci 0000:03:00.0 10de:1e07 030000 parent=0000:02:08.0 express=endpoint multi
                pci 0000:03:00.1 10de:10f7 040300 parent=0000:02:08.0 express=endpoint
                pci 0000:04:00.0 144d:a808 010802 parent=0000:02:10.0 express=endpoint
                """
        )
        #expect(GroupHost.shared(host) == ["02:10.0 04:00.0", "03:00.0 03:00.1"])
        let prediction = try #require(GroupPrediction(host))
        let card = try #require(prediction.group(of: GroupHost.address("04:00.0")))
        #expect(card.explanation?.en == "the port 0000:02:10.0 has no ACS")
        #expect(card.explanation?.zh == "端口 0000:02:10.0 没有 ACS")
        #expect(card.causes.map(\.kind) == [.port])
        let display = try #require(prediction.group(of: GroupHost.address("03:00.1")))
        #expect(display.causes.map(\.kind) == [.functions])
    }

    @Test func functionsWithACSAreApart() throws {
        let lines = { (caps: String) in
            """
            pci 0000:00:01.0 8086:1901 060400 express=root caps=acs
            pci 0000:01:00.0 1234:0001 020000 parent=0000:00:01.0 express=endpoint caps=\(caps) multi
            pci 0000:01:00.1 1234:0001 020000 parent=0000:00:01.0 express=endpoint caps=\(caps)
            """
        }
        #expect(GroupHost.shared(try GroupHost.read(lines("acs"))) == [])
        #expect(GroupHost.shared(try GroupHost.read(lines("msi"))) == ["01:00.0 01:00.1"])
    }

    @Test func aDeviceWithAnAliasTakesTheOtherAlong() throws {
        // Not function 0 and 1 of one device by their header: the requester id alone joins them.
        let lines = { (id: String) in
            """
            pci 0000:00:01.0 8086:1901 060400 express=root caps=acs
            pci 0000:01:00.0 \(id) 010601 parent=0000:00:01.0 express=legacy caps=acs multi
            pci 0000:01:00.1 \(id) 01018f parent=0000:00:01.0 express=legacy caps=acs
            """
        }
        let marvell = try GroupHost.read(lines("1b4b:9172"))
        #expect(GroupHost.shared(marvell) == ["01:00.0 01:00.1"])
        let group = GroupPrediction(marvell)?.group(of: GroupHost.address("01:00.1"))
        #expect(group?.causes.first?.kind == .alias)
        #expect(group?.explanation?.en.contains("Marvell SATA controller") == true)
        #expect(GroupHost.shared(try GroupHost.read(lines("1b4b:9999"))) == [])
    }

    @Test func whatIsBehindAControllerSharesItsGroup() throws {
        let host = try GroupHost.read(
            """
            pci 0000:00:0e.0 8086:467f 010400 express=integrated
            pci 10000:e0:01.0 8086:464d 060400 express=root caps=acs parent=0000:00:0e.0
            pci 10000:e1:00.0 144d:a808 010802 express=endpoint parent=10000:e0:01.0
            """
        )
        #expect(GroupHost.shared(host) == ["00:0e.0 10000:e0:01.0 10000:e1:00.0"])
        #expect(
            GroupPrediction(host)?.group(of: GroupHost.address("10000:e1:00.0"))?.causes.map(\.kind) == [.controller]
        )
    }

    // MARK: What the firmware's table says

    @Test func theSouthbridgeOfAMD() throws {
        let lines = """
            pci 0000:00:14.0 1002:4385 0c0500 multi
            pci 0000:00:14.2 1002:4383 040300
            """
        #expect(GroupHost.shared(try GroupHost.read(lines, tables: GroupHost.amd)) == [])
        #expect(GroupHost.shared(try GroupHost.read(lines)) == ["00:14.0 00:14.2"])
    }

    @Test func theIOMMUItselfIsInNoGroup() throws {
        let host = try GroupHost.read("pci 0000:00:00.2 1022:1481 080600", tables: GroupHost.amd)
        let prediction = try #require(GroupPrediction(host))
        #expect(prediction.ungrouped.map(\.address) == [GroupHost.address("00:00.2")])
        #expect(prediction.ungrouped[0].reason.en.contains("is the IOMMU itself"))
    }

    @Test func whatNoUnitServesIsInNoGroup() throws {
        let lines = """
            pci 0000:00:02.0 8086:4680 030000 express=integrated
            pci 0000:00:03.0 8086:1901 060400 express=root caps=acs
            pci 0000:01:00.0 8086:10d3 020000 parent=0000:00:03.0 express=endpoint
            """
        func without(_ tables: String, _ arguments: String = "") throws -> [String] {
            let host = try GroupHost.read(lines, arguments: arguments, tables: tables)
            return (GroupPrediction(host)?.ungrouped ?? []).map { String($0.address.description.dropFirst(5)) }
        }
        let graphics = "dmar 39 1\ndrhd fed90000 0 00:02.0"
        #expect(try without(graphics + "\ndrhd fed91000 1") == [])
        #expect(try without(graphics) == ["00:00.0", "00:03.0", "01:00.0"])
        #expect(try without(graphics + "\ndrhd fed91000 1", "intel_iommu=on,igfx_off") == ["00:02.0"])
        #expect(try without(graphics + "\ndrhd fed91000 0 00:03.0") == ["00:00.0"])
    }

    @Test func withoutATableNothingIsCertain() throws {
        let host = try GroupHost.read("pci 0000:00:02.0 8086:4680 030000 express=integrated", tables: "no-tables")
        let prediction = try #require(GroupPrediction(host))
        #expect(prediction.groups.allSatisfy { $0.confidence == .likely && !$0.doubts.isEmpty })
    }

    // MARK: What was not read

    /// Without root's privileges the kernel shows 64 bytes of the configuration space.
    @Test func aPortThatWasNotReadIsUnknown() throws {
        let host = try GroupHost.read(
            """
            pci 0000:00:01.0 8086:1901 060400 express=root caps=acs config=64
            pci 0000:00:02.0 8086:4680 030000 express=integrated config=64
            pci 0000:01:00.0 8086:10d3 020000 parent=0000:00:01.0 express=endpoint config=64
            """
        )
        let prediction = try #require(GroupPrediction(host))
        for name in ["00:01.0", "01:00.0"] {
            let group = try #require(prediction.group(of: GroupHost.address(name)))
            #expect(group.confidence == .unknown)
            #expect(group.doubts.contains { $0.en.contains("root reads all") })
        }
        // Alone in its slot on the root bus, whatever it can do.
        #expect(prediction.group(of: GroupHost.address("00:02.0"))?.confidence == .certain)
    }

    /// A folder made by hand has folders where the kernel has links.
    @Test func aFunctionWhosePlaceIsNotKnownIsUnknown() throws {
        var host = try GroupHost.read("pci 0000:00:02.0 8086:10d3 020000 express=endpoint")
        for index in host.functions.indices { host.pci?.functions?[index].details?.parents = nil }
        let prediction = try #require(GroupPrediction(host))
        #expect(prediction.groups.allSatisfy { $0.confidence == .unknown && !$0.doubts.isEmpty })
    }

    /// Links of a captured host can lead anywhere.
    @Test func bridgesInACircleEnd() throws {
        var host = try GroupHost.read(
            """
            pci 0000:00:01.0 8086:1901 060400 express=root caps=acs
            pci 0000:01:00.0 8086:1901 060400 parent=0000:00:01.0 express=root
            """
        )
        for index in host.functions.indices where host.functions[index].address == GroupHost.address("00:01.0") {
            host.pci?.functions?[index].details?.parents = [GroupHost.address("01:00.0")]
        }
        let prediction = try #require(GroupPrediction(host))
        #expect(prediction.group(of: GroupHost.address("00:01.0"))?.confidence == .unknown)
    }

    /// No extended configuration space (no MMCONFIG): the kernel finds no ACS either.
    @Test func withoutExtendedSpaceThereIsNoACS() throws {
        let host = try GroupHost.read(
            """
            pci 0000:00:01.0 8086:1901 060400 express=root caps=acs config=256
            pci 0000:01:00.0 8086:10d3 020000 parent=0000:00:01.0 express=endpoint config=256
            """
        )
        #expect(GroupHost.shared(host) == ["00:01.0 01:00.0"])
        #expect(GroupPrediction(host)?.group(of: GroupHost.address("01:00.0"))?.confidence == .certain)
    }

    // MARK: Groups that are there

    private static let real = """
        pci 0000:00:01.0 8086:1901 060400 express=root caps=msi group=1
        pci 0000:01:00.0 8086:10d3 020000 parent=0000:00:01.0 express=endpoint group=1
        pci 0000:00:02.0 8086:4680 030000 express=integrated group=2
        """

    private func reasons(_ lines: String) throws -> GroupReasons {
        let text = "/proc/sys/kernel/osrelease = 6.1.0\n/proc/cmdline = quiet\n\(GroupHost.intel)\n\(lines)\n"
        let host = Host.read(try Manifest.host("groups", text: text).machine, [.pci, .pciDetails, .kernel, .firmware])
        return try #require(GroupReasons(host))
    }

    @Test func aRealGroupIsExplained() throws {
        let reasons = try reasons(Self.real)
        #expect(reasons.explanation(ofGroup: 1)?.en == "the port 0000:00:01.0 has no ACS")
        #expect(reasons.causes(ofGroup: 1).map(\.cause) == [GroupHost.address("00:01.0")])
        #expect(reasons.explanation(ofGroup: 2) == nil)
        #expect(reasons.differences == [])
    }

    @Test func aGroupThatIsNotAsExpectedIsTold() throws {
        let split = try reasons(Self.real.replacing("express=endpoint group=1", with: "express=endpoint group=3"))
        #expect(split.differences.map(\.group) == [1, 3])
        let joined = try reasons(Self.real.replacing("group=2", with: "group=1"))
        #expect(joined.differences.map(\.group) == [1])
        #expect(joined.differences[0].expected.count == 2)
    }
}
