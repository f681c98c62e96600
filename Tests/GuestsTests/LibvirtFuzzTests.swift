import Guests
import TestHosts
import Testing

/// Documents with random mistakes: either they are refused, or everything holds for them.
@Suite struct LibvirtFuzzTests {
    /// What is put into documents; more than single bytes, so that some of them stay well-formed.
    private static let pieces = [
        "<", ">", "/", "&", "'", "\"", " ", "\n", "\r\n", "\t", "x", "\u{0}", "é", "]]>", "<!-- -->", "<!-- a -->",
        "<a/>",
        "<a>b</a>", "<![CDATA[</devices>]]>", "<?p ?>", "&amp;", "&#13;", "xmlns='u'", "<devices/>", "<metadata/>",
        "<video/>", "<video><model type='vga'/></video>", "</devices><devices>", "<qemu:override/>", "<!DOCTYPE a>",
        "<controller type='pci' index='40'/>", "<hostdev type='pci'/>",
    ].map { Array($0.utf8) }

    @Test func everyMistakeIsRefusedOrHarmless() throws {
        var random = FixedSeed(state: 5)
        let sets = try ["functions", "gpu", "igd", "usb"].map { try DeviceSet.named($0) }
        var accepted = 0
        for round in 0..<3000 {
            let file = try #require(DomainFile.all.randomElement(using: &random))
            var bytes = file.bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                // Half of them between elements, where the document has a chance.
                let between =
                    Bool.random(using: &random)
                    ? bytes[place...].firstIndex(of: 0x3E).map { $0 + 1 } ?? place : place
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1:
                    let end = min(bytes.count, place + Int.random(in: 0..<40, using: &random))
                    bytes.removeSubrange(place..<end)
                default: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: between)
                }
            }
            guard (try? DomainDocument(bytes)) != nil else { continue }
            accepted += 1
            let set = sets[round % sets.count]
            let version = Versions.all[round % 3].hypervisor
            _ = try LibvirtLawsTests.hold(DomainFile(name: "\(file.name), round \(round)", bytes: bytes), set, version)
        }
        // The seed is fixed, and so is what it finds.
        #expect(accepted > 500 && accepted < 2500, "\(accepted)")
    }
}
