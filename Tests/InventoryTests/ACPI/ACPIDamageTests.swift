import TestHosts
import Testing

@testable import Inventory

@Suite("Damaged ACPI tables")
struct ACPIDamageTests {
    @Test("a table that ends at any byte is an error", arguments: ACPITable.all)
    func truncated(table: ACPITable) {
        for count in table.bytes.indices {
            let bytes = [UInt8](table.bytes[..<count])
            let error = #expect(throws: ACPIError.self) { try table.decode(bytes) }
            guard let error else { continue }
            #expect(error.table == String(table.name.prefix(4)))
            #expect((0...count).contains(error.offset))
            expectSentence(error)
        }
    }

    /// With the header's length set to what is there, only the starts of blocks are an end of the table.
    @Test("a table cut to a length that its header confirms ends only between blocks", arguments: ACPITable.all)
    func shortened(table: ACPITable) throws {
        let ends: Set<Int> =
            switch try table.decode() {
            case .dmar(let dmar):
                Set(
                    dmar.drhd.map(\.offset) + dmar.rmrr.map(\.offset) + dmar.atsr.map(\.offset)
                        + dmar.rhsa.map(\.offset) + dmar.andd.map(\.offset) + dmar.satc.map(\.offset)
                        + dmar.sidp.map(\.offset) + dmar.skipped.map(\.offset)
                )
            case .ivrs(let ivrs):
                Set(ivrs.ivhd.map(\.offset) + ivrs.ivmd.map(\.offset) + ivrs.skipped.map(\.offset))
            }
        var accepted: Set<Int> = []
        for count in 8..<table.bytes.count {
            var bytes = [UInt8](table.bytes[..<count])
            for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: count >> (8 * index)) }
            do {
                _ = try table.decode(bytes)
                accepted.insert(count)
            } catch {
                expectSentence(error)
            }
        }
        #expect(accepted == ends)
    }

    @Test("no flipped bit and no random damage crashes", arguments: ACPITable.all)
    func damaged(table: ACPITable) {
        var decoded = 0
        var refused = 0
        func attempt(_ bytes: [UInt8]) {
            do {
                switch try table.decode(bytes) {
                case .dmar(let dmar):
                    _ = dmar.reservedMemoryByDevice { _ in 1 }
                    _ = kernelLines(dmar)
                case .ivrs(let ivrs):
                    _ = ivrs.units
                    _ = kernelLines(ivrs)
                }
                decoded += 1
            } catch {
                refused += 1
            }
        }
        for index in table.bytes.indices {
            for bit in 0..<8 {
                var bytes = table.bytes
                bytes[index] ^= 1 << bit
                attempt(bytes)
            }
        }
        var generator = FixedSeed(state: 0x7061_7373_7468_7275)
        for _ in 0..<300 {
            var bytes = table.bytes
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let index = Int.random(in: 36..<bytes.count, using: &generator)
                bytes[index] =
                    [0, 1, 0xff, 0xf0, .random(in: 0...255, using: &generator)]
                    .randomElement(using: &generator) ?? 0
            }
            attempt(bytes)
        }
        // A flip of the header's length or signature is refused, one of an address is not.
        #expect(decoded > 0)
        #expect(refused >= 64)
    }

    @Test("each fault has its own sentence")
    func faults() {
        expect("DMAR table, byte 3: the table needs 33 bytes here, but the data ends after 0.") {
            try DMAR([0x44, 0x4d, 0x41])
        }
        expect("DMAR table, byte 0: the signature is \"IVRS\", so this is another table.") { try DMAR(HandMade.ivrs) }
        expect("DMAR table, byte 4: the header states a length of 228 bytes, but the data is truncated at byte 100.") {
            try DMAR([UInt8](HandMade.dmar.prefix(100)))
        }
        expect("DMAR table, byte 4: the header states a length of 228 bytes, but there are 229.") {
            try DMAR(HandMade.dmar + [0])
        }
        expect("DMAR table, byte 48: the remapping structure of type 0 states a length of zero.") {
            try DMAR(dmar([0, 0, 0, 0]))
        }
        expect(
            "DMAR table, byte 48: the remapping structure of type 0 states a length of 8 bytes, but has at least 16."
        ) {
            try DMAR(dmar([0, 0, 8, 0, 0, 0, 0, 0]))
        }
        expect(
            "DMAR table, byte 48: the remapping structure of type 9 states a length of 8 bytes, but only 6 are left."
        ) {
            try DMAR(dmar([9, 0, 8, 0, 0, 0]))
        }
        expect("DMAR table, byte 50: the table needs 2 bytes here, but the data ends after 1.") {
            try DMAR(dmar([9, 0, 8]))
        }
        expect("DMAR table, byte 56: the device scope entry states a length of zero.") {
            try DMAR(dmar([2, 0, 16, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0]))
        }
        expect("DMAR table, byte 56: the device scope entry states a length of 9 bytes, but only 8 are left.") {
            try DMAR(dmar([2, 0, 16, 0, 0, 0, 0, 0, 1, 9, 0, 0, 0, 0, 2, 0]))
        }
        expect("DMAR table, byte 56: the device scope entry states a length of 7 bytes, which splits a path step.") {
            try DMAR(dmar([2, 0, 15, 0, 0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 2]))
        }
        expect("DMAR table, byte 56: the ACPI object name has no terminating NUL.") {
            try DMAR(dmar([4, 0, 12, 0, 0, 0, 0, 1, 0x5c, 0x5f, 0x53, 0x42]))
        }
        expect("IVRS table, byte 48: the block of type 0x40 states a length of 24 bytes, but has at least 40.") {
            try IVRS(ivrs([0x40, 0, 24, 0] + [UInt8](repeating: 0, count: 20)))
        }
        expect("IVRS table, byte 72: the device entry of type 0x48 states a length of 8 bytes, but only 4 are left.") {
            try IVRS(ivrs([0x10, 0, 28, 0] + [UInt8](repeating: 0, count: 20) + [0x48, 0, 0, 0]))
        }
        expect("IVRS table, byte 72: the device entry of type 0xf0 needs 22 bytes here, but the data ends after 4.") {
            try IVRS(ivrs([0x10, 0, 28, 0] + [UInt8](repeating: 0, count: 20) + [0xf0, 0, 0, 0]))
        }
    }

    private func dmar(_ structures: [UInt8]) -> [UInt8] { table("DMAR", structures) }
    private func ivrs(_ blocks: [UInt8]) -> [UInt8] { table("IVRS", blocks) }

    private func table(_ signature: String, _ content: [UInt8]) -> [UInt8] {
        var builder = TableBuilder()
        builder.zeros(12)
        for byte in content { builder.uint8(byte) }
        return builder.table(signature, revision: 1)
    }

    private func expect<Table>(
        _ sentence: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ decode: () throws -> Table
    ) {
        let error = #expect(throws: ACPIError.self, sourceLocation: sourceLocation) { _ = try decode() }
        #expect(error?.description == sentence, sourceLocation: sourceLocation)
        if let error { expectSentence(error) }
    }

    private func expectSentence(_ error: ACPIError) {
        let english = error.description
        #expect(english.hasSuffix(".") && !english.dropLast().contains(". "))
        let chinese = error.chineseDescription
        #expect(chinese != english && chinese.hasSuffix("。"))
        #expect(chinese.unicodeScalars.contains { (0x4e00...0x9fff).contains($0.value) })
    }
}
