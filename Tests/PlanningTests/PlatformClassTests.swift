import Planning
import TestHosts
import Testing
import Wording

/// Which classes the machine itself runs on (PCI Code and ID Assignment specification, base classes 05, 06, 08 and 0C).
@Suite struct PlatformClassTests {
    private func findings(_ code: String) throws -> [GuardFinding] {
        let line = "pci 0000:01:00.0 8086:0b25 \(code) group=7 parent=0000:00:01.0 express=endpoint caps=msix reset=flr"
        return try IsolationHost.findings("platform-function", IsolationHost.with(line), "0000:01:00.0")
    }

    @Test(arguments: [
        ("060000", "a host bridge"), ("060100", "an ISA (LPC) bridge"), ("060200", "an ISA (LPC) bridge"),
        ("060300", "an ISA (LPC) bridge"), ("060400", "a PCI bridge"), ("060500", "a bridge"), ("060600", "a bridge"),
        ("060700", "a PCI bridge"), ("060800", "a bridge"), ("060900", "a PCI bridge"), ("060a00", "a bridge"),
        ("068000", "a bridge"), ("0c0500", "an SMBus controller"), ("080600", "an IOMMU"),
        ("080000", "a system peripheral"), ("080100", "a system peripheral"), ("080200", "a system peripheral"),
        ("080300", "a system peripheral"), ("080400", "a system peripheral"), ("088000", "a system peripheral"),
        ("050000", "a memory controller"), ("058000", "a memory controller"),
    ])
    func classesThatStay(_ code: String, _ name: String) throws {
        let found = try findings(code)
        #expect(found.map(\.level) == [.refuse])
        #expect(found.first?.message.en.contains(" is \(name),") == true, "\(found.first?.message.en ?? "")")
    }

    @Test(arguments: [
        "0c0330", "080500", "030000", "020000", "010802", "040300", "120000", "118000", "ff0000", "0d1100",
    ])
    func classesThatMayGo(_ code: String) throws { #expect(try findings(code).isEmpty) }
}
