import Foundation
import Guests
import TestHosts
import Testing

/// What the schema of the installed libvirt says of every edited document.
@Suite struct LibvirtSchemaTests {
    /// A program of the distribution. Where it is missing nothing is judged, and that fails.
    private static func judge(_ name: String, package: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let path = folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        if path == nil { Issue.record("NOT JUDGED: \(name) is not installed (package \(package))") }
        return path
    }

    private static func run(_ path: String, _ arguments: [String], in folder: URL) throws -> (
        status: Int32, output: String
    ) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }

    /// Every document with every set that goes into it, in the words of every version: each text once, by its name.
    private static func edited() throws -> [(name: String, original: String, bytes: [UInt8])] {
        var seen: Set<[UInt8]> = []
        var edited: [(String, String, [UInt8])] = []
        for file in DomainFile.all {
            for set in DeviceSet.all {
                for (version, hypervisor) in Versions.all {
                    var document = try DomainDocument(file.bytes)
                    guard (try? document.attach(set.devices, requirements: set.requirements, for: hypervisor)) != nil,
                        seen.insert(document.bytes).inserted
                    else { continue }
                    edited.append(("\(file.name)--\(set.name)--\(version).xml", "\(file.name).xml", document.bytes))
                }
            }
        }
        return edited
    }

    /// The schema that virt-xml-validate asks xmllint about; xmllint takes many documents at once.
    @Test func everyDocumentIsValid() throws {
        let schema = "/usr/share/libvirt/schemas/domain.rng"
        guard let xmllint = Self.judge("xmllint", package: "libxml2-utils"),
            Self.judge("virt-xml-validate", package: "libvirt-clients") != nil
        else { return }
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        var names = DomainFile.all.map { "\($0.name).xml" }
        for file in DomainFile.all { _ = try sandbox.write(file.bytes, as: "\(file.name).xml") }
        let edited = try Self.edited()
        for file in edited { _ = try sandbox.write(file.bytes, as: file.name) }
        names += edited.map(\.name)
        var valid: Set<String> = []
        for start in stride(from: 0, to: names.count, by: 400) {
            let part = names[start..<min(start + 400, names.count)]
            let arguments = ["--noout", "--relaxng", schema] + part
            for line in try Self.run(xmllint, arguments, in: sandbox.folder).output.split(separator: "\n")
            where line.hasSuffix(" validates") {
                valid.insert(String(line.dropLast(" validates".count)))
            }
        }
        // These use what this schema does not know, or what libvirt takes all the same.
        let invalid = DomainFile.all.map { "\($0.name).xml" }.filter { !valid.contains($0) }
        #expect(
            invalid == [
                "commandline-undeclared.xml", "devices-twice.xml", "metadata-default-namespace.xml", "webvirtcloud.xml",
            ]
        )
        for file in edited where valid.contains(file.original) {
            let isValid = valid.contains(file.name)
            #expect(isValid, "\(file.name): \(file.bytes.string)")
        }
        let count = valid.count
        #expect(count > 700)
    }

    /// The program itself, for each set and each version: it must agree, and be able to say no.
    @Test func virtXMLValidateAgrees() throws {
        guard let validate = Self.judge("virt-xml-validate", package: "libvirt-clients") else { return }
        let sandbox = try Sandbox()
        defer { sandbox.remove() }
        func judged(_ bytes: [UInt8]) throws -> (status: Int32, output: String) {
            try Self.run(validate, [try sandbox.write(bytes, as: "judged.xml"), "domain"], in: sandbox.folder)
        }
        var count = 0
        for set in DeviceSet.all {
            for (version, hypervisor) in Versions.all {
                for name in ["slot-2-video", "override"] {
                    var document = try DomainDocument(DomainFile.named(name).bytes)
                    guard (try? document.attach(set.devices, requirements: set.requirements, for: hypervisor)) != nil
                    else { continue }
                    let (status, output) = try judged(document.bytes)
                    #expect(status == 0, "\(name) \(set.name) \(version): \(output)")
                    count += 1
                }
            }
        }
        #expect(count > 50 && count <= 80, "\(count)")
        let broken = try DomainFile.named("tabs").bytes.string.replacing("<devices>", with: "<devices><hostdev/>")
        #expect(try judged(Array(broken.utf8)).status != 0)
    }
}
