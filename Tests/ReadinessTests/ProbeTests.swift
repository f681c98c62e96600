import Inventory
import Machine
import TestHosts
import Testing
import Wording

@testable import Readiness

/// Every probe: a host on which it says yes, one on which it says no, one on which it cannot say.
@Suite struct ProbeTests {
    /// A probe with its argument, a host, what the message names, and the answer.
    typealias Case = (probe: String, host: TestHost, address: String?, captures: [String: String], answer: Confirmed)

    static func answer(_ row: Case) -> ProbeAnswer? {
        let machine = row.host.machine
        let host = Host.read(machine, [Checks.parts, Probes.parts, .network])
        let address = row.address.flatMap { PCIAddress($0) }
        var paths = ["/dev/vfio"] + row.captures.values
        if let group = row.captures["group"] ?? address.flatMap(host.function)?.group.map(String.init) {
            paths.append("/dev/vfio/\(group)")
        }
        let facts = TroubleFacts.read(machine, devices: address.map { [$0] } ?? [], paths: paths)
        let subject = ProbeSubject(host: host, facts: facts, address: address, captures: row.captures)
        let parts = row.probe.split(separator: ":", maxSplits: 1)
        guard let name = parts.first else { return nil }
        return Probes.named(name)?.answer(subject, argument: parts.count > 1 ? String(parts[1]) : "")
    }

    static func cases() throws -> [Case] {
        let router = try TestHost.named("i226-router")
        let server = try TestHost.named("rmrr-server")
        let desktop = try TestHost.named("two-gpus-desktop")
        let amd = try TestHost.named("amd-desktop")
        let missing = try TestHost.named("argument-missing")
        let nothing = TestHost("nothing")
        let virtual = "0000:3b:02.1"
        let busy = server.with([
            "/proc/meminfo":
                "MemTotal: 2048000 kB\nMemAvailable: 400000 kB\nHugepagesize: 2048 kB\nHugePages_Total: 0\nHugePages_Free: 0\n",
            "/proc/812/comm": "libvirtd\n",
            "/proc/812/limits": "Max locked memory         65536                65536                bytes\n",
            "/etc/libvirt/qemu/web.xml": """
            <domain type='kvm'><name>web</name><memory>1048576</memory><devices>
            <hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x3b' slot='0x02' function='0x1'/></source></hostdev>
            </devices></domain>
            """,
        ])
        let roomy = server.with([
            "/proc/meminfo":
                "MemTotal: 204800000 kB\nMemAvailable: 40000000 kB\nHugepagesize: 2048 kB\nHugePages_Total: 8\nHugePages_Free: 8\n",
            "/proc/812/comm": "libvirtd\n",
            "/proc/812/limits": "Max locked memory         unlimited            unlimited            bytes\n",
        ])
        return [
            ("device-absent", server, "0000:99:00.0", [:], .yes), ("device-absent", server, virtual, [:], .no),
            ("device-absent", nothing, virtual, [:], .unknown), ("device-absent", server, nil, [:], .unknown),
            ("device-not-vfio", server, "0000:3b:00.0", [:], .yes), ("device-not-vfio", server, virtual, [:], .no),
            ("device-not-vfio", nothing, virtual, [:], .unknown),
            ("device-on-vfio", server, virtual, [:], .yes), ("device-on-vfio", server, "0000:3b:00.0", [:], .no),
            ("device-on-vfio", nothing, virtual, [:], .unknown),
            ("device-not-bound", server, "0000:3b:02.3", [:], .yes), ("device-not-bound", server, virtual, [:], .no),
            ("device-not-bound", nothing, virtual, [:], .unknown),
            ("device-without-group", missing, nil, [:], .yes), ("device-without-group", server, virtual, [:], .no),
            ("device-without-group", nothing, nil, [:], .unknown),
            ("device-is-bridge", server, "0000:3a:00.0", [:], .yes), ("device-is-bridge", server, virtual, [:], .no),
            ("device-is-bridge", nothing, virtual, [:], .unknown),
            ("device-dead", server, "0000:99:00.0", [:], .yes), ("device-dead", server, virtual, [:], .no),
            ("device-dead", nothing, virtual, [:], .unknown),
            ("boot-display", desktop, "0000:01:00.0", [:], .yes), ("boot-display", desktop, "0000:02:00.0", [:], .no),
            ("boot-display", nothing, nil, [:], .unknown),
            ("framebuffer", desktop, "0000:01:00.0", [:], .yes), ("framebuffer", desktop, "0000:02:00.0", [:], .no),
            ("framebuffer", desktop.without("/proc/iomem"), nil, [:], .unknown),
            ("igd", router, nil, [:], .yes), ("igd", desktop, nil, [:], .no), ("igd", nothing, nil, [:], .unknown),
            ("no-reset", server, "0000:01:00.0", [:], .yes), ("no-reset", server, virtual, [:], .no),
            ("no-reset", nothing, virtual, [:], .unknown),
            // `bus`, which the kernel put there before it knew of the other functions.
            ("no-reset", desktop, "0000:01:00.0", [:], .yes), ("no-reset", desktop, "0000:03:00.0", [:], .no),
            ("no-reset", desktop, "0000:01:00.2", [:], .no),
            ("bus-reset-only", desktop, "0000:01:00.2", [:], .no),
            ("bus-reset-only", desktop, "0000:01:00.0", [:], .yes), ("bus-reset-only", server, virtual, [:], .no),
            ("bus-reset-only", nothing, virtual, [:], .unknown),
            ("shared-interrupt", nothing, nil, ["irq": "16"], .unknown),
            ("link-slow", desktop, "0000:02:00.0", [:], .yes), ("link-slow", desktop, "0000:03:00.0", [:], .no),
            ("link-slow", nothing, nil, [:], .unknown),
            ("guest-holds", busy, virtual, [:], .yes), ("guest-holds", server, virtual, [:], .unknown),
            ("group-not-viable", desktop, nil, ["group": "10"], .yes),
            ("group-not-viable", server, virtual, [:], .no),
            ("group-not-viable", server, nil, ["group": "999"], .unknown),
            ("group-shared", desktop, "0000:01:00.0", [:], .yes), ("group-shared", server, virtual, [:], .no),
            ("group-shared", nothing, nil, [:], .unknown),
            ("group-node-missing", server, nil, ["group": "77"], .yes),
            ("group-node-missing", server.with(["/dev/vfio/33": ""]), virtual, [:], .no),
            ("group-node-missing", nothing, nil, ["group": "77"], .unknown),
            ("group-busy", server, virtual, [:], .unknown),
            ("reserved-memory", server, "0000:5c:00.0", [:], .yes),
            ("reserved-memory", desktop, nil, ["group": "99"], .unknown),
            ("vfs-enabled", server, nil, [:], .yes), ("vfs-enabled", desktop, nil, [:], .no),
            ("vfs-enabled", nothing, nil, [:], .unknown),
            ("no-sriov", server, "0000:3b:00.0", [:], .no), ("no-sriov", desktop, "0000:03:00.0", [:], .yes),
            ("no-sriov", nothing, virtual, [:], .unknown),
            ("is-not-vf", server, "0000:3b:00.0", [:], .yes),
            ("is-not-vf", server, nil, ["interface": "ens2f0v0"], .no),
            ("is-not-vf", nothing, nil, [:], .unknown),
            ("pf-on-vfio", server, virtual, [:], .no), ("pf-on-vfio", nothing, virtual, [:], .unknown),
            ("usb-absent", router, nil, ["vendor": "0x1a86", "product": "0x7523"], .yes),
            ("usb-absent", router, nil, ["vendor": "0403", "product": "6001"], .no),
            ("usb-absent", nothing, nil, ["vendor": "0403", "product": "6001"], .unknown),
            ("usb-ambiguous", router, nil, ["vendor": "0403", "product": "6001"], .no),
            ("usb-ambiguous", nothing, nil, [:], .unknown),
            ("usb-in-use", router, nil, [:], .yes), ("usb-in-use", router, nil, ["bus": "9", "device": "9"], .no),
            ("usb-in-use", nothing, nil, [:], .unknown),
            ("usb-controller-away", router, nil, [:], .no), ("usb-controller-away", nothing, nil, [:], .unknown),
            ("usb-any", router, nil, [:], .no), ("usb-any", nothing, nil, [:], .unknown),
            ("memlock-low", busy, nil, [:], .yes), ("memlock-low", roomy, nil, [:], .no),
            ("memlock-low", server, nil, [:], .unknown),
            ("low-memory", busy, nil, [:], .yes), ("low-memory", roomy, nil, [:], .no),
            ("low-memory", server, nil, [:], .unknown),
            ("hugepages-none", busy, nil, [:], .yes), ("hugepages-none", roomy, nil, [:], .no),
            ("hugepages-none", server, nil, [:], .unknown),
            ("argument:intel_iommu=on", server, nil, [:], .yes), ("argument:pcie_acs_override", server, nil, [:], .no),
            ("argument:intel_iommu=on", nothing, nil, [:], .unknown),
            ("module-absent:vfio_pci", try TestHost.named("module-missing"), nil, [:], .yes),
            ("module-absent:vfio_pci", server, nil, [:], .no), ("module-absent:vfio_pci", nothing, nil, [:], .unknown),
            ("parameter:vfio.enable_unsafe_noiommu_mode=N", server, nil, [:], .yes),
            ("parameter:vfio.enable_unsafe_noiommu_mode=Y", server, nil, [:], .no),
            ("parameter:vfio.enable_unsafe_noiommu_mode=Y", nothing, nil, [:], .unknown),
            ("kernel-since:5.10", server, nil, [:], .yes), ("kernel-since:6.9", server, nil, [:], .no),
            ("kernel-since:6.9", nothing, nil, [:], .unknown),
            ("config-without:IOMMUFD", server, nil, [:], .yes), ("config-without:VFIO_PCI", server, nil, [:], .no),
            ("config-without:IOMMUFD", nothing, nil, [:], .unknown),
            ("secure-boot", amd, nil, [:], .yes), ("secure-boot", desktop, nil, [:], .no),
            ("secure-boot", nothing, nil, [:], .unknown),
            ("nested", desktop, nil, [:], .no), ("nested", nothing, nil, [:], .unknown),
            ("path-missing", server, nil, ["path": "/proc/vbios.rom"], .yes),
            ("path-missing", server, nil, ["path": "/proc/cmdline"], .no), ("path-missing", server, nil, [:], .unknown),
            ("translated-domains", desktop, nil, [:], .yes), ("translated-domains", nothing, nil, [:], .unknown),
            (
                "interrupts-on-one-cpu",
                server.with([
                    "/proc/interrupts":
                        "   CPU0 CPU1\n 30: 5 0 IR-PCI-MSI 1 vfio-msix[0](0000:3b:02.1)\n 31: 9 0 IR-PCI-MSI 2 vfio-msix[1](0000:3b:02.1)\n"
                ]), nil, [:], .yes
            ),
            (
                "interrupts-on-one-cpu",
                server.with([
                    "/proc/interrupts":
                        "   CPU0 CPU1\n 30: 5 0 IR-PCI-MSI 1 vfio-msix[0](0000:3b:02.1)\n 31: 0 9 IR-PCI-MSI 2 vfio-msix[1](0000:3b:02.1)\n"
                ]), nil, [:], .no
            ),
            ("interrupts-on-one-cpu", nothing, nil, [:], .unknown),
        ]
    }

    @Test func everyProbeSaysWhatItSees() throws {
        for row in try Self.cases() {
            let answer = try #require(Self.answer(row), "no probe \(row.probe)")
            #expect(
                answer.confirmed == row.answer,
                "\(row.probe) on \(row.host.name), \(row.address ?? "-") \(row.captures): \(answer.evidence.en)"
            )
            #expect(!answer.evidence.en.isEmpty)
        }
    }

    @Test func everyProbeIsTried() throws {
        let tried = Set(try Self.cases().map { String($0.probe.prefix { $0 != ":" }) })
        #expect(tried == Set(Probes.all.map { $0.id }))
        #expect(Set(Probes.all.map { $0.id }).count == Probes.all.count)
        #expect(Set(Probes.all.map { $0.id }).isDisjoint(with: Set(Checks.all.map { $0.id })))
    }
}
