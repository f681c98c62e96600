import Foundation
import Guests
import Inventory
import TestHosts
import Testing
import Wording

/// Displays that give way and come back.
@Suite struct LibvirtDisplayTests: LibvirtBench {
    /// Several devices may need it; the last one that goes brings the display back.
    @Test(arguments: [
        "slot-2-video", "crlf", "chinese", "entities-video", "videos-two", "videos-apart", "video-missing",
    ])
    func theDisplayComesBack(_ name: String) throws {
        var document = try document(name)
        let original = document
        _ = try document.attach([DeviceSet.pci("01:00.0")], requirements: [.noEmulatedVideo], for: Self.bookworm)
        #expect(document.shape.hasEmulatedVideo == false)
        let one = document.bytes
        _ = try document.attach([DeviceSet.pci("02:00.0")], requirements: [.noEmulatedVideo], for: Self.bookworm)
        _ = try document.attach([DeviceSet.pci("03:00.0")], for: Self.bookworm)
        _ = try document.detach(["0000-02-00-0", "0000-03-00-0"])
        #expect(document.bytes == one)
        // Without the requirement the same device needs it no more.
        _ = try document.attach([DeviceSet.pci("01:00.0")], for: Self.bookworm)
        #expect(document.shape.hasEmulatedVideo == original.shape.hasEmulatedVideo)
        _ = try document.detach(["0000-01-00-0"])
        #expect(document.bytes == original.bytes)
    }

    @Test func aDisplayThatIsNoneStays() throws {
        let lines = try added([DeviceSet.pci("01:00.0")], to: "video-none", [.noEmulatedVideo])
        #expect(!lines.contains { $0.contains("video") })
    }
}
