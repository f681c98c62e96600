import Foundation
import Guests
import Inventory
import TestHosts
import Testing
import Wording

/// How properties of QEMU's device are passed on by which libvirt.
@Suite struct LibvirtSpecialsTests: LibvirtBench {
    private func specials(_ name: String, libvirt: SoftwareVersion) throws -> [String] {
        let set = try DeviceSet.named("gpu")
        return try added([set.devices[0]], to: name, for: Hypervisor(libvirt: libvirt))
            .filter { !$0.contains("passthru:") && ($0.contains("qemu:") || $0.contains("x:") || $0.contains("x-vga")) }
            .filter { !$0.hasPrefix("</") }
    }

    @Test(arguments: [
        (SoftwareVersion(7, 8), []), (SoftwareVersion(7, 9), ["device.json"]),
        (SoftwareVersion(7, 10), ["device.json"]),
        (SoftwareVersion(8, 0), []), (SoftwareVersion(8, 1), ["device.json+hotplug"]),
        (SoftwareVersion(8, 4), ["device.json+hotplug"]),
    ]) func beforeOverrides(libvirt: SoftwareVersion, without: [String]) throws {
        let settings = [
            "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><!-- made by passthru -->",
            "<qemu:arg value='-set'/>", "<qemu:arg value='device.ua-passthru-0000-0b-00-0.x-vga=on'/>",
        ]
        let capabilities = without.flatMap {
            [
                "<qemu:capabilities xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><!-- made by passthru -->",
                "<qemu:del capability='\($0)'/>",
            ]
        }
        #expect(try specials("tabs", libvirt: libvirt) == settings + capabilities)
    }

    @Test func overrides() throws {
        #expect(
            try specials("tabs", libvirt: SoftwareVersion(8, 5)) == [
                "<qemu:override xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><!-- made by passthru -->",
                "<qemu:device alias='ua-passthru-0000-0b-00-0'>", "<qemu:frontend>",
                "<qemu:property name='x-vga' type='bool' value='true'/>",
            ]
        )
        // Prefixes are the owner's.
        #expect(
            try specials("commandline-prefix-x", libvirt: SoftwareVersion(9)) == [
                "<x:override><!-- made by passthru -->", "<x:device alias='ua-passthru-0000-0b-00-0'>", "<x:frontend>",
                "<x:property name='x-vga' type='bool' value='true'/>",
            ]
        )
        #expect(
            try added([try DeviceSet.named("gpu").devices[0]], to: "override-default-namespace")
                .contains("<property name='x-vga' type='bool' value='true'/>")
        )
        // A capability that the owner has taken away is not ours to give back.
        #expect(try specials("capabilities", libvirt: SoftwareVersion(8, 1)).allSatisfy { !$0.contains("del") })
    }

    /// Each as the guide has it, for a libvirt of its time and for one of today.
    @Test func theModelIsAProperty() throws {
        let set = try DeviceSet.named("igd")
        let today = try added(set.devices, to: "slot-2-video", set.requirements)
        #expect(today.contains("<qemu:property name='driver' type='string' value='vfio-pci-nohotplug'/>"))
        #expect(today.contains("<qemu:property name='x-igd-gms' type='unsigned' value='2'/>"))
        var document = try document("slot-2-video")
        _ = try document.attach(set.devices, requirements: set.requirements, for: Self.bookworm)
        #expect(places(document) == ["0000-00-02-0": "00:02.0"])
        let then = try added(
            set.devices,
            to: "slot-2-video",
            set.requirements,
            for: Hypervisor(libvirt: SoftwareVersion(7, 0))
        ).filter { $0.contains("qemu:arg") }
        #expect(
            then == [
                "<qemu:arg value='-set'/>",
                "<qemu:arg value='device.ua-passthru-0000-00-02-0.driver=vfio-pci-nohotplug'/>",
                "<qemu:arg value='-set'/>", "<qemu:arg value='device.ua-passthru-0000-00-02-0.x-igd-opregion=on'/>",
                "<qemu:arg value='-set'/>", "<qemu:arg value='device.ua-passthru-0000-00-02-0.x-igd-gms=2'/>",
                "<qemu:arg value='-set'/>", "<qemu:arg value='device.ua-passthru-0000-00-02-0.display=off'/>",
            ]
        )
    }

    @Test func propertiesThatQEMUHasNot() throws {
        var hypervisor = Self.bookworm
        hypervisor.properties = ["vfio-pci": ["host", "x-vga"], "vfio-pci-nohotplug": ["host", "ramfb"]]
        let fine = DeviceSet.pci("01:00.0") { $0.properties = [DeviceProperty("x-vga", .bool(true))] }
        #expect(try error([fine], in: "tabs", for: hypervisor) == nil)
        let wrong = DeviceSet.pci("01:00.0") {
            $0.model = "vfio-pci-nohotplug"
            $0.properties = [DeviceProperty("ramfb", .bool(true)), DeviceProperty("x-vga", .bool(true))]
        }
        let error = try #require(try error([fine, wrong], in: "tabs", for: hypervisor))
        #expect(error.reason == .unknownProperty("x-vga", model: "vfio-pci-nohotplug", qemu: SoftwareVersion(7, 2)))
        for part in ["x-vga", "vfio-pci-nohotplug", "7.2.0"] {
            #expect(error.text.en.contains(part) && error.text.zh.contains(part))
        }
        let unknown = DeviceSet.pci("01:00.0") { $0.properties = [DeviceProperty("x-anything", .bool(true))] }
        hypervisor.properties = [:]
        #expect(try self.error([unknown], in: "tabs", for: hypervisor) == nil)
    }
}
