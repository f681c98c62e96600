import Foundation
import Inventory
import Machine
import Operations
import Readiness
import TestHosts
import Testing
import Wording

/// What a message means on a machine: the three questions of the guide, on every machine of the tests.
@Suite struct ExplainTests {
    private func explain(_ text: String, on name: String) throws -> Explain {
        try Explain.run(try TestHost.named(name).machine, [text])
    }

    /// "host doesn't support VFIO PCI passthrough": the one sentence, and the reason on each machine.
    @Test(arguments: [
        ("firmware-off", "iommu-firmware"), ("kernel-without", "iommu-kernel"), ("argument-missing", "iommu-argument"),
        ("not-booted", "iommu-argument"), ("switched-off", "iommu-argument"), ("silent-amd", "iommu-groups"),
        ("module-missing", "vfio-modules"), ("container", "container"),
    ])
    func hostDoesNotSupportPassthrough(_ name: String, _ check: String) throws {
        for text in [
            "error: unsupported configuration: host doesn't support VFIO PCI passthrough",
            "error: unsupported configuration: host doesn\u{2019}t support passthrough of host PCI devices",
        ] {
            let explanation = try explain(text, on: name)
            let root = try #require(explanation.causes.first)
            #expect(root.role == .root && explanation.status == .ok)
            #expect(root.confirmed == .yes, "\(name): \(root.checks.map { "\($0.id) \($0.confirmed)" })")
            #expect(root.here?.id == check, "\(name) says \(root.here?.id ?? "nothing")")
            #expect(root.remedy == root.here?.remedy)
        }
    }

    @Test(arguments: ["i226-router", "two-gpus-desktop", "amd-desktop", "rmrr-server"])
    func aMachineThatIsReadyRulesItOut(_ name: String) throws {
        let text = "error: unsupported configuration: host doesn't support VFIO PCI passthrough"
        let root = try #require(try explain(text, on: name).causes.first)
        #expect(root.here == nil)
        #expect(root.confirmed != .yes, "\(root.checks.filter { $0.confirmed == .yes }.map(\.evidence.en))")
    }

    /// Where only /sys/firmware is hidden, nobody is sent into the BIOS.
    @Test func aContainerIsNotTakenForFirmware() throws {
        let text =
            "QEMU: Checking for device assignment IOMMU support : WARN (No ACPI DMAR table found, IOMMU either "
            + "disabled in BIOS or not supported by this hardware platform)"
        let root = try #require(try explain(text, on: "container").causes.first)
        #expect(root.id == "vhv-dmar")
        #expect(root.here?.id == "container")
        #expect(root.actor == .owner)
        #expect(root.checks.first { $0.id == "iommu-firmware" }?.confirmed != .yes)
    }

    @Test func usbDeviceNotFound() throws {
        let gone = try #require(
            try explain("error: internal error: Did not find USB device 1a86:7523", on: "i226-router").causes.first
        )
        #expect(gone.id == "usb-notfound")
        #expect(gone.confirmed == .yes)
        #expect(gone.checks.first { $0.id == "usb-absent" }?.evidence.en.contains("0403:6001") == true)
        let there = try #require(
            try explain("error: internal error: Did not find USB device 0403:6001", on: "i226-router").causes.first
        )
        #expect(there.confirmed == .no)
        let asked = try #require(try explain("USB设备找不到", on: "i226-router").causes.first)
        #expect(asked.id == "question-usb")
        #expect(asked.checks.first { $0.id == "usb-in-use" }?.confirmed == .yes)
        let boxed = try #require(try explain("USB device not found", on: "container").causes.first)
        #expect(boxed.here?.id == "container")
    }

    @Test func performance() throws {
        let desktop = try #require(try explain("性能问题", on: "two-gpus-desktop").causes.first)
        #expect(desktop.id == "question-performance")
        func confirmed(_ id: String) -> Confirmed? { desktop.checks.first { $0.id == id }?.confirmed }
        #expect(confirmed("kvm-device") == .no)
        #expect(confirmed("translated-domains") == .yes)
        #expect(confirmed("link-slow") == .yes)
        let router = try #require(try explain("passthrough is slow", on: "argument-missing").causes.first)
        #expect(router.id == "question-performance")
    }

    // MARK: Devices and groups of a host

    @Test func theGroupThatIsNotViable() throws {
        let text = "qemu-system-x86_64: -device vfio-pci,host=0000:01:00.0: vfio 0000:01:00.0: group 10 is not viable"
        let root = try #require(try explain(text, on: "two-gpus-desktop").causes.first)
        #expect(root.id == "qemu-notviable" && root.confirmed == .yes)
        #expect(root.bdf?.description == "0000:01:00.0")
        #expect(root.checks.first?.evidence.en.contains("0000:01:00.1 [snd_hda_intel]") == true)
    }

    @Test func theReservedMemory() throws {
        let text = """
            [  210.443201] vfio-pci 0000:5c:00.0: DMAR: Device is ineligible for IOMMU domain attach due to platform RMRR requirement.  Contact your platform vendor.
            qemu-system-x86_64: -device vfio-pci,host=0000:5c:00.0: vfio 0000:5c:00.0: failed to setup container for group 21: Failed to set iommu for container: Operation not permitted
            """
        let explanation = try explain(text, on: "rmrr-server")
        #expect(explanation.causes.map(\.id) == ["dmar-rmrr-ineligible", "qemu-setiommu-eperm"])
        #expect(explanation.causes.map(\.role) == [.root, .consequence])
        #expect(explanation.causes[0].confirmed == .yes)
        #expect(explanation.causes[0].lines.count == 1 && explanation.causes[0].numbers == [1])
    }

    // MARK: Where the text comes from

    @Test func aTextWithoutAProblemIsANo() throws {
        let explanation = try explain("the quick brown fox", on: "i226-router")
        #expect(explanation.causes.isEmpty && explanation.status == .no)
        let harmless = try explain("[    0.4] DMAR: No ATSR found", on: "i226-router")
        #expect(harmless.causes.map(\.role) == [.benign] && harmless.status == .no)
    }

    @Test func aCapturedHostIsReadForItsLogs() throws {
        let host = try TestHost.named("i226-router")
        #expect(throws: Failure.self) { _ = try Explain.run(host.machine, []) }
        let with = host.with([
            "/var/log/libvirt/qemu/win11.log":
                "2026-11-26T10:52:59.1Z qemu-system-x86_64: -device vfio-pci,host=03:00.0: vfio 0000:03:00.0: group 12 is not viable\n"
        ])
        let explanation = try Explain.run(with.machine, [])
        #expect(explanation.causes.first?.id == "qemu-notviable")
        #expect(explanation.sources.map(\.name) == ["/var/log/libvirt/qemu/win11.log"])
    }

    @Test func filesThatCannotBeReadAreNamed() throws {
        let machine = try TestHost.named("i226-router").machine
        func status(_ word: String) -> Operations.ExitStatus? {
            do {
                _ = try Explain.run(machine, [word])
                return nil
            } catch { return error.status }
        }
        #expect(status("/nowhere/messages") == .notFound)
        #expect(status("./nothing.log") == .notFound)
        #expect(status("/tmp") == .malformed)
        #expect(status("nothing of the kind") == nil)
    }

    @Test func textOfTwoBytesALetterIsRead() throws {
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        var bytes: [UInt8] = [0xFF, 0xFE]
        for unit in "error: host doesn't support VFIO PCI passthrough\r\n".utf16 {
            bytes += [UInt8(truncatingIfNeeded: unit), UInt8(truncatingIfNeeded: unit >> 8)]
        }
        let path = try sandbox.write(bytes, as: "pasted.txt")
        let explanation = try Explain.run(try TestHost.named("i226-router").machine, [path])
        #expect(explanation.causes.first?.id == "libvirt-novfio")
    }

    @Test func theObjectHasItsKeys() throws {
        let data = try JSONEncoder().encode(try explain("group 10 is not viable", on: "two-gpus-desktop"))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["schema"] as? String == "passthru/explain/1")
        let cause = try #require((object["causes"] as? [[String: Any]])?.first)
        for key in ["id", "role", "cause", "bdf", "lines", "confirmed", "remedy"] {
            #expect(cause.keys.contains(key), "no \(key)")
        }
        #expect(cause["bdf"] is NSNull)
        #expect(cause["role"] as? String == "root")
        #expect(cause["confirmed"] as? String == "yes")
    }
}
