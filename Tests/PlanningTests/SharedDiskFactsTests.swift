import Inventory
import Planning
import TestHosts
import Testing
import Wording

/// Facts about disks that several disks share, or that nothing else confirms.
@Suite struct SharedDiskFactsTests {
    private static let part = "partition sda1 8:1 1048576"

    private func tokens(_ lines: String, _ change: (inout StorageInventory) -> Void = { _ in }) throws -> [String] {
        var host = try BusyHost.read(Self.part + "\n" + lines)
        if var storage = host.storage {
            change(&storage)
            host.storage = storage
        }
        return try BusyHost.findings("partitioned-disk", host, BusyHost.controller).map(\.token)
    }

    private func disk(_ name: String, below function: String, serial: String?) -> BlockDevice {
        var disk = BlockDevice(name: name, kind: .disk)
        disk.functions = [function]
        disk.paths = [[function]]
        disk.serial = serial
        return disk
    }

    /// Cheap bridges give every disk the same number: a consent to one must not be one to the other.
    @Test func aSerialNumberOfTwoDisksNamesNeither() throws {
        let serial = "\(BusyHost.disk)/device/serial = 0123456789"
        #expect(try tokens(serial) == ["0123456789"])
        #expect(
            try tokens(serial) { $0.devices.append(disk("sdz", below: "0000:05:00.0", serial: "other")) } == [
                "0123456789"
            ]
        )
        #expect(
            try tokens(serial) { $0.devices.append(disk("sdz", below: "0000:05:00.0", serial: "0123456789")) }
                == [BusyHost.controller]
        )
        // Both behind the same controller: its address alone would name both.
        #expect(
            try tokens(serial) { $0.devices.append(disk("sdz", below: BusyHost.controller, serial: "0123456789")) }
                == ["\(BusyHost.controller)/sda"]
        )
        #expect(
            try tokens(serial) { $0.devices.append(disk("sdz", below: BusyHost.controller, serial: nil)) } == [
                "0123456789"
            ]
        )
        // An empty number is none.
        #expect(
            try tokens("") { storage in
                for index in storage.devices.indices where storage.devices[index].name == "sda" {
                    storage.devices[index].serial = ""
                }
            } == [BusyHost.controller]
        )
    }

    /// A driver that passthru knows nothing of has built something on the disk: the kernel's list of holders says so.
    @Test func aHolderOfAnUnknownKindNeedsConsent() throws {
        func found(_ holder: String, on device: String = "sda", known: Bool = false) throws -> [GuardFinding] {
            var host = try BusyHost.read(Self.part)
            let index = try #require(host.storage?.devices.firstIndex { $0.name == device })
            host.storage?.devices[index].holders = [holder]
            if known { host.storage?.devices.append(BlockDevice(name: holder, kind: .other)) }
            return try BusyHost.findings("system-storage", host, BusyHost.controller)
        }
        for device in ["sda", "sda1"] {
            for known in [false, true] {
                let found = try found("drbd0", on: device, known: known)
                #expect(found.map(\.level) == [.consent], "\(device) \(known)")
                #expect(found.first?.message.en.contains("part of drbd0") == true, "\(device) \(known)")
            }
        }
        let host = try BusyHost.read(Self.part)
        #expect(try BusyHost.findings("system-storage", host, BusyHost.controller).isEmpty)
    }
}
