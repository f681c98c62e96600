import Foundation
import Guests
import TestHosts
import Testing
import Wording

/// What holds for every document, every device and every version.
@Suite struct LibvirtLawsTests {
    /// Attached twice is attached once; taken away again, every byte is as it was.
    ///
    /// - Returns: "ok", or why it was refused.
    static func hold(
        _ file: DomainFile,
        _ set: DeviceSet,
        _ hypervisor: Hypervisor
    ) throws -> String {
        let original = try DomainDocument(file.bytes)
        var document = original
        do throws(DomainError) {
            let done = try document.attach(set.devices, requirements: set.requirements, for: hypervisor)
            #expect(!done.isEmpty)
        } catch {
            #expect(document == original, "\(file.name) \(set.name): changed though refused")
            return error.word
        }
        let attached = document
        #expect(attached.bytes != original.bytes)
        #expect(Set(attached.hostDevices.compactMap(\.key)) == set.keys)
        #expect(attached.hostDevices.count == original.hostDevices.count + set.devices.count)

        let again = try document.attach(set.devices, requirements: set.requirements, for: hypervisor)
        #expect(document.bytes == attached.bytes, "\(file.name) \(set.name): twice is not once")
        #expect(again.isEmpty, "\(again.map(\.en))")

        _ = try document.detach(["pci-of-nobody"])
        #expect(document.bytes == attached.bytes, "\(file.name) \(set.name): changed by what is not there")

        // Whatever the order in which they go.
        for keys in [[set.keys], set.devices.map { [$0.key] }, set.devices.reversed().map { [$0.key] }] {
            var document = attached
            for keys in keys { _ = try document.detach(keys) }
            if document.bytes != original.bytes {
                Issue.record("\(file.name) \(set.name): \(document.bytes.string)")
            }
        }

        // Whatever the order in which they came.
        document = original
        for device in set.devices.reversed() {
            _ = try document.attach([device], requirements: set.requirements, for: hypervisor)
        }
        for device in set.devices { _ = try document.detach([device.key]) }
        if document.bytes != original.bytes {
            Issue.record("\(file.name) \(set.name), one by one: \(document.bytes.string)")
        }
        return "ok"
    }

    @Test(arguments: DomainFile.all) func holdOnEveryDocument(_ file: DomainFile) throws {
        var lines: [String] = []
        for (version, hypervisor) in Versions.all {
            let outcomes = try DeviceSet.all.map { set in "\(set.name)=\(try Self.hold(file, set, hypervisor))" }
            lines.append("\(file.name) \(version): \(outcomes.joined(separator: " "))")
        }
        try Outcomes.expect(lines, for: file.name)
    }

    @Test func twoMegabytes() throws {
        let small = try DomainFile.named("virt-install-q35").bytes.string
        let disk = """
                <!-- 数据盘 -->
                <disk type='file' device='disk'>
                  <source file='/srv/volume-@.qcow2'/>
                  <target dev='sd@' bus='scsi'/>
                </disk>

            """
        let disks = (0..<13000).map { disk.replacing("@", with: "\($0)") }.joined()
        let bytes = Array(
            small.replacing(
                "    <disk type='file' device='cdrom'>",
                with: disks + "    <disk type='file' device='cdrom'>"
            ).utf8
        )
        #expect(bytes.count > 2_000_000 && bytes.count < 4 << 20)
        let file = DomainFile(name: "two-megabytes", bytes: bytes)
        #expect(try Self.hold(file, DeviceSet.named("gpu"), Versions.bookworm) == "ok")
    }

    @Test func whatWouldBecomeTooLongIsNotWritten() throws {
        let small = try DomainFile.named("tabs").bytes
        let space = [UInt8](repeating: 0x20, count: (4 << 20) - small.count)
        var document = try DomainDocument(small + space)
        let before = document
        #expect(throws: DomainError.self) { try document.attach([DeviceSet.pci("01:00.0")], for: Versions.bookworm) }
        #expect(document == before)
    }
}

/// Lists that are checked by eye, each line beginning with a document's name.
enum Outcomes {
    private static let isRegenerating = ProcessInfo.processInfo.environment["PASSTHRU_REGENERATE"] == "1"
    private static let lock = NSLock()

    static func expect(_ lines: [String], for name: String, in file: String = "outcomes.txt") throws {
        let place = DomainFile.root.appending(path: file)
        try lock.withLock {
            let text = (try? String(contentsOf: place, encoding: .utf8)) ?? ""
            let known = text.split(separator: "\n").map(String.init)
            let old = known.filter { $0.hasPrefix(name + " ") || $0.hasPrefix(name + ":") }
            if isRegenerating {
                let all = (known.filter { !old.contains($0) } + lines).joined(separator: "\n") + "\n"
                try all.write(to: place, atomically: true, encoding: .utf8)
                Issue.record("written anew: run it again without PASSTHRU_REGENERATE")
            } else {
                #expect(old == lines)
            }
        }
    }
}

extension DomainError {
    /// The reason's name.
    var word: String { String("\(reason)".prefix { $0.isLetter }) }
}
