import Foundation
import Testing

@testable import Inventory

@Suite("A dump of the kernel's routes")
struct RouteDumpTests {
    private func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
    private func number(_ value: UInt16) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

    private func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        number(UInt16(4 + value.count)) + number(type) + value + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
    }

    private func message(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
        number(UInt32(16 + body.count)) + number(type) + number(UInt16(2)) + number(UInt32(1)) + number(UInt32(0))
            + body
    }

    private func route(_ family: UInt8, _ length: UInt8, table: UInt8, type: UInt8 = 1) -> [UInt8] {
        [family, length, 0, 0, table, 3, 0, type, 0, 0, 0, 0]
    }

    /// A default route with two next hops, a route of table 1000, one of the machine's own addresses, one by IPv6.
    private var datagram: [UInt8] {
        let hop1 = number(UInt16(16)) + [0, 0] + number(UInt32(2)) + attribute(5, [192, 0, 2, 1])
        let hop2 = number(UInt16(16)) + [0, 0] + number(UInt32(3)) + attribute(5, [198, 51, 100, 1])
        var bytes = message(
            24,
            route(2, 0, table: 254) + attribute(15, number(UInt32(254))) + attribute(9, hop1 + hop2)
        )
        bytes += message(
            24,
            route(2, 8, table: 252) + attribute(15, number(UInt32(1000))) + attribute(1, [10, 0, 0, 0])
                + attribute(4, number(UInt32(4)))
                + attribute(18, [10, 0, 0xFE, 0x80] + [UInt8](repeating: 0, count: 14))
        )
        bytes += message(
            24,
            route(2, 32, table: 255, type: 2) + attribute(1, [10, 0, 0, 1]) + attribute(4, number(UInt32(4)))
        )
        bytes += message(
            24,
            route(10, 0, table: 254) + attribute(4, number(UInt32(2))) + attribute(6, number(UInt32(1024)))
        )
        return bytes + message(3, [0, 0, 0, 0])
    }

    @Test func everyNextHopAndTable() {
        var dump = RouteDump()
        let isTaken = dump.take(datagram[...])
        #expect(isTaken)
        #expect(dump.isDone && !dump.hasHiddenHops && !dump.isInterrupted)
        #expect(dump.tables == [1000])
        #expect(dump.hops.map(\.interface) == [2, 3, 4, 2])
        #expect(dump.hops.map(\.route.gateway) == ["192.0.2.1", "198.51.100.1", "fe80::", nil])
        #expect(dump.hops.map(\.route.destination) == ["0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/8", "::/0"])
        #expect(dump.hops.map(\.route.table) == [254, 254, 1000, 254])
        #expect(dump.hops.map(\.route.isDefault) == [true, true, false, true])
    }

    @Test func aRouteWithoutHopsIsNotTakenForNone() {
        var dump = RouteDump()
        let isTaken = dump.take(message(24, route(2, 0, table: 254) + attribute(30, number(UInt32(7))))[...])
        #expect(isTaken)
        #expect(dump.hasHiddenHops)
    }

    @Test func refusalAndTruncation() {
        var refused = RouteDump()
        let isTaken = refused.take(message(2, [0, 0, 0, 0])[...])
        #expect(!isTaken)
        let whole = datagram
        for length in 1..<whole.count {
            var dump = RouteDump()
            let isWhole = dump.take(whole[..<length])
            #expect(!dump.isDone && (!isWhole || dump.hops.count <= 4))
        }
    }

    @Test func nothingIsLeftOutOfJSON() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(NetworkInterface(name: "eth0"))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["speed"] is NSNull && object["hasDefaultRoute"] is NSNull)
        #expect(try JSONDecoder().decode(NetworkInterface.self, from: data) == NetworkInterface(name: "eth0"))
    }
}
