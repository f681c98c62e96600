/// What the kernel makes of the arguments that decide about IOMMU and interrupt remapping
/// (Documentation/admin-guide/kernel-parameters.txt; the parsers named at each type). Options are matched by their
/// beginning, as the kernel does: "only" switches on. What a kernel does not know it skips.
extension KernelCommandLine {
    /// `intel_iommu=` (drivers/iommu/intel/iommu.c, intel_iommu_setup).
    public struct IntelIOMMU: Equatable, Sendable {
        /// On or off by the last of both; nil: neither was given, the kernel's configuration decides.
        public var isOn: Bool?
        /// "off" came at any place: the firmware's request for DMA protection is ignored, even if "on" follows.
        public var ignoresPlatformOptIn = false
        /// "igfx_off": the integrated graphics device is left out.
        public var leavesOutGraphics = false
        /// "sm_on" or "sm_off", the last counts: scalable mode.
        public var scalableMode: Bool?
        /// "sp_off": no large pages.
        public var hasNoSuperPages = false
        /// "strict" (deprecated): the IOTLB is flushed at every unmapping.
        public var isStrict = false
        /// "tboot_noforce": trusted boot does not force it on.
        public var isNotForcedByTrustedBoot = false
        /// Options that no kernel known here takes.
        public var unknownOptions: [String] = []
    }

    /// `amd_iommu=` (drivers/iommu/amd/init.c, parse_amd_iommu_options). There is no "on": it is on unless "off".
    public struct AMDIOMMU: Equatable, Sendable {
        /// "off" came at any place; nothing takes it back.
        public var isOff = false
        /// "force_enable": on even on platforms known to be faulty.
        public var isForced = false
        /// "force_isolation": no device keeps an identity mapping.
        public var forcesIsolation = false
        /// "fullflush" (deprecated): the IOTLB is flushed at every unmapping.
        public var isStrict = false
        /// "pgtbl_v1" or "pgtbl_v2", the last counts: 1 or 2.
        public var pageTableVersion: Int?
        /// Options that no kernel known here takes, for example "on".
        public var unknownOptions: [String] = []
    }

    /// `iommu=` of x86 (arch/x86/kernel/pci-dma.c, iommu_setup) with `iommu.passthrough=` and `iommu.strict=`
    /// (drivers/iommu/iommu.c).
    public struct GenericIOMMU: Equatable, Sendable {
        /// "off" came at any place: no IOMMU of any maker is used.
        public var isOff = false
        /// "force" or "noforce", the last counts.
        public var isForced: Bool?
        /// "soft": bounce buffers (swiotlb).
        public var usesBounceBuffers = false
        /// Host devices are mapped one to one ("pt", `iommu.passthrough=1`) or translated ("nopt", 0), the last counts.
        public var isPassthrough: Bool?
        /// `iommu.strict=`, or true by the makers' own deprecated options, which are read later and so win.
        public var isStrict: Bool?
        /// Options of `iommu=` that no x86 kernel known here takes, for example "on".
        public var unknownOptions: [String] = []
    }

    /// `intremap=` and the deprecated `nointremap` (drivers/iommu/irq_remapping.c, setup_irqremap).
    public struct InterruptRemapping: Equatable, Sendable {
        /// On or off by the last of both; nil: neither was given, it is on where the hardware can.
        public var isOn: Bool?
        /// Posted interrupts, off by "off" or "nopost", on again by "on"; nil: not mentioned.
        public var isPosting: Bool?
        /// "nosid": the source of an interrupt is not checked.
        public var skipsSourceCheck = false
        /// "no_x2apic_optout": the firmware's wish not to use x2APIC is ignored.
        public var ignoresX2APICOptOut = false
        /// Options that no kernel known here takes.
        public var unknownOptions: [String] = []
    }

    /// What the line says to the Intel driver.
    public var intelIOMMU: IntelIOMMU {
        var result = IntelIOMMU()
        for option in items(of: "intel_iommu") {
            if option.hasPrefix("on") {
                result.isOn = true
            } else if option.hasPrefix("off") {
                result.isOn = false
                result.ignoresPlatformOptIn = true
            } else if option.hasPrefix("igfx_off") {
                result.leavesOutGraphics = true
            } else if option.hasPrefix("strict") {
                result.isStrict = true
            } else if option.hasPrefix("sp_off") {
                result.hasNoSuperPages = true
            } else if option.hasPrefix("sm_on") {
                result.scalableMode = true
            } else if option.hasPrefix("sm_off") {
                result.scalableMode = false
            } else if option.hasPrefix("tboot_noforce") {
                result.isNotForcedByTrustedBoot = true
            } else if !["forcedac", "nobounce", "ecs_off", "pasid28"].contains(where: option.hasPrefix) {
                result.unknownOptions.append(option)
            }
        }
        return result
    }

    /// What the line says to the AMD driver.
    public var amdIOMMU: AMDIOMMU {
        var result = AMDIOMMU()
        for option in items(of: "amd_iommu") {
            if option.hasPrefix("fullflush") {
                result.isStrict = true
            } else if option.hasPrefix("force_enable") {
                result.isForced = true
            } else if option.hasPrefix("off") {
                result.isOff = true
            } else if option.hasPrefix("force_isolation") {
                result.forcesIsolation = true
            } else if option.hasPrefix("pgtbl_v1") {
                result.pageTableVersion = 1
            } else if option.hasPrefix("pgtbl_v2") {
                result.pageTableVersion = 2
            } else if !["irtcachedis", "nohugepages", "v2_pgsizes_only"].contains(where: option.hasPrefix) {
                result.unknownOptions.append(option)
            }
        }
        return result
    }

    /// What the line says to all IOMMU drivers of x86.
    public var iommu: GenericIOMMU {
        var result = GenericIOMMU()
        for word in words {
            guard let value = word.value else { continue }
            if word.isNamed("iommu") {
                Self.readGeneric(value, into: &result)
            } else if word.isNamed("iommu.passthrough"), let flag = Self.boolean(value) {
                result.isPassthrough = flag
            } else if word.isNamed("iommu.strict"), let flag = Self.boolean(value) {
                result.isStrict = flag
            }
        }
        if intelIOMMU.isStrict || amdIOMMU.isStrict {
            result.isStrict = true
        }
        return result
    }

    /// What the line says about interrupt remapping.
    public var interruptRemapping: InterruptRemapping {
        var result = InterruptRemapping()
        for word in words {
            if word.isNamed("nointremap") {
                result.isOn = false
            }
            guard word.isNamed("intremap"), let value = word.value else { continue }
            for option in value.utf8.split(separator: UInt8(ascii: ",")).map({ String(Substring($0)) }) {
                if option.hasPrefix("on") {
                    result.isOn = true
                    result.isPosting = true
                } else if option.hasPrefix("off") {
                    result.isOn = false
                    result.isPosting = false
                } else if option.hasPrefix("nosid") {
                    result.skipsSourceCheck = true
                } else if option.hasPrefix("no_x2apic_optout") {
                    result.ignoresX2APICOptOut = true
                } else if option.hasPrefix("nopost") {
                    result.isPosting = false
                } else if !option.hasPrefix("posted_msi") {
                    result.unknownOptions.append(option)
                }
            }
        }
        return result
    }

    private static func readGeneric(_ value: String, into result: inout GenericIOMMU) {
        for option in value.utf8.split(separator: UInt8(ascii: ",")).map({ String(Substring($0)) }) {
            if option.hasPrefix("off") {
                result.isOff = true
            } else if option.hasPrefix("force") && !option.hasPrefix("forcesac") {
                result.isForced = true
            } else if option.hasPrefix("noforce") {
                result.isForced = false
            } else if option.hasPrefix("biomerge") || option.hasPrefix("merge") {
                result.isForced = true
            } else if option.hasPrefix("soft") {
                result.usesBounceBuffers = true
            } else if option.hasPrefix("pt") {
                result.isPassthrough = true
            } else if option.hasPrefix("nopt") {
                result.isPassthrough = false
            } else if option.hasPrefix("usedac") {
                // The kernel reads no further in this value.
                return
            } else if !genericOthers.contains(where: option.hasPrefix), option.utf8.first.map(isDigit) != true {
                result.unknownOptions.append(option)
            }
        }
    }

    /// Options that have nothing to do with isolation; the second line is GART's, which also takes a size.
    private static let genericOthers = [
        "panic", "nopanic", "nomerge", "forcesac", "allowdac", "nodac",
        "leak", "memaper", "noagp", "fullflush", "nofullflush", "noaperture",
    ]

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// kstrtobool() of the kernel (lib/kstrtox.c): the first letter decides, of "on" and "off" the second one.
    private static func boolean(_ value: String) -> Bool? {
        let letters = Array(value.lowercased().utf8.prefix(2))
        switch letters.first {
        case UInt8(ascii: "1"), UInt8(ascii: "y"), UInt8(ascii: "t"), UInt8(ascii: "e"): return true
        case UInt8(ascii: "0"), UInt8(ascii: "n"), UInt8(ascii: "f"), UInt8(ascii: "d"): return false
        case UInt8(ascii: "o"):
            switch letters.last {
            case UInt8(ascii: "n"): return true
            case UInt8(ascii: "f"): return false
            default: return nil
            }
        default: return nil
        }
    }
}
