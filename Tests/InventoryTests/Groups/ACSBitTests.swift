import TestHosts
import Testing
import Wording

@testable import Inventory

/// Each bit of ACS that the kernel asks for (drivers/pci/pci.c, pci_acs_enabled: REQ_ACS_FLAGS of drivers/iommu/iommu.c),
/// in the capability and in the control register (PCI Express 6.0, section 7.7.12).
@Suite struct ACSBitTests {
    /// Source validation, request redirect, completion redirect, upstream forwarding.
    private static let bits: [UInt16] = [0x01, 0x04, 0x08, 0x10]
    private static let all: UInt16 = 0x1D

    // MARK: As it is read

    /// A configuration space with nothing but a PCI Express root port and ACS.
    private func acs(capability: UInt16, control: UInt16) -> PCICapabilities.ACS? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        func set(_ offset: Int, _ value: UInt16) {
            bytes[offset] = UInt8(truncatingIfNeeded: value)
            bytes[offset + 1] = UInt8(value >> 8)
        }
        set(0x06, 0x10)
        bytes[0x34] = 0x40
        set(0x40, 0x10)
        set(0x42, 0x42)
        set(0x100, 0x000D)
        set(0x102, 0x0001)
        set(0x104, capability)
        set(0x106, control)
        return PCICapabilities(configSpace: bytes)?.acs
    }

    @Test func bothRegistersAreRead() {
        let acs = acs(capability: 0x005F, control: 0x001D)
        #expect(acs?.capability == "005f")
        #expect(acs?.control == "001d")
        #expect(acs?.isolates == true)
        #expect(self.acs(capability: 0x001D, control: 0x0000)?.isolates == false)
        #expect(self.acs(capability: 0x0000, control: 0x001D)?.isolates == false)
        #expect(self.acs(capability: 0x0042, control: 0x0042)?.isolates == false, "none of the four")
    }

    @Test(arguments: bits)
    func aBitThatIsOffDoesNotIsolate(_ bit: UInt16) {
        #expect(acs(capability: Self.all, control: Self.all & ~bit)?.isolates == false)
        // What the port does not have to be told is always on.
        #expect(acs(capability: Self.all & ~bit, control: Self.all & ~bit)?.isolates == true)
        #expect(acs(capability: bit, control: bit)?.isolates == true)
        #expect(acs(capability: bit, control: 0)?.isolates == false)
    }

    // MARK: As groups are explained and predicted

    /// A root port with these registers, and a card behind it in the same group.
    private func host(capability: UInt16, control: UInt16, arguments: String = "", kernel: String = "6.12.0") throws
        -> Host
    {
        let text = """
            /proc/sys/kernel/osrelease = \(kernel)
            /proc/cmdline = quiet \(arguments)
            \(GroupHost.intel)
            pci 0000:00:01.0 8086:9999 060400 express=root caps=acs group=1
            pci 0000:01:00.0 8086:10d3 020000 parent=0000:00:01.0 express=endpoint group=1
            """
        var host = Host.read(try Manifest.host("acs", text: text + "\n").machine, GroupPrediction.parts)
        for index in host.functions.indices where host.functions[index].address == GroupHost.address("00:01.0") {
            host.pci?.functions?[index].details?.capabilities?.acs = PCICapabilities.ACS(
                capability: hex(capability, width: 4),
                control: hex(control, width: 4),
                isolates: true
            )
        }
        return host
    }

    private func explanation(_ capability: UInt16, _ control: UInt16) throws -> String? {
        try GroupReasons(host(capability: capability, control: control))?.explanation(ofGroup: 1)?.en
    }

    @Test(arguments: bits)
    func aBitThatIsOffExplainsTheGroup(_ bit: UInt16) throws {
        let off = Self.all & ~bit
        let expected = "ACS of 0000:00:01.0 is not switched on (control \(hex(off, width: 4)), capability 001d)"
        #expect(try explanation(Self.all, off) == expected)
        #expect(try explanation(Self.all, Self.all) != expected)
        // A port that cannot do it need not be told.
        #expect(try explanation(off, off) == explanation(Self.all, Self.all))
    }

    @Test func bitsThatTheKernelDoesNotAskForExplainNothing() throws {
        #expect(try explanation(0x7F, Self.all) == explanation(Self.all, Self.all))
    }

    /// What the kernel switches on by itself may be kept off on its line.
    @Test(arguments: zip(bits, ["xxxxxx0", "xxxx0xx", "xxx0xxx", "xx0xxxx"]))
    func aBitKeptOffByTheLineJoinsTheGroup(_ bit: UInt16, _ flags: String) throws {
        func isApart(_ control: UInt16, _ arguments: String, kernel: String = "6.12.0") throws -> Bool {
            let host = try host(capability: Self.all, control: control, arguments: arguments, kernel: kernel)
            return GroupPrediction(host)?.group(of: GroupHost.address("01:00.0"))?.members.count == 1
        }
        let line = "pci=config_acs=\(flags)@00:01.0"
        #expect(try !isApart(Self.all, line))
        #expect(try isApart(Self.all, line, kernel: "6.11.0"), "unknown to that kernel")
        #expect(try isApart(Self.all, "pci=config_acs=\(flags)@00:02.0"))
        #expect(try isApart(0, ""), "the kernel switches it on")
        // x leaves a bit as the firmware had it.
        #expect(try isApart(Self.all, "pci=config_acs=xxxxxxx@00:01.0"))
        #expect(try !isApart(Self.all & ~bit, "pci=config_acs=xxxxxxx@00:01.0"))
        #expect(try isApart(Self.all & ~bit, "pci=config_acs=\(flags.replacing("0", with: "1"))@00:01.0"))
    }
}
