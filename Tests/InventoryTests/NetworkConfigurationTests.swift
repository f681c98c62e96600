import Machine
import TestHosts
import Testing

@testable import Inventory

/// What OpenWrt's network file means to use.
@Suite struct NetworkConfigurationTests {
    private func read(_ text: String) -> NetworkConfiguration {
        NetworkConfiguration.read(TestHost("openwrt").with(["/etc/config/network": text]).machine)
    }

    private func devices(_ text: String) -> [String] { read(text).uses.map(\.device) }

    @Test func devicesOfInterfaces() {
        let uses = read(
            """
            config interface 'loopback'
            	option device 'lo'
            config interface 'wan'
            	option device 'eth1.20'
            	option proto 'pppoe'
            	option username 'somebody'
            config interface 'wan6'
            	option device '@wan'
            config interface 'off'
            	option device 'eth9'
            	option disabled '1'
            """
        ).uses
        #expect(uses.map(\.device) == ["lo", "eth1.20", "eth1"])
        #expect(uses.map(\.section) == ["loopback", "wan", "wan"])
        #expect(
            devices("config interface wan\n\toption ifname 'eth0 eth1.2.3'\n") == [
                "eth0", "eth1.2.3", "eth1.2", "eth1",
            ]
        )
        #expect(devices("config interface wan\n\tlist device 'eth0'\n\tlist device 'eth1'\n") == ["eth0", "eth1"])
    }

    @Test func portsOfBridges() {
        let text = """
            config device
            	option name 'br-lan'
            	option type 'bridge'
            	list ports 'eth1'
            	list ports 'eth2'
            config bridge-vlan
            	option device 'br-lan'
            	option vlan '7'
            	list ports 'eth3:u*'
            	list ports 'eth2:t'
            config device
            	option name 'eth8'
            	option macaddr '02:00:00:00:00:01'
            config interface 'lan'
            	option device 'br-lan.7'
            """
        #expect(Set(devices(text)) == ["br-lan.7", "br-lan", "eth1", "eth2", "eth3"])
        #expect(read(text).use(ofAny: ["eth1", "br-lan"])?.section == "lan")
        #expect(read(text).use(ofAny: ["eth8"]) == nil)
        #expect(
            devices("config interface 'lan'\n\toption type 'bridge'\n\toption ifname 'eth0 eth1.1'\n")
                == ["br-lan", "eth0", "eth1.1", "eth1"]
        )
    }

    @Test func bondsAndVirtualDevices() {
        #expect(
            devices("config interface b\n\toption proto bonding\n\toption slaves 'eth2 eth3'\n") == ["eth2", "eth3"]
        )
        let vlan = "config device\n\toption type '8021q'\n\toption ifname 'eth4'\n\toption vid '9'\n"
        #expect(read(vlan).uses == [NetworkConfiguration.Use(device: "eth4", section: "eth4.9")])
        #expect(devices("config device\n\toption type macvlan\n\toption ifname eth5\n\toption name wan2\n") == ["eth5"])
    }

    @Test func modems() {
        let text = """
            config interface 'lte'
            	option proto 'qmi'
            	option device '/dev/cdc-wdm0'
            config interface 'old'
            	option proto '3g'
            	option device '/dev/ttyUSB2'
            config interface 'wan'
            	option proto 'dhcp'
            	option device 'eth0'
            """
        #expect(read(text).modems.map(\.device) == ["/dev/cdc-wdm0", "/dev/ttyUSB2"])
        #expect(read(text).modems.map(\.section) == ["lte", "old"])
        #expect(devices(text) == ["eth0"])
    }

    @Test func missingIsNotBroken() {
        let none = NetworkConfiguration.read(TestHost("debian").machine)
        #expect(none == NetworkConfiguration())
        #expect(read("config interface 'lan\n").unknown["uses"]?.contains("/etc/config/network") == true)
        let failing = HostManifest.machine("/etc/config/network ! EACCES")
        #expect(NetworkConfiguration.read(failing).unknown["uses"]?.contains("permission denied") == true)
    }
}
