import Foundation
import Testing

@testable import Inventory

@Suite("ACPI tables as JSON")
struct ACPIJSONTests {
    @Test("every table comes back from its JSON, whose keys are lowerCamelCase", arguments: ACPITable.all)
    func roundTrip(table: ACPITable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data: Data
        switch try table.decode() {
        case .dmar(let dmar):
            data = try encoder.encode(dmar)
            #expect(try JSONDecoder().decode(DMAR.self, from: data) == dmar)
        case .ivrs(let ivrs):
            data = try encoder.encode(ivrs)
            #expect(try JSONDecoder().decode(IVRS.self, from: data) == ivrs)
        }
        expectKeys(in: try JSONSerialization.jsonObject(with: data))
    }

    /// Objects in one array have the same keys: what is absent is null, not left out.
    private func expectKeys(in value: Any) {
        if let object = value as? [String: Any] {
            for (key, inner) in object {
                #expect(key.first?.isLowercase == true && key.allSatisfy { $0.isLetter || $0.isNumber }, "\(key)")
                expectKeys(in: inner)
            }
        } else if let array = value as? [Any] {
            let keys = Set(array.compactMap { ($0 as? [String: Any]).map { Set($0.keys) } })
            #expect(keys.count <= 1)
            array.forEach(expectKeys)
        }
    }

    @Test("an absent value is null, and a missing key reads as absent")
    func absent() throws {
        let scope = try #require(try DMAR(HandMade.dmar).drhd.first?.scopes.first)
        let data = try JSONEncoder().encode(scope)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["bdf"] is NSNull)
        let without = object.filter { $0.key != "bdf" }
        let again = try JSONDecoder().decode(
            DeviceScope.self,
            from: JSONSerialization.data(withJSONObject: without)
        )
        #expect(again == scope)
    }

    @Test("a 64-bit register keeps every bit")
    func hexadecimalText() throws {
        let table = try IVRS(HandMade.ivrs)
        let data = try JSONEncoder().encode(table.ivhd[2])
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["efr"] as? String == "0x206d73ef22254ade")
        #expect(object["registerBase"] as? String == "0xfeb80000")
        for text in ["206d", "0x", "0x1g", "0x11111111111111111", "-0x1", "0x+1"] {
            let json = Data("\"\(text)\"".utf8)
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(Hexadecimal<UInt64>.self, from: json)
            }
        }
    }
}
