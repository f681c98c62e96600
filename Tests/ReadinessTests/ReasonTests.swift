import Inventory
import Machine
import Readiness
import TestHosts
import Testing
import Wording

/// The one reason that `doctor --json` gives a script to branch on.
@Suite struct ReasonTests {
    /// One machine for each reason of the contract.
    static let hosts: [(String, ReadinessReport.Reason)] = [
        ("i226-router", .none),
        ("firmware-off", .firmwareOff),
        ("kernel-without", .kernelWithout),
        ("switched-off", .switchedOff),
        ("argument-missing", .argumentMissing),
        ("not-booted", .notBooted),
        ("module-missing", .moduleMissing),
        ("container", .container),
        ("silent-amd", .unknown),
    ]

    static func report(_ host: TestHost) -> ReadinessReport {
        ReadinessReport(Host.read(host.machine, Checks.parts))
    }

    @Test(arguments: hosts)
    func eachReasonHasItsHost(_ name: String, _ reason: ReadinessReport.Reason) throws {
        let report = Self.report(try .named(name))
        #expect(report.reason == reason)
        let ready: ReadinessReport.Ready = reason == .none ? .yes : reason == .unknown ? .unknown : .no
        #expect(report.ready == ready)
    }

    @Test func everyReasonOfTheContractIsCoveredOnce() {
        #expect(Set(Self.hosts.map(\.1)) == Set(ReadinessReport.Reason.allCases))
        #expect(Self.hosts.count == ReadinessReport.Reason.allCases.count)
    }

    @Test(arguments: ["two-gpus-desktop", "rmrr-server", "old-istoreos", "amd-desktop"])
    func otherGoodHostsAreReady(_ name: String) throws {
        let report = Self.report(try .named(name))
        #expect(report.ready == .yes)
        #expect(report.reason == .none)
    }

    @Test func nothingIsKnownOfAnEmptyMachine() {
        let report = Self.report(TestHost("nothing"))
        #expect(report.ready == .unknown)
        #expect(report.reason == .unknown)
        for finding in report.findings { #expect(finding.verdict == .unknown, "\(finding.id)") }
    }

    /// The kernel remaps no interrupts where the IVRS table lacks the I/O APIC of the south bridge, 00:14.0
    /// (check_ioapic_information() in drivers/iommu/amd/init.c).
    @Test func amdWithoutInterruptRemapping() throws {
        let off = "/proc/interrupts = 0: 12 IO-APIC 2-edge timer\n"
        let lacking = try Manifest.host("lacking", text: "include amd-desktop\n" + off)
        let report = Self.report(lacking)
        #expect(report.ready == .no)
        #expect(report.reason == .firmwareOff)
        let finding = report.findings.first { $0.id == "interrupt-remapping" }
        #expect(finding?.actor == .firmware)
        #expect(finding?.evidence.en.contains("the IVRS table names no I/O APIC at 00:14.0") == true)
        // It stands there: why else, only the kernel's log says.
        let table = "ivrs 203040\nivhd fd100000 00:00.2 "
        let named = try Manifest.host("named", text: "include amd-desktop\n\(off)\(table)00:14.0\n")
        #expect(Self.report(named).ready == .no)
        #expect(Self.report(named).reason == .unknown)
        let elsewhere = try Manifest.host("elsewhere", text: "include amd-desktop\n\(off)\(table)00:00.1\n")
        #expect(Self.report(elsewhere).reason == .firmwareOff)
    }

    // MARK: Near misses

    private static let release = "5.15.158-2-pve"
    private static func line(_ arguments: String) -> [String: String] {
        ["/proc/cmdline": "BOOT_IMAGE=/boot/vmlinuz root=/dev/sda2 ro \(arguments)"]
    }

    private static func defaults(_ arguments: String) -> [String: String] {
        ["/etc/default/grub": "GRUB_CMDLINE_LINUX=\"\(arguments)\""]
    }

    @Test(arguments: [
        ("intel_iommu=off", ReadinessReport.Reason.switchedOff),
        ("intel_iommu=on intel_iommu=off", .switchedOff),
        ("iommu=off", .switchedOff),
        ("iommu=pt", .argumentMissing),
        ("intel_iommu=sm_on", .argumentMissing),
        ("intel_iommu=off intel_iommu=on", .unknown),
        ("intel_iommu=on,sm_on", .unknown),
        ("intel_iommu=on", .unknown),
        ("amd_iommu=off", .argumentMissing),
        ("intel_iommu_extra=on", .argumentMissing),
        ("INTEL_IOMMU=on", .argumentMissing),
    ])
    func argumentsAreReadAsTheKernelReadsThem(_ arguments: String, _ reason: ReadinessReport.Reason) throws {
        let host = try TestHost.named("argument-missing").with(Self.line(arguments))
        #expect(Self.report(host).reason == reason)
    }

    @Test func aKernelThatSwitchesItOnByItselfMissesNoArgument() throws {
        let path = "/boot/config-\(Self.release)"
        for option in ["INTEL_IOMMU_DEFAULT_ON", "INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF"] {
            let host = try TestHost.named("argument-missing")
            let config = (host.text(path) ?? "").split(separator: "\n").filter { !$0.contains("DEFAULT_ON") }
            let changed = host.with([path: (config + ["CONFIG_\(option)=y"]).joined(separator: "\n")])
            #expect(Self.report(changed).reason == .unknown, "\(option)")
        }
    }

    @Test func firmwareComesBeforeArguments() throws {
        let host = try TestHost.named("argument-missing").without("/sys/firmware/acpi/tables/DMAR")
        #expect(Self.report(host).reason == .firmwareOff)
        #expect(Self.report(host.with(Self.line("intel_iommu=off"))).reason == .firmwareOff)
    }

    @Test func theKernelComesBeforeArguments() throws {
        let host = try TestHost.named("argument-missing")
        let path = "/boot/config-\(Self.release)"
        let config = (host.text(path) ?? "").replacing("CONFIG_INTEL_IOMMU=y", with: "# CONFIG_INTEL_IOMMU is not set")
        #expect(Self.report(host.with([path: config])).reason == .kernelWithout)
        // The other vendor's driver does not matter here.
        let other = (host.text(path) ?? "").replacing("CONFIG_AMD_IOMMU=y", with: "# CONFIG_AMD_IOMMU is not set")
        #expect(Self.report(host.with([path: other])).reason == .argumentMissing)
    }

    @Test func writtenButNotBootedHasThreeForms() throws {
        let missing = try TestHost.named("argument-missing")
        #expect(Self.report(missing.with(Self.defaults("intel_iommu=on"))).reason == .notBooted)
        let off = missing.with(Self.line("intel_iommu=off"))
        #expect(Self.report(off.with(Self.defaults("intel_iommu=off"))).reason == .switchedOff)
        #expect(Self.report(off.with(Self.defaults("intel_iommu=on"))).reason == .notBooted)
        // Booted with it, and still no groups: the reason is another one.
        let booted = missing.with(Self.line("intel_iommu=on")).with(Self.defaults("intel_iommu=on"))
        #expect(Self.report(booted).reason == .unknown)
    }

    @Test func iStoreOSOwnSwitchCountsAsWritten() throws {
        var host = try TestHost.named("argument-missing").with([
            "/etc/config/grub": "config iommu 'iommu'\n\toption enabled '1'\n"
        ])
        host.remove("/etc/default/grub")
        #expect(Self.report(host).reason == .notBooted)
        host.file("/etc/config/grub", "config iommu 'iommu'\n\toption enabled '0'\n")
        #expect(Self.report(host).reason == .argumentMissing)
    }

    @Test func aGroupWithoutProtectionIsNoGroup() throws {
        var host = try TestHost.named("argument-missing")
        host.file("/sys/kernel/iommu_groups/0/name", "vfio-noiommu")
        host.relativeLink("/sys/kernel/iommu_groups/0/devices/0000:01:00.0", to: "/sys/devices/x/0000:01:00.0")
        host.folder("/sys/class/iommu/dmar0")
        #expect(Self.report(host).reason == .argumentMissing)
    }

    @Test func aPrivilegedContainerThatHasEverythingIsReady() throws {
        let host = try TestHost.named("two-gpus-desktop").with(["/run/systemd/container": "lxc"])
        #expect(Self.report(host).ready == .yes)
        #expect(Self.report(host.without("/dev/vfio")).reason == .container)
    }

    @Test func interruptRemappingDecidesToo() throws {
        let good = try TestHost.named("two-gpus-desktop")
        let plain = good.with(["/proc/interrupts": "  0:  12  IO-APIC  2-edge  timer"])
        #expect(Self.report(plain).ready == .no)
        #expect(Self.report(plain).reason == .unknown)
        let arguments = (good.text("/proc/cmdline") ?? "") + " intremap=off"
        #expect(Self.report(plain.with(["/proc/cmdline": arguments])).reason == .switchedOff)
        let allowed = plain.with(["/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts": "Y"])
        #expect(Self.report(allowed).ready == .yes)
        #expect(Self.report(good.without("/proc/interrupts")).ready == .unknown)
    }

    @Test func modulesThatCannotBeSeenAreUnknown() throws {
        let host = try TestHost.named("i226-router")
        #expect(Self.report(host.without("/lib/modules")).reason == .unknown)
        #expect(Self.report(host.without("/lib/modules/6.6.93/vfio-pci.ko")).reason == .moduleMissing)
        #expect(Self.report(host.without("/lib/modules/6.6.93/vfio_iommu_type1.ko")).reason == .moduleMissing)
        #expect(Self.report(host.without("/proc/modules", "/sys/module")).ready == .unknown)
    }

    /// Whatever is taken away from a good machine, it never becomes ready by it, and never not ready for want of a file.
    @Test(arguments: [
        "/sys/class/iommu", "/sys/kernel", "/sys/kernel/iommu_groups", "/proc/interrupts", "/lib/modules",
        "/proc/sys/kernel/osrelease", "/sys/bus", "/sys/firmware", "/proc", "/sys", "/etc", "/boot", "/dev",
    ])
    func missingPartsAreNeverAReason(_ path: String) throws {
        for name in ["i226-router", "argument-missing", "not-booted", "switched-off", "silent-amd", "module-missing"] {
            let whole = Self.report(try .named(name))
            let part = Self.report(try TestHost.named(name).without(path))
            if whole.ready != .yes { #expect(part.ready != .yes, "\(name) without \(path)") }
            if whole.ready == .yes { #expect(part.ready != .no, "\(name) without \(path)") }
        }
    }
}
