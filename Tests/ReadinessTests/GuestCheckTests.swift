import Inventory
import Machine
import Readiness
import TestHosts
import Testing
import Wording

/// What guests in containers can reach: when that is ok, a problem, and unknown.
@Suite struct GuestCheckTests {
    static let ids = ["guest-nodes", "guest-device-access", "guest-kvm", "guest-memlock"]

    /// Docker's and LXC's capabilities for containers without privileges.
    private static let few = "00000000a80425fb"

    private func domain(_ memory: Int) -> String {
        """
        <domain><name>win</name><memory unit='MiB'>\(memory)</memory><devices><hostdev type='pci'><source>
        <address domain='0' bus='4' slot='0' function='0'/></source></hostdev></devices></domain>
        """
    }

    /// A router whose card 0000:04:00.0 is bound to vfio-pci, its node on the host, and a container.
    func host(limit: String = "unlimited", capabilities: String = "1ffffffffff") throws -> ContainerHost {
        var router = try TestHost.named("i226-router")
        // The folder is a link to the device's own.
        let own = try router.machine.linkTarget("/sys/bus/pci/devices/0000:04:00.0")
        router.remove("\(own)/driver")
        router.relativeLink("\(own)/driver", to: "/sys/bus/pci/drivers/vfio-pci")
        router.folder("/sys/bus/pci/drivers/vfio-pci")
        var host = ContainerHost(router)
        host.domain("win", domain(4096))
        host.start(limit: limit, capabilities: capabilities)
        return host
    }

    func group(_ host: ContainerHost) throws -> Int {
        let read = Host.read(host.machine, .pci)
        return try #require(read.functions.first { $0.address.description == "0000:04:00.0" }?.group)
    }

    func node(_ host: inout ContainerHost, _ path: String, _ number: String, inside: String?) {
        func device(_ text: String) -> DeviceNumber {
            let numbers = text.split(separator: ":").compactMap { UInt32($0) }
            return DeviceNumber(major: numbers[0], minor: numbers[1])
        }
        host.tree.base.put(.file([], mode: 0o600), at: path)
        host.tree.nodes[path] = (.characterDevice, device(number))
        host.inside.devices[path] = inside.map(device)
    }

    private func finding(_ id: String, _ host: ContainerHost) -> Finding? {
        ReadinessReport(Host.read(host.machine, Checks.parts)).findings.first { $0.id == id }
    }

    private func expect(
        _ id: String,
        _ verdict: Verdict,
        _ words: String,
        _ host: ContainerHost,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let found = finding(id, host)
        #expect(found?.verdict == verdict, "\(found?.evidence.en ?? "none")", sourceLocation: location)
        let text = (found?.evidence.en ?? "") + " " + (found?.remedy?.en ?? "")
        #expect(text.contains(words), "\(text)", sourceLocation: location)
        #expect((found?.remedy != nil) == (verdict == .problem), sourceLocation: location)
    }

    @Test func nodesThatFrozeAtTheStart() throws {
        var host = try host()
        let group = try group(host)
        expect("guest-nodes", .unknown, "/dev/vfio/vfio", host)
        node(&host, "/dev/vfio/vfio", "10:196", inside: "10:196")
        node(&host, "/dev/vfio/\(group)", "236:0", inside: nil)
        expect("guest-nodes", .problem, "not there: /dev/vfio/\(group)", host)
        expect("guest-nodes", .problem, "Restart the container webvirtcloud (`docker restart webvirtcloud`).", host)
        node(&host, "/dev/vfio/\(group)", "236:0", inside: "236:1")
        expect("guest-nodes", .problem, "another device's number", host)
        node(&host, "/dev/vfio/\(group)", "236:0", inside: "236:0")
        expect("guest-nodes", .ok, "webvirtcloud: /dev/vfio/vfio, /dev/vfio/\(group)", host)
        // What another group's nodes are like is not asked.
        node(&host, "/dev/vfio/99", "236:5", inside: nil)
        expect("guest-nodes", .ok, "/dev/vfio/vfio", host)
    }

    @Test func nodesOfWhatAnotherGuestHas() throws {
        var host = try host()
        let group = try group(host)
        host.domain("win", "<domain><name>win</name><memory>1</memory></domain>")
        node(&host, "/dev/vfio/vfio", "10:196", inside: "10:196")
        node(&host, "/dev/vfio/\(group)", "236:0", inside: nil)
        // Bound, and nobody's: it may be meant for a guest in there.
        expect("guest-nodes", .problem, "not there", host)
        host.tree.base.put(domain(1), at: "/etc/libvirt/qemu/native.xml")
        expect("guest-nodes", .ok, "no device is bound", host)
    }

    @Test func withoutPrivilegesARestartMayNotDo() throws {
        var host = try host()
        host.tree.base.put("{}", at: "/mnt/data_nvme0n1/docker/containers/\(ContainerHost.id)/hostconfig.json")
        node(&host, "/dev/vfio/vfio", "10:196", inside: nil)
        expect("guest-nodes", .problem, "must have been made with `--privileged`", host)
    }

    @Test func deviceAccess() throws {
        var host = try host()
        expect("guest-device-access", .ok, "--privileged", host)
        host.tree.base.put("{}", at: "/mnt/data_nvme0n1/docker/containers/\(ContainerHost.id)/hostconfig.json")
        expect("guest-device-access", .unknown, "version 2", host)
        let group = "/docker/\(ContainerHost.id)"
        let list = "/sys/fs/cgroup/devices\(group)/devices.list"
        host.tree.base.put("4:devices:\(group)\n", at: "/proc/77/cgroup")
        expect("guest-device-access", .unknown, list, host)
        host.tree.base.put("c 1:3 rwm\nc 10:196 rwm\n", at: list)
        expect("guest-device-access", .unknown, "no node", host)
        node(&host, "/dev/vfio/vfio", "10:196", inside: nil)
        expect("guest-device-access", .ok, "/dev/vfio/vfio", host)
        node(&host, "/dev/vfio/12", "236:0", inside: nil)
        expect("guest-device-access", .problem, "c 236:* rwm", host)
        host.tree.base.put("a *:* rwm\n", at: list)
        expect("guest-device-access", .ok, "every device", host)
    }

    @Test func kvm() throws {
        var host = try host()
        node(&host, "/dev/kvm", "10:232", inside: "10:232")
        expect("guest-kvm", .ok, "/dev/kvm", host)
        node(&host, "/dev/kvm", "10:232", inside: nil)
        expect("guest-kvm", .problem, "Restart the container", host)
        host.tree.nodes["/dev/kvm"] = nil
        expect("guest-kvm", .unknown, "no such file: /dev/kvm", host)
    }

    @Test(arguments: [
        ("65536", few, 4096, Verdict.problem, "win has 4 GiB"), ("unlimited", few, 4096, .ok, "no limit"),
        ("65536", "1000000", 4096, .ok, "CAP_SYS_RESOURCE"), ("5368709120", few, 4096, .ok, "limit 5 GiB"),
        ("4294967296", few, 4096, .unknown, "just enough"), ("65536", "?", 4096, .unknown, "no number"),
        ("?", few, 4096, .unknown, "no number"),
    ]) func lockedMemory(_ limit: String, _ capabilities: String, _ memory: Int, _ verdict: Verdict, _ words: String)
        throws
    {
        var host = try host(limit: limit, capabilities: capabilities)
        host.domain("win", domain(memory))
        expect("guest-memlock", verdict, words, host)
    }

    @Test func lockedMemoryOfNobody() throws {
        var host = try host(limit: "65536", capabilities: Self.few)
        host.domain("win", "<domain><name>win</name><memory unit='GiB'>4</memory></domain>")
        expect("guest-memlock", .ok, "no guest there waits with a device", host)
        host.domain("win", domain(4096).replacing("<memory unit='MiB'>4096</memory>", with: ""))
        expect("guest-memlock", .unknown, "no amount of memory", host)
    }

    @Test func aContainerThatIsDownIsUnknown() throws {
        var host = ContainerHost(try .named("i226-router"))
        host.domain("win", domain(1))
        for id in Self.ids { expect(id, .unknown, "webvirtcloud: does not run now", host) }
    }

    @Test func whoIsNotRootCannotSeeIt() throws {
        var host = try host()
        host.tree.denied = ["/proc/77/root", "/proc/77/ns/mnt"]
        for id in Self.ids { expect(id, .unknown, "permission denied: /proc/77/root", host) }
    }

    @Test func theQuestionDoesNotAriseElsewhere() throws {
        let native = ContainerHost(try .named("i226-router"))
        for machine in [native.machine, try TestHost.named("i226-router").machine] {
            let ids = ReadinessReport(Host.read(machine, Checks.parts)).findings.map(\.id)
            #expect(Set(ids).isDisjoint(with: Self.ids))
        }
    }
}
