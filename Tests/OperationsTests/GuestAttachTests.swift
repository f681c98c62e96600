import Guests
import Inventory
import Machine
import TestHosts
import Testing
import Wording

@testable import Operations

/// `guest attach` and `detach` from the command to libvirt, and back.
@Suite struct GuestAttachTests {
    private static let nic = "0000:04:00.0"
    private static let domain = """
        <domain type='kvm'>
          <name>win11</name>
          <os>
            <type arch='x86_64' machine='q35'>hvm</type>
          </os>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
          </devices>
        </domain>

        """

    private func libvirt() throws -> SimulatedLibvirt {
        let libvirt = SimulatedLibvirt(try .named("i226-router"))
        libvirt.define("win11", Self.domain)
        return libvirt
    }

    @discardableResult
    private func attach(
        _ libvirt: SimulatedLibvirt,
        _ devices: [String] = [nic],
        dryRun: Bool = false,
        _ edit: (inout GuestAttachment) -> Void = { _ in }
    ) throws -> Outcome {
        var attachment = GuestAttachment()
        edit(&attachment)
        return try GuestAttach.run(
            libvirt.machine,
            guest: "win11",
            devices: devices,
            attachment,
            Permissions(dryRun: dryRun)
        ) { _ in }
    }

    @discardableResult
    private func detach(_ libvirt: SimulatedLibvirt, _ devices: [String] = [nic], live: Bool = false) throws -> Outcome
    {
        try GuestDetach.run(libvirt.machine, guest: "win11", devices: devices, isLive: live, Permissions()) { _ in }
    }

    private func failure(_ body: () throws -> Void) throws -> Failure {
        try #require(throws: Failure.self) { try body() }
    }

    @Test func bindsAndPutsIn() throws {
        let libvirt = try libvirt()
        let outcome = try attach(libvirt)
        #expect(outcome.changed)
        #expect(libvirt.sysfs.driver(of: Self.nic) == "vfio-pci")
        #expect(libvirt.domains["win11"]?.contains("ua-passthru-0000-04-00-0") == true)
        #expect(outcome.diff.contains("+++ b/domain win11") || outcome.diff.contains("domain win11"))
        // Twice is once.
        #expect(try !attach(libvirt).changed)
        try detach(libvirt)
        #expect(libvirt.domains["win11"] == Self.domain)
        #expect(libvirt.sysfs.driver(of: Self.nic) == "vfio-pci")
        #expect(try !detach(libvirt).changed)
    }

    @Test func oneUndoTakesBackBoth() throws {
        let libvirt = try libvirt()
        let id = try #require(try attach(libvirt).transaction)
        _ = try Undo.run(libvirt.machine, .transaction(id)) { _ in }
        #expect(libvirt.domains["win11"] == Self.domain)
        #expect(libvirt.sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func aDomainThatOthersChangedSinceStays() throws {
        let libvirt = try libvirt()
        let id = try #require(try attach(libvirt).transaction)
        let theirs = try #require(libvirt.domains["win11"]) + "<!-- mine -->\n"
        libvirt.define("win11", theirs)
        let undo = try Undo.run(libvirt.machine, .transaction(id)) { _ in }
        #expect(undo.status == .incomplete)
        #expect(
            undo.transactions.flatMap(\.left).contains { $0.en.contains("domain win11 was changed by somebody else") }
        )
        #expect(libvirt.domains["win11"] == theirs)
    }

    @Test func whatLibvirtRefusesIsRolledBack() throws {
        let libvirt = try libvirt()
        libvirt.refusal = "XML error: no"
        let failed = try failure { try attach(libvirt) }
        #expect(failed.status == .failed)
        #expect(failed.message.en.contains("XML error: no"))
        #expect(libvirt.domains["win11"] == Self.domain)
        #expect(libvirt.sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func managedLeavesTheBindingToLibvirt() throws {
        let libvirt = try libvirt()
        try attach(libvirt) { $0.isManaged = true }
        #expect(libvirt.sysfs.driver(of: Self.nic) == "igc")
        #expect(libvirt.domains["win11"]?.contains("managed='yes'") == true)
        // Guards are asked all the same: this one carries the default route.
        let refused = try failure { try attach(libvirt, ["0000:01:00.0"]) { $0.isManaged = true } }
        #expect(refused.status == .refused)
    }

    @Test func liveToo() throws {
        let libvirt = try libvirt()
        let stopped = try failure { try attach(libvirt) { $0.isLive = true } }
        #expect(stopped.status == .no)
        #expect(libvirt.sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func withoutTheDaemonItsFile() throws {
        let sysfs = SimulatedSysfs(try TestHost.named("i226-router").with(["/etc/libvirt/qemu/win11.xml": Self.domain]))
        let outcome = try GuestAttach.run(
            Machine(sysfs),
            guest: "win11",
            devices: [Self.nic],
            GuestAttachment(),
            Permissions()
        ) { _ in }
        #expect(outcome.plan.contains { $0.target == "/etc/libvirt/qemu/win11.xml" && $0.action == "write-file" })
        #expect(sysfs.host.text("/etc/libvirt/qemu/win11.xml")?.contains("ua-passthru") == true)
    }

    @Test func assignWithTheGuestAndReleaseDoTheSame() throws {
        let libvirt = try libvirt()
        _ = try Assign.run(
            libvirt.machine,
            devices: [Self.nic],
            mates: [],
            once: false,
            guest: "win11",
            Permissions()
        ) { _ in }
        #expect(libvirt.domains["win11"]?.contains("ua-passthru-0000-04-00-0") == true)
        _ = try Release.run(libvirt.machine, devices: [Self.nic], Permissions()) { _ in }
        #expect(libvirt.domains["win11"] == Self.domain)
        #expect(libvirt.sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func namesThatAreNone() throws {
        let libvirt = try libvirt()
        #expect(try failure { try attach(libvirt, ["0000:77:00.0"]) }.status == .notFound)
        let none = try failure {
            _ = try GuestAttach.run(
                libvirt.machine,
                guest: "win12",
                devices: [Self.nic],
                GuestAttachment(),
                Permissions()
            ) {
                _ in
            }
        }
        #expect(none.status == .notFound)
        #expect(none.details.first?.en == "win11")
    }

    @Test func aMalformedDomainIsLeftAlone() throws {
        let libvirt = try libvirt()
        libvirt.domains["win11"] = "<domain><name>win11</name><devices></domain>"
        let malformed = try failure { try attach(libvirt) }
        #expect(malformed.status == .malformed)
        #expect(malformed.message.en.contains("line 1"))
        #expect(libvirt.sysfs.driver(of: Self.nic) == "igc")
    }

    @Test func anotherGuestsMalformedFileIsNotWhatWasAskedFor() throws {
        let libvirt = try libvirt()
        libvirt.sysfs.change { $0 = $0.with(["/etc/libvirt/qemu/broken.xml": "<domain><name>broken</domain>"]) }
        func attach(_ guest: String) throws -> Failure {
            try failure {
                _ = try GuestAttach.run(
                    libvirt.machine,
                    guest: guest,
                    devices: [Self.nic],
                    GuestAttachment(),
                    Permissions()
                ) { _ in }
            }
        }
        let broken = try attach("broken")
        #expect(broken.status == .malformed)
        #expect(broken.message.en.hasPrefix("broken cannot be read: line 1"))
        let missing = try attach("nobody")
        #expect(missing.status == .notFound)
        #expect(missing.details.map(\.en).contains { $0.hasPrefix("not read: ") })
    }

    @Test func optionsThatChangeNothingAreRefused() throws {
        let libvirt = try libvirt()
        func said(_ edit: @escaping (inout GuestAttachment) -> Void) throws -> String {
            let failure = try failure { try attach(libvirt, [Self.nic], dryRun: false, edit) }
            #expect(failure.status == .usage)
            return failure.message.en
        }
        #expect(try said { $0.startupPolicy = .optional }.hasPrefix("--startup-policy is for USB devices"))
        #expect(try said { ($0.rom, $0.hidesROM) = ("/x.rom", true) }.hasPrefix("--rom and --no-rom exclude"))
        #expect(libvirt.domains["win11"] == Self.domain)
    }

    @Test func aUSBDeviceThatTheOwnerPutInIsNotPutInTwice() throws {
        let libvirt = try libvirt()
        let own = """
            <hostdev mode='subsystem' type='usb'><source><vendor id='0x0403'/><product id='0x6001'/></source></hostdev>
            """
        let domain = Self.domain.replacing("</devices>", with: own + "</devices>")
        libvirt.define("win11", domain)
        let refused = try failure { try attach(libvirt, ["1-2"]) }
        #expect(refused.guardName == "already-there")
        #expect(refused.message.en.contains("1-2 is in win11 already, as 0403:6001"))
        #expect(libvirt.domains["win11"] == domain)
    }

    @Test func aUSBDeviceDoesNotGoBesideItsController() throws {
        let libvirt = try libvirt()
        let refused = try failure { try attach(libvirt, ["0000:00:14.0", "1-2"]) }
        #expect(refused.message.en.hasPrefix("1-2 hangs on 0000:00:14.0"))
        try attach(libvirt, ["1-2"])
        #expect(try failure { try attach(libvirt, ["0000:00:14.0"]) }.message.en.hasPrefix("1-2 hangs on 0000:00:14.0"))
    }

    /// virsh stands for all that libvirt remembers: it is told of what came home, and only of that.
    @Test func libvirtIsToldWhatCameHome() throws {
        let libvirt = try libvirt()
        let address = try #require(PCIAddress(Self.nic))
        var runner = GuestRunner(kind: .libvirt)
        (runner.isRunning, runner.virsh) = (true, "/usr/bin/virsh")
        func forget() -> [Text] { LibvirtMemory.forget([address], [runner], on: libvirt.machine) }
        #expect(forget().isEmpty)
        #expect(libvirt.reattached == ["pci_0000_04_00_0"])
        libvirt.refusal = "internal error"
        #expect(forget().first?.en.contains("run `virsh nodedev-reattach pci_0000_04_00_0`") == true)
        _ = try Assign.run(libvirt.machine, devices: [Self.nic], mates: [], once: true, Permissions()) { _ in }
        #expect(forget().isEmpty)
        runner.isRunning = false
        _ = try Release.run(libvirt.machine, devices: [Self.nic], Permissions()) { _ in }
        #expect(forget().isEmpty)
    }
}
