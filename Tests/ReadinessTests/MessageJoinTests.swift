import Foundation
import Inventory
import TestHosts
import Testing

@testable import Readiness

/// Which message is the cause, and which ones follow from it.
@Suite struct MessageJoinTests {
    private func roles(_ text: String) throws -> [String] {
        try MessageTests.findings(text).findings.map { "\($0.entry.id) \($0.role)" }
    }

    @Test func theKernelsReasonComesFirst() throws {
        let text = """
            error: Failed to start domain 'win11'
            error: internal error: process exited while connecting to monitor: 2026-11-26T10:52:59.1Z qemu-system-x86_64: -device {"driver":"vfio-pci","host":"0000:03:00.0"}: vfio 0000:03:00.0: failed to setup container for group 12: Failed to set iommu for container: Operation not permitted

            [  150.000112] vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the module param "allow_unsafe_interrupts" to enable VFIO IOMMU support on this platform
            [    0.400000] DMAR: No ATSR found
            """
        #expect(
            try roles(text) == [
                "vfio-no-ir root", "qemu-setiommu-eperm consequence", "lv-closed consequence", "lv-start consequence",
                "dmar-noatsr benign",
            ]
        )
        #expect(try MessageTests.findings(text).findings[1].address?.description == "0000:03:00.0")
    }

    @Test func anotherDeviceIsAnotherCause() throws {
        let reason =
            "vfio-pci 0000:5c:00.0: DMAR: Device is ineligible for IOMMU domain attach due to platform RMRR requirement."
        let follows =
            "vfio 0000:03:00.0: failed to setup container for group 12: Failed to set iommu for container: Operation not permitted"
        #expect(try roles(reason + "\n" + follows).filter { $0.hasSuffix("root") }.count == 2)
        let same = follows.replacing("0000:03:00.0", with: "0000:5c:00.0")
        #expect(try roles(reason + "\n" + same) == ["dmar-rmrr-ineligible root", "qemu-setiommu-eperm consequence"])
    }

    @Test func whatWasSaidLaterIsNoReason() throws {
        let reason = "[ 9000.000000] vfio_pin_pages_remote: RLIMIT_MEMLOCK (67108864) exceeded"
        let follows = "[   10.000000] qemu-system-x86_64: VFIO_MAP_DMA failed: Cannot allocate memory"
        #expect(try roles(reason + "\n" + follows).filter { $0.hasSuffix("root") }.count == 2)
        let soon = reason.replacing("[ 9000.000000]", with: "[    9.000000]")
        #expect(try roles(soon + "\n" + follows).first == "kernel-memlock root")
    }

    @Test func groupsTellWhatBelongsTogether() throws {
        let reason = "vfio 0000:03:00.0: group 12 is not viable"
        let wrapper = "TASK ERROR: start failed: QEMU exited with code 1"
        #expect(try roles(reason + "\n" + wrapper) == ["qemu-notviable root", "pve-start consequence"])
    }

    /// Nothing but what says that something failed: it says so, and no more.
    @Test func aWrapperAloneIsNoGuess() throws {
        #expect(try roles("TASK ERROR: start failed: QEMU exited with code 1") == [])
        #expect(
            try roles("error: internal error: qemu unexpectedly closed the monitor: -netdev tap: could not open") == []
        )
        #expect(
            try roles(
                "kvm: -device vfio-pci,host=01:00.0: something new\nTASK ERROR: start failed: QEMU exited with code 1"
            ) == ["pve-start root"]
        )
    }

    @Test func oneLineInManyIsFoundOnce() throws {
        let line =
            "[ 44.702115] vfio-pci 0000:00:02.0: BAR 2: can't reserve [mem 0x4000000000-0x400fffffff 64bit pref]\n"
        let found = try MessageTests.findings(String(repeating: line, count: 500))
        #expect(found.findings.map(\.entry.id) == ["drm-bar0"])
        #expect((found.findings.first?.hits.count ?? 0) <= MessageSearch.mostHits)
    }

    // MARK: Texts in which nothing is wrong

    @Test(arguments: [
        "", "\n\n\n", "hello", "the quick brown fox", "EBUSY", "Device or resource busy",
        "write error: Device or resource busy",
        "error: XML error: Attempted double use of PCI Address 0000:00:02.0",
        "error: internal error: qemu unexpectedly closed the monitor",
        "Lockdown: systemd-logind: hibernation is restricted; see man kernel_lockdown.7",
        "mount: /mnt: permission denied.", "Out of memory: Killed process 3211 (firefox)",
        "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
        "qemu-system-x86_64: -drive file=x.qcow2: Could not open 'x.qcow2': No such file or directory",
    ])
    func nothingHereIsAboutPassthrough(_ text: String) throws {
        let found = try MessageTests.findings(text)
        #expect(found.findings.isEmpty, "\(found.findings.map(\.entry.id))")
    }

    /// What real kernels said of real machines' tables, and a machine of the rig that is in order.
    @Test func logsOfMachinesInOrderHaveNoRoot() throws {
        let log = """
            [    0.000000] Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org)
            [    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz root=/dev/sda2 intel_iommu=on iommu=pt
            [    0.000000] DMAR: IOMMU enabled
            [    0.100000] DMAR: Host address width 39
            [    0.100001] DMAR: DRHD base: 0x000000fed90000 flags: 0x0
            [    0.100002] DMAR-IR: IOAPIC id 2 under DRHD base  0xfed91000 IOMMU 1
            [    0.100003] DMAR-IR: Enabled IRQ remapping in x2apic mode
            [    0.400000] pci 0000:00:02.0: vgaarb: setting as boot VGA device
            [    0.500000] iommu: Default domain type: Passthrough (set via kernel command line)
            [    0.600000] pci 0000:00:02.0: Adding to iommu group 0
            [    0.700000] DMAR: No ATSR found
            [    0.700001] DMAR: Intel(R) Virtualization Technology for Directed I/O
            [    1.000000] usb 1-4: new full-speed USB device number 2 using xhci_hcd
            [    2.000000] VFIO - User Level meta-driver version: 0.3
            [    3.000000] vfio-pci 0000:01:00.0: enabling device (0000 -> 0003)
            """
        let found = try MessageTests.findings(log)
        #expect(found.root == nil, "\(found.root?.entry.id ?? "")")
        #expect(found.related.isEmpty, "\(found.related)")
        #expect(found.findings.contains { $0.entry.id == "dmar-enabled-misread" && $0.role == .benign })
    }

    /// The kernels that read a real machine's table without that machine's hardware say that they cannot use it.
    @Test func realKernelLogsAreUnderstood() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "InventoryTests/ACPI/KernelLogs")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 5)
        for file in files.sorted(by: { $0.path < $1.path }) {
            let found = try MessageTests.findings(try String(contentsOf: file, encoding: .utf8))
            for root in found.findings where root.role == .root {
                #expect(
                    root.entry.id.hasPrefix("dmar-") || root.entry.id.hasPrefix("amdvi-")
                        || root.entry.id.hasPrefix("ir-"),
                    "\(file.lastPathComponent): \(root.entry.id)"
                )
            }
        }
    }

    @Test func whatNobodyKnowsIsShownAsThat() throws {
        let found = try MessageTests.findings("vfio-pci 0000:03:00.0: frobnication of the IOMMU failed with error 7")
        #expect(found.root == nil)
        #expect(found.related.map(\.line) == ["vfio-pci 0000:03:00.0: frobnication of the IOMMU failed with error 7"])
    }

    @Test(arguments: ["性能问题", "直通很慢怎么办？", "USB device not found", "usb设备找不到", "无法直通", "passthrough is slow"])
    func questionsInPlainWordsAreTaken(_ text: String) throws {
        #expect(try MessageTests.findings(text).root?.entry.questions.isEmpty == false)
    }

    @Test func aQuestionIsNotReadOutOfALog() throws {
        let log = String(repeating: "x86/cpu: performance problem of no matter\n", count: 20)
        #expect(try MessageTests.findings(log).findings.isEmpty)
    }
}
