import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// A request is judged as a whole: every function that goes along, every group, every region.
@Suite struct WholeRequestTests {
    private static let first = "0000:01:00.0"
    private static let second = "0000:01:00.1"
    private static let place = "parent=0000:00:01.0 express=endpoint"

    // MARK: Functions of the slot

    /// An accelerator, and in the same slot the controller of a mounted disk in a group of its own.
    private func diskInTheSlot(_ more: String = "") throws -> TestHost {
        let mounts = "25 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n30 25 8:0 / /srv rw - ext4 /dev/sda rw\n"
        return try IsolationHost.with(
            """
            pci \(Self.first) 8086:0b25 120000 driver=idxd group=7 \(Self.place) caps=msix multi \(more)
            pci \(Self.second) 1b4b:9235 010601 driver=ahci group=8 \(Self.place) caps=msi
            disk sda \(Self.second) 8:0 2097152 WDC WD10
            """
        ).with(["/proc/self/mountinfo": mounts])
    }

    @Test func functionsOfTheSlotAreJudgedWhereAResetReachesThem() throws {
        let found = try IsolationHost.findings("system-storage", diskInTheSlot(), Self.first)
        #expect(found.map(\.level) == [.refuse])
        #expect(found.map { $0.device?.description } == [Self.second])
        #expect(found.first?.message.en.contains("sda behind \(Self.second) in the same slot") == true)
        // A function that resets alone leaves its neighbour alone.
        for own in ["reset=flr", "reset=af_flr", "reset=pm,bus", "reset=device_specific", "reset=acpi,bus"] {
            #expect(try IsolationHost.findings("system-storage", diskInTheSlot(own), Self.first).isEmpty, "\(own)")
        }
        #expect(try IsolationHost.findings("system-storage", diskInTheSlot("reset=bus"), Self.first).count == 1)
    }

    // MARK: Groups

    @Test func everyGroupIsJudged() throws {
        func host(_ mates: String) throws -> TestHost {
            try IsolationHost.with(
                """
                pci 0000:01:00.0 8086:0b25 120000 driver=idxd group=7 \(Self.place) caps=msix reset=flr
                pci 0000:02:00.0 8086:0b25 120000 driver=idxd group=8 \(Self.place) caps=msix reset=flr
                \(mates)
                """
            )
        }
        func found(_ mates: String) throws -> [String?] {
            try IsolationHost.findings("group-mates", host(mates), "0000:01:00.0", "0000:02:00.0").map {
                $0.device?.description
            }
        }
        let ofFirst = "pci 0000:03:00.0 8086:0b26 120000 driver=idxd group=7 \(Self.place) caps=msix"
        let ofSecond = "pci 0000:04:00.0 8086:0b26 120000 driver=idxd group=8 \(Self.place) caps=msix"
        #expect(try found("") == [])
        #expect(try found(ofFirst) == ["0000:01:00.0"])
        #expect(try found(ofSecond) == ["0000:02:00.0"])
        #expect(try found(ofFirst + "\n" + ofSecond) == ["0000:01:00.0", "0000:02:00.0"])
        #expect(throws: Refusal.self) { try IsolationHost.plan(host(ofSecond), "0000:01:00.0", "0000:02:00.0") }
    }

    /// Whose driver cannot be read may have one: VFIO would call the group not viable.
    @Test func aMateWhoseDriverCannotBeReadStandsInTheWay() throws {
        let mate = "0000:02:00.0"
        func found(_ change: (inout PCIFunction) -> Void) throws -> [GuardFinding] {
            var host = IsolationHost.read(
                try IsolationHost.with(
                    """
                    pci \(Self.first) 8086:0b25 120000 driver=idxd group=7 \(Self.place) caps=msix reset=flr
                    pci \(mate) 8086:0b26 120000 group=7 \(Self.place) caps=msix reset=flr
                    """
                )
            )
            let index = try #require(host.functions.firstIndex { $0.address.description == mate })
            if var function = host.pci?.functions?[index] {
                change(&function)
                host.pci?.functions?[index] = function
            }
            let wanted = try GuardTests.functions(host, [Self.first])
            return Guards.findings(Request(wanted, on: host)).filter { $0.guardName == "group-mates" }
        }
        let unseen = try found { $0.unknown["driver"] = "permission denied" }
        #expect(unseen.map(\.level) == [.refuse])
        #expect(unseen.first?.message.en.contains(mate) == true)
        #expect(try found { _ in }.isEmpty, "without a driver it need not be named")
        #expect(try found { $0.driver = "vfio-pci" }.isEmpty)
        #expect(try found { $0.driver = "pci-stub" }.isEmpty)
        #expect(try found { $0.driver = "idxd" }.count == 1)
    }

    // MARK: Regions

    private func reserved(_ first: String, _ second: String, _ wanted: [String]) throws -> [GuardFinding] {
        let host = IsolationHost.read(
            try IsolationHost.with(
                """
                group 7 DMA-FQ \(first)
                group 8 DMA-FQ \(second)
                pci 0000:01:00.0 8086:0b25 120000 driver=idxd group=7 \(Self.place) caps=msix reset=flr
                pci 0000:02:00.0 8086:0b25 120000 driver=idxd group=8 \(Self.place) caps=msix reset=flr
                """
            )
        )
        let functions = try GuardTests.functions(host, wanted)
        return Guards.findings(Request(functions, on: host)).filter { $0.guardName == "reserved-memory" }
    }

    @Test func everyReservedRegionIsJudged() throws {
        let interrupts = "fee00000-feefffff:msi"
        let others = ["\(interrupts) 6f000000-6f0fffff:direct", "6f000000-6f0fffff:direct \(interrupts)"]
        for regions in others + ["6e000000-6e0fffff:direct-relaxable 6f000000-6f0fffff:direct"] {
            let found = try reserved(regions, interrupts, ["0000:01:00.0"])
            #expect(found.map(\.level) == [.refuse], "\(regions)")
            #expect(found.first?.message.en.contains("0x000000006f000000-0x000000006f0fffff") == true)
            #expect(found.first?.message.en.contains("6e000000") == false)
        }
        let two = try reserved("6d000000-6d0fffff:direct 6f000000-6f0fffff:direct", interrupts, ["0000:01:00.0"])
        for start in ["6d000000", "6f000000"] { #expect(two.first?.message.en.contains(start) == true) }
        #expect(
            try reserved("\(interrupts) 6f000000-6f0fffff:direct-relaxable", interrupts, ["0000:01:00.0"])
                .map(\.level) == [.warn]
        )
    }

    @Test func theGroupOfEveryFunctionIsJudged() throws {
        let both = ["0000:01:00.0", "0000:02:00.0"]
        let direct = "6f000000-6f0fffff:direct"
        let interrupts = "fee00000-feefffff:msi"
        #expect(try reserved(interrupts, direct, both).map { $0.device?.description } == ["0000:02:00.0"])
        #expect(try reserved(direct, interrupts, both).map { $0.device?.description } == ["0000:01:00.0"])
        #expect(try reserved(direct, direct, both).map { $0.device?.description } == both)
    }

    // MARK: Ways in

    /// A port that stands on the lost card, as a switch chip's ports on their conduit, is no way in.
    @Test func aWireThatStandsOnTheLostCardIsNoWayIn() throws {
        func level(standing names: [String]) throws -> GuardLevel? {
            var host = WayIn.read(try .named("i226-router"))
            for index in (host.network?.interfaces ?? []).indices {
                guard let name = host.network?.interfaces[index].name, names.contains(name) else { continue }
                host.network?.interfaces[index].lowers = ["eth0"]
            }
            let functions = try GuardTests.functions(host, ["0000:01:00.0"])
            let found = Guards.findings(Request(functions, on: host)).filter { $0.guardName == "management-network" }
            #expect(found.count == 1)
            return found.first?.level
        }
        #expect(try level(standing: []) == .consent)
        #expect(try level(standing: ["eth1"]) == .consent, "eth2 stays")
        #expect(try level(standing: ["eth1", "eth2"]) == .refuse)
    }
}
