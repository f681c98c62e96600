import Changes
import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// The network that leads back in.
@Suite struct ManagementNetworkTests {
    private static let name = "management-network"
    private static let eth0 = "0000:00:1c.0/0000:01:00.0/net/eth0"
    private static let eth1 = "0000:00:1c.1/0000:02:00.0/net/eth1"
    private static let eth2 = "0000:00:1c.2/0000:03:00.0/net/eth2"

    private func router() throws -> TestHost { try .named("i226-router") }

    @Test(arguments: ["0000:01:00.0", "0000:02:00.0", "0000:03:00.0"])
    func whileAnotherWayStaysTheOwnerMayConsent(_ address: String) throws {
        let finding = try WayIn.finding(Self.name, router(), address)
        #expect(finding.level == .consent)
        #expect(finding.consent.description == "management-network=\(address)")
        let way = address == "0000:01:00.0" ? "eth1 (br-lan" : "eth0 (default route"
        #expect(finding.message.en.contains("A way in that stays: \(way)"), "\(finding.message.en)")
        #expect(finding.message.zh.contains("仍保留的访问途径"))
        let host = WayIn.read(try router())
        let functions = try GuardTests.functions(host, [address])
        let planner = AssignPlanner(host: host)
        #expect(throws: Refusal.self) { try planner.plan(functions, with: []) }
        let plan = try planner.plan(functions, with: [], consents: [finding.consent])
        #expect(plan.identities.map(\.address.description) == [address])
    }

    /// A bridge without a cable in any other port is no way in.
    @Test func aWayWithoutALinkIsNone() throws {
        let cut = try router().withoutLink(Self.eth1, Self.eth2)
        let finding = try WayIn.finding(Self.name, cut, "0000:01:00.0")
        #expect(finding.level == .refuse)
        #expect(finding.message.en.contains("eth0"))
        // One port of the bridge suffices.
        #expect(try WayIn.finding(Self.name, router().withoutLink(Self.eth1), "0000:01:00.0").level == .consent)
    }

    @Test func takingAllOfThemIsRefused() throws {
        let found = try WayIn.findings(Self.name, router(), "0000:01:00.0", "0000:02:00.0", "0000:03:00.0")
        #expect(found.map(\.level) == [.refuse, .refuse, .refuse])
        // Idle ports stay in the machine, but nobody comes in by them.
        #expect(found[0].message.en.contains("No other interface with a link and an address stays"))
    }

    @Test func theLastInterfaceStaysEvenUnused() throws {
        let idle = try TestHost.named("two-gpus-desktop").with([
            "/proc/net/route": "Iface\tDestination\tGateway \tFlags", "/proc/net/fib_trie": "Main:\nLocal:\n",
        ])
        let finding = try WayIn.finding(Self.name, idle, "0000:00:1f.6")
        #expect(finding.level == .refuse)
        #expect(finding.message.en.contains("enp0s31f6"))
        #expect(finding.message.en.contains("last network device"))
        // Unused with others beside it, it may go: the near-miss.
        #expect(
            try WayIn.writes(router(), "0000:04:00.0") == WayIn.writes(of: "0000:04:00.0", from: "igc")
        )
    }

    @Test func theConfigurationNamesAnInterfaceThatIsDown() throws {
        func configured(_ text: String) throws -> TestHost { try router().with(["/etc/config/network": text]) }
        let named = try configured("config interface 'wan2'\n\toption device 'eth3.7'\n\toption proto 'dhcp'\n")
        let finding = try WayIn.finding(Self.name, named, "0000:04:00.0")
        #expect(finding.level == .consent)
        #expect(finding.message.en.contains("wan2 in /etc/config/network"))
        let alone = named.withoutLink(Self.eth0, Self.eth1, Self.eth2)
        #expect(try WayIn.finding(Self.name, alone, "0000:04:00.0").level == .refuse)
        for other in [
            "config interface 'wan2'\n\toption device 'eth3'\n\toption disabled '1'\n",
            "config interface 'wan'\n\toption device 'eth0'\n",
            "config device\n\toption name 'eth3'\n\toption mtu 1400\n",
        ] {
            #expect(
                try WayIn.writes(configured(other), "0000:04:00.0")
                    == WayIn.writes(of: "0000:04:00.0", from: "igc")
            )
        }
    }

    @Test func aConfigurationThatCannotBeReadRefuses() throws {
        let broken = try router().with(["/etc/config/network": "config interface 'wan\n"])
        for address in ["0000:04:00.0", "0000:01:00.0"] {
            let finding = try WayIn.finding(Self.name, broken, address)
            #expect(finding.level == .refuse)
            #expect(finding.message.en.contains("a quote is not closed"))
        }
        #expect(try WayIn.findings(Self.name, broken, "0000:00:14.0").isEmpty)
    }

    @Test func theSessionsInterface() throws {
        // 192.168.100.1 is br-lan's.
        let host = try router().withSSH(at: "0164A8C0")
        let finding = try WayIn.finding(Self.name, host, "0000:02:00.0")
        #expect(finding.level == .consent)
        #expect(finding.message.en.contains("it carries this session"))
        #expect(!(try WayIn.finding(Self.name, host, "0000:01:00.0").message.en.contains("session")))
        #expect(try WayIn.findings(Self.name, host, "0000:04:00.0").isEmpty)
    }

    /// Nobody may look into sshd: any interface could carry the session.
    @Test func aSessionOverAnUnknownInterface() throws {
        let host = try router().withSSH(at: nil)
        let finding = try WayIn.finding(Self.name, host, "0000:04:00.0")
        #expect(finding.level == .consent)
        #expect(finding.message.en.contains("it may carry this session"))
        #expect(try WayIn.findings(Self.name, host, "0000:05:00.0").isEmpty)
    }

    @Test func anInterfaceOfNoKnownDeviceRefusesThemAll() throws {
        var host = try router().without("/sys/class/net/eth0")
        for (name, text) in ["flags": "0x1003", "ifindex": "2", "type": "1", "carrier": "1", "operstate": "up"] {
            host.file("/sys/class/net/eth0/\(name)", text)
        }
        host.folder("/sys/class/net/eth0/device")
        for address in ["0000:04:00.0", "0000:02:00.0", "0000:00:14.0"] {
            let finding = try WayIn.finding(Self.name, host, address)
            #expect(finding.level == .refuse)
            #expect(finding.message.en.contains("eth0"), "\(finding.message.en)")
        }
        #expect(try WayIn.findings(Self.name, host, "0000:00:17.0").isEmpty)
        // On an ARM board the interface belongs to the platform: known, and no function's.
        var board = try router().without("/sys/class/net/eth0", "/sys/devices/pci0000:00/" + Self.eth0)
        let folder = "/sys/devices/platform/soc/ethernet/net/eth0"
        for (name, text) in ["flags": "0x1003", "ifindex": "2", "type": "1", "carrier": "1", "operstate": "up"] {
            board.file("\(folder)/\(name)", text)
        }
        board.folder("\(folder)/device")
        board.relativeLink("/sys/class/net/eth0", to: folder)
        #expect(
            try WayIn.writes(board, "0000:04:00.0") == WayIn.writes(of: "0000:04:00.0", from: "igc")
        )
        #expect(try WayIn.finding(Self.name, board, "0000:02:00.0").message.en.contains("eth0 (default route"))
    }

    /// A physical function goes with its virtual ones.
    @Test func virtualFunctionsCount() throws {
        let host = try TestHost.named("rmrr-server")
            .with(["/etc/config/network": "config interface 'lan'\n\toption device 'ens2f0v0'\n"])
        let found = try WayIn.findings(Self.name, host, "0000:3b:00.0")
        #expect(found.map { $0.device?.description } == ["0000:3b:00.0", "0000:3b:02.0"])
        #expect(found.allSatisfy { $0.level == .refuse })
        #expect(try WayIn.finding(Self.name, host, "0000:3b:02.0").level == .consent)
        #expect(
            try WayIn.writes(host, "0000:3b:02.2") == WayIn.writes(of: "0000:3b:02.2", from: "iavf")
        )
    }

    /// A plan is not made from a host whose parts were not read.
    @Test(arguments: [Host.Parts.session, .networkConfiguration])
    func whatWasNotReadRefuses(_ part: Host.Parts) throws {
        let host = Host.read(try router().machine, GuardTests.parts.subtracting(part))
        let refusal = try #require(try GuardTests.refusal(host, "0000:04:00.0"))
        #expect(refusal.guardName == Self.name)
        #expect(refusal.level == .refuse)
    }
}
