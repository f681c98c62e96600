import Inventory
import Machine
import TestHosts

@testable import Readiness

/// For every check a host on which it says ok, one on which it says problem, and one on which it cannot know.
struct CheckHosts: Sendable {
    typealias Maker = @Sendable () throws -> Machine

    var id: String
    var ok: Maker
    var problem: Maker
    var unknown: Maker

    init(_ id: String, ok: @escaping Maker, problem: @escaping Maker, unknown: @escaping Maker) {
        self.id = id
        self.ok = ok
        self.problem = problem
        self.unknown = unknown
    }

    static let all = way + settings + devices + guests

    /// A host of `Hosts`, with further lines of a manifest, without some files, and with some texts changed.
    static func host(
        _ name: String,
        _ lines: String = "",
        without: [String] = [],
        with texts: [String: String] = [:]
    ) -> Maker {
        {
            let whole = try Manifest.host(name, text: "include \(name)\n\(lines)\n")
            return whole.without(without).with(texts).machine
        }
    }

    static func edited(_ name: String, _ edit: @escaping @Sendable (inout TestHost) -> Void) -> Maker {
        {
            var host = try TestHost.named(name)
            edit(&host)
            return host.machine
        }
    }

    // MARK: From the firmware to vfio

    static let way: [CheckHosts] = [
        CheckHosts(
            "container",
            ok: host("i226-router"),
            problem: host("container"),
            unknown: host("i226-router", without: ["/proc/1/cgroup"])
        ),
        CheckHosts(
            "cpu-virtualization",
            ok: host("i226-router"),
            problem: host("i226-router", with: ["/proc/cpuinfo": "flags : fpu lm"]),
            unknown: host("i226-router", without: ["/proc/cpuinfo"])
        ),
        CheckHosts(
            "kvm-device",
            ok: host("i226-router"),
            problem: host("i226-router", without: ["/dev/kvm"]),
            unknown: host("i226-router", without: ["/dev"])
        ),
        CheckHosts(
            "iommu-firmware",
            ok: host("i226-router"),
            problem: host("firmware-off"),
            unknown: host("i226-router", without: ["/sys/firmware/acpi/tables"])
        ),
        CheckHosts(
            "iommu-kernel",
            ok: host("i226-router"),
            problem: host("kernel-without"),
            unknown: host("argument-missing", without: ["/boot"])
        ),
        CheckHosts(
            "iommu-argument",
            ok: host("i226-router"),
            problem: host("argument-missing"),
            unknown: host("firmware-off")
        ),
        CheckHosts(
            "iommu-groups",
            ok: host("i226-router"),
            problem: host("argument-missing"),
            unknown: host("i226-router", without: ["/sys/kernel"])
        ),
        CheckHosts(
            "interrupt-remapping",
            ok: host("i226-router"),
            problem: host("i226-router", with: ["/proc/interrupts": "CPU0\n  0:  12  IO-APIC  2-edge  timer"]),
            unknown: host("i226-router", without: ["/proc/interrupts"])
        ),
        CheckHosts(
            "vfio-modules",
            ok: host("i226-router"),
            problem: host("module-missing"),
            unknown: host("i226-router", without: ["/lib/modules"])
        ),
        CheckHosts(
            "vfio-nodes",
            ok: host("two-gpus-desktop"),
            problem: host("module-missing"),
            unknown: host("i226-router")
        ),
    ]

    // MARK: Settings

    static let settings: [CheckHosts] = [
        CheckHosts(
            "kernel-arguments",
            ok: host("i226-router"),
            problem: host("i226-router", with: ["/proc/cmdline": "intel_iommu=on vfio-pci.ids=8086:125c"]),
            unknown: host("i226-router", without: ["/proc/cmdline"])
        ),
        CheckHosts(
            "no-iommu-mode",
            ok: host("i226-router"),
            problem: host(
                "two-gpus-desktop",
                with: ["/sys/module/vfio/parameters/enable_unsafe_noiommu_mode": "Y"]
            ),
            unknown: host("i226-router", without: ["/proc/modules", "/sys/module"])
        ),
        CheckHosts(
            "chipset",
            ok: host("two-gpus-desktop"),
            problem: host("two-gpus-desktop", "no-tables"),
            unknown: host("two-gpus-desktop", without: ["/sys/firmware/acpi/tables"])
        ),
        CheckHosts(
            "x2apic",
            ok: host("i226-router"),
            problem: host("i226-router", "dmar 39 3\ndrhd fed91000 1"),
            unknown: edited("i226-router") { $0.file("/sys/firmware/acpi/tables/DMAR", bytes: Array("DMAR".utf8)) }
        ),
        CheckHosts(
            "kernel-config",
            ok: host("two-gpus-desktop"),
            problem: host(
                "two-gpus-desktop",
                with: ["/boot/config-6.1.0-28-amd64": "CONFIG_IRQ_REMAP=y\n# CONFIG_VFIO is not set\nCONFIG_KVM=m"]
            ),
            unknown: host("argument-missing", without: ["/boot"])
        ),
        CheckHosts(
            "lockdown",
            ok: host("amd-desktop"),
            problem: host(
                "amd-desktop",
                "pci 0000:0c:00.0 1002:731f 030000 group=40 parent=0000:00:03.1 express=legacy",
                with: ["/sys/kernel/security/lockdown": "none [integrity] confidentiality"]
            ),
            unknown: host("amd-desktop", without: ["/sys/kernel/security/lockdown"])
        ),
        CheckHosts(
            "vfio-options",
            ok: host("two-gpus-desktop"),
            problem: host("two-gpus-desktop", with: ["/sys/module/vfio_pci/parameters/disable_denylist": "Y"]),
            unknown: host("rmrr-server", without: ["/sys/module"])
        ),
        CheckHosts(
            "module-lists",
            ok: host("i226-router", "/etc/modules = vfio_pci"),
            problem: host("i226-router", "/etc/modules = vfio_virqfd"),
            unknown: host(
                "i226-router",
                "/etc/modules = vfio_virqfd",
                without: ["/proc/version", "/proc/sys/kernel/osrelease"]
            )
        ),
        CheckHosts(
            "other-tools",
            ok: host("two-gpus-desktop", "/etc/driverctl.d/pci-0000:03:00.0 = nvme"),
            problem: host("two-gpus-desktop", "/etc/modprobe.d/vfio.conf = options vfio-pci ids=10de:1e07"),
            unknown: host("two-gpus-desktop", "/etc/modprobe.d/vfio.conf = options vfio-pci ids=card")
        ),
    ]

    // MARK: Devices

    private static let ports = "/sys/devices/pci0000:00/0000:00:1c.0"
    private static let card = ports + "/0000:01:00.0"
    /// A graphics card with 16 GiB of memory, 256 MiB of which it shows.
    private static let largeCard = "pci 0000:0c:00.0 1002:73bf 030000 parent=0000:00:03.1 express=legacy rebar=0:8:14"
    private static let memoryMap = "/proc/iomem = c0000000-fec2ffff : PCI Bus 0000:00"

    private static func wired(_ handlers: String) -> String {
        """
        pci 0000:06:01.0 10ec:8139 020000 driver=8139too group=30 parent=0000:00:1c.0 irq=17
        /proc/interrupts = <<
                   CPU0       CPU1
          17:         12          0  IR-IO-APIC   17-fasteoi   \(handlers)
        <<
        """
    }

    private static func nodes(_ memory: Int) -> [String: String] {
        let root = "/sys/devices/system/node"
        return [
            "\(root)/node0/cpulist": "0-7", "\(root)/node0/meminfo": "Node 0 MemTotal:       16303812 kB",
            "\(root)/node1/cpulist": "8-15", "\(root)/node1/meminfo": "Node 1 MemTotal:       \(memory) kB",
        ]
    }

    static let devices: [CheckHosts] = [
        CheckHosts(
            "group-quality",
            ok: host("i226-router"),
            problem: host("i226-router", "pci 0000:06:00.0 8086:1539 020000 group=11 parent=0000:00:1c.0"),
            // Neither the function says its group nor any group names it.
            unknown: edited("i226-router") { host in
                host.file(card + "/iommu_group", "11")
                let address = String(card.suffix(12))
                for path in host.nodes.keys where path.hasSuffix("/devices/\(address)") && path.contains("iommu_groups")
                {
                    host.remove(path)
                }
            }
        ),
        CheckHosts(
            "reserved-regions",
            ok: host("i226-router"),
            problem: host("rmrr-server"),
            unknown: host("i226-router", without: ["/sys/kernel/iommu_groups/0/reserved_regions"])
        ),
        CheckHosts(
            "vmd",
            ok: host("two-gpus-desktop", "pci 0000:00:0e.0 8086:467f 010400 driver=vmd group=20"),
            problem: host(
                "two-gpus-desktop",
                """
                pci 0000:00:0e.0 8086:467f 010400 driver=vmd group=20
                pci 10000:e1:00.0 144d:a80a 010802 driver=nvme group=20
                """
            ),
            unknown: host("two-gpus-desktop", "pci 0000:00:0e.0 8086:467f 010400 group=20")
        ),
        CheckHosts(
            "above-4g",
            ok: host("two-gpus-desktop"),
            problem: host("amd-desktop", largeCard + "\n" + memoryMap),
            unknown: host("amd-desktop", largeCard)
        ),
        CheckHosts(
            "resizable-bar",
            ok: host("amd-desktop"),
            problem: host("amd-desktop", largeCard),
            unknown: host("amd-desktop", largeCard.replacing("rebar=0:8:14", with: "config=256"))
        ),
        CheckHosts(
            "config-space",
            ok: host("i226-router"),
            problem: host("old-istoreos"),
            unknown: host("i226-router", without: ["/sys/bus/pci"])
        ),
        CheckHosts(
            "sriov",
            ok: host("rmrr-server"),
            problem: host("old-istoreos"),
            unknown: host("i226-router", without: [card + "/config"])
        ),
        CheckHosts(
            "reset-methods",
            ok: host("i226-router"),
            problem: host("i226-router", without: [card + "/reset_method"]),
            unknown: edited("i226-router") { host in
                host.remove(card + "/reset_method")
                host.file(card + "/reset", bytes: [], mode: 0o200)
            }
        ),
        CheckHosts(
            "reset-faults",
            ok: host("two-gpus-desktop", "pci 0000:09:00.0 1002:67df 030000\nmodule vendor_reset"),
            problem: host("two-gpus-desktop", "pci 0000:09:00.0 1002:67df 030000"),
            unknown: host("two-gpus-desktop", "pci 0000:09:00.0 1002:67df 030000", without: ["/proc/modules"])
        ),
        CheckHosts(
            "d3cold",
            ok: host("rmrr-server"),
            problem: edited("i226-router") { host in
                host.file(card + "/config", bytes: [UInt8](repeating: 0xFF, count: 4096))
            },
            unknown: edited("rmrr-server") { host in
                for path in host.nodes.keys where path.hasSuffix("0000:3b:02.1/config") { host.remove(path) }
            }
        ),
        CheckHosts(
            "shared-interrupts",
            ok: host("i226-router", wired("eth9")),
            problem: host("i226-router", wired("eth9, i801_smbus")),
            unknown: host("i226-router", wired("eth9"), without: ["/proc/interrupts"])
        ),
        CheckHosts(
            "link",
            ok: host("two-gpus-desktop"),
            problem: host("i226-router"),
            unknown: edited("two-gpus-desktop") { host in
                for path in host.nodes.keys where path.hasSuffix("0000:03:00.0/current_link_speed") {
                    host.file(path, "Unknown")
                }
            }
        ),
        CheckHosts(
            "numa",
            ok: host("rmrr-server", with: nodes(16_303_812)),
            problem: host("rmrr-server", with: nodes(0)),
            unknown: host("i226-router", with: nodes(16_303_812))
        ),
    ]

    // MARK: Guests

    private static func domain(_ memory: Int, hugepages: Bool = false) -> String {
        """
        <domain type='kvm'><name>win</name><memory unit='MiB'>\(memory)</memory>
        \(hugepages ? "<memoryBacking><hugepages/></memoryBacking>" : "")
        <devices><hostdev mode='subsystem' type='pci'><source>
        <address domain='0' bus='4' slot='0' function='0'/></source></hostdev></devices></domain>
        """
    }

    private static func guest(_ memory: Int, hugepages: Bool = false, _ texts: [String: String]) -> Maker {
        host(
            "i226-router",
            with: texts.merging(["/etc/libvirt/qemu/win.xml": domain(memory, hugepages: hugepages)]) { $1 }
        )
    }

    private static let memory = [
        "/proc/meminfo": "MemTotal: 16000000 kB\nMemAvailable: 12000000 kB\nHugepagesize: 2048 kB\n"
    ]
    private static let pages = [
        "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "2048",
        "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "2048",
    ]

    /// What only a live machine shows: a container with a daemon in it.
    private static func contained(
        limit: String = "unlimited",
        _ edit: @escaping @Sendable (GuestCheckTests, inout ContainerHost) throws -> Void
    ) -> Maker {
        {
            let tests = GuestCheckTests()
            var host = try tests.host(limit: limit, capabilities: "00000000a80425fb")
            try edit(tests, &host)
            return host.machine
        }
    }

    private static func nodes(inside: String?) -> Maker {
        contained { tests, host in
            let group = try tests.group(host)
            tests.node(&host, "/dev/vfio/vfio", "10:196", inside: "10:196")
            tests.node(&host, "/dev/vfio/\(group)", "236:0", inside: inside)
        }
    }

    private static func access(_ list: String?) -> Maker {
        contained { tests, host in
            host.tree.base.put("{}", at: "/mnt/data_nvme0n1/docker/containers/\(ContainerHost.id)/hostconfig.json")
            host.tree.base.put("4:devices:/docker/\(ContainerHost.id)\n", at: "/proc/77/cgroup")
            let path = "/sys/fs/cgroup/devices/docker/\(ContainerHost.id)/devices.list"
            if let list { host.tree.base.put(list, at: path) }
            tests.node(&host, "/dev/vfio/vfio", "10:196", inside: nil)
        }
    }

    static let guests: [CheckHosts] = [
        CheckHosts(
            "guest-nodes",
            ok: nodes(inside: "236:0"),
            problem: nodes(inside: nil),
            unknown: contained { _, _ in }
        ),
        CheckHosts(
            "guest-device-access",
            ok: access("c 10:196 rwm\n"),
            problem: access("c 1:3 rwm\n"),
            unknown: access(nil)
        ),
        CheckHosts(
            "guest-kvm",
            ok: contained { tests, host in tests.node(&host, "/dev/kvm", "10:232", inside: "10:232") },
            problem: contained { tests, host in tests.node(&host, "/dev/kvm", "10:232", inside: nil) },
            unknown: contained { _, host in host.tree.nodes["/dev/kvm"] = nil }
        ),
        CheckHosts(
            "guest-memlock",
            ok: contained { _, _ in },
            problem: contained(limit: "65536") { _, _ in },
            unknown: contained(limit: "4294967296") { _, _ in }
        ),
        CheckHosts(
            "memory-budget",
            ok: guest(4096, memory),
            problem: guest(14_000, memory),
            unknown: guest(4096, [:])
        ),
        CheckHosts(
            "hugepages",
            ok: guest(4096, hugepages: true, memory.merging(pages) { $1 }),
            problem: guest(8192, hugepages: true, memory.merging(pages) { $1 }),
            unknown: guest(4096, hugepages: true, memory)
        ),
    ]
}
