import Foundation
import Guests
import TestHosts
import Testing

/// Documents that libvirt has written anew after an edit: comments are gone, attributes stand in another order, addresses
/// and controllers have come.
@Suite struct LibvirtRewrittenTests {
    /// By the document, the set, and the version where that is not Debian 12's.
    private static let parts: [(file: DomainFile, original: String, set: String, version: Hypervisor)] =
        DomainFile.rewritten.compactMap { file in
            let parts = file.name.components(separatedBy: "--")
            let name = parts.count > 2 ? parts[2] : "9.0"
            guard parts.count >= 2, let version = Versions.all.first(where: { $0.name == name }) else { return nil }
            return (file, parts[0], parts[1], version.hypervisor)
        }

    /// The documents that Tests/oracles/libvirt-rewrite takes, and what is left of those that it wrote.
    @Test func writeForLibvirt() throws {
        // Asked for by name only: there is nothing to judge here.
        guard let folder = ProcessInfo.processInfo.environment["PASSTHRU_DOMAINS_OUT"] else { return }
        let out = URL(filePath: folder)
        for folder in ["edited", "detached"] {
            try FileManager.default.createDirectory(at: out.appending(path: folder), withIntermediateDirectories: true)
        }
        for file in DomainFile.all {
            for set in DeviceSet.all {
                for (version, hypervisor) in Versions.all.prefix(3) {
                    var document = try DomainDocument(file.bytes)
                    guard (try? document.attach(set.devices, requirements: set.requirements, for: hypervisor)) != nil
                    else { continue }
                    let name = version == "9.0" ? "\(file.name)--\(set.name)" : "\(file.name)--\(set.name)--\(version)"
                    try Data(document.bytes).write(to: out.appending(path: "edited/\(name).xml"))
                }
            }
        }
        for (file, _, set, _) in Self.parts {
            var document = try DomainDocument(file.bytes)
            _ = try document.detach(try DeviceSet.named(set).keys)
            try Data(document.bytes).write(to: out.appending(path: "detached/\(file.name).xml"))
        }
    }

    @Test func thereAreSome() { #expect(Self.parts.count >= 40 && Self.parts.count == DomainFile.rewritten.count) }

    @Test(arguments: parts.indices) func nothingOfOursIsLeft(_ index: Int) throws {
        let (file, original, setName, version) = Self.parts[index]
        let set = try DeviceSet.named(setName)
        var document = try DomainDocument(file.bytes)
        #expect(Set(document.hostDevices.compactMap(\.key)) == set.keys)

        // What libvirt wrote says the same.
        let again = try document.attach(set.devices, requirements: set.requirements, for: version)
        #expect(again.isEmpty && document.bytes == file.bytes, "\(file.name)")

        let first = try DomainDocument(DomainFile.named(original).bytes)
        let done = try document.detach(set.keys)
        #expect(done.count >= set.keys.count)
        // The owner may write of it, too.
        let own = first.bytes.string.components(separatedBy: "passthru").count
        #expect(document.bytes.string.components(separatedBy: "passthru").count <= own, "\(document.bytes.string)")
        #expect(document.hostDevices.map(\.host) == first.hostDevices.map(\.host))
        #expect(document.shape.hasEmulatedVideo == first.shape.hasEmulatedVideo)
        let empty = #/<[a-z:]*(devices|override|commandline|capabilities|metadata|kept)(\s[^>]*)?(\/>|>\s*<\/)/#
        #expect(!document.bytes.string.contains(empty), "\(document.bytes.string)")

        // And again from there.
        let bare = document
        _ = try document.attach(set.devices, requirements: set.requirements, for: version)
        _ = try document.detach(set.keys)
        #expect(document.bytes == bare.bytes)
    }
}
