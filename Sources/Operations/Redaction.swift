import Formats
import Inventory

/// Takes out of a captured host what tells whose it is: MAC addresses, serial numbers, UUIDs and public addresses.
///
/// The same secret gets the same replacement everywhere in the archive, and all replacements have the length of what
/// they stand for, so that formats stay whole.
struct Redaction {
    private var replacements: [(secret: [UInt8], replacement: [UInt8])] = []

    init(_ host: Host) {
        var secrets: [String] = []
        for interface in host.network?.interfaces ?? [] {
            if let mac = interface.mac, mac != "00:00:00:00:00:00" { secrets.append(mac) }
        }
        secrets += host.usb?.devices.filter { !$0.isRootHub }.compactMap(\.serial) ?? []
        secrets += host.storage?.devices.flatMap { [$0.serial, $0.wwid] }.compactMap(\.self) ?? []
        secrets += host.storage?.devices.compactMap(\.mapperUUID) ?? []
        for secret in Set(secrets).sorted() where secret.utf8.count >= 4 { add(secret) }
        for line in [host.kernel?.commandLine].compactMap(\.self) + (host.boot?.lines.map(\.arguments) ?? []) {
            for word in line.split(separator: " ") where word.hasPrefix("root=") || word.hasPrefix("resume=") {
                // root=UUID=…, root=PARTUUID=…-02: what follows the last equals sign.
                if let value = word.split(separator: "=").last, value.utf8.count >= 8, !value.hasPrefix("/dev/") {
                    add(String(value))
                }
            }
        }
        // The longest first: a disk's WWID may contain its serial number.
        replacements.sort { $0.secret.count > $1.secret.count }
    }

    private mutating func add(_ secret: String) {
        guard !replacements.contains(where: { $0.secret == Array(secret.utf8) }) else { return }
        let number = Array(String(replacements.count + 1, radix: 16).utf8)
        // Digits of the number from the right, zeros and the secret's own punctuation elsewhere.
        var replacement = secret.utf8.map { byte -> UInt8 in
            let isLetter = (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            return isLetter || (0x30...0x39).contains(byte) ? 0x30 : byte
        }
        var digits = number[...]
        for index in replacement.indices.reversed() where replacement[index] == 0x30 {
            guard let digit = digits.popLast() else { break }
            replacement[index] = digit
        }
        replacements.append((Array(secret.utf8), replacement))
    }

    /// Configuration space, ACPI tables and the like are left as they are: only text is searched.
    mutating func redact(_ bytes: [UInt8], at path: String) -> [UInt8] {
        if path.hasSuffix("/product_uuid") || path.hasSuffix("_serial") || path == "/proc/sys/kernel/hostname" {
            return Array("redacted\n".utf8)
        }
        guard !bytes.contains(0) else { return bytes }
        return replacements.reduce(bytes) { $0.replacing($1.secret, with: $1.replacement) }
    }

    /// What no archive needs to carry, not even a whole one: the first process' environment but for the one variable
    /// that was read, passwords in GRUB's menu, and passwords and keys in OpenWrt's network configuration.
    static func withoutSecrets(_ bytes: [UInt8], at path: String) -> [UInt8] {
        switch path {
        case "/proc/1/environ":
            return Array(bytes.split(separator: 0).filter { $0.starts(with: "container=".utf8) }.joined(separator: [0]))
        case let path where path.hasSuffix("/grub.cfg"):
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            return Array(
                lines.filter { !$0.drop { $0 == 0x20 || $0 == 0x09 }.starts(with: "password".utf8) }
                    .joined(separator: [UInt8(ascii: "\n")])
            )
        case NetworkConfiguration.path: return networkConfiguration(bytes)
        default: return bytes
        }
    }

    /// The options that are looked at, written anew; a file that cannot be read stays unreadable.
    private static func networkConfiguration(_ bytes: [UInt8]) -> [UInt8] {
        guard let document = try? UCIDocument(bytes) else { return Array("malformed\n".utf8) }
        func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
        var lines: [String] = []
        for section in document.sections {
            guard let options = NetworkConfiguration.options[section.type] else { continue }
            lines.append("config \(section.type)" + (section.name.map { " " + quoted($0) } ?? ""))
            for option in section.options where options.contains(option.name) {
                switch option.value {
                case .text(let text): lines.append("\toption \(option.name) " + quoted(text))
                case .list(let items): lines += items.map { "\tlist \(option.name) " + quoted($0) }
                }
            }
        }
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }
}
