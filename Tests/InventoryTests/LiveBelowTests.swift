import Foundation
import Machine
import Testing

@testable import Inventory

/// The machine that runs the tests, against iproute2 and util-linux.
@Suite("The machine that runs the tests")
struct LiveBelowTests {
    /// What a program prints as JSON; nil where the program is not installed or fails, which the tests do not let pass.
    private func json(_ program: String, _ arguments: [String]) throws -> Any? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let found = folders.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let path = found else { return nil }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return try JSONSerialization.jsonObject(with: data)
    }

    @Test func interfacesAgreeWithIP() throws {
        let network = NetworkInventory.read(.live)
        #expect(network.unknown["interfaces"] == nil)
        let lo = try #require(network.interface("lo"))
        #expect(lo.kind == .loopback)
        guard let told = try json("ip", ["-j", "address"]) as? [[String: Any]] else {
            Issue.record("NOT JUDGED: ip is not installed, or failed (package iproute2)")
            return
        }
        #expect(Set(told.compactMap { $0["ifname"] as? String }) == Set(network.interfaces.map(\.name)))
        for entry in told {
            let name = try #require(entry["ifname"] as? String)
            let interface = try #require(network.interface(name))
            #expect(interface.index == entry["ifindex"] as? Int)
            #expect(interface.mtu == entry["mtu"] as? Int)
            #expect(interface.mac == entry["address"] as? String)
            #expect(interface.operstate == (entry["operstate"] as? String)?.lowercased())
            let addresses = (entry["addr_info"] as? [[String: Any]] ?? []).compactMap { info -> String? in
                guard let local = info["local"] as? String, let length = info["prefixlen"] as? Int else { return nil }
                return "\(local)/\(length)"
            }
            let ours = interface.addresses.map { "\($0.address)/\($0.prefixLength ?? -1)" }
            #expect(Set(addresses) == Set(ours), "\(interface.name)")
        }
    }

    /// What the files alone say of addresses is what getifaddrs(3) says, or is left open.
    @Test func filesAgreeWithTheKernel() {
        let live = NetworkInventory.read(.live)
        let files = NetworkInventory.read(Machine(RecordingTree(Machine.live.tree)))
        for interface in files.interfaces {
            let known = Set(live.interface(interface.name)?.addresses.map(\.address) ?? [])
            for address in interface.addresses { #expect(known.contains(address.address), "\(address)") }
        }
        let all = Set(live.interfaces.flatMap(\.addresses).map(\.address))
        let found = Set(files.interfaces.flatMap(\.addresses).map(\.address)).union(files.unplacedAddresses)
        #expect(all == found)
    }

    @Test func routesAgreeWithIP() throws {
        let network = NetworkInventory.read(.live)
        guard let told = try json("ip", ["-j", "-d", "-4", "route", "show", "table", "all"]) as? [[String: Any]] else {
            Issue.record("NOT JUDGED: ip is not installed, or failed (package iproute2)")
            return
        }
        func key(_ destination: String, _ device: String) -> String { "\(destination) \(device)" }
        var theirs: Set<String> = []
        for route in told where route["type"] as? String ?? "unicast" == "unicast" {
            guard var destination = route["dst"] as? String else { continue }
            if destination == "default" { destination = "0.0.0.0/0" }
            if !destination.contains("/") { destination += "/32" }
            for hop in [route] + (route["nexthops"] as? [[String: Any]] ?? []) {
                if let device = hop["dev"] as? String { theirs.insert(key(destination, device)) }
            }
        }
        let ours = network.interfaces.flatMap { interface in
            interface.routes.filter { !$0.destination.contains(":") }.map {
                key($0.destination, interface.name)
            }
        }
        #expect(theirs == Set(ours))
    }

    /// The dump holds what the files show, with the tables that they leave out.
    @Test func dumpAgreesWithTheFiles() throws {
        _ = try #require(RouteDump.live())
        let live = NetworkInventory.read(.live)
        let files = NetworkInventory.read(Machine(RecordingTree(Machine.live.tree)))
        for interface in files.interfaces {
            let known = Set(
                live.interface(interface.name)?.routes.map { "\($0.destination) \($0.gateway ?? "")" } ?? []
            )
            for route in interface.routes {
                #expect(known.contains("\(route.destination) \(route.gateway ?? "")"), "\(route)")
            }
            if interface.hasDefaultRoute == true || files.unknown["nextHops"] == nil {
                #expect(live.interface(interface.name)?.hasDefaultRoute == interface.hasDefaultRoute)
            }
        }
        #expect(live.unknown.isEmpty)
        #expect(!live.interfaces.flatMap(\.routes).contains { $0.table == nil })
    }

    @Test func blockDevicesAgreeWithLsblk() throws {
        let storage = StorageInventory.read(.live)
        #expect(storage.unknown.isEmpty)
        let columns = "NAME,MAJ:MIN,SIZE,RO,RM,ROTA,TYPE"
        guard let told = try json("lsblk", ["-J", "-b", "-l", "-o", columns]) as? [String: Any] else {
            Issue.record("NOT JUDGED: lsblk is not installed, or failed (package util-linux)")
            return
        }
        for entry in try #require(told["blockdevices"] as? [[String: Any]]) {
            // lsblk lists device-mapper volumes by their own names, and slots that hold nothing.
            if entry["size"] as? Int == 0 { continue }
            guard let name = entry["name"] as? String, entry["type"] as? String == "disk" || storage.device(name) != nil
            else { continue }
            let device = try #require(storage.device(name), "\(name)")
            #expect(device.number == entry["maj:min"] as? String)
            #expect(device.size == entry["size"] as? Int)
            #expect(device.readOnly == entry["ro"] as? Bool)
            if device.kind == .disk {
                #expect(device.removable == entry["rm"] as? Bool)
                #expect(device.rotational == entry["rota"] as? Bool)
            }
        }
    }

    @Test func rootIsSomewhere() throws {
        let storage = StorageInventory.read(.live)
        let root = try #require(storage.root)
        // A root without a device is one in memory, or on a server, or said to be unknown.
        let isElsewhere = ["tmpfs", "ramfs", "rootfs", "nfs", "nfs4", "9p", "virtiofs"].contains(root.fileSystem)
        #expect(!root.devices.isEmpty || isElsewhere || root.unknown["devices"] != nil || !root.layers.isEmpty)
        for name in root.devices {
            for disk in storage.disks(below: name) {
                for path in disk.paths {
                    let function = try #require(path.last)
                    #expect(storage.uses(ofFunction: function).contains { $0.isRoot })
                }
            }
        }
    }

    @Test func everyFunctionExists() {
        let machine = Machine.live
        var functions = NetworkInventory.read(machine).interfaces.flatMap(\.functions)
        functions += StorageInventory.read(machine).devices.flatMap(\.functions)
        functions += USBInventory.read(machine).devices.flatMap(\.functions)
        functions += DisplayInventory.read(machine).cards.flatMap(\.functions)
        functions += InputInventory.read(machine).devices.flatMap(\.functions)
        functions += SerialInventory.read(machine).ports.flatMap(\.functions)
        for function in Set(functions) {
            #expect(machine.exists("/sys/bus/pci/devices/" + function), "\(function)")
        }
    }
}
