import Foundation
import Testing

@testable import Inventory

/// The folder of iasl's listings.
private let iaslOutput = ProcessInfo.processInfo.environment["PASSTHRU_IASL_OUT"]

/// Compares our decode with that of Intel's own disassembler, field by field.
///
/// `Tests/oracles/iasl-tables OUT` makes the listings; the environment names their folder.
@Suite(
    "iasl agrees",
    .enabled(
        if: iaslOutput != nil,
        "PASSTHRU_IASL_OUT is not set: run Tests/oracles/iasl-tables OUT and name OUT there"
    )
)
struct IASLOracleTests {
    /// How many fields, bits, reserved ranges and unknown blocks were compared.
    struct Count {
        var fields = 0
        var bits = 0
        var reserved = 0
        var skipped = 0
    }

    @Test("every field of every table")
    func everyField() throws {
        let folder = try #require(iaslOutput)
        var count = Count()
        for table in ACPITable.all {
            let text = try String(contentsOfFile: "\(folder)/\(table.name).dsl", encoding: .utf8)
            try compare(table, with: IASLListing(text), &count)
        }
        print(
            "iasl agrees on \(ACPITable.all.count) tables: \(count.fields) fields, \(count.bits) bit fields,",
            "\(count.reserved) reserved ranges, \(count.skipped) unknown blocks"
        )
        #expect(ACPITable.all.count >= 57)
        #expect(count.fields > 4000)
        #expect(count.bits > 3000)
        #expect(count.skipped >= 3)
    }

    private func compare(_ table: ACPITable, with listing: IASLListing, _ count: inout Count) throws {
        let decoded = try table.decode()
        let ours = decoded.rows
        #expect(listing.strays == [], "\(table.name)")
        #expect(listing.bytes == table.bytes, "\(table.name): the listing is of another table")
        #expect(listing.unknownTypes == decoded.skipped.map { UInt64($0.type) }, "\(table.name)")
        count.skipped += decoded.skipped.count

        let ourKeys = ours.map(\.key).sorted()
        let theirKeys = listing.rows.map(\.key).sorted()
        #expect(Set(ourKeys).count == ourKeys.count, "\(table.name): two rows of ours share a place")
        #expect(ourKeys == theirKeys, "\(table.name)")
        let ourRows = Dictionary(ours.map { ($0.key, $0) }) { first, _ in first }
        for row in listing.rows {
            guard let own = ourRows[row.key] else { continue }
            switch own.value {
            case .reserved:
                #expect(Self.number(table.bytes[row.offset..<row.offset + row.size], like: row.value) == row.value)
                count.reserved += 1
            default:
                #expect(own.value == row.value, "\(table.name): \(row)")
                if let label = own.label { #expect(label == row.label, "\(table.name): \(row)") }
                if row.isBit { count.bits += 1 } else { count.fields += 1 }
            }
        }
        try compareExtent(table, decoded, listing)
    }

    /// What iasl shows, what we skip, and what iasl leaves out together are the whole table, each byte once.
    private func compareExtent(_ table: ACPITable, _ decoded: Decoded, _ listing: IASLListing) throws {
        var covered = [Int](repeating: 0, count: table.bytes.count)
        var ranges = listing.rows.map { $0.offset..<$0.offset + $0.size }
        switch decoded {
        case .dmar(let dmar):
            // iasl shows type and length of an unknown structure, four bytes.
            ranges += dmar.skipped.map { $0.offset + 4..<$0.offset + $0.length }
            ranges += dmar.andd.map(\.padding)
        case .ivrs(let ivrs):
            ranges += ivrs.skipped.map { $0.offset..<$0.offset + $0.length }
            ranges += ivrs.ivhd.flatMap(\.devices).compactMap(\.missingUID)
        }
        for range in ranges {
            try #require(range.upperBound <= covered.count)
            for byte in range { covered[byte] += 1 }
        }
        #expect(covered.allSatisfy { $0 == 1 }, "\(table.name)")
    }

    /// Bytes read as the kind of value that iasl shows there.
    private static func number(_ bytes: ArraySlice<UInt8>, like value: FieldRow.Value) -> FieldRow.Value {
        if case .bytes = value { return .bytes([UInt8](bytes)) }
        return .number(bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
}
