import Machine
import TestHosts
import Testing

@testable import Inventory

/// Guests as libvirt, Proxmox and QEMU describe them.
@Suite struct GuestsTests {
    private static let domain = """
        <!-- edited with virsh edit -->
        <domain type='kvm'>
          <name>win11 &amp; co</name>
          <memory unit='GiB'>8</memory>
          <memoryBacking><hugepages><page size='1' unit='G'/></hugepages></memoryBacking>
          <devices>
            <disk type='block' device='disk'><source dev='/dev/disk/by-id/ata-X'/><target dev='vda'/></disk>
            <disk type='file'><source file='/var/x.qcow2'/></disk>
            <hostdev mode='subsystem' type='pci' managed='yes'>
              <source><address domain='0x0000' bus='0x04' slot='0x00' function='0x0'/></source>
              <address type='pci' domain='0x0000' bus='0x06' slot='0x00' function='0x0'/>
            </hostdev>
            <hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/></source></hostdev>
            <interface type='hostdev'><source><address type='pci' domain='0' bus='3' slot='010' function='1'/></source></interface>
          </devices>
        </domain>
        """

    private func tree(_ texts: [String: String]) throws -> LiveTree {
        var tree = LiveTree(try TestHost.named("i226-router").with(texts))
        tree.process(1, "init")
        return tree
    }

    private func guests(_ texts: [String: String]) throws -> GuestInventory {
        GuestInventory.read(Machine(try tree(texts)))
    }

    @Test func libvirtDomains() throws {
        var tree = try tree([
            "/etc/libvirt/qemu/win11.xml": Self.domain, "/etc/libvirt/qemu/networks/default.xml": "<network/>",
            "/sys/class/block/sdz/size": "1000",
        ])
        tree.base.put(.symbolicLink("/etc/libvirt/qemu/win11.xml"), at: "/etc/libvirt/qemu/autostart/win11.xml")
        tree.base.put(.symbolicLink("../../sdz"), at: "/dev/disk/by-id/ata-X")
        let found = GuestInventory.read(Machine(tree))
        #expect(found.unknown.isEmpty)
        let guest = try #require(found.guests.first)
        #expect(found.guests.count == 1)
        #expect(guest.name == "win11 & co" && guest.manager == .libvirt)
        #expect(guest.memory == 8 << 30 && guest.usesHugepages == true && guest.hugepageSize == 1 << 30)
        #expect(guest.functions.map(\.description) == ["0000:04:00.0", "0000:03:08.1"])
        #expect(guest.disks == [HostDisk(path: "/dev/disk/by-id/ata-X", device: "sdz")])
        #expect(guest.isRunning == false && guest.startsAtBoot == true)
        // A vendor alone names no USB device.
        #expect(Array(guest.unknown.keys) == ["usb"])
    }

    @Test func libvirtsRunningGuestsCountOnce() throws {
        let status = "<domstatus state='running' pid='7'>\(Self.domain.replacing("0x04", with: "0x05"))</domstatus>"
        let found = try guests([
            "/etc/libvirt/qemu/win11.xml": Self.domain, "/run/libvirt/qemu/win11.xml": status,
        ])
        #expect(found.guests.map(\.isRunning) == [true])
        #expect(found.guests.first?.functions.first?.description == "0000:05:00.0")
    }

    @Test(arguments: [
        ("<domain><name>x</name>", "line 2"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>\n<domain><name>&b;</name></domain>", "document type"),
        ("<domain>\n<name>&b;</name></domain>", "line 2"), ("", "line 1"), ("<network/>", "no <domain>"),
        (String(repeating: "<a>", count: 1000), "nested deeper"), ("\u{0}\u{1}", "line 1"),
        ("<domain><name>x</name>" + String(repeating: "<a/>", count: 100_001) + "</domain>", "more than"),
    ])
    func aBadFileIsNamed(_ text: String, _ why: String) throws {
        let found = try guests(["/etc/libvirt/qemu/bad.xml": text, "/etc/libvirt/qemu/good.xml": Self.domain])
        #expect(found.guests.count == 1)
        let reason = try #require(found.unknown["/etc/libvirt/qemu/bad.xml"])
        #expect(reason.contains(why) && reason.contains("bad.xml"), "\(reason)")
    }

    @Test func oddDomainsSayWhatIsUnknown() throws {
        let odd = """
            <domain><memory unit='parsec'>5</memory><devices><hostdev type='pci'><source>
            <address domain='0' bus='0x1ff' slot='0' function='0'/></source></hostdev><disk type='block'/></devices></domain>
            """
        let guest = try #require(try guests(["/etc/libvirt/qemu/odd.xml": odd]).guests.first)
        #expect(guest.name == "odd" && guest.memory == nil && guest.functions.isEmpty && guest.disks.isEmpty)
        #expect(Set(guest.unknown.keys) == ["memory", "functions"])
        let huge = "<domain><memory unit='TiB'>9223372036854775807</memory></domain>"
        #expect(try guests(["/etc/libvirt/qemu/huge.xml": huge]).guests.first?.memory == nil)
    }

    @Test func proxmoxGuests() throws {
        let found = try guests([
            "/etc/pve/qemu-server/100.conf": """
            #hostpci9: 0000:09:00.0
            name: router
            memory: 4096
            hugepages: 1024
            onboot: 1\r
            hostpci0: 0000:04:00.0,pcie=1,rombar=0
            hostpci1: 02:00.0;0000:00:02.0
            hostpci2: host=00:1c,x-vga=1
            hostpci3: mapping=gpu,pcie=1
            scsi0: local-lvm:vm-100-disk-0,size=32G
            scsi1: /dev/disk/by-id/gone,size=1T
            net0: virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr0
            [snap]
            hostpci0: 0000:01:00.0
            """,
            "/etc/pve/qemu-server/101.conf": "memory: current=x\n",
            "/etc/pve/qemu-server/readme.txt": "hostpci0: 0000:01:00.0\n",
        ])
        #expect(found.guests.map(\.number) == [100, 101])
        let guest = try #require(found.guests.first)
        #expect(guest.name == "router" && guest.manager == .proxmox && guest.startsAtBoot == true)
        #expect(guest.memory == 4 << 30 && guest.usesHugepages == true && guest.hugepageSize == 1 << 30)
        #expect(
            guest.functions.map(\.description) == [
                "0000:04:00.0", "0000:02:00.0", "0000:00:02.0", "0000:00:1c.0", "0000:00:1c.1", "0000:00:1c.2",
                "0000:00:1c.3",
            ]
        )
        #expect(guest.disks == [HostDisk(path: "/dev/disk/by-id/gone", device: nil)])
        #expect(guest.unknown["functions"]?.contains("mapping=gpu") == true)
        let other = try #require(found.guests.last)
        #expect(other.memory == nil && other.unknown["memory"] != nil && other.name == "101")
    }

    private func commandLine(_ words: String...) -> KnownGuest? {
        guest(Array(words.joined(separator: "\u{0}").utf8) + [0])
    }

    private func guest(_ bytes: [UInt8]) -> KnownGuest? {
        guard RunnerProcess.role(ofCommandLine: bytes) == .qemu else { return nil }
        let machine = Machine(MemoryTree())
        return QEMUProcess.guest(
            RunnerProcess.words(bytes),
            pid: 7,
            RunnerFiles(host: machine, files: machine)
        )
    }

    @Test func commandLinesOfQEMU() throws {
        let guest = try #require(
            commandLine(
                "/usr/bin/qemu-system-x86_64",
                "-name",
                "guest=a,,b,debug-threads=on",
                "-nodefaults",
                "-m",
                "size=4194304k,slots=16",
                "-object",
                #"{"qom-type":"memory-backend-file","mem-path":"/dev/hugepages/x","size":4294967296}"#,
                "-device",
                #"{"driver":"vfio-pci","host":"0000:04:00.0","id":"hostdev0"}"#,
                "-device",
                "vfio-pci,host=05:00.0",
                "-device",
                "vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:03:00.0",
                "-device",
                "virtio-net,host=0000:01:00.0",
                "-blockdev",
                #"{"driver":"raw","file":{"driver":"host_device","filename":"/dev/sdb"}}"#,
                "-drive",
                "file=/dev/sdc,format=raw",
                "-hda",
                "/dev/sdd"
            )
        )
        #expect(guest.name == "a,b" && guest.isRunning == true && guest.pid == 7 && guest.source == "/proc/7/cmdline")
        #expect(guest.memory == 4 << 30 && guest.usesHugepages == true)
        #expect(guest.functions.map(\.description) == ["0000:04:00.0", "0000:05:00.0", "0000:03:00.0"])
        #expect(guest.disks.map(\.path) == ["/dev/sdb", "/dev/sdc", "/dev/sdd"])
        #expect(commandLine("qemu-kvm", "-m", "2048")?.memory == 2 << 30)
        #expect(commandLine("kvm", "-m", "4G")?.memory == 4 << 30)
    }

    @Test func hostileCommandLines() throws {
        #expect(commandLine("/bin/sh", "-c", "qemu-system-x86_64 -device vfio-pci,host=01:00.0") == nil)
        #expect(commandLine("") == nil)
        #expect(commandLine("qemu-system-x86_64", "-device") != nil)
        let odd = try #require(
            commandLine(
                "kvm",
                "-m",
                "99999999999999999999T",
                "-device",
                "vfio-pci,host=../../etc",
                "-object",
                "{",
                "-drive",
                String(repeating: "{\"a\":", count: 5000),
                "-name",
                "="
            )
        )
        #expect(odd.memory == nil && odd.functions.isEmpty && odd.disks.isEmpty)
        #expect(odd.unknown["functions"] != nil)
        #expect(guest([0xFF, 0, 0xFE, 0, 0]) == nil)
    }

    @Test func aProcessAndItsFileAreOneGuest() throws {
        var tree = try tree([
            "/etc/libvirt/qemu/a.xml": "<domain><name>a</name><memory>1</memory></domain>",
            "/etc/pve/qemu-server/100.conf": "name: a\nmemory: 1\n", "/etc/pve/qemu-server/101.conf": "name: b\n",
        ])
        func start(_ pid: Int, _ words: String) {
            tree.process(pid, "qemu")
            tree.base.put(words.replacing(" ", with: "\u{0}"), at: "/proc/\(pid)/cmdline")
        }
        start(60, "qemu-system-x86_64 -name guest=a -device vfio-pci,host=0000:04:00.0")
        start(61, "kvm -id 101 -name b")
        start(62, "qemu-system-aarch64 -m 64")
        let found = GuestInventory.read(Machine(tree))
        #expect(found.guests.map(\.manager) == [.libvirt, .proxmox, .proxmox, .qemu])
        #expect(found.guests.map(\.isRunning) == [true, false, true, true])
        #expect(found.guests.first?.functions.map(\.description) == ["0000:04:00.0"])
    }

    @Test func whoRunsOnACapturedHostIsUnknown() throws {
        let host = try TestHost.named("i226-router").with(["/etc/pve/qemu-server/100.conf": "hostpci0: 04:00.0\n"])
        let found = GuestInventory.read(host.machine)
        #expect(found.guests.map(\.isRunning) == [nil])
        #expect(found.guests.first?.unknown["isRunning"] == HolderInventory.notLive)
        #expect(found.unknown["running"] == HolderInventory.notLive)
        #expect(found.unknown["/etc/libvirt/qemu"] == "not part of what was captured")
        #expect(found.unknown["/etc/pve/qemu-server"] == nil)
    }

    @Test func aFolderThatIsClosedIsUnknown() throws {
        var tree = try tree(["/etc/libvirt/qemu/a.xml": Self.domain])
        tree.denied = ["/etc/libvirt/qemu"]
        let found = GuestInventory.read(Machine(tree))
        #expect(found.unknown["/etc/libvirt/qemu"] == "permission denied: /etc/libvirt/qemu")
    }
}
