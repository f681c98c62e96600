import Machine
import TestHosts
import Testing

@testable import Inventory

/// How the person who asks got in.
@Suite struct SessionTests {
    private static let tcp = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 500 1
           1: 0164A8C0:0016 3264A8C0:D431 01 00000000:00000000 00:00000000 00000000     0        0 501 1
           2: 0700000A:C350 08080808:01BB 01 00000000:00000000 00:00000000 00000000     0        0 502 1
           3: 0700000A:0017 0900000A:D432 01 00000000:00000000 00:00000000 00000000     0        0 503 1
           4: 00000000:0017 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 504 1
        """

    /// Process 900 below 800 below 700, of these names and terminals.
    private func host(_ ancestor: String, terminals: [Int] = [34816, 34816, 0]) -> TestHost {
        var host = TestHost("session")
        for (number, terminal) in zip([900, 800, 700], terminals) {
            let name = number == 900 ? "passthru" : number == 800 ? "a ) (sshd" : ancestor
            let parent = number == 700 ? 1 : number - 100
            host.file(
                "/proc/\(number)/stat",
                "\(number) (\(name)) S \(parent) \(number) \(number) \(terminal) -1 4194560 0"
            )
        }
        host.file("/proc/net/tcp", Self.tcp)
        return host
    }

    private func session(_ host: TestHost) -> Session { Session.read(host.machine, from: 900) }

    @Test(arguments: ["sshd", "sshd-session", "dropbear"])
    func sshIsFoundWithoutItsEnvironment(_ name: String) {
        var host = host(name)
        host.link("/proc/700/fd/3", "/dev/null")
        host.link("/proc/700/fd/4", "socket:[501]")
        host.link("/proc/700/fd/10", "socket:[9999]")
        let session = session(host)
        #expect(session.kind == .ssh)
        #expect(session.peer == "192.168.100.50")
        #expect(session.local == "192.168.100.1")
        #expect(session.unknown.isEmpty)
        #expect(session.isRemote)
    }

    /// A forwarded port is no session: what came in counts.
    @Test func sshThatForwards() {
        var host = host("sshd")
        host.link("/proc/700/fd/4", "socket:[502]")
        host.link("/proc/700/fd/7", "socket:[501]")
        #expect(session(host).peer == "192.168.100.50")
    }

    @Test func overIPv6() {
        var host = host("sshd")
        host.link("/proc/700/fd/4", "socket:[601]")
        host.file(
            "/proc/net/tcp6",
            """
              sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 600 1
               1: B80D0120000000000000000001000000:0016 B80D0120000000000000000002000000:D431 01 00000000:00000000 00:00000000 00000000     0        0 601 1
               2: 0000000000000000FFFF00000164A8C0:0016 0000000000000000FFFF00003264A8C0:D433 01 00000000:00000000 00:00000000 00000000     0        0 602 1
            """
        )
        #expect(session(host).local == "2001:db8::1")
        #expect(session(host).peer == "2001:db8::2")
        host.link("/proc/700/fd/4", "socket:[602]")
        #expect(session(host).local == "192.168.100.1")
    }

    @Test func anotherDaemonThatListens() {
        var host = host("telnetd")
        host.link("/proc/700/fd/0", "socket:[503]")
        #expect(session(host).kind == .network)
        #expect(session(host).peer == "10.0.0.9")
        // Nor a connection from this machine to itself: how the owner reached that, it does not say.
        #expect(
            session(host.with(["/proc/net/tcp": Self.tcp.replacing("0700000A:0017", with: "0100007F:0017")])).kind
                == .other
        )
        // A program that calls out is no way in.
        host.link("/proc/700/fd/0", "socket:[502]")
        #expect(session(host).kind == .other)
    }

    @Test func onASerialLine() {
        #expect(session(host("login", terminals: [1088, 1088, 1088])).kind == .serial)
        #expect(session(host("login", terminals: [1088, 1088, 1088])).terminal == "ttyS0")
        // sudo may put a terminal of its own between.
        let sudo = session(host("sh", terminals: [34816, 34816, 48128]))
        #expect(sudo.kind == .serial)
        #expect(sudo.terminal == "ttyUSB0")
        var board = host("sh", terminals: [52288, 52288, 52288])
        board.link("/sys/dev/char/204:64", "../../devices/platform/3f201000.serial/tty/ttyAMA0")
        #expect(session(board).terminal == "ttyAMA0")
    }

    @Test func atTheScreen() {
        let session = session(host("login", terminals: [1025, 1025, 1025]))
        #expect(session.kind == .console)
        #expect(session.terminal == "tty1")
        #expect(!session.isRemote)
    }

    @Test func aServiceIsNoSession() {
        #expect(session(host("procd", terminals: [0, 0, 0])).kind == .other)
    }

    /// In a terminal multiplexer, what sshd said counts while that connection stands.
    @Test func aMultiplexer() {
        func host(_ connection: String) -> TestHost {
            self.host("tmux: server").with(["/proc/900/environ": "HOME=/root\0SSH_CONNECTION=\(connection)\0A=b"])
        }
        let standing = session(host("192.168.100.50 54321 192.168.100.1 22"))
        #expect(standing.kind == .ssh)
        #expect(standing.local == "192.168.100.1")
        #expect(session(host("192.168.100.50 54320 192.168.100.1 22")).kind == .other)
        #expect(session(host("nonsense")).kind == .other)
    }

    /// Only root sees what sshd holds.
    @Test func whoMayNotLookIntoSSHD() {
        let blind = session(host("sshd"))
        #expect(blind.kind == .ssh)
        #expect(blind.local == nil && blind.unknown["local"] != nil)
        let told = session(
            host("sshd").with(["/proc/900/environ": "SSH_CONNECTION=::ffff:192.0.2.9 1 ::ffff:192.0.2.1 22\0"])
        )
        #expect(told.local == "192.0.2.1")
    }

    @Test func aCapturedHostHasNone() throws {
        let session = Session.read(try TestHost.named("i226-router").machine)
        #expect(session.kind == nil)
        #expect(session.unknown == ["kind": "not live"])
        #expect(Host.read(try TestHost.named("i226-router").machine, .all).session == nil)
    }

    @Test func ancestorsInACircleEnd() {
        let host = host("sh").with([
            "/proc/700/stat": "700 (sh) S 900 0 0 0 0", "/proc/800/stat": "800 () S 700 0 0 0 0",
        ])
        #expect(session(host).kind == .other)
        #expect(session(TestHost("empty").with(["/proc/900/stat": "nonsense"])).kind == .other)
    }

    @Test func theInterfaceThatCarriesIt() {
        let network = NetworkInventory.read(HostManifest.machine(routerManifest))
        func interface(_ local: String, _ peer: String) -> String? {
            var session = Session(peer: peer, local: local)
            session.locate(in: network)
            #expect((session.interface == nil) == (session.unknown["interface"] != nil))
            return session.interface
        }
        #expect(interface("192.168.100.1", "192.168.100.50") == "br-lan")
        #expect(interface("100.64.0.9", "203.0.113.5") == "pppoe-wan")
        // An address that no interface holds: the route to the peer tells, the longest first.
        #expect(interface("192.0.2.77", "192.168.100.50") == "br-lan")
        #expect(interface("192.0.2.77", "203.0.113.5") == "pppoe-wan")
        #expect(interface("fe80::ff:fe00:1", "fe80::2") == "br-lan")
        #expect(interface("2001:db8::1", "2001:db8::2") == nil)
        var blind = Session(.ssh)
        blind.locate(in: network)
        #expect(blind.unknown["interface"] != nil)
    }

    /// Whoever runs this test is somebody: an answer, never a crash.
    @Test func thisVeryProcess() {
        let session = Session.read(.live)
        #expect(session.kind != nil || session.unknown["kind"] != nil)
    }
}
