import Formats
import Inventory
import Machine
import TestHosts
import Testing
import Wording

@testable import Readiness

/// What belongs on the line of which host.
@Suite struct WantedArgumentsTests {
    private static func config(_ options: String...) -> [String: String] {
        let text = (["CONFIG_INTEL_IOMMU=y", "CONFIG_AMD_IOMMU=y"] + options).joined(separator: "\n")
        return ["/boot/config-6.1.0": text]
    }

    private static func host(_ iommu: Firmware.IOMMUKind?, _ files: [String: String] = [:]) -> TestHost {
        var sample = ArgumentSample()
        sample.release = "6.1.0"
        sample.iommu = iommu
        return sample.machine.with(files)
    }

    private static func words(_ host: TestHost, _ devices: [PCIAddress]? = nil) -> [String] {
        WantedArguments.iommu(for: Host.read(host.machine, Checks.parts), devices: devices).words.map(\.word)
    }

    // MARK: IOMMU

    @Test func theFirmwareDecidesAndNotTheProcessor() {
        let intelCPU = ["/proc/cpuinfo": "vendor_id : GenuineIntel\nflags : vmx\n"]
        let amdCPU = ["/proc/cpuinfo": "vendor_id : AuthenticAMD\nflags : svm\n"]
        for cpu in [intelCPU, amdCPU] {
            #expect(Self.words(Self.host(.intel, cpu)) == ["intel_iommu=on", "iommu=pt"])
            #expect(Self.words(Self.host(.amd, cpu)) == ["iommu=pt"])
        }
    }

    @Test func withoutATableNothingHelps() {
        let none = WantedArguments.iommu(for: Host.read(Self.host(nil).machine, Checks.parts))
        guard case .nothing(let why) = none else { return #expect(Bool(false), "\(none)") }
        #expect(why.en.contains("firmware"))
        #expect(WantedArguments.arguments(for: Host.read(Self.host(nil).machine, Checks.parts)) == [])
        let unread = Self.host(.intel).without("/sys/firmware")
        for host in [Host(), Host.read(unread.machine, Checks.parts)] {
            guard case .unknown = WantedArguments.iommu(for: host) else { return #expect(Bool(false)) }
        }
    }

    @Test func aKernelThatSwitchesItOnByItself() throws {
        #expect(Self.words(Self.host(.intel, Self.config("CONFIG_INTEL_IOMMU_DEFAULT_ON=y"))) == ["iommu=pt"])
        let off = Self.config("# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set")
        #expect(Self.words(Self.host(.intel, off)) == ["intel_iommu=on", "iommu=pt"])
        let both = Self.config("CONFIG_INTEL_IOMMU_DEFAULT_ON=y", "CONFIG_IOMMU_DEFAULT_PASSTHROUGH=y")
        #expect(Self.words(Self.host(.intel, both)) == [])
        // A kernel whose symbols alone were read does not tell.
        let symbols = ["/proc/kallsyms": "0 T start_kernel\n0 t intel_iommu_setup\n0 t amd_iommu_init"]
        #expect(Self.words(Self.host(.intel, symbols)) == ["intel_iommu=on", "iommu=pt"])
        let without = Self.config("# CONFIG_INTEL_IOMMU is not set")
        #expect(Self.words(Self.host(.intel, without)) == [])
        #expect(Self.words(Self.host(.amd, without)) == ["iommu=pt"])
    }

    /// Debian switches VT-d on for all but the integrated GPU.
    @Test func debianLeavesTheIntegratedGPUOut() throws {
        let config = Self.config("CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF=y")
        #expect(Self.words(Self.host(.intel, config)) == ["iommu=pt"])
        let text = """
            include _linux
            include _intel
            dmar 39 5
            drhd fed91000 1
            pci 0000:00:02.0 8086:3185 030000 driver=i915 group=1 vga=1
            pci 0000:01:00.0 10de:1e07 030000 group=2
            """
        var host = try Manifest.host("gpu", text: text).with(config)
        host.file("/proc/sys/kernel/osrelease", "6.1.0")
        let gpu = try #require(PCIAddress("0000:00:02.0"))
        let card = try #require(PCIAddress("0000:01:00.0"))
        #expect(Self.words(host) == ["intel_iommu=on", "iommu=pt"])
        #expect(Self.words(host, [gpu, card]) == ["intel_iommu=on", "iommu=pt"])
        #expect(Self.words(host, [card]) == ["iommu=pt"])
    }

    @Test(arguments: [
        ("i226-router", ["intel_iommu=on", "iommu=pt"]), ("two-gpus-desktop", ["iommu=pt"]),
        ("amd-desktop", ["iommu=pt"]), ("old-istoreos", ["intel_iommu=on", "iommu=pt"]), ("firmware-off", []),
        ("kernel-without", []),
    ])
    func writtenDownMachines(_ name: String, _ words: [String]) throws {
        #expect(Self.words(try .named(name)) == words)
    }

    // MARK: Frame buffer

    private struct Screen {
        var release: String
        var holder: String? = "efifb"
        var classCode = "030000"
        var isEFI = true
        var driver = ""
        var bootVGA = " vga=1"
        var files: [String: String] = [:]

        func answer() throws -> WantedArguments {
            let text = """
                include _linux
                include _intel
                /proc/sys/kernel/osrelease = \(release)
                /proc/cmdline = quiet
                pci 0000:00:02.0 8086:3185 \(classCode)\(driver) group=1\(bootVGA)
                """
            var host = try Manifest.host("screen", text: text).with(files)
            host.remove("/sys/firmware/efi")
            if isEFI { host.folder("/sys/firmware/efi") }
            if files["/proc/iomem"] == nil {
                let inside = holder.map { "\n    00000000-00000000 : \($0)" } ?? ""
                host.file(
                    "/proc/iomem",
                    "00000000-00000000 : PCI Bus 0000:00\n  00000000-00000000 : 0000:00:02.0\(inside)"
                )
            }
            let device = try #require(PCIAddress("0000:00:02.0"))
            return WantedArguments.frameBufferRelease(for: Host.read(host.machine, Checks.parts), device)
        }

        func word() throws -> String? { try answer().words.first?.word }
    }

    @Test(arguments: ["5.4.255", "5.10.176", "5.15.158-2-pve", "5.19.17"])
    func oldKernelsByWhatHoldsTheScreen(_ release: String) throws {
        #expect(try Screen(release: release).word() == "video=efifb:off")
        for name in ["BOOTFB", "vesafb", "simplefb"] {
            #expect(try Screen(release: release, holder: name).word() == "initcall_blacklist=sysfb_init", "\(name)")
        }
    }

    @Test(arguments: ["6.0.0", "6.1.0-28-amd64", "6.6.93", "6.12.4-arch1-1"])
    func vfioPCIDoesItByItselfSinceSix(_ release: String) throws {
        for name in ["BOOTFB", "efifb", "vesafb"] {
            let answer = try Screen(release: release, holder: name).answer()
            guard case .nothing = answer else { return #expect(Bool(false), "\(answer)") }
        }
        // Of VGA devices only.
        let other = Screen(release: release, classCode: "038000", bootVGA: "")
        #expect(try other.word() == "initcall_blacklist=sysfb_init")
    }

    @Test func aDisplayThatTheFirmwareDidNotUse() throws {
        let answer = try Screen(release: "5.10.176", holder: nil, bootVGA: " vga=0").answer()
        guard case .nothing = answer else { return #expect(Bool(false), "\(answer)") }
        // The mark is of old arbiters; the map of memory counts, too.
        #expect(try Screen(release: "5.10.176", bootVGA: " vga=0").word() == "video=efifb:off")
    }

    @Test func addressesThatOverlapAreEnough() throws {
        let text = """
            include _linux
            include _intel
            /proc/sys/kernel/osrelease = 5.10.176
            /proc/iomem = 80000000-80ffffff : efifb
            pci 0000:00:02.0 8086:3185 030000 group=1 vga=0 bar0=mem32:80000000:10000000
            """
        let host = try Manifest.host("overlap", text: text)
        let device = try #require(PCIAddress("0000:00:02.0"))
        let answer = WantedArguments.frameBufferRelease(for: Host.read(host.machine, Checks.parts), device)
        #expect(answer.words.map(\.word) == ["video=efifb:off"])
    }

    /// Its own driver has taken over, so that nothing shows any more what held it: the kernel's build tells.
    @Test func behindItsOwnDriver() throws {
        func word(_ release: String, _ config: String?, isEFI: Bool = true) throws -> String? {
            var screen = Screen(release: release, holder: nil, isEFI: isEFI, driver: " driver=i915")
            if let config { screen.files["/boot/config-\(release)"] = "CONFIG_INTEL_IOMMU=y\n\(config)\n" }
            return try screen.word()
        }
        #expect(try word("5.10.176", "# CONFIG_X86_SYSFB is not set") == "video=efifb:off")
        #expect(try word("5.10.176", "CONFIG_X86_SYSFB=y") == "initcall_blacklist=sysfb_init")
        #expect(try word("5.15.158", "CONFIG_SYSFB_SIMPLEFB=y") == "initcall_blacklist=sysfb_init")
        #expect(try word("5.15.158", "# CONFIG_SYSFB_SIMPLEFB is not set") == "video=efifb:off")
        #expect(try word("5.15.158", nil) == "initcall_blacklist=sysfb_init")
        #expect(try word("5.15.158", nil, isEFI: false) == nil)
    }

    @Test func nothingHoldsIt() throws {
        let none = try Screen(release: "5.10.176", holder: nil).answer()
        guard case .nothing = none else { return #expect(Bool(false), "\(none)") }
        for word in ["video=efifb:off", "initcall_blacklist=sysfb_init"] {
            let kept = Screen(release: "5.10.176", holder: nil, files: ["/proc/cmdline": "quiet \(word)"])
            #expect(try kept.word() == word)
        }
    }

    @Test func unknownIsSaid() throws {
        let device = try #require(PCIAddress("0000:00:02.0"))
        guard case .unknown = WantedArguments.frameBufferRelease(for: Host(), device) else {
            return #expect(Bool(false))
        }
        guard case .unknown = try Screen(release: "generic").answer() else { return #expect(Bool(false)) }
    }
}
