import Foundation
import Machine

/// Reads a machine that was written down as text, a line a thing:
///
///     # a comment
///     include NAME                     everything of another manifest first
///     /proc/version = Linux …          a file of one line
///     /proc/modules = <<               a file of the lines up to one that is only <<
///     /sys/x/config : 86 80 0d 12      a file of bytes in hexadecimal
///     /etc/mtab -> ../proc/mounts      a symbolic link
///     /sys/kernel/security/            an empty folder
///     /dev/kvm ! 660                   an empty file with these permissions
///     remove /proc/cmdline             takes away what an included manifest had, with all below it
///     pci, net, disk …                 devices, see ``DeviceLines``
///     no-groups                        no function is in an IOMMU group
///     no-tables                        the firmware has no table of an IOMMU
///     dmar, drhd, rmrr, ivrs …         firmware tables, see ``FirmwareLines``
public enum Manifest {
    public struct Mistake: Error, CustomStringConvertible {
        public let description: String
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Hosts")

    static func host(_ name: String) throws -> TestHost {
        try host(name, text: String(contentsOf: folder.appending(path: name + ".txt"), encoding: .utf8))
    }

    /// A machine from a manifest's text.
    public static func host(_ name: String, text: String) throws -> TestHost {
        var reader = Reader(host: TestHost(name))
        try reader.read(text, named: name)
        return reader.finish()
    }

    struct Reader {
        var host: TestHost
        var devices = DeviceLines()
        var firmware = FirmwareLines()

        mutating func read(_ text: String, named name: String) throws {
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
            var number = 0
            while let line = lines.popFirst() {
                number += 1
                let words = line.split(separator: " ").map(String.init)
                guard let first = words.first, !first.hasPrefix("#") else { continue }
                let mistake = Mistake(description: "\(name).txt:\(number): \(line)")
                if first.hasPrefix("/") {
                    try readPath(first, words, line, &lines, &number, mistake)
                } else if first == "include" {
                    guard words.count == 2 else { throw mistake }
                    let path = Manifest.folder.appending(path: words[1] + ".txt")
                    try read(String(contentsOf: path, encoding: .utf8), named: words[1])
                } else if first == "remove" {
                    for path in words.dropFirst() { host.remove(path) }
                } else if first == "no-tables" {
                    firmware = FirmwareLines()
                } else if first == "no-groups" {
                    devices.dropGroups(&host)
                } else if try devices.read(words, line, into: &host) {
                    continue
                } else if firmware.read(words) {
                    continue
                } else {
                    throw mistake
                }
            }
        }

        private mutating func readPath(
            _ path: String,
            _ words: [String],
            _ line: Substring,
            _ lines: inout ArraySlice<Substring>,
            _ number: inout Int,
            _ mistake: Mistake
        ) throws {
            if words.count == 1, path.hasSuffix("/") { return host.folder(String(path.dropLast())) }
            guard words.count >= 2 else { throw mistake }
            let pieces = line.split(separator: " ", maxSplits: 2)
            let value = pieces.count == 3 ? pieces[2] : ""
            switch words[1] {
            case "=" where value == "<<":
                var text = ""
                while let next = lines.popFirst() {
                    number += 1
                    if next == "<<" { break }
                    text += next + "\n"
                }
                host.file(path, text)
            case "=": host.file(path, String(value))
            case ":":
                let bytes = words.dropFirst(2).map { UInt8($0, radix: 16) }
                guard !bytes.contains(nil) else { throw mistake }
                host.file(path, bytes: bytes.compactMap(\.self))
            case "->" where words.count == 3: host.link(path, words[2])
            case "!" where words.count == 3:
                guard let mode = UInt32(words[2], radix: 8) else { throw mistake }
                host.file(path, bytes: [], mode: mode)
            default: throw mistake
            }
        }

        consuming func finish() -> TestHost {
            firmware.write(into: &host)
            devices.finish(&host)
            return host
        }
    }
}
