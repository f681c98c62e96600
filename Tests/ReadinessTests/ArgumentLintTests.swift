import Formats
import Inventory
import Machine
import TestHosts
import Testing
import Wording

@testable import Readiness

/// Whole lines as people have them, on machines as they have them.
@Suite struct ArgumentLintTests {
    private static func openWrt(_ release: String, _ iommu: Firmware.IOMMUKind = .intel) -> ArgumentSample {
        var sample = ArgumentSample()
        sample.release = release
        sample.iommu = iommu
        sample.loader = .kmodloader
        sample.system = "istoreos"
        sample.modules = ["vfio", "vfio_pci", "vfio_iommu_type1", "kvm", "kvm_intel", "i915"]
        return sample
    }

    private static func debian(_ release: String, _ iommu: Firmware.IOMMUKind = .intel) -> ArgumentSample {
        var sample = ArgumentSample()
        sample.release = release
        sample.iommu = iommu
        sample.system = "debian"
        sample.folders.insert("/etc/initramfs-tools")
        return sample
    }

    private static func finding(_ line: String, _ sample: ArgumentSample) -> ArgumentFinding? {
        ArgumentLint.findings(KernelCommandLine(line), on: sample.host).first
    }

    // MARK: Lines that are right

    @Test(arguments: ["5.10.176", "5.15.167", "6.1.0-28-amd64", "6.6.93"])
    func whatPassthruItselfWantsIsNotObjectedTo(_ release: String) {
        for kind in [Firmware.IOMMUKind.intel, .amd] {
            for sample in [Self.openWrt(release, kind), Self.debian(release, kind)] {
                let words = WantedArguments.arguments(for: sample.host).map(\.word)
                #expect(words.contains("iommu=pt"))
                let line = "root=PARTUUID=11223344-02 rootwait " + words.joined(separator: " ")
                #expect(ArgumentLint.rules(line, on: sample.host) == [], "\(line) on \(release)")
            }
        }
    }

    @Test(arguments: [
        "", "BOOT_IMAGE=/boot/vmlinuz-6.1.0-28-amd64 root=/dev/nvme0n1p2 ro quiet splash",
        "console=tty0 console=ttyS0,115200n8 noinitrd rootwait",
        "usb-storage.quirks=0bda:9210:u usbcore.autosuspend=-1",
        "intel_pstate=passive intel_idle.max_cstate=1 mitigations=off nohz=off pci=noaer pcie_aspm=off",
        "isolcpus=managed_irq,domain,2-3 nohz_full=2-3 rcu_nocbs=2-3 rcu_nocb_poll", "iommu.strict=1 iommu.forcedac=1",
        "intel-iommu=on iommu=pt", "intel_iommu=on,sm_on,igfx_off", "amd_pstate=active amdgpu.dc=1",
        "hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=4", "transparent_hugepage=never",
        "vfio-pci.ids=10de:1e07,10de:10f7", "module_blacklist=nouveau,snd_hda_intel", "text init=/bin/sh -- iommu=on",
    ])
    func goodLinesAreLeftAlone(_ line: String) {
        let rules = ArgumentLint.rules(line, on: Self.debian("6.1.0-28-amd64").host)
        #expect(rules == [], "\(line)")
    }

    // MARK: Lines of guides

    @Test func theGuideOnItsIntelRouter() {
        let line = "intel_iommu=on iommu=pt video=efifb:off,vesafb:off"
        #expect(ArgumentLint.rules(line, on: Self.openWrt("5.10.176").host) == ["video_several"])
        #expect(ArgumentLint.rules(line, on: Self.openWrt("6.6.93").host) == ["video_several", "efifb_stale"])
        var simple = Self.openWrt("5.15.167")
        simple.frameBuffers = ["BOOTFB"]
        #expect(ArgumentLint.rules(line, on: simple.host) == ["video_several", "efifb_bootfb"])
    }

    @Test func theGuideOnItsAMDRouter() {
        let line = "amd_iommu=on iommu=pt video=vesafb:off,efifb:off,simplefb:off"
        let rules = ArgumentLint.rules(line, on: Self.openWrt("5.10.176", .amd).host)
        #expect(rules == ["amd_iommu_on", "video_several", "video_vesafb"])
    }

    @Test func aLineOfAnIssue() {
        let line = """
            root=PARTUUID=1 rootwait noinitrd intel_iommu=on iommu=pt intel_iommu=on iommu=pt \
            pcie_acs_override=downstream,multifunction vfio-pci.ids=8086:4e61 disable_vga=1 kvm.ignore_msrs=1
            """
        let rules = ArgumentLint.rules(line, on: Self.openWrt("5.10.176").host)
        #expect(
            rules == [
                "duplicate", "duplicate", "acs_override_unpatched", "module_parameter_unread", "bare_disable_vga",
                "module_parameter_unread",
            ]
        )
    }

    @Test func theSameWordsDoWhatTheySayOnDebian() {
        let line = "vfio-pci.ids=8086:4e61 kvm.ignore_msrs=1 modprobe.blacklist=i915"
        #expect(ArgumentLint.rules(line, on: Self.debian("6.1.0-28-amd64").host) == [])
        let router = ArgumentLint.rules(line, on: Self.openWrt("6.6.93").host)
        #expect(router == ["module_parameter_unread", "module_parameter_unread", "modprobe_unread"])
        // Built in, the kernel itself reads it.
        var builtIn = Self.openWrt("6.6.93")
        builtIn.modules.remove("vfio_pci")
        builtIn.builtIn = ["vfio_pci"]
        #expect(ArgumentLint.rules("vfio-pci.ids=8086:4e61", on: builtIn.host) == [])
    }

    @Test func theOverridePatchIsKnownByTheKernelsName() {
        let line = "pcie_acs_override=downstream"
        var proxmox = Self.debian("6.8.12-4-pve")
        proxmox.system = "debian"
        #expect(Self.finding(line, proxmox)?.kind == .unsafe)
        #expect(Self.finding(line, Self.debian("6.1.0-28-amd64"))?.kind == .noOp)
        var arch = Self.debian("6.12.4-zen1-1-zen")
        arch.system = "arch"
        #expect(Self.finding(line, arch)?.kind == .unsafe)
        arch.release = "6.12.4-arch1-1"
        #expect(Self.finding(line, arch) == nil)
    }

    // MARK: Which of two wins

    @Test func theLastOfOnAndOffWins() {
        let host = Self.debian("6.1.0").host
        #expect(ArgumentLint.rules("intel_iommu=on intel_iommu=off", on: host) == ["intel_iommu_on_then_off"])
        #expect(ArgumentLint.rules("intel_iommu=off intel_iommu=on", on: host) == ["intel_iommu_off_then_on"])
        #expect(ArgumentLint.rules("intel_iommu=off", on: host) == ["intel_iommu_off"])
        #expect(ArgumentLint.rules("iommu=pt iommu.passthrough=0", on: host) == ["pt_overruled"])
        #expect(ArgumentLint.rules("iommu.passthrough=0 iommu=pt", on: host) == ["translation_overruled"])
        let amd = Self.debian("6.1.0", .amd).host
        #expect(ArgumentLint.rules("amd_iommu=off amd_iommu=force_enable", on: amd) == ["amd_iommu_off"])
        #expect(ArgumentLint.rules("amd_iommu=off", on: host) == ["amd_iommu_on_intel"])
        #expect(ArgumentLint.rules("intel_iommu=on", on: amd) == ["intel_iommu_on_amd"])
    }

    // MARK: Slips

    @Test(
        arguments: [
            ("intel_iommmu=on", "intel_iommu=on"), ("intel-immou=on", "intel_iommu=on"),
            ("INTEL_IOMMU=on", "intel_iommu=on"), ("iomu=pt", "iommu=pt"), ("amd_iomu=off", "amd_iommu=off"),
            ("vfio-pci.id=8086:4e61", "vfio_pci.ids=8086:4e61"),
            ("isolcpu=2-3", "isolcpus=2-3"), ("nomodset", "nomodeset"), ("intrmap=off", "intremap=off"),
            ("pci_acs_override=downstream", "pcie_acs_override=downstream"), ("hugepagez=1G", nil),
            ("intel_iommu=igfx_of", "intel_iommu=igfx_off"), ("intremap=nosidd,noside", nil),
        ] as [(String, String?)]
    )
    func slipsAreFound(_ word: String, _ meant: String?) {
        let host = Self.debian("6.1.0").host
        let findings = ArgumentLint.findings(KernelCommandLine(word), on: host).filter { $0.kind == .typo }
        guard let meant else { return #expect(findings.isEmpty, "\(word) resembles two names, or none") }
        #expect(findings.count == 1, "\(word)")
        #expect(findings.first?.remedy?.en.contains(meant) == true, "\(word): \(findings.first?.remedy?.en ?? "-")")
        #expect(findings.first?.word == word)
    }

    @Test func optionsThatNobodyKnowsAreNamed() {
        let host = Self.debian("6.1.0").host
        #expect(Self.finding("intel_iommu=enable", Self.debian("6.1.0"))?.kind == .noOp)
        #expect(ArgumentLint.rules("iommu=pt,yes", on: host) == ["option"])
        #expect(ArgumentLint.rules("iommu=memaper=3,pt", on: host) == [])
    }

    @Test func aWordThreeTimesIsOneFinding() {
        let finding = Self.finding("quiet iommu=pt quiet quiet", Self.debian("6.1.0"))
        #expect(finding?.kind == .duplicate)
        #expect(finding?.word == "quiet")
        #expect(finding?.reason.en.contains("3 times") == true)
        // To the kernel both are the same name.
        #expect(Self.finding("intel_iommu=on intel-iommu=on", Self.debian("6.1.0"))?.kind == .duplicate)
    }

    @Test func distances() {
        func distance(_ left: String, _ right: String) -> Int {
            ArgumentLint.editDistance(Array(left.utf8), Array(right.utf8))
        }
        #expect(distance("iommu", "iommu") == 0)
        #expect(distance("immou", "iommu") == 1 + 1)
        #expect(distance("iommmu", "iommu") == 1)
        #expect(distance("iomum", "iommu") == 1)
        #expect(distance("", "iommu") == 5)
    }
}
