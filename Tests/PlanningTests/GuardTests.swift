import Inventory
import Machine
import Planning
import TestHosts
import Testing
import Wording

/// What the guards refuse, and that the refusal names what must be named.
@Suite struct GuardTests {
    static let parts: Host.Parts = [
        .pci, .pciDetails, .names, .iommu, .kernel, .container, .consumers, .holders, .guests, .memory,
    ]

    static func host(_ name: String) throws -> Host { Host.read(try TestHost.named(name).machine, parts) }

    static func functions(_ host: Host, _ addresses: [String]) throws -> [PCIFunction] {
        try addresses.map { text in
            let address = try #require(PCIAddress(text))
            return try #require(host.function(address), "\(text) is not there")
        }
    }

    static func refusal(_ host: Host, _ addresses: String...) throws -> Refusal? {
        AssignPlanner(host: host).refusal(try functions(host, addresses))
    }

    @Test func mostOfAGroupIsNotEnough() throws {
        let host = try Self.host("two-gpus-desktop")
        let refusal = try #require(try Self.refusal(host, "0000:02:00.0"))
        #expect(refusal.guardName == "group-mates")
        #expect(refusal.costs.map(\.address.description) == ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"])
        for address in ["0000:02:00.1", "0000:02:00.2", "0000:02:00.3"] {
            #expect(refusal.message.en.contains("--with \(address)"))
            #expect(refusal.message.zh.contains("--with \(address)"))
        }
        let three = try #require(try Self.refusal(host, "0000:02:00.0", "0000:02:00.1", "0000:02:00.2"))
        #expect(three.costs.map(\.address.description) == ["0000:02:00.3"])
        #expect(try Self.refusal(host, "0000:02:00.0", "0000:02:00.1", "0000:02:00.2", "0000:02:00.3") == nil)
    }

    @Test func aMateWithoutADriverNeedNotBeNamed() throws {
        let whole = try TestHost.named("two-gpus-desktop")
        let host = whole.without("/sys/devices/pci0000:00/0000:00:01.1/0000:02:00.3/driver")
        #expect(
            try Self.refusal(Host.read(host.machine, Self.parts), "0000:02:00.0", "0000:02:00.1", "0000:02:00.2") == nil
        )
    }

    @Test func aGroupThatHoldsAPlatformFunctionStays() throws {
        let host = try Self.host("i226-router")
        for address in ["0000:00:1f.3", "0000:00:1f.6"] {
            let refusal = try #require(try Self.refusal(host, address))
            #expect(refusal.guardName == "group-mates")
            #expect(refusal.message.en.contains("0000:00:1f.4"))
            #expect(!refusal.message.en.contains("--with"), "nothing that could be named would help")
        }
        // Naming every function of the group does not help either.
        let all = try Self.refusal(host, "0000:00:1f.0", "0000:00:1f.3", "0000:00:1f.4", "0000:00:1f.5", "0000:00:1f.6")
        #expect(all?.guardName == "platform-function")
    }

    @Test(arguments: [
        ("i226-router", "0000:00:00.0"), ("i226-router", "0000:00:1f.0"), ("i226-router", "0000:00:1f.4"),
        ("i226-router", "0000:00:1c.0"), ("i226-router", "0000:00:14.2"), ("amd-desktop", "0000:00:00.2"),
        ("amd-desktop", "0000:00:14.0"), ("rmrr-server", "0000:01:00.0"), ("rmrr-server", "0000:3a:00.0"),
    ])
    func whatTheMachineRunsOnIsNeverGivenAway(_ name: String, _ address: String) throws {
        let refusal = try #require(try Self.refusal(Self.host(name), address))
        #expect(refusal.guardName == "platform-function")
        #expect(refusal.device?.description == address)
    }

    @Test(arguments: [
        ("i226-router", "0000:01:00.0", "eth0"), ("i226-router", "0000:02:00.0", "eth1"),
        ("i226-router", "0000:03:00.0", "eth2"), ("two-gpus-desktop", "0000:00:1f.6", "enp0s31f6"),
        ("rmrr-server", "0000:3b:00.0", "ens2f0"),
    ])
    func theWayBackInIsNeverGivenAwayUnasked(_ name: String, _ address: String, _ interface: String) throws {
        let refusal = try #require(try Self.refusal(Self.host(name), address))
        #expect(refusal.guardName == "management-network")
        // The router has other ways in.
        #expect(refusal.level == (name == "i226-router" ? .consent : .refuse))
        #expect(refusal.message.en.contains(interface))
    }

    @Test(arguments: [
        ("i226-router", "0000:05:00.0", "nvme0n1"), ("two-gpus-desktop", "0000:03:00.0", "nvme0n1"),
        ("rmrr-server", "0000:5c:00.0", "sda"), ("old-istoreos", "0000:00:12.0", "sda"),
    ])
    func mountedDisksAreNeverGivenAway(_ name: String, _ address: String, _ disk: String) throws {
        let refusal = try #require(try Self.refusal(Self.host(name), address))
        #expect(refusal.guardName == "system-storage")
        #expect(refusal.message.en.contains(disk))
    }

    @Test(arguments: [
        ("i226-router", "0000:04:00.0"), ("rmrr-server", "0000:3b:00.1"), ("rmrr-server", "0000:3b:02.0"),
        ("rmrr-server", "0000:3b:02.3"), ("amd-desktop", "0000:0b:00.1"),
    ])
    func whatNobodyNeedsMayGo(_ name: String, _ address: String) throws {
        let refusal = try Self.refusal(Self.host(name), address)
        if address == "0000:0b:00.1" {
            #expect(refusal?.guardName == "group-mates")
        } else {
            #expect(refusal == nil, "\(refusal?.message.en ?? "")")
        }
    }

    @Test func withoutGroupsNothingGoes() throws {
        let refusal = try #require(try Self.refusal(Self.host("argument-missing"), "0000:01:00.0"))
        #expect(refusal.guardName == "iommu-group")
    }

    /// A disk or a network that could not be looked at is as good as one in use.
    @Test func whatCannotBeSeenIsRefused() throws {
        let router = try TestHost.named("i226-router")
        let blind = Host.read(router.without("/sys/class/net").machine, Self.parts)
        #expect(try Self.refusal(blind, "0000:04:00.0")?.guardName == "management-network")
        let noDisks = Host.read(router.without("/sys/class/block").machine, Self.parts)
        #expect(try Self.refusal(noDisks, "0000:05:00.0")?.guardName == "system-storage")
    }

    /// Nothing says what is mounted, or which interface leads out: then nobody knows what the disk or the card is for.
    @Test(arguments: [
        ("0000:05:00.0", ["/proc/self"], "system-storage"),
        ("0000:00:17.0", ["/proc/self", "/sys/class/block"], "system-storage"),
        ("0000:04:00.0", ["/proc/net"], "management-network"),
        ("0000:02:00.0", ["/proc/net"], "management-network"),
    ])
    func anUnknownUseIsRefused(_ address: String, _ paths: [String], _ name: String) throws {
        let host = Host.read(try TestHost.named("i226-router").without(paths).machine, Self.parts)
        #expect(try Self.refusal(host, address)?.guardName == name)
    }

    @Test func verdictsOfTheRouter() throws {
        let host = try Self.host("i226-router")
        let judge = DeviceJudge(host)
        var verdicts: [String: DeviceVerdict] = [:]
        for function in host.functions {
            verdicts[function.address.description] = judge.verdict(
                of: function,
                consumers: host.consumers(of: function.address)
            )
        }
        #expect(verdicts["0000:04:00.0"] == .free)
        // Other interfaces lead in, too; the display is the only one.
        #expect(verdicts["0000:01:00.0"] == .consent)
        #expect(verdicts["0000:02:00.0"] == .consent)
        #expect(verdicts["0000:05:00.0"] == .inUse)
        #expect(verdicts["0000:00:1f.3"] == .kept)
        #expect(verdicts["0000:00:1f.6"] == .kept)
        #expect(verdicts["0000:00:1c.0"] == .kept)
        #expect(verdicts["0000:00:02.0"] == .consent)
        #expect(verdicts["0000:00:14.0"] == .free)
        let bare = try Self.host("argument-missing")
        let nic = try #require(bare.functions.last)
        #expect(DeviceJudge(bare).verdict(of: nic, consumers: []) == .unisolated)
    }

    /// Free is what needs neither a refusal nor a consent.
    private func expectAgreement(_ host: Host, _ name: String) {
        let judge = DeviceJudge(host)
        for function in host.functions {
            let verdict = judge.verdict(of: function, consumers: host.consumers(of: function.address))
            let refused = AssignPlanner(host: host).refusal([function])
            let place = "\(name) \(function.address) is \(verdict): \(refused?.message.en ?? "nothing refuses it")"
            switch verdict {
            case .free: #expect(refused == nil, "\(place)")
            case .assigned: break
            case .consent: #expect(refused?.level == .consent, "\(place)")
            case .unknown: #expect(refused != nil, "\(place)")
            default: #expect(refused?.level == .refuse, "\(place)")
            }
        }
    }

    @Test func everyVerdictAgreesWithTheGuards() throws {
        for name in TestHost.names { expectAgreement(try Self.host(name), name) }
    }

    @Test func verdictsAgreeWhereSomethingElseIsTheCase() throws {
        for name in ["i226-router", "two-gpus-desktop", "old-istoreos"] {
            let host = try TestHost.named(name)
            let keyboard = host.withKeyboard("input4", in: WayIn.controller + "/usb1/1-3")
            let named = "config interface 'wan'\n\toption device 'eth3'\n"
            for (number, variant) in [
                host.withSession(terminal: 1025), host.withSSH(at: "0700000A"), host.withSSH(at: nil),
                keyboard.withSession(terminal: 1025), keyboard, host.with(["/etc/config/network": named]),
                host.with(["/etc/config/network": "config 'x"]), host.without("/sys/class/drm", "/sys/class/mem"),
                host.without("/sys/class/input", "/sys/class/mem"), host.without("/sys/class/net"),
                host.withTerminal("ttyUSB0", in: WayIn.controller + "/usb1/1-2/1-2:1.0/ttyUSB0", consoles: "ttyUSB0"),
            ].enumerated() { expectAgreement(WayIn.read(variant), "\(name), variant \(number)") }
        }
    }
}
