import Foundation
import Operations
import TestHosts
import Testing

/// `passthru` alone shows modes that take isolation away for as long as they are on.
@Suite struct UnsafeStatusTests {
    private static let parameter = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

    private func status(_ host: TestHost, _ options: String...) throws -> String {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let result = try Program.run(["--host", sandbox.write(host)] + options)
        #expect(result.status == 0)
        return result.output
    }

    @Test func shownInBothLanguagesWhileOn() throws {
        let host = try TestHost.named("two-gpus-desktop").with([
            Self.parameter: "Y", "/proc/cmdline": "quiet intel_iommu=on pcie_acs_override=downstream",
        ])
        let english = try status(host, "--lang", "en")
        #expect(english.contains("Unsafe"))
        #expect(english.contains("\(Self.parameter): Y"))
        #expect(english.contains("/proc/cmdline: pcie_acs_override=downstream"))
        let chinese = try status(host, "--lang", "zh")
        #expect(chinese.contains("不安全"))
        #expect(chinese.contains("\(Self.parameter): Y"))
    }

    @Test func inJSONWithItsSource() throws {
        let host = try TestHost.named("two-gpus-desktop").with([Self.parameter: "Y"])
        let object = try JSONSerialization.jsonObject(with: Data(status(host, "--json").utf8)) as? [String: Any]
        let unsafe = try #require(object?["unsafe"] as? [[String: Any]])
        #expect(unsafe.count == 1)
        #expect(unsafe.first?["mode"] as? String == "unsafe-interrupts")
        #expect(unsafe.first?["isOn"] as? Bool == true)
        #expect(unsafe.first?["source"] as? String == Self.parameter)
    }

    @Test func nothingWhileOff() throws {
        let host = try TestHost.named("two-gpus-desktop")
        #expect(try !status(host, "--lang", "en").contains("Unsafe"))
        #expect(try status(host, "--json").contains("\"unsafe\" : [\n\n  ]"))
    }

    @Test func whatCannotBeReadIsUnknown() throws {
        let host = try TestHost.named("two-gpus-desktop").without("/proc/cmdline")
        #expect(try status(host, "--lang", "en").contains("unknown, could not be read: /proc/cmdline"))
        let object = try JSONSerialization.jsonObject(with: Data(status(host, "--json").utf8)) as? [String: Any]
        let unsafe = try #require(object?["unsafe"] as? [[String: Any]])
        #expect(unsafe.count == 2)
        #expect(unsafe.allSatisfy { $0["isOn"] is NSNull && $0["unknown"] is [String: String] })
    }
}
