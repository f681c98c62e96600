import Machine
import SystemPackage
import TestHosts
import Testing

@testable import Inventory

/// What runs guests, on the host and in containers.
@Suite struct RunnerTests {
    private static let domain = """
        <domain type='kvm'><name>win</name><memory unit='GiB'>4</memory><devices>
        <hostdev mode='subsystem' type='pci'><source><address domain='0' bus='4' slot='0' function='0'/></source></hostdev>
        <hostdev mode='subsystem' type='usb'><source><vendor id='0x0403'/><product id='0x6001'/></source></hostdev>
        <hostdev mode='subsystem' type='usb'><source><address bus='1' device='4'/></source></hostdev>
        <hostdev mode='subsystem' type='usb'><source/></hostdev>
        <disk type='block'><source dev='/dev/disk/by-id/x'/></disk>
        </devices></domain>
        """

    private func host() throws -> ContainerHost {
        var host = ContainerHost(try .named("i226-router"))
        host.domain("win", Self.domain)
        return host
    }

    @Test func aContainerIsFoundByItsProcess() throws {
        var host = try host()
        host.start()
        host.tree.base.put(
            "7f00-7f01 r-xp 00000000 0:57 9 /usr/lib/x86_64-linux-gnu/libvirt.so.0.9000.0\n",
            at: "/proc/77/maps"
        )
        let found = GuestInventory.read(host.machine)
        let runner = try #require(found.runners.first { $0.container != nil })
        #expect(runner.kind == .libvirt && runner.isRunning == true && runner.pid == 77)
        #expect(runner.container?.name == "webvirtcloud" && runner.container?.manager == .docker)
        #expect(runner.container?.id == ContainerHost.id && runner.container?.isPrivileged == true)
        #expect(runner.virsh == "/usr/bin/virsh" && runner.emulators == ["/usr/bin/qemu-system-x86_64"])
        #expect(runner.configuration == "/etc/libvirt/qemu" && runner.socket == "/run/libvirt/libvirt-sock")
        #expect(runner.hostConfiguration == ContainerHost.data + "/libvirt/qemu")
        #expect(runner.libvirtVersion == "9.0.0" && runner.title == "libvirt (webvirtcloud)")
        #expect(runner.canAnswer && runner.place == RunnerPlace(.libvirt, in: "webvirtcloud"))
        #expect(try runner.place?.process(host.machine) == 77)
        #expect(try runner.machine(host.machine).program("virsh") == "/usr/bin/virsh")
        #expect(host.machine.program("virsh") == nil)
        // The set-up of a container that runs is not told once more.
        #expect(found.runners.filter { $0.container != nil }.count == 1)
    }

    @Test func itsGuestsAreKnown() throws {
        var host = try host()
        host.start()
        host.tree.base.put(.symbolicLink("../../nvme9n1"), at: "/dev/disk/by-id/x")
        host.inside.base.put(.symbolicLink("../../sdz"), at: "/dev/disk/by-id/x")
        for name in ["sdz", "nvme9n1"] { host.tree.base.put("1", at: "/sys/class/block/\(name)/size") }
        let found = GuestInventory.read(host.machine)
        let guest = try #require(found.guests.first)
        #expect(found.guests.count == 1 && found.unknown.isEmpty)
        #expect(guest.qualifiedName == "webvirtcloud/win" && guest.isRunning == false)
        #expect(guest.source == "webvirtcloud:/etc/libvirt/qemu/win.xml")
        #expect(guest.configuration == "/etc/libvirt/qemu/win.xml")
        #expect(guest.hostFile == ContainerHost.data + "/libvirt/qemu/win.xml")
        #expect(guest.functions.map(\.description) == ["0000:04:00.0"])
        // Its own links count, and the host's kernel.
        #expect(guest.disks == [HostDisk(path: "/dev/disk/by-id/x", device: "sdz")])
        #expect(found.runner(of: guest)?.container?.name == "webvirtcloud")
    }

    @Test func itsUSBDevices() throws {
        var host = try host()
        host.start()
        let guest = try #require(GuestInventory.read(host.machine).guests.first)
        #expect(guest.usb.map(\.vendor?.description) == ["0403", nil])
        #expect(guest.usb.map(\.product?.description) == ["6001", nil])
        #expect(guest.usb.map(\.bus) == [nil, 1] && guest.usb.map(\.number) == [nil, 4])
        #expect(guest.unknown["usb"] == "a device without an address: webvirtcloud:/etc/libvirt/qemu/win.xml")
        var device = USBDevice(portPath: "1-1.4")
        device.bus = 1
        device.number = 4
        device.vendorID = HardwareID(0x0403)
        device.productID = HardwareID(0x6001)
        #expect(guest.usb.allSatisfy { $0.matches(device) })
        device.number = 5
        #expect(guest.usb.map { $0.matches(device) } == [true, false])
        #expect(!GuestUSB().matches(device))
    }

    @Test func twoPlacesMayHaveGuestsOfOneName() throws {
        var host = try host()
        host.start()
        host.tree.base.put(Self.domain, at: "/etc/libvirt/qemu/win.xml")
        host.process(90, "/usr/bin/qemu-system-x86_64\0-name\0guest=win\0-m\u{0}64\0")
        let found = GuestInventory.read(host.machine)
        #expect(found.guests.map(\.qualifiedName) == ["win", "webvirtcloud/win"])
        #expect(found.guests.map(\.isRunning) == [false, true] && found.guests.map(\.pid) == [nil, 90])
        #expect(found.guests(with: try #require(PCIAddress("0000:04:00.0"))).count == 2)
        #expect(found.runners.map(\.title) == ["libvirt", "libvirt (webvirtcloud)"])
    }

    @Test func aContainerThatIsDownIsKnownByItsSettings() throws {
        let host = try host()
        let found = GuestInventory.read(host.machine)
        let runner = try #require(found.runners.first)
        #expect(found.runners.count == 1 && runner.isRunning == false && !runner.canAnswer)
        #expect(runner.container?.name == "webvirtcloud" && runner.configuration == "/etc/libvirt/qemu")
        #expect(throws: Errno.noSuchProcess) { try runner.machine(host.machine) }
        let guest = try #require(found.guests.first)
        #expect(guest.isRunning == false && guest.qualifiedName == "webvirtcloud/win")
        #expect(guest.source == "webvirtcloud:/etc/libvirt/qemu/win.xml")
        #expect(guest.hostFile == ContainerHost.data + "/libvirt/qemu/win.xml")
        #expect(guest.functions.map(\.description) == ["0000:04:00.0"])
    }

    @Test func proxmoxInAContainerThatIsDownSaysWhatIsUnknown() throws {
        var host = try host()
        host.tree.base.put("config main\n\toption config_path '/mnt/pve'\n", at: "/etc/config/pve")
        host.tree.base.put("SQLite format 3\0", at: "/mnt/pve/pve-cluster/config.db")
        let found = GuestInventory.read(host.machine)
        #expect(found.runners.map(\.title) == ["libvirt (webvirtcloud)", "Proxmox VE (pve)"])
        #expect(found.unknown["pve:/etc/pve/qemu-server"]?.contains("database") == true)
    }

    /// libvirt gives each guest a mount namespace of its own, and services have theirs: that is no container.
    @Test func aNamespaceAloneIsNoContainer() throws {
        var host = ContainerHost(try .named("i226-router"))
        host.tree.base.put(Self.domain, at: "/etc/libvirt/qemu/win.xml")
        host.process(80, "/usr/sbin/libvirtd\0")
        host.process(81, "/usr/bin/qemu-system-x86_64\0-name\0guest=win\0")
        for pid in [80, 81] {
            host.tree.base.put(
                "700 600 0:20 / / rw - overlay overlayfs:/overlay rw\n701 700 0:90 / /dev rw - tmpfs tmpfs rw\n",
                at: "/proc/\(pid)/mountinfo"
            )
        }
        let found = GuestInventory.read(host.machine)
        #expect(found.runners.map(\.title) == ["libvirt"])
        #expect(found.runners.first?.pid == 80)
        #expect(found.guests.map(\.qualifiedName) == ["win"] && found.guests.first?.pid == 81)
    }

    @Test func aRootOfItsOwnIsAPlace() throws {
        var host = ContainerHost(try .named("i226-router"))
        host.process(80, "/usr/sbin/virtqemud\0")
        host.tree.base.put(.symbolicLink("/srv/debian"), at: "/proc/80/root")
        host.tree.base.put(.symbolicLink("mnt:[4026531841]"), at: "/proc/80/ns/mnt")
        host.tree.base.put("0::/\n", at: "/proc/80/cgroup")
        host.tree.base.put("", at: "/proc/80/mountinfo")
        host.inside.base.put(Self.domain, at: "/etc/libvirt/qemu/win.xml")
        let found = GuestInventory.read(host.machine)
        let runner = try #require(found.runners.first)
        #expect(runner.container == GuestContainer(name: "/srv/debian", manager: .chroot))
        #expect(runner.hostConfiguration == "/srv/debian/etc/libvirt/qemu")
        #expect(found.guests.first?.source == "/srv/debian:/etc/libvirt/qemu/win.xml")
        #expect(PathMapping(process: 80, host.machine)?.insidePath("/srv/debian/etc/x") == "/etc/x")
        #expect(PathMapping(process: 80, host.machine)?.insidePath("/srv/debian2/etc/x") == nil)
    }

    @Test(arguments: [
        ("0::/docker/ID", "0123456789ab…"), ("0::/system.slice/docker-ID.scope", "0123456789ab…"),
        ("5:devices:/docker/ID", "0123456789ab…"), ("0::/machine.slice/libpod-ID.scope/container", "0123456789ab…"),
        ("0::/lxc/101/ns", "101"), ("0::/lxc.payload.web/system.slice", "web"), ("0::/lxc.payload/web", "web"),
        ("0::/machine.slice/machine-my\\x2dvm.scope", "my-vm"), ("0::/", "guesthost"),
        ("0::/user.slice/user-0.slice", "guesthost"),
    ])
    func containersByTheirControlGroup(_ line: String, _ name: String) throws {
        var host = ContainerHost(try .named("i226-router"))
        host.process(80, "/usr/sbin/libvirtd\0")
        host.tree.base.put(line.replacing("ID", with: ContainerHost.id) + "\n", at: "/proc/80/cgroup")
        host.tree.base.put("600 500 0:58 / / rw - overlay overlay rw\n", at: "/proc/80/mountinfo")
        // Docker's notes are gone, as for what another program started.
        host.tree.base.put("{", at: "/mnt/data_nvme0n1/docker/containers/\(ContainerHost.id)/config.v2.json")
        host.tree.hostNames[80] = name.hasSuffix("…") ? "" : "guesthost"
        let found = GuestContainer.of(80, host.machine)
        #expect(name.hasSuffix("…") ? found.name == ContainerHost.id : found.name == name, "\(found)")
        if name.hasSuffix("…") { #expect(found.id == ContainerHost.id) }
    }

    /// With a control group namespace of its own, only Docker's files tell.
    @Test func aContainerByWhatDockerMountsInIt() throws {
        var host = try host()
        host.start()
        host.tree.base.put("0::/\n", at: "/proc/77/cgroup")
        #expect(GuestContainer.of(77, host.machine).name == "webvirtcloud")
    }

    @Test func podmanTellsNamesToo() throws {
        var host = ContainerHost(try .named("i226-router"))
        host.process(80, "/usr/sbin/libvirtd\0")
        host.tree.base.put("{", at: "/mnt/data_nvme0n1/docker/containers/\(ContainerHost.id)/config.v2.json")
        host.tree.base.put(
            #"[{"id":"x"},{"id":"\#(ContainerHost.id)","names":["virt"],"layer":"y"}]"#,
            at: "/var/lib/containers/storage/overlay-containers/containers.json"
        )
        #expect(
            GuestContainer.of(80, host.machine) == GuestContainer(name: "virt", id: ContainerHost.id, manager: .podman)
        )
    }

    @Test func pathsBothWays() throws {
        var host = try host()
        host.start()
        let paths = try #require(PathMapping(process: 77, host.machine))
        let pairs = [
            ("/etc/libvirt/qemu/win.xml", ContainerHost.data + "/libvirt/qemu/win.xml"),
            ("/etc/libvirt", ContainerHost.data + "/libvirt"),
            ("/var/lib/libvirt/images/a.rom", ContainerHost.data + "/images/a.rom"),
            ("/usr/share/OVMF/x.rom", "/mnt/data_nvme0n1/docker/overlay2/abc/merged/usr/share/OVMF/x.rom"),
            ("/", "/mnt/data_nvme0n1/docker/overlay2/abc/merged"),
        ]
        for (inside, outside) in pairs {
            #expect(paths.hostPath(inside) == outside)
            #expect(paths.insidePath(outside) == inside)
        }
        // Its own /dev, and what the host has elsewhere.
        #expect(paths.hostPath("/dev/vfio") == nil)
        #expect(paths.insidePath("/etc/passwd") == nil && paths.insidePath("/mnt/data_nvme0n1/other") == nil)
        #expect(paths.insidePath("/mnt/data_nvme0n1/webvirtcloud/librarian") == nil)
    }

    @Test func whatIsMountedOverAPathHidesIt() throws {
        var host = try host()
        host.start()
        let table = try #require(host.machine.textIfAny("/proc/77/mountinfo"))
        host.tree.base.put(table + "\n610 602 0:99 / /etc/libvirt/qemu rw - tmpfs tmpfs rw\n", at: "/proc/77/mountinfo")
        let paths = try #require(PathMapping(process: 77, host.machine))
        #expect(paths.hostPath("/etc/libvirt/qemu/win.xml") == nil)
        #expect(paths.insidePath(ContainerHost.data + "/libvirt/qemu/win.xml") == nil)
        #expect(paths.hostPath("/etc/libvirt/libvirtd.conf") == ContainerHost.data + "/libvirt/libvirtd.conf")
    }

    @Test func whatItCanReach() throws {
        var host = try host()
        host.start(limit: "65536", capabilities: "00000000a80425fb")
        func node(_ path: String, _ minor: UInt32, inside: Bool) {
            host.tree.base.put(.file([], mode: 0o600), at: path)
            host.tree.nodes[path] = (.characterDevice, DeviceNumber(major: 236, minor: minor))
            if inside { host.inside.devices[path] = DeviceNumber(major: 236, minor: minor) }
        }
        node("/dev/vfio/vfio", 196, inside: true)
        node("/dev/vfio/9", 0, inside: false)
        node("/dev/vfio/12", 1, inside: true)
        host.inside.devices["/dev/kvm"] = DeviceNumber(major: 10, minor: 232)
        let view = try #require(GuestInventory.read(host.machine).runners.first { $0.container != nil }?.view)
        #expect(view.vfio?.map(\.name) == ["9", "12", "vfio"])
        #expect(view.vfio?.map(\.isRight) == [false, true, true])
        #expect(view.kvm == NodeView(name: "kvm", number: "10:232", hostNumber: nil) && view.sharesNodes == false)
        #expect(view.rights.lockedMemory == 65536 && view.rights.isLockedMemoryUnlimited == false)
        #expect(view.rights.canLockAnyMemory == false && view.rights.canRaiseLimits == false)
        #expect(view.devices == nil && view.unknown["devices"]?.contains("version 2") == true)
        host.tree.base.put("5:memory,devices:/docker/x\n", at: "/proc/77/cgroup")
        host.tree.base.put("c 10:196 rwm\nc 236:* rw\nc 1:3 r\n", at: "/sys/fs/cgroup/devices/docker/x/devices.list")
        let list = try #require(GuestInventory.read(host.machine).runners.first { $0.container != nil }?.view?.devices)
        #expect(["10:196", "236:7", "1:3", "10:232"].map(list.allows) == [true, true, false, false])
        host.tree.base.put("a *:* rwm\n", at: "/sys/fs/cgroup/devices/docker/x/devices.list")
        #expect(GuestInventory.read(host.machine).runners.first { $0.container != nil }?.view?.devices == .all)
    }

    @Test func plainQEMURunsGuestsToo() throws {
        var host = ContainerHost(try .named("i226-router").without("/etc/config/webvirtcloud"))
        host.tree.base.put(.file([], mode: 0o755), at: "/usr/bin/qemu-system-x86_64")
        var found = GuestInventory.read(host.machine)
        #expect(found.runners.map(\.title) == ["QEMU"] && found.runners.first?.isRunning == false)
        host.tree.base.put("qemu-system-x86_64\0-name\0a\0", at: "/proc/90/cmdline")
        host.tree.base.put(.symbolicLink("/"), at: "/proc/90/root")
        host.tree.base.put(.symbolicLink("mnt:[4026531841]"), at: "/proc/90/ns/mnt")
        found = GuestInventory.read(host.machine)
        #expect(found.runners.map(\.pid) == [90] && found.guests.map(\.qualifiedName) == ["a"])
        #expect(found.runner(of: try #require(found.guests.first))?.kind == .qemu)
        // Where a daemon runs, the guests are the daemon's.
        host.tree.base.put("/usr/sbin/libvirtd\0", at: "/proc/91/cmdline")
        host.tree.base.put(.symbolicLink("/"), at: "/proc/91/root")
        host.tree.base.put(.symbolicLink("mnt:[4026531841]"), at: "/proc/91/ns/mnt")
        found = GuestInventory.read(host.machine)
        #expect(found.runners.map(\.title) == ["libvirt", "QEMU"] && found.runners.map(\.isRunning) == [true, false])
    }

    /// QEMU in a container of its own, as images of it do that people start by hand.
    @Test func plainQEMUInAContainer() throws {
        var host = try host()
        host.process(90, "/usr/bin/qemu-system-x86_64\0-name\0a\0-device\0vfio-pci,host=04:00.0\0")
        let found = GuestInventory.read(host.machine)
        #expect(found.runners.map(\.title).contains("QEMU (webvirtcloud)"))
        #expect(found.guests.first { $0.manager == .qemu }?.qualifiedName == "webvirtcloud/a")
        #expect(try RunnerPlace(.qemu, in: "webvirtcloud").process(host.machine) == 90)
    }

    @Test func whoIsNotRootSeesServicesOfTheHost() throws {
        var host = ContainerHost(try .named("i226-router"))
        host.process(80, "/usr/sbin/libvirtd\0")
        host.tree.denied = ["/proc/80/root", "/proc/80/ns/mnt"]
        host.tree.base.put("0::/system.slice/libvirtd.service\n", at: "/proc/80/cgroup")
        let runner = try #require(GuestInventory.read(host.machine).runners.first)
        #expect(runner.container == nil && runner.isRunning == true && runner.unknown["container"] == nil)
        host.tree.base.put("0::/system.slice/docker-\(ContainerHost.id).scope\n", at: "/proc/80/cgroup")
        #expect(GuestInventory.read(host.machine).runners.first?.unknown["container"]?.contains("permission") == true)
    }

    @Test(arguments: [
        ("/usr/sbin/libvirtd\0--listen\0", GuestRunner.Kind.libvirt), ("virtqemud\0", .libvirt),
        ("pvedaemon worker", .proxmox), ("/usr/bin/pmxcfs\0", .proxmox), ("/bin/sh\0/usr/sbin/libvirtd\0", .libvirt),
        ("/usr/bin/perl\0-T\0/usr/bin/pvedaemon\0start\0", .proxmox), ("/bin/sh\0-c\0libvirtd\0", nil),
        ("vim\0/usr/sbin/libvirtd\0", nil), ("libvirtd-guests\0", nil), ("", nil), ("\0\0", nil),
    ]) func daemonsByTheirName(_ line: String, _ kind: GuestRunner.Kind?) {
        #expect(RunnerProcess.role(ofCommandLine: Array(line.utf8)) == kind.map { .daemon($0) })
    }

    @Test func nothingIsThere() throws {
        let found = GuestInventory.read(
            ContainerHost(try .named("i226-router").without("/etc/config/webvirtcloud")).machine
        )
        #expect(found.runners.isEmpty && found.guests.isEmpty && found.unknown.isEmpty)
    }

    @Test func aCapturedHostHasNoProcesses() throws {
        let host = try TestHost.named("i226-router").with(["/usr/bin/virsh": "", "/etc/libvirt/libvirtd.conf": ""])
        let found = GuestInventory.read(host.machine)
        #expect(found.runners.map(\.title) == ["libvirt"] && found.runners.first?.isRunning == nil)
        #expect(found.runners.first?.unknown["isRunning"] == HolderInventory.notLive)
        #expect(found.unknown["running"] == HolderInventory.notLive)
    }

    @Test func versionsAreAskedFor() throws {
        var host = try host()
        host.start()
        host.inside.programs["/usr/bin/qemu-system-x86_64"] = { call in
            .success(
                ProgramAnswer(
                    status: 0,
                    output: Array("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright\n".utf8)
                )
            )
        }
        host.inside.programs["/usr/bin/virsh"] = { _ in
            .success(ProgramAnswer(status: 0, output: Array("9.0.0\n".utf8)))
        }
        var runner = try #require(GuestInventory.read(host.machine).runners.first { $0.container != nil })
        runner = runner.withVersions(host.machine)
        #expect(runner.qemuVersion == "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)" && runner.libvirtVersion == "9.0.0")
        host.inside.programs["/usr/bin/qemu-system-x86_64"] = { _ in .failure(.timedOut) }
        runner.qemuVersion = nil
        runner = runner.withVersions(host.machine)
        #expect(runner.qemuVersion == nil && runner.unknown["qemuVersion"] != nil)
    }

    @Test func proxmoxMappings() throws {
        var tree = LiveTree(
            try TestHost.named("i226-router").with([
                "/etc/pve/qemu-server/100.conf": """
                hostpci0: mapping=nic,pcie=1
                hostpci1: mapping=shared
                usb0: host=0403:6001
                usb1: host=1-1.4,usb3=1
                usb2: mapping=stick
                usb3: spice
                usb4: host=none
                """,
                "/etc/pve/qemu-server/101.conf": "hostpci0: mapping=gpu,mdev=x\nhostpci1: mapping=elsewhere\n",
                "/etc/pve/mapping/pci.cfg": """
                nic
                \tmap id=8086:125c,iommugroup=12,node=other,path=0000:01:00.0
                \tmap id=8086:125c,iommugroup=12,node=box,path=0000:03:00.0;0000:04:00.0,subsystem-id=8086:0

                shared
                \tdescription one of two
                \tmap id=8086:125c,node=box,path=0000:01:00.0
                \tmap id=8086:125c,node=box,path=0000:02:00.0

                gpu
                \tmap id=8086:46d0,node=box,path=0000:00:02.0
                \tmdev 1

                elsewhere
                \tmap id=8086:46d0,node=other,path=0000:00:02.0

                """,
                "/etc/pve/mapping/usb.cfg": "stick\n\tmap id=0951:1666,node=box,path=2-3\n",
            ])
        )
        tree.base.put(.symbolicLink("nodes/box"), at: "/etc/pve/local")
        tree.process(1, "init")
        let guests = GuestInventory.read(Machine(tree)).guests
        #expect(guests.first?.functions.map(\.description) == ["0000:03:00.0", "0000:04:00.0"])
        #expect(guests.first?.unknown["functions"]?.contains("one of several mapped devices") == true)
        #expect(guests.first?.usb.map(\.port) == [nil, "1.4", "3"])
        #expect(guests.first?.usb.map(\.vendor?.description) == ["0403", nil, nil])
        #expect(guests.first?.unknown["usb"]?.contains("no USB device") == true)
        #expect(guests.last?.functions == [])
        #expect(guests.last?.unknown["functions"]?.contains("nothing is mapped here") == true)
    }

    @Test func usbDevicesOfQEMU() throws {
        func devices(_ option: String) -> [GuestUSB] {
            let machine = Machine(MemoryTree())
            let words = ["qemu-system-x86_64", "-device", option]
            return QEMUProcess.guest(words, pid: 7, RunnerFiles(host: machine, files: machine)).usb
        }
        #expect(devices("usb-host,vendorid=0x0403,productid=0x6001").first?.vendor?.description == "0403")
        #expect(devices("usb-host,hostbus=1,hostport=1.4").first?.port == "1.4")
        #expect(devices("usb-host,hostdevice=/dev/bus/usb/003/010").first?.number == 10)
        #expect(devices(#"{"driver":"usb-host","hostbus":1,"hostaddr":4,"id":"x"}"#).first?.number == 4)
        #expect(devices("usb-host").isEmpty && devices("usb-tablet").isEmpty)
    }
}
