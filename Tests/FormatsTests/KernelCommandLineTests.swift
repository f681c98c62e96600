import Testing

@testable import Formats

@Suite struct KernelCommandLineTests {
    @Test func wordsAsTheKernelSplitsThem() {
        let text =
            "BOOT_IMAGE=/vmlinuz-6.1 root=UUID=1-2 ro  quiet\tdyndbg=\"file a.c +p\" \"foo=b c\" x=\"y z -- init -x\n"
        let line = KernelCommandLine(text)
        #expect(line.words.map(\.name) == ["BOOT_IMAGE", "root", "ro", "quiet", "dyndbg", "foo", "x"])
        #expect(
            line.words.map(\.value) == ["/vmlinuz-6.1", "UUID=1-2", nil, nil, "file a.c +p", "b c", "y z -- init -x\n"]
        )
        #expect(line.words[4].text == "dyndbg=\"file a.c +p\"")
        #expect(line.bytes == utf8(text))
        for word in line.words {
            #expect(String(decoding: line.bytes[word.range], as: UTF8.self) == word.text)
        }
    }

    @Test func dashDashEndsTheKernelsPart() {
        let line = KernelCommandLine("intel_iommu=on -- intel_iommu=off single")
        #expect(line.values(of: "intel_iommu") == ["on"])
        #expect(line.initWords.map(\.text) == ["intel_iommu=off", "single"])
        #expect(KernelCommandLine("--=x a").words.count == 2)
    }

    @Test func namesAndRepetition() {
        let line = KernelCommandLine("vfio-pci.ids=8086:1533,10de:1 vfio_pci.ids=1002:2 quiet Quiet =x =")
        #expect(line.values(of: "vfio_pci.ids") == ["8086:1533,10de:1", "1002:2"])
        #expect(line.last(of: "vfio-pci.ids") == "1002:2")
        #expect(line.items(of: "vfio-pci.ids") == ["8086:1533", "10de:1", "1002:2"])
        #expect(line.contains("quiet") && !line.contains("QUIET"))
        #expect(line.last(of: "quiet") == nil)
        // The first byte of a word is never taken for the sign between name and value.
        #expect(line.words.suffix(2).map(\.name) == ["=x", "="])
        #expect(KernelCommandLine("").words.isEmpty)
        #expect(KernelCommandLine("a=").words.first?.value == "")
        #expect(KernelCommandLine("\"").words.count == 1)
        #expect(KernelCommandLine("a\u{0}b").words.map(\.text) == ["a"])
    }

    @Test(arguments: [
        ("quiet", Bool?.none, false), ("intel_iommu=on", true, false), ("intel-iommu=on", true, false),
        ("intel_iommu=on intel_iommu=off", false, true), ("intel_iommu=off,on", true, true),
        ("intel_iommu=,,on,", true, false), ("intel_iommu=sm_on", nil, false), ("intel_iommu", nil, false),
        ("intel_iommu=only", true, false), ("intel_iommu=igfx_off", nil, false), ("INTEL_IOMMU=on", nil, false),
        ("\"intel_iommu=on\"", true, false), ("intel_iommu=\"on\"", true, false), ("x=\"intel_iommu=on\"", nil, false),
    ])
    func intel(text: String, isOn: Bool?, ignores: Bool) {
        let result = KernelCommandLine(text).intelIOMMU
        #expect(result.isOn == isOn)
        #expect(result.ignoresPlatformOptIn == ignores)
    }

    @Test func intelOptions() {
        let result = KernelCommandLine("intel_iommu=on,sm_on,igfx_off,strict,sp_off,tboot_noforce,what").intelIOMMU
        #expect(result.scalableMode == true && result.leavesOutGraphics && result.isStrict)
        #expect(result.hasNoSuperPages && result.isNotForcedByTrustedBoot)
        #expect(result.unknownOptions == ["what"])
        #expect(KernelCommandLine("intel_iommu=sm_on,sm_off").intelIOMMU.scalableMode == false)
    }

    @Test func amd() {
        let result = KernelCommandLine("amd_iommu=on amd_iommu=force_isolation,pgtbl_v2").amdIOMMU
        #expect(!result.isOff && result.forcesIsolation && result.pageTableVersion == 2)
        #expect(result.unknownOptions == ["on"])
        #expect(KernelCommandLine("amd_iommu=off amd_iommu=on").amdIOMMU.isOff)
        #expect(KernelCommandLine("amd_iommu=force_enable").amdIOMMU.isForced)
    }

    @Test(arguments: [
        ("iommu=pt", true), ("iommu=nopt", false), ("iommu=pt iommu.passthrough=0", false),
        ("iommu.passthrough=on iommu=soft", true), ("iommu.passthrough=maybe", nil), ("iommu=usedac,pt", nil),
        ("iommu.passthrough=No", false), ("iommu-passthrough=1", nil),
    ])
    func passthrough(text: String, expected: Bool?) {
        #expect(KernelCommandLine(text).iommu.isPassthrough == expected)
    }

    @Test func generic() {
        let result = KernelCommandLine("iommu=off iommu=on,force,noforce,soft,memaper=3,1234").iommu
        #expect(result.isOff && result.isForced == false && result.usesBounceBuffers)
        #expect(result.unknownOptions == ["on"])
        #expect(KernelCommandLine("iommu.strict=0").iommu.isStrict == false)
        #expect(KernelCommandLine("intel_iommu=strict iommu.strict=0").iommu.isStrict == true)
        #expect(KernelCommandLine("iommu=forcesac").iommu.isForced == nil)
    }

    @Test func interruptRemapping() {
        #expect(KernelCommandLine("intremap=off").interruptRemapping.isOn == false)
        #expect(KernelCommandLine("nointremap").interruptRemapping.isOn == false)
        #expect(KernelCommandLine("nointremap intremap=on").interruptRemapping.isOn == true)
        let result = KernelCommandLine("intremap=nosid,no_x2apic_optout,nopost,odd").interruptRemapping
        #expect(result.isOn == nil && result.isPosting == false)
        #expect(result.skipsSourceCheck && result.ignoresX2APICOptOut && result.unknownOptions == ["odd"])
    }
}
