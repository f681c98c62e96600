import Foundation
import Testing

@testable import Inventory

@Suite("ACPI tables decode")
struct ACPIDecodeTests {
    @Test("every table decodes", arguments: ACPITable.all)
    func decodes(table: ACPITable) throws {
        let decoded = try table.decode()
        #expect(decoded.header.checksumOK)
        #expect(Int(decoded.header.length) == table.bytes.count)
        #expect(table.name.hasPrefix(decoded.header.signature))
    }

    @Test("the hand-made tables are the ones that the folder holds")
    func handMade() throws {
        #expect(try #require(ACPITable.named("DMAR-Example-AllStructures")).bytes == HandMade.dmar)
        #expect(try #require(ACPITable.named("IVRS-Example-AllEntries")).bytes == HandMade.ivrs)
    }

    @Test("a table with every remapping structure")
    func allStructures() throws {
        let table = try DMAR(HandMade.dmar)
        #expect(table.hostAddressWidth == 52)
        #expect(table.interruptRemapping && table.x2APICOptOut && table.dmaControlPlatformOptIn)
        let unit = try #require(table.drhd.first)
        #expect(!unit.includePCIAll)
        #expect(unit.registerSize == 8192)
        #expect(unit.registerBase == 0xc7_ffc0_0000)
        #expect(unit.scopes.map(\.bdf) == [nil, "0001:80:01.0"])
        #expect(unit.scopes.map(\.kind) == [.pciEndpoint, .pciSubHierarchy])
        #expect(table.atsr.first?.allPorts == true)
        #expect(table.rhsa.first?.proximityDomain == 2)
        #expect(table.andd.first?.objectName == "\\_SB.PC00.DEV7")
        #expect(table.satc.first?.atcRequired == true)
        #expect(table.sidp.first?.scopes.first?.flags == 0x1f)
        #expect(table.skipped == [SkippedBlock(type: 0x1234, offset: HandMade.dmar.count - 16, length: 16)])
    }

    @Test("a path through bridges needs their bus numbers")
    func path() throws {
        let table = try DMAR(HandMade.dmar)
        let scope = try #require(table.drhd.first?.scopes.first)
        let buses: [String: UInt8] = ["0001:80:1c.7": 0x81, "0001:81:00.0": 0x83]
        #expect(scope.bdf(segment: 1) { buses[$0] } == "0001:83:03.1")
        #expect(scope.bdf(segment: 1) { _ in nil } == nil)
        #expect(Set(table.reservedMemoryByDevice().keys) == ["0001:80:14.0"])
        let all = table.reservedMemoryByDevice { buses[$0] }
        #expect(Set(all.keys) == ["0001:80:14.0", "0001:83:03.1"])
        #expect(all["0001:83:03.1"] == table.rmrr)
    }

    @Test("the RMRRs of a notebook are those of its USB controller and its graphics")
    func notebookRegions() throws {
        let table = try #require(ACPITable.named("DMAR-Notebook-DAF3D639D7F9"))
        guard case .dmar(let dmar) = try table.decode() else { return }
        let regions = dmar.reservedMemoryByDevice()
        #expect(Set(regions.keys) == ["0000:00:14.0", "0000:00:02.0"])
        #expect(regions["0000:00:02.0"]?.first?.base == 0x8d80_0000)
        #expect(regions["0000:00:02.0"]?.first?.limit == 0x8fff_ffff)
    }

    @Test("a table with every block and device entry")
    func allEntries() throws {
        let table = try IVRS(HandMade.ivrs)
        #expect(table.info.efrSupport && table.info.prebootDMAProtection && table.info.htATSReserved)
        #expect(table.info.guestVirtualAddressBits == 48)
        #expect(table.info.physicalAddressBits == 48)
        #expect(table.info.virtualAddressBits == 64)
        #expect(table.ivhd.map(\.type) == [0x10, 0x11, 0x40])
        #expect(table.units.map(\.type) == [0x40])
        let old = table.ivhd[0]
        #expect(old.bdf == "0000:00:00.2")
        #expect(old.prefetchSupport == false && old.pprSupport == true)
        #expect(old.efr == nil && old.hostTranslationDisabled == nil)
        #expect(old.msiNumber == 5 && old.unitID == 0x13)
        #expect(old.hostPageTableLevels == 5 && old.guestPageTableLevels == 4)
        #expect(
            old.devices.map(\.kind) == [
                .all, .select, .aliasSelect, .aliasRangeStart, .rangeEnd, .extendedSelect, .extendedRangeStart,
                .rangeEnd, .padding, .special,
            ]
        )
        #expect(old.devices[2].alias?.bdf == "0000:01:02.0")
        #expect(old.devices[5].extended?.atsDisabled == true)
        #expect(old.devices[9].special?.kind == .ioapic)
        #expect(old.devices[9].special?.source.bdf == "0000:00:14.0")
        let new = table.ivhd[2]
        #expect(new.efr?.wrappedValue == 0x206d_73ef_2225_4ade)
        #expect(new.efr2?.wrappedValue == 0x10)
        #expect(new.hostTranslationDisabled == true)
        #expect(new.prefetchSupport == nil && new.pprSupport == nil)
        #expect(new.devices.compactMap(\.acpi?.uid) == ["3", "\\_SB.EMMC"])
        #expect(table.skipped.map(\.type) == [0x51])
    }

    @Test("memory definitions apply to all, one or a range of devices")
    func memoryDefinitions() throws {
        let table = try IVRS(HandMade.ivrs)
        let starts = { (requester: UInt16) in table.reservedMemory(segment: 0, requester: requester).map(\.start) }
        #expect(starts(0x0010) == [0x9000_0000])
        #expect(starts(0x0110) == [0x9000_0000, 0x9100_0000])
        #expect(starts(0x0200) == [0x9000_0000, 0x9200_0000])
        #expect(starts(0x02ff) == [0x9000_0000, 0x9200_0000])
        #expect(starts(0x0300) == [0x9000_0000])
        #expect(table.reservedMemory(segment: 1, requester: 0x0110).isEmpty)
        #expect(table.ivmd.map(\.firstBDF) == [nil, "0000:01:02.0", "0000:02:00.0"])
        #expect(table.ivmd.map(\.lastBDF) == [nil, "0000:01:02.0", "0000:02:1f.7"])
    }

    @Test("what follows an unknown block or entry is decoded")
    func beyondUnknown() throws {
        var dmar = TableBuilder()
        dmar.zeros(12)
        dmar.structure(99) { $0.zeros(3) }
        dmar.structure(2) { $0.uint8(1, 0, 0, 0) }
        let intel = try DMAR(dmar.table("DMAR", revision: 1))
        #expect(intel.skipped == [SkippedBlock(type: 99, offset: 48, length: 7)])
        #expect(intel.atsr.map(\.offset) == [55])

        var ivrs = TableBuilder()
        ivrs.zeros(12)
        ivrs.block(0x77, flags: 0) { $0.zeros(5) }
        ivrs.block(0x10, flags: 0) {
            $0.zeros(20)
            $0.uint8(0x3f, 0, 0, 0)
            $0.uint8(0x7f, 0, 0, 0, 0, 0, 0, 0)
            $0.uint8(0x80)
            $0.zeros(15)
            $0.uint8(0xc0)
            $0.zeros(31)
            $0.uint8(0x02, 8, 0, 0)
            $0.uint8(0xf1, 1, 2, 3, 4, 5, 6)
        }
        let amd = try IVRS(ivrs.table("IVRS", revision: 2))
        #expect(amd.skipped == [SkippedBlock(type: 0x77, offset: 48, length: 9)])
        let devices = try #require(amd.ivhd.first?.devices)
        #expect(devices.map(\.length) == [4, 8, 16, 32, 4, 7])
        #expect(devices.map(\.kind) == [.unknown, .unknown, .unknown, .unknown, .select, .unknown])
        #expect(devices[4].bdf == "0000:00:01.0")
    }

    @Test("each flag of the DMAR header is its own bit")
    func headerFlags() throws {
        for bit in 0..<3 {
            var bytes = HandMade.dmar
            bytes[37] = 1 << bit
            let table = try DMAR(bytes)
            let flags = [table.interruptRemapping, table.x2APICOptOut, table.dmaControlPlatformOptIn]
            #expect(flags == (0..<3).map { $0 == bit })
        }
    }

    /// XTSup, GTSup, GASup by their bit in the feature field of type 10h and in the register image of the others.
    @Test("each feature of a unit is its own bit", arguments: [(0x10, 20, [0, 2, 6]), (0x40, 24, [2, 4, 7])])
    func features(type: UInt8, field: Int, bits: [Int]) throws {
        for bit in 0..<10 {
            var builder = TableBuilder()
            builder.zeros(12)
            builder.block(type, flags: 0) { $0.zeros(type == 0x10 ? 20 : 36) }
            var bytes = builder.table("IVRS", revision: 2)
            bytes[48 + field + bit / 8] = 1 << (bit % 8)
            let unit = try #require(try IVRS(bytes).ivhd.first)
            let flags = [unit.x2APICSupport, unit.guestTranslationSupport, unit.guestVirtualAPICSupport]
            #expect(flags == bits.map { $0 == bit })
        }
    }

    @Test("a wrong checksum is told, not refused")
    func checksum() throws {
        var bytes = HandMade.dmar
        bytes[9] &+= 1
        #expect(try !DMAR(bytes).header.checksumOK)
    }
}
