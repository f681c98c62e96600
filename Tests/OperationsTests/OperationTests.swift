import Foundation
import Inventory
import Machine
import Operations
import Planning
import Readiness
import TestHosts
import Testing
import Wording

/// The reading verbs as functions, on every machine.
@Suite struct OperationTests {
    private func devices(_ name: String) throws -> [String: Devices.Device] {
        let list = Devices.run(try TestHost.named(name).machine).devices ?? []
        return Dictionary(list.map { ($0.address.description, $0) }) { first, _ in first }
    }

    /// What programs run, and what guests there are, is nobody else's business.
    @Test func aCaptureHoldsNeitherGuestsNorProcesses() throws {
        let host = try TestHost.named("i226-router").with([
            "/etc/libvirt/qemu/secret.xml": "<domain><name>secret</name></domain>",
            "/etc/pve/qemu-server/100.conf": "name: secret\n", "/proc/77/cmdline": "secret", "/proc/77/comm": "secret",
            "/proc/meminfo": "MemTotal: 1024 kB\n",
        ])
        let archive = try Capture.run(host.machine, redacting: false).archive
        #expect(archive.firstRange(of: "secret".utf8) == nil)
        #expect(archive.firstRange(of: "MemTotal: 1024 kB".utf8) != nil)
    }

    @Test(arguments: TestHost.names)
    func everyVerbSaysSomethingOfEveryMachine(_ name: String) throws {
        let machine = try TestHost.named(name).machine
        let devices = Devices.run(machine)
        #expect(devices.devices?.isEmpty == false)
        #expect(devices.devices?.map(\.address) == devices.devices?.map(\.address).sorted { "\($0)" < "\($1)" })
        let checks = Checks.all.filter { $0.applies(to: Host.read(machine, Checks.parts)) }
        #expect(Doctor.run(machine).findings.map(\.id) == checks.map { $0.id })
        let status = Status.run(machine)
        #expect(status.kernel != nil)
        let doctor = Doctor.run(machine)
        #expect(status.ready == doctor.ready)
        #expect(status.reason == doctor.reason)
        #expect(status.problems == doctor.findings.count { $0.verdict == .problem })
        for device in devices.devices ?? [] {
            let show = try Show.run(machine, device: device.address.description)
            #expect(show.verdict == device.verdict, "\(name) \(device.address)")
            #expect(show.device.driver == device.driver)
        }
    }

    /// What doctor offers to do is what the verb would do.
    @Test func theDoctorsRepairIsTheVerbs() throws {
        #expect(Doctor.run(try TestHost.named("argument-missing").machine).repairs == [.kernelArguments])
        let machine = Machine(try IStoreOSHook.router())
        let dry = Permissions(dryRun: true)
        let repaired = try Repair.kernelArguments.run(machine, dry) { _ in }
        let verb = try IOMMUSwitch.run(machine, .init(isOn: true), dry) { _ in }
        #expect(repaired.changed)
        #expect(repaired.plan == verb.plan)
        #expect(repaired.diff == verb.diff)
        #expect(Doctor.run(try TestHost.named("two-gpus-desktop").machine).repairs.isEmpty)
    }

    /// Looking at every process takes time, and looking at devices must not.
    @Test func listingDevicesLooksAtNoProgram() {
        #expect(Devices.parts.isDisjoint(with: [.holders, .guests, .memory]))
    }

    @Test func whatTheRouterHasIsRead() throws {
        let devices = try devices("i226-router")
        let lan = try #require(devices["0000:00:1f.6"])
        #expect(lan.group == 10)
        #expect(lan.driver == "e1000e")
        #expect(lan.cost.map(\.name) == ["eth4"])
        let bridged = try #require(devices["0000:02:00.0"]?.cost.first)
        #expect(bridged.uses.contains("br-lan"))
        #expect(bridged.uses.contains("192.168.100.1"))
        #expect(bridged.isVital)
        let way = try #require(devices["0000:01:00.0"]?.cost.first)
        #expect(way.uses.contains("default route"))
        #expect(devices["0000:04:00.0"]?.cost.first?.isVital == false)
    }

    @Test func detailsOfAVirtualFunctionAndItsPhysicalOne() throws {
        let machine = try TestHost.named("rmrr-server").machine
        let physical = try Show.run(machine, device: "0000:3b:00.0")
        #expect(physical.device.details?.sriov?.total == 64)
        #expect(physical.device.details?.sriov?.enabled == 4)
        #expect(physical.device.details?.sriov?.virtualFunctions.map(\.description).last == "0000:3b:02.3")
        #expect(physical.device.details?.capabilities?.sriov == true)
        let virtual = try Show.run(machine, device: "3b:02.1")
        #expect(virtual.device.details?.physicalFunction?.description == "0000:3b:00.0")
        #expect(virtual.verdict == .assigned)
        #expect(virtual.device.details?.driverOverride == "vfio-pci")
        let raid = try Show.run(machine, device: "0000:5c:00.0")
        #expect(raid.device.details?.reservedRegions?.first?.type == "direct")
        #expect(raid.device.details?.numaNode == 1)
        #expect(raid.device.details?.parents?.map(\.description) == ["0000:5b:00.0"])
        #expect(Status.run(machine).assigned?.map(\.homeDriver) == ["iavf"])
    }

    @Test func reservedMemoryOfTheFirmware() throws {
        let firmware = ShowFirmware.run(try TestHost.named("rmrr-server").machine).firmware
        #expect(firmware.dmar?.rmrr.count == 2)
        #expect(firmware.dmar?.drhd.count == 2)
        #expect(firmware.dmar?.hostAddressWidth == 46)
        #expect(firmware.dmar?.interruptRemapping == true)
        let amd = ShowFirmware.run(try TestHost.named("amd-desktop").machine).firmware
        #expect(amd.ivrs?.units.count == 1)
        #expect(amd.ivrs?.ivmd.count == 1)
        #expect(amd.secureBoot == true)
    }

    @Test func identicalCardsAreAmbiguous() throws {
        let machine = try TestHost.named("two-gpus-desktop").machine
        do {
            _ = try Show.run(machine, device: "10de:1e07")
            Issue.record("two functions have that id")
        } catch {
            #expect(error.status == .usage)
            #expect(error.details.map(\.en.utf8.count).count == 2)
            #expect(error.details[0].en.hasPrefix("0000:01:00.0"))
            #expect(error.details[1].en.hasPrefix("0000:02:00.0"))
        }
        #expect(try Show.run(machine, device: "144d:a80a").device.address.description == "0000:03:00.0")
        #expect(try Show.run(machine, device: "03:00.0").device.address.description == "0000:03:00.0")
    }

    @Test func usbAndWhatUsesIt() throws {
        let usb = USB.run(try TestHost.named("i226-router").machine)
        #expect(usb.devices?.map(\.portPath) == ["1-2", "usb1"])
        #expect(usb.devices?.first { $0.portPath == "1-2" }?.interfaces.map(\.driver) == ["ftdi_sio"])
        #expect(usb.unknown.isEmpty)
        let nothing = USB.run(TestHost("nothing").machine)
        #expect(nothing.unknown["devices"] != nil)
        #expect(nothing.devices == nil)
    }

    /// A captured machine is read from the archive as it was read from its folder.
    @Test(arguments: TestHost.names)
    func aCaptureSaysTheSame(_ name: String) throws {
        let machine = try TestHost.named(name).machine
        let capture = try Capture.run(machine, redacting: false)
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let again = try Machine.captured(at: sandbox.write(capture.archive, as: "host.tar"))
        #expect(Host.read(again, .all) == Host.read(machine, .all))
    }

    /// Not even a whole capture carries passwords and keys; what is looked at stays as it was.
    @Test func aCaptureOfOpenWrtKeepsNoPassword() throws {
        let host = try TestHost.named("i226-router").with([
            "/etc/config/network": """
            config interface 'wan'
            	option proto 'pppoe'
            	option device 'eth3.7'
            	option username 'somebody@isp'
            	option password 'hush-hush'
            config interface wg0
            	option proto 'wireguard'
            	option private_key 'bm90IGEga2V5'
            config wireguard_wg0 'it''s'
            	option preshared_key 'bm90IGEga2V5Mg'
            config device
            	option name 'br-lan'
            	option type 'bridge'
            	list ports 'eth1'
            	list ports 'eth2'
            """,
            "/proc/self/environ": "TOKEN=hush-hush", "/proc/net/tcp": "hush-hush",
        ])
        let capture = try Capture.run(host.machine, redacting: false)
        for secret in ["somebody@isp", "hush-hush", "bm90IGEga2V5"] {
            #expect(!capture.archive.contains(secret.utf8), "\(secret) is in the archive")
        }
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let again = try Machine.captured(at: sandbox.write(capture.archive, as: "host.tar"))
        #expect(NetworkConfiguration.read(again) == NetworkConfiguration.read(host.machine))
        #expect(NetworkConfiguration.read(again).uses.count == 4)
        // A file that nobody can read stays so.
        let broken = try Capture.run(host.with(["/etc/config/network": "config 'hush"]).machine, redacting: false)
        let third = try Machine.captured(at: sandbox.write(broken.archive, as: "broken.tar"))
        #expect(NetworkConfiguration.read(third).unknown["uses"] != nil)
    }

    @Test func aRedactedCaptureKeepsNoSecretAndChangesNoAnswer() throws {
        let host = try TestHost.named("i226-router")
        let capture = try Capture.run(host.machine, redacting: true)
        for secret in ["02:00:00:00:20:03", "11223344-02"] {
            #expect(!capture.archive.contains(secret.utf8), "\(secret) is still in the archive")
        }
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        let again = try Machine.captured(at: sandbox.write(capture.archive, as: "host.tar"))
        #expect(Doctor.run(again).reason == Doctor.run(host.machine).reason)
        #expect(Devices.run(again).devices?.map(\.verdict) == Devices.run(host.machine).devices?.map(\.verdict))
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String.UTF8View) -> Bool {
        Data(self).range(of: Data(text)) != nil
    }
}
