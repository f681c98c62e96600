import Formats
import Foundation
import Machine
import TestHosts

/// A machine of `Tests/Goldens/boot/NAME/host.txt`: a manifest as those of TestHosts, and besides
///
///     copy /boot/grub/grub.cfg FILE              a file of Tests/FormatsTests/Loaders
///     grubenv PATH NAME=VALUE…                   an environment block; `\_` is a blank
///     efivar NAME TEXT                           a variable that a boot loader left
struct BootHost {
    static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    static let folder = tests.appending(path: "Goldens/boot")
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    static let vendor = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

    let name: String
    let host: TestHost

    init(_ name: String) throws {
        self.name = name
        let text = try String(contentsOf: Self.folder.appending(path: "\(name)/host.txt"), encoding: .utf8)
        var own: [[String]] = []
        var rest: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            if ["copy", "grubenv", "efivar", "remove"].contains(words.first) {
                own.append(words)
            } else {
                rest.append(line)
            }
        }
        var host = try Manifest.host(name, text: rest.joined(separator: "\n"))
        for words in own {
            switch words[0] {
            case "copy":
                let file = Self.tests.appending(path: "FormatsTests/Loaders/\(words[2])")
                host.file(words[1], bytes: [UInt8](try Data(contentsOf: file)))
            case "grubenv":
                let pairs = words[2].split(separator: " ").map {
                    $0.split(separator: "=", maxSplits: 1).map(String.init)
                }
                let block = try GRUBEnvironment(GRUBEnvironment.empty())?.setting(
                    pairs.map { ($0[0], $0[1].replacingOccurrences(of: "\\_", with: " ")) }
                )
                host.file(words[1], bytes: block ?? [])
            case "efivar": host.file(Self.path(of: words[1]), bytes: Self.variable(words[2]))
            default: host.remove(words[1])
            }
        }
        // They run only where they are simulated.
        for path in ["/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkconfig"] {
            if let text = host.text(path) { host.file(path, text, mode: 0o755) }
        }
        self.host = host
    }

    static func path(of variable: String) -> String { "/sys/firmware/efi/efivars/\(variable)-\(vendor)" }

    static func variable(_ text: String) -> [UInt8] {
        [6, 0, 0, 0] + text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] } + [
            0, 0,
        ]
    }
}

extension TestHost {
    func bytes(_ path: String) -> [UInt8]? {
        guard case .file(let bytes, _)? = nodes[path] else { return nil }
        return bytes
    }
}
