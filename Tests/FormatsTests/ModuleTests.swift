import TestHosts
import Testing

@testable import Formats

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct ModuleTests {
    @Test func patternsAsTheCLibraryMatchesThem() {
        let names = ["abc", "a", "", "abcabc", "a]c", "a-c", "a*c", "b"]
        var patterns = [
            "abc", "*", "a*", "*c", "a?c", "a[b-d]c", "a[!b]c", "a[^b]c", "[]]", "a[]x]c", "a[x-]c", "a\\*c", "*b*b*",
            "**", "?*?", "", "a[b", "[!a]", "a[a-]c", "*[a-c]", "[a-c][a-c]*",
        ]
        var random = FixedSeed(state: 5)
        let alphabet = Array("abc*?[]!-")
        for _ in 0..<3000 {
            patterns.append(
                String(
                    (0..<Int.random(in: 1...7, using: &random)).map { _ in
                        alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                    }
                )
            )
        }
        var positive = 0
        for pattern in patterns {
            // What an unclosed or odd bracket means is left open by POSIX.
            if pattern.dropFirst(21).isEmpty, patterns.firstIndex(of: pattern) ?? 0 >= 21, pattern.contains("[") {
                continue
            }
            for name in names {
                let ours = ModuleAliases.matches(pattern: utf8(pattern), name: utf8(name))
                #expect(ours == (fnmatch(pattern, name, 0) == 0), "\(pattern) \(name)")
                positive += ours ? 1 : 0
            }
        }
        #expect(positive > 300)
    }

    private let table = utf8(
        """
        # Aliases extracted from modules themselves.
        alias usb:v046DpC52Bd*dc*dsc*dp*ic*isc*ip*in* hid_logitech_dj
        alias pci:v00008086d00001533sv*sd*bc*sc*i* igb
        alias pci:v*d*sv*sd*bc01sc08i02* nvme
        alias pci:v00008086d*sv*sd*bc0Csc03i30* xhci-pci
        alias pci:v00008086d00001533sv0000103Csd*bc*sc*i* special
        alias pci:v00008086d00001533sv*sd*bc*sc*i* igb
        alias symbol:foo bar
        alias pci:v0000 broken
        alias pci:nothing
        """
    )

    @Test func modulesForADevice() {
        let aliases = ModuleAliases(table, bus: "pci")
        #expect(aliases.count == 6)
        let nic = ModuleAliases.pci(
            vendor: 0x8086,
            device: 0x1533,
            subvendor: 0x103C,
            subdevice: 3,
            base: 2,
            sub: 0,
            interface: 0
        )
        #expect(nic == "pci:v00008086d00001533sv0000103Csd00000003bc02sc00i00")
        #expect(aliases.modules(for: nic) == ["igb", "special"])
        let xhci = ModuleAliases.pci(
            vendor: 0x8086,
            device: 1,
            subvendor: 0,
            subdevice: 0,
            base: 0x0C,
            sub: 3,
            interface: 0x30
        )
        #expect(aliases.modules(for: xhci) == ["xhci_pci"])
        let nvme = ModuleAliases.pci(
            vendor: 0x144D,
            device: 0xA808,
            subvendor: 0,
            subdevice: 0,
            base: 1,
            sub: 8,
            interface: 2
        )
        #expect(aliases.modules(for: nvme) == ["nvme"])
        #expect(aliases.modules(for: "pci:").isEmpty)
        let usb = ModuleAliases(table, bus: "usb")
        #expect(usb.modules(for: "usb:v046DpC52Bd1201dc00dsc00dp00ic03isc01ip01in00") == ["hid_logitech_dj"])
        #expect(ModuleAliases(Array(table.dropLast(1)), bus: "symbol").modules(for: "symbol:foo") == ["bar"])
        let crlf = Array(String(decoding: table, as: UTF8.self).replacing("\n", with: "\r\n").utf8)
        #expect(ModuleAliases(crlf, bus: "pci").modules(for: nic) == ["igb", "special"])
    }

    @Test func indexFindsWhatAllLinesWouldFind() {
        var random = FixedSeed(state: 9)
        let hex = { (number: Int) in
            String(repeating: "0", count: 8 - String(number, radix: 16).count)
                + String(number, radix: 16, uppercase: true)
        }
        var lines: [(pattern: String, module: String)] = []
        for index in 0..<400 {
            let vendor = Bool.random(using: &random) ? hex(Int.random(in: 0...3, using: &random)) : "*"
            let device = Bool.random(using: &random) ? hex(Int.random(in: 0...3, using: &random)) : "*"
            let base = Bool.random(using: &random) ? "02" : "*"
            lines.append(("pci:v\(vendor)d\(device)sv*sd*bc\(base)sc*i*", "m\(index)"))
        }
        lines.append(("pci:v0000000[0-2]d*sv*sd*bc*sc*i*", "set"))
        lines.append(("pci:*", "all"))
        let aliases = ModuleAliases(utf8(lines.map { "alias \($0.pattern) \($0.module)\n" }.joined()), bus: "pci")
        for vendor in UInt16(0)...4 {
            for device in UInt16(0)...4 {
                for base in UInt8(1)...2 {
                    let name = ModuleAliases.pci(
                        vendor: vendor,
                        device: device,
                        subvendor: 1,
                        subdevice: 2,
                        base: base,
                        sub: 0,
                        interface: 0
                    )
                    let expected = lines.filter { fnmatch($0.pattern, name, 0) == 0 }.map(\.module)
                    #expect(aliases.modules(for: name) == expected)
                    #expect(expected.contains("all"))
                }
            }
        }
    }

    @Test func figures() {
        var text: [UInt8] = []
        for index in 0..<16_000 {
            let bus = index % 3 == 0 ? "pci" : "usb"
            let id = String(index, radix: 16, uppercase: true)
            let pad = String(repeating: "0", count: 8 - id.utf8.count)
            text += utf8("alias \(bus):v0000808\(index % 9)d\(pad)\(id)sv*sd*bc*sc*i* module_\(index)\n")
        }
        let start = ContinuousClock.now
        let aliases = ModuleAliases(text, bus: "pci")
        let indexed = ContinuousClock.now
        var found = 0
        for index in 0..<5000 {
            found +=
                aliases.modules(
                    for: ModuleAliases.pci(
                        vendor: 0x8080 + UInt16(index % 9),
                        device: UInt16(index),
                        subvendor: 0,
                        subdevice: 0,
                        base: 2,
                        sub: 0,
                        interface: 0
                    )
                ).count
        }
        #expect(found == 1667)
        print("aliases: 16,000 lines in \(indexed - start), 5,000 devices in \(ContinuousClock.now - indexed)")
    }

    @Test(arguments: [
        ("kernel/drivers/vfio/pci/vfio-pci.ko.xz", "vfio_pci"), ("vfio.ko", "vfio"),
        ("/lib/x/kvm-intel.ko.zst", "kvm_intel"),
        ("a.ko.gz", "a"), ("a.txt", nil), (".ko", nil), ("", nil), ("kernel/x.ko/", nil),
    ])
    func names(path: String, name: String?) {
        #expect(ModuleFiles.moduleName(fromPath: path) == name)
    }

    @Test func lists() {
        let dep = utf8("kernel/a/vfio-pci.ko: kernel/a/vfio-pci-core.ko kernel/a/vfio.ko\r\nkernel/b/x.ko:\nnonsense")
        #expect(ModuleFiles.dependencies(dep) == ["vfio_pci": ["vfio_pci_core", "vfio"], "x": []])
        #expect(ModuleFiles.dependency(line: "kernel/b/x.ko:")?.module == "x")
        #expect(ModuleFiles.contains("vfio-pci", inDependencies: dep))
        #expect(ModuleFiles.contains("vfio_pci", inDependencies: dep))
        #expect(!ModuleFiles.contains("vfio", inDependencies: dep))
        #expect(ModuleFiles.builtIn(utf8("kernel/drivers/vfio/vfio.ko\nkernel/fs/ext4.ko")) == ["vfio", "ext4"])
    }

    @Test func kernelConfig() {
        let config = KernelConfig(
            utf8(
                """
                # Linux/x86 6.1.0 Kernel Configuration
                CONFIG_INTEL_IOMMU=y
                CONFIG_INTEL_IOMMU_DEFAULT_ON=y
                # CONFIG_AMD_IOMMU is not set
                CONFIG_VFIO_PCI=m\r
                CONFIG_LOCALVERSION="-a \\"b\\" \\\\"
                CONFIG_HZ=250
                CONFIG_TWICE=y
                # CONFIG_TWICE is not set
                """
            )
        )
        #expect(config.isConfig)
        #expect(config.value(of: "INTEL_IOMMU") == .builtIn)
        #expect(config.value(of: "CONFIG_AMD_IOMMU") == .off)
        #expect(config.value(of: "VFIO_PCI") == .module)
        #expect(config.value(of: "VFIO") == nil)
        #expect(config.value(of: "LOCALVERSION") == .text("-a \"b\" \\"))
        #expect(config.value(of: "HZ") == .text("250"))
        #expect(config.value(of: "TWICE") == .off)
        #expect(!KernelConfig(utf8("\u{1F}\u{8B}")).isConfig)
    }
}
