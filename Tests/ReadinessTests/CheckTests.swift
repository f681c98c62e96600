import Inventory
import Machine
import Readiness
import TestHosts
import Testing
import Wording

/// Every check: when it says ok, when it says problem, and that it says unknown when its files are not there.
@Suite struct CheckTests {
    static func finding(_ id: String, _ host: TestHost) -> Finding? {
        ReadinessReport(Host.read(host.machine, Checks.parts)).findings.first { $0.id == id }
    }

    private func expect(
        _ id: String,
        _ verdict: Verdict,
        _ host: TestHost,
        _ location: SourceLocation = #_sourceLocation
    ) {
        expect(id, verdict, nil, host, location)
    }

    private func expect(
        _ id: String,
        _ verdict: Verdict,
        _ actor: Actor?,
        _ host: TestHost,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let finding = Self.finding(id, host)
        #expect(
            finding?.verdict == verdict,
            "\(id): \(finding?.evidence.en ?? "no such check")",
            sourceLocation: location
        )
        if verdict == .problem {
            #expect(finding?.remedy != nil, "\(id) has no remedy", sourceLocation: location)
            #expect(finding?.actor != nil, "\(id) names nobody", sourceLocation: location)
        }
        if let actor { #expect(finding?.actor == actor, sourceLocation: location) }
    }

    private let router: TestHost
    private let missing: TestHost
    private let desktop: TestHost

    init() throws {
        router = try TestHost.named("i226-router")
        missing = try TestHost.named("argument-missing")
        desktop = try TestHost.named("two-gpus-desktop")
    }

    // MARK: What each check rests on

    /// The files without which a check cannot measure, on a machine on which it says ok with them.
    static let rests: [(id: String, host: String, files: [String])] = [
        ("container", "i226-router", ["/proc/1"]),
        ("container", "i226-router", ["/proc/1/cgroup"]),
        ("cpu-virtualization", "i226-router", ["/proc/cpuinfo"]),
        ("kvm-device", "i226-router", ["/dev"]),
        ("iommu-firmware", "i226-router", ["/sys/firmware/acpi/tables"]),
        ("iommu-firmware", "i226-router", ["/sys/firmware"]),
        ("iommu-kernel", "argument-missing", ["/boot"]),
        ("iommu-kernel", "i226-router", ["/sys/kernel", "/proc/kallsyms"]),
        ("iommu-argument", "i226-router", ["/proc/cmdline"]),
        ("kernel-arguments", "i226-router", ["/proc/cmdline", "/boot", "/etc/config"]),
        ("kernel-arguments", "i226-router", ["/proc/cmdline"]),
        ("kernel-arguments", "i226-router", ["/sys/firmware"]),
        ("iommu-groups", "i226-router", ["/sys/kernel/iommu_groups", "/sys/kernel/uevent_seqnum"]),
        ("iommu-groups", "i226-router", ["/sys/class"]),
        ("iommu-groups", "i226-router", ["/sys/kernel"]),
        ("interrupt-remapping", "i226-router", ["/proc/interrupts"]),
        ("no-iommu-mode", "two-gpus-desktop", ["/sys/module"]),
        ("no-iommu-mode", "i226-router", ["/proc/modules", "/sys/module"]),
        ("vfio-modules", "i226-router", ["/lib/modules"]),
        ("vfio-modules", "i226-router", ["/proc/sys/kernel/osrelease", "/proc/version"]),
        ("vfio-nodes", "two-gpus-desktop", ["/dev"]),
        ("config-space", "i226-router", ["*/config"]),
        ("config-space", "i226-router", ["/sys/bus/pci"]),
        ("sriov", "rmrr-server", ["*/config", "*/sriov_totalvfs"]),
        ("sriov", "i226-router", ["/sys/bus/pci"]),
    ]

    @Test(arguments: rests.indices)
    func withoutItsFilesACheckIsUnknown(_ index: Int) throws {
        let (id, name, files) = Self.rests[index]
        var host = try TestHost.named(name)
        let whole = try #require(Self.finding(id, host))
        #expect(whole.verdict == .ok, "\(id) says \(whole.verdict) on \(name): \(whole.evidence.en)")
        for file in files {
            if file.hasPrefix("*") {
                for path in host.nodes.keys where path.hasSuffix(file.dropFirst()) { host.remove(path) }
            } else {
                host.remove(file)
            }
        }
        let part = try #require(Self.finding(id, host))
        #expect(part.verdict == .unknown, "\(id) without \(files) says \(part.verdict): \(part.evidence.en)")
        #expect(part.evidence.en.contains("/") || part.evidence.en.contains("cannot"), "no reason: \(part.evidence.en)")
    }

    @Test func aGoodHostHasNoProblemAndFewUnknowns() throws {
        let findings = ReadinessReport(Host.read(desktop.machine, Checks.parts)).findings
        for finding in findings { #expect(finding.verdict == .ok, "\(finding.id): \(finding.evidence.en)") }
    }

    /// Files taken away one at a time never turn anything into ok that was not ok before.
    @Test(arguments: ["silent-amd", "argument-missing", "container", "module-missing", "old-istoreos"])
    func noFileIsNeededToBeMissing(_ name: String) throws {
        let host = try TestHost.named(name)
        let before = ReadinessReport(Host.read(host.machine, Checks.parts)).findings
        for path in [
            "/proc/cpuinfo", "/proc/cmdline", "/proc/modules", "/proc/interrupts", "/proc/kallsyms", "/proc/1", "/boot",
            "/dev", "/etc", "/lib/modules", "/sys/module", "/sys/class", "/sys/kernel", "/sys/firmware", "/sys/bus/pci",
        ] {
            let after = ReadinessReport(Host.read(host.without(path).machine, Checks.parts)).findings
            for old in before where old.verdict != .ok {
                guard let new = after.first(where: { $0.id == old.id }) else { continue }
                #expect(new.verdict != .ok, "\(old.id) becomes ok without \(path): \(new.evidence.en)")
            }
        }
    }

    // MARK: Each check's problems

    @Test func container() throws {
        expect("container", .ok, router)
        expect("container", .problem, .owner, router.with(["/.dockerenv": ""]))
        expect("container", .problem, router.with(["/run/.containerenv": ""]))
        expect("container", .problem, router.with(["/run/systemd/container": "systemd-nspawn"]))
        expect("container", .problem, router.with(["/proc/1/environ": "TERM=linux\0container=lxc\0"]))
        expect("container", .problem, router.with(["/proc/1/cgroup": "12:pids:/docker/0123"]))
        expect("container", .problem, router.with(["/proc/1/cgroup": "0::/kubepods/burstable/pod1"]))
        expect("container", .ok, router.with(["/proc/1/cgroup": "0::/system.slice/docker.service"]))
        // A kernel without control groups.
        var plain = router.without("/proc/1/cgroup")
        plain.file("/proc/1/comm", "procd")
        expect("container", .ok, plain)
    }

    @Test func cpuVirtualization() throws {
        func flags(_ words: String) -> TestHost {
            router.with(["/proc/cpuinfo": "vendor_id : X\nflags : fpu \(words)\n"])
        }
        expect("cpu-virtualization", .ok, flags("vmx"))
        expect("cpu-virtualization", .ok, flags("svm"))
        expect("cpu-virtualization", .problem, .firmware, flags("lm"))
        expect("cpu-virtualization", .problem, .owner, flags("lm hypervisor"))
        expect("cpu-virtualization", .problem, flags("vmx_not svmx"))
        expect("cpu-virtualization", .unknown, router.with(["/proc/cpuinfo": "processor : 0\n"]))
        expect("cpu-virtualization", .unknown, router.with(["/proc/cpuinfo": ""]))
    }

    @Test func kvmDevice() throws {
        expect("kvm-device", .ok, router)
        let none = router.without("/dev/kvm")
        expect("kvm-device", .problem, .firmware, none)
        let unloaded = none.without("/sys/module/kvm_intel").with(["/proc/modules": "igc 1 1 - Live 0x0"])
        expect("kvm-device", .problem, .owner, unloaded)
        expect("kvm-device", .problem, .distribution, unloaded.without("/lib/modules/6.6.93/kvm-intel.ko"))
        expect("kvm-device", .unknown, unloaded.without("/lib/modules"))
        expect("kvm-device", .problem, .firmware, none.with(["/proc/cpuinfo": "flags : fpu\n"]))
    }

    @Test func iommuFirmware() throws {
        expect("iommu-firmware", .ok, router)
        expect("iommu-firmware", .ok, try TestHost.named("amd-desktop"))
        expect("iommu-firmware", .problem, .firmware, router.without("/sys/firmware/acpi/tables/DMAR"))
        var damaged = router
        damaged.file("/sys/firmware/acpi/tables/DMAR", bytes: Array("DMAR".utf8))
        expect("iommu-firmware", .problem, .firmware, damaged)
    }

    @Test func iommuKernel() throws {
        expect("iommu-kernel", .ok, missing)
        let path = "/boot/config-5.15.158-2-pve"
        let without = (missing.text(path) ?? "").replacing(
            "CONFIG_INTEL_IOMMU=y",
            with: "# CONFIG_INTEL_IOMMU is not set"
        )
        expect("iommu-kernel", .problem, .distribution, missing.with([path: without]))
        expect("iommu-kernel", .problem, .distribution, try TestHost.named("kernel-without"))
        // The kernel hides its symbols from who is not root: all of them, not only these.
        let hidden = missing.without(path).with(["/proc/kallsyms": ""])
        expect("iommu-kernel", .unknown, hidden)
    }

    @Test func iommuArgument() throws {
        expect("iommu-argument", .ok, router)
        expect("iommu-argument", .problem, .owner, missing)
        expect("iommu-argument", .problem, .owner, try TestHost.named("not-booted"))
        expect("iommu-argument", .problem, .owner, try TestHost.named("switched-off"))
        expect("iommu-argument", .unknown, try TestHost.named("firmware-off"))
        expect("iommu-argument", .unknown, try TestHost.named("silent-amd"))
        expect("iommu-argument", .ok, try TestHost.named("amd-desktop"))
    }

    @Test func kernelArguments() throws {
        expect("kernel-arguments", .ok, router)
        expect("kernel-arguments", .ok, router.without("/boot", "/etc/config/grub"))
        let booted = router.with(["/proc/cmdline": "intel_iommu=on iommu=pt vfio-pci.ids=8086:125c disable_vga=1"])
        expect("kernel-arguments", .problem, .owner, booted)
        let finding = Self.finding("kernel-arguments", booted)
        let lines = (finding?.evidence.en ?? "").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("vfio-pci.ids=8086:125c: ") == true)
        #expect(finding?.remedy?.zh.split(separator: "\n").count == 2)
        // What is only saved says where; and what the line lacks or has never makes a ready host unready.
        let saved = desktop.with(["/etc/default/grub": "GRUB_CMDLINE_LINUX=\"intel_iommmu=on iommu=pt\""])
        expect("kernel-arguments", .problem, .owner, saved)
        #expect(Self.finding("kernel-arguments", saved)?.evidence.en.hasSuffix(" (/etc/default/grub)") == true)
        #expect(ReadinessReport(Host.read(saved.machine, Checks.parts)).ready == .yes)
        #expect(ReadinessReport(Host.read(booted.machine, Checks.parts)).ready == .yes)
        // A word that cannot be judged makes it unknown.
        let unjudged = router.with(["/proc/cmdline": "intel_iommu=on video=efifb:off"])
        expect("kernel-arguments", .unknown, unjudged.without("/proc/sys/kernel/osrelease", "/proc/version"))
    }

    @Test func iommuGroups() throws {
        expect("iommu-groups", .ok, router)
        expect("iommu-groups", .problem, .owner, missing)
        expect("iommu-groups", .problem, .firmware, try TestHost.named("firmware-off"))
        expect("iommu-groups", .problem, .distribution, try TestHost.named("kernel-without"))
    }

    @Test func interruptRemapping() throws {
        expect("interrupt-remapping", .ok, router)
        let off = router.with(["/proc/interrupts": "  0:  12  IO-APIC  2-edge  timer"])
        expect("interrupt-remapping", .problem, .owner, off)
        let nointremap = off.with(["/proc/cmdline": "intel_iommu=on nointremap"])
        expect("interrupt-remapping", .problem, .owner, nointremap)
        let symbols = (off.text("/proc/kallsyms") ?? "").replacing("irq_remapping_prepare", with: "other")
        expect("interrupt-remapping", .problem, .distribution, off.with(["/proc/kallsyms": symbols]))
        // While the IOMMU is off there is nothing to see of it.
        expect("interrupt-remapping", .unknown, missing)
        expect("interrupt-remapping", .unknown, off.with(["/proc/interrupts": ""]))
    }

    @Test func noIOMMUMode() throws {
        expect("no-iommu-mode", .ok, desktop)
        expect("no-iommu-mode", .ok, router)
        let parameter = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
        expect("no-iommu-mode", .problem, .owner, desktop.with([parameter: "Y"]))
    }

    @Test func vfioModules() throws {
        expect("vfio-modules", .ok, desktop)
        expect("vfio-modules", .ok, .passthru, router)
        expect("vfio-modules", .ok, try TestHost.named("rmrr-server"))
        expect("vfio-modules", .problem, .distribution, try TestHost.named("module-missing"))
    }

    @Test func vfioNodes() throws {
        expect("vfio-nodes", .ok, desktop)
        expect("vfio-nodes", .unknown, router)
        expect("vfio-nodes", .problem, .distribution, try TestHost.named("module-missing"))
    }

    @Test func configSpace() throws {
        expect("config-space", .ok, router)
        expect("config-space", .problem, .distribution, try TestHost.named("old-istoreos"))
        let unreadable = try TestHost.named("old-istoreos").without("/proc/kallsyms")
        expect("config-space", .problem, .distribution, unreadable)
    }

    @Test func sriov() throws {
        expect("sriov", .ok, try TestHost.named("rmrr-server"))
        expect("sriov", .ok, router)
        expect(
            "sriov",
            .unknown,
            try TestHost.named("old-istoreos").with(["/proc/kallsyms": "0 T start_kernel\n0 t sriov_init"])
        )
        expect("sriov", .problem, .distribution, try TestHost.named("old-istoreos"))
        // One function whose extended capabilities cannot be read may be the one that has them.
        let folder = "/sys/devices/pci0000:00/0000:00:1c.0/0000:01:00.0/config"
        expect("sriov", .unknown, router.without(folder))
    }
}
