import Inventory
import Machine
import Planning
import TestHosts
import Testing
import Wording

/// The file that says what is wanted at every boot.
@Suite struct WantedStateTests {
    private static let whole = """
        config iommu 'iommu'
        	option enabled '1'
        	list argument 'intel_iommu=on'
        	list argument 'iommu=pt'
        	list own 'iommu=pt'

        config nodes 'nodes'
        	option access 'group'
        	option group 'kvm'

        config boot 'boot'
        	list own '/etc/init.d/passthru'

        config assignment 'pci_0000_01_00_0'
        	option address '0000:01:00.0'
        	option id '8086:125c'
        	option subsystem '8086:0000'
        	option serial '52-54-00-ff-ff-12-34-56'
        	option home 'igc'
        	option guest 'it'\\''s mine'

        config assignment 'disk'
        	option address '0000:02:00.0'
        	option id '144d:a80a'
        	option home '-'

        config assignment 'pci_0000_03_00_0'
        	option address '0000:03:00.0'
        	option id '10de:1e07'
        	option home 'nouveau'
        	option guest 'win11'
        	option when 'guest-start'
        	option manager 'libvirt'
        	list consent 'console-display=0000:03:00.0'
        	list consent 'partitioned-disk=S 1'
        	list unsafe 'unsafe-interrupts'

        """

    private func state(_ text: String) throws -> WantedState { try WantedState(Array(text.utf8)) }

    private func text(_ state: WantedState, replacing old: String? = nil) -> String {
        String(decoding: state.bytes(replacing: old.map { Array($0.utf8) }), as: UTF8.self)
    }

    private func assignment(_ address: String, home: String? = "igc") throws -> WantedState.Assignment {
        let identity = DeviceIdentity(
            address: try #require(PCIAddress(address)),
            vendor: HardwareID(0x8086),
            device: HardwareID(0x125C)
        )
        return WantedState.Assignment(identity, home: home, guest: nil)
    }

    @Test func aWholeFile() throws {
        let state = try state(Self.whole)
        #expect(state.iommu == .init(isEnabled: true, arguments: ["intel_iommu=on", "iommu=pt"], own: ["iommu=pt"]))
        #expect(state.nodes?.access == .group("kvm"))
        #expect(state.ownFiles == ["/etc/init.d/passthru"])
        #expect(state.assignments.map(\.name) == ["pci_0000_01_00_0", "disk", "pci_0000_03_00_0"])
        #expect(state.atBoot.map(\.name) == ["pci_0000_01_00_0", "disk"])
        let handOver = try #require(state.atGuestStart.first?.handOver)
        #expect(handOver.manager == .libvirt)
        #expect(
            handOver.consents == [
                Consent(guardName: "console-display", token: "0000:03:00.0"),
                Consent(guardName: "partitioned-disk", token: "S 1"),
            ]
        )
        #expect(handOver.unsafe == [.unsafeInterrupts])
        let first = try #require(state.assignments.first)
        #expect(first.identity.serial == "52-54-00-ff-ff-12-34-56")
        #expect(first.identity.subsystem == "8086:0000")
        #expect(first.home == "igc")
        #expect(first.guest == "it's mine")
        #expect(state.assignments[1].home == HomeRecord.none)
        #expect(state.assignments[1].identity.subsystem == nil)
        // Written anew, and over itself, it is the same.
        #expect(text(state) == Self.whole)
        #expect(text(state, replacing: Self.whole) == Self.whole)
        #expect(try self.state(text(state)) == state)
    }

    @Test func anEmptyFileWantsNothing() throws {
        #expect(try state("") == WantedState())
        #expect(try state("# nothing\n") == WantedState())
        #expect(text(WantedState()) == "")
    }

    /// What the owner wrote stays byte for byte, whatever comes and goes.
    @Test(arguments: [
        "# mine\nconfig thing 'x'\n\toption y \"z\" # why\n",
        "config assignment 'old'\n  option address 0000:09:00.0\n  option id 1234:5678\n  option note 'keep me'\n",
        "config iommu 'iommu'\n\toption enabled 'yes'\n\n\n# the end",
        "config iommu 'iommu'\r\n\toption enabled '1'\r\n",
        "config assignment 'old'\n\toption address 0000:09:00.0\n\toption id 1234:5678\n\toption when boot\n",
        "config assignment 'old'\n\toption address 0000:09:00.0\n\toption id 1234:5678\n\toption guest a\n"
            + "\toption when guest-start\n\toption consent console-display=0000:09:00.0\n",
    ])
    func whatIsTheOwnersStays(_ old: String) throws {
        let before = try state(old)
        var with = before
        with.assignments.append(try assignment("0000:01:00.0"))
        let after = text(with, replacing: old)
        #expect(after.hasPrefix(old))
        #expect(try state(after) == with)
        #expect(text(before, replacing: after) == old)
    }

    @Test func oneOptionChangesAndTheRestStays() throws {
        let old =
            "config assignment 'a'\n\toption id 8086:125c # card\n\toption address 0000:01:00.0\n\toption mine 1\n"
        var state = try state(old)
        state.assignments[0].home = "igc"
        state.assignments[0].identity.device = HardwareID(0x15F3)
        let new = text(state, replacing: old)
        #expect(new.contains("option id '8086:15f3' # card\n"))
        #expect(new.contains("option address 0000:01:00.0\n"))
        #expect(new.contains("option mine 1\n"))
        #expect(new.contains("option home 'igc'\n"))
        #expect(try self.state(new) == state)
    }

    @Test(arguments: [
        ("config assignment 'a'\n\toption id '8086:125c'\n", 1),
        ("\nconfig assignment 'a'\n\toption address '0000:01:00.0'\n", 2),
        ("config assignment 'a'\n\toption address 'over there'\n\toption id '8086:125c'\n", 2),
        ("config assignment 'a'\n\toption address '0000:01:00.0'\n\toption id '8086'\n", 3),
        (
            "config assignment 'a'\n\toption address '0000:01:00.0'\n\toption id '8086:125c'\n\toption subsystem 'x:y'\n",
            4
        ),
        (
            "config assignment 'a'\n\toption address '0000:01:00.0'\n\toption id '8086:125c'\n\toption when 'noon'\n",
            4
        ),
        (
            "config assignment 'a'\n\toption address 0000:01:00.0\n\toption id 8086:125c\n\toption when guest-start\n",
            4
        ),
        (
            "config assignment 'a'\n\toption address 0000:01:00.0\n\toption id 8086:125c\n\toption guest g\n"
                + "\toption when guest-start\n\tlist consent nonsense\n",
            6
        ),
        ("config nodes 'nodes'\n\toption access 'all'\n", 2),
        ("config nodes 'nodes'\n\toption access 'group'\n", 2),
        ("config nodes 'nodes'\n\toption access 'group'\n\toption group 'a; rm -rf /'\n", 2),
        ("config iommu 'iommu'\n\toption enabled 'perhaps'\n", 2),
        ("config thing 'iommu'\n", 1),
        ("config a 'b'\noption x 'y\n", 2),
        ("what is this\n", 1),
    ])
    func whatIsMalformedIsToldWithItsLine(_ text: String, _ line: Int) throws {
        do {
            _ = try state(text)
            Issue.record("taken: \(text)")
        } catch let error as WantedStateError {
            #expect(error.line == line, "\(text): \(error.what.en)")
            #expect(!error.what.en.isEmpty && error.what.en != error.what.zh)
        }
    }

    @Test func oneDeviceIsAssignedOnce() throws {
        let one = "config assignment 'a'\n\toption address '0000:01:00.0'\n\toption id '8086:125c'\n"
        let other = "config assignment 'b'\n\toption address '01:00.0'\n\toption id '8086:125c'\n"
        #expect(throws: WantedStateError.self) { try state(one + other) }
    }

    @Test func whereTheFileIs() throws {
        #expect(WantedState.path(on: try TestHost.named("i226-router").machine) == "/etc/config/passthru")
        #expect(WantedState.path(on: try TestHost.named("two-gpus-desktop").machine) == "/etc/passthru.conf")
    }
}
