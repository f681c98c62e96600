import Inventory
import Machine
import TestHosts
import Testing

/// Which device is the same, and which only looks like it.
@Suite struct DeviceIdentityTests {
    private static let first = "0000:03:00.0"
    private static let second = "0000:04:00.0"
    private static let card = "8086:125c 020000 rev=04 sub=8086:0000"

    /// The router, with serial numbers on two of its four equal cards.
    private func router(_ serials: [String?] = ["00-00-00-00-00-00-00-01", "00-00-00-00-00-00-00-02"]) throws
        -> TestHost
    {
        var edits: [String: String] = [:]
        for (address, serial) in zip([Self.first, Self.second], serials) {
            guard let serial else { continue }
            edits["pci \(address) \(Self.card)"] = "pci \(address) \(Self.card) serial=\(serial)"
        }
        return try .named("i226-router", replacing: edits)
    }

    private func function(_ host: TestHost, _ address: String) throws -> PCIFunction {
        let functions = PCIInventory.read(host.machine).functions ?? []
        var function = try #require(functions.first { $0.address.description == address })
        function.readDetails(from: host.machine, modules: nil)
        return function
    }

    @Test func theSerialNumberIsReadAsLspciPrintsIt() throws {
        let host = try router(["52-54-00-ff-ff-12-34-56", nil])
        #expect(try DeviceIdentity(function(host, Self.first)).serial == "52-54-00-ff-ff-12-34-56")
        #expect(try DeviceIdentity(function(host, Self.second)).serial == nil)
    }

    @Test(arguments: ["00-00-00-00-00-00-00-00", "ff-ff-ff-ff-ff-ff-ff-ff"])
    func aPlaceholderIsNoSerialNumber(_ text: String) throws {
        #expect(try DeviceIdentity(function(router([text, nil]), Self.first)).serial == nil)
    }

    @Test func theSameDevice() throws {
        let function = try function(router(), Self.first)
        let identity = DeviceIdentity(function)
        #expect(identity.id == "8086:125c")
        #expect(identity.subsystem == "8086:0000")
        #expect(identity.match(function) == .same)
        // What was written down by hand need not name all.
        var sparse = identity
        sparse.serial = nil
        sparse.subsystemVendor = nil
        #expect(sparse.match(function) == .same)
    }

    @Test func nothingThere() throws {
        let identity = DeviceIdentity(try function(router(), Self.first))
        #expect(identity.match(nil) == .absent)
        #expect(identity.match(try function(router(), Self.second)) == .absent)
    }

    @Test func anotherDevice() throws {
        let function = try function(router(), Self.first)
        func isDifferent(_ change: (inout DeviceIdentity) -> Void) -> Bool {
            var identity = DeviceIdentity(function)
            change(&identity)
            if case .different = identity.match(function) { return true }
            return false
        }
        #expect(isDifferent { $0.device = HardwareID(0x15F3) })
        #expect(isDifferent { $0.vendor = HardwareID(0x10EC) })
        #expect(isDifferent { $0.subsystemDevice = HardwareID(1) })
        #expect(isDifferent { $0.serial = "00-00-00-00-00-00-00-02" })
        // One of the same kind without a number, where there must be one.
        let bare = try self.function(router([nil, nil]), Self.first)
        if case .different = DeviceIdentity(function).match(bare) {} else { Issue.record("taken for the same") }
    }

    /// Only root sees a configuration space to its end, and sleeping hardware shows nothing: that is no other device.
    @Test func aSerialNumberThatCannotBeRead() throws {
        let host = try router()
        let identity = DeviceIdentity(try function(host, Self.first))
        var short = host
        let path = "/sys/devices/pci0000:00/0000:00:1c.2/\(Self.first)/config"
        guard case .file(let bytes, _)? = host.nodes[path] else {
            Issue.record("no \(path)")
            return
        }
        for visible in [bytes[..<64], bytes[..<256]] {
            short.file(path, bytes: Array(visible))
            if case .unknown = identity.match(try function(short, Self.first)) {
            } else {
                Issue.record("\(visible.count)")
            }
        }
    }

    @Test func theSameDeviceElsewhere() throws {
        let identity = DeviceIdentity(try function(router(), Self.first))
        let swapped = try router(["00-00-00-00-00-00-00-02", "00-00-00-00-00-00-00-01"])
        #expect(identity.isSameDevice(as: try function(swapped, Self.second)))
        #expect(!identity.isSameDevice(as: try function(swapped, Self.first)))
        // Without a number nothing elsewhere is the same.
        let nameless = DeviceIdentity(try function(router([nil, nil]), Self.first))
        #expect(!nameless.isSameDevice(as: try function(router([nil, nil]), Self.second)))
    }
}
