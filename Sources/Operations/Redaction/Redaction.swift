import Formats
import Inventory
import Machine
import Wording

/// Takes out of a captured host what tells whose it is, and what opens it: by kind, wherever it stands.
///
/// The same secret gets the same replacement everywhere in the archive, names and links included, and all replacements have
/// the length of what they stand for, so that formats and relations stay whole.
struct Redaction {
    /// What was replaced.
    enum Kind: String, CaseIterable {
        case mac, address, serial, identifier, argument, hostName
    }

    private var addresses = AddressPseudonyms()
    private var literals: [(secret: [UInt8], replacement: [UInt8])] = []
    private var numbers: [[UInt8]: Int] = [:]
    /// Serial numbers too short to be looked for in other files.
    private var short: [[UInt8]: [UInt8]] = [:]
    private var identifiers: Set<[UInt8]> = []
    private(set) var argumentNames: Set<String> = []
    private(set) var hasHostName = false
    private var serials = 0

    /// - Parameter texts: everything that is captured, by path: what a file tells is looked for in all others.
    init(_ host: Host, _ texts: [(path: String, bytes: [UInt8])]) {
        for interface in host.network?.interfaces ?? [] {
            if let mac = interface.mac.flatMap({ Self.pairs(Array($0.utf8)[...]) }) { _ = addresses.mac(mac) }
        }
        // An address that only stands in a configuration, or in an identifier made of it, is one too.
        for (path, bytes) in texts where !bytes.contains(0) { _ = macs(in: bytes, at: path) }
        for (path, bytes) in texts where path == "/proc/net/if_inet6" { _ = columns(bytes, path) }
        for (path, bytes) in texts where path.hasSuffix("/config") { _ = configSpace(bytes) }
        var secrets = host.usb?.devices.filter { !$0.isRootHub }.compactMap(\.serial) ?? []
        secrets += host.storage?.devices.flatMap { [$0.serial, $0.wwid] }.compactMap(\.self) ?? []
        secrets += host.storage?.devices.compactMap(\.mapperUUID) ?? []
        for secret in Set(secrets).sorted() { add(secret) }
        serials = literals.count + short.count
        for line in [host.kernel?.commandLine].compactMap(\.self) + (host.boot?.lines.map(\.arguments) ?? []) {
            for word in line.split(separator: " ") where word.hasPrefix("root=") || word.hasPrefix("resume=") {
                // root=UUID=…, root=PARTUUID=…-02: what follows the last equals sign.
                if let value = word.split(separator: "=").last, value.utf8.count >= 8, !value.hasPrefix("/dev/") {
                    add(String(value))
                }
            }
        }
        let names = texts.filter { ["/proc/sys/kernel/hostname", "/etc/hostname"].contains($0.path) }
        let system = texts.filter { $0.path.hasSuffix("os-release") }.flatMap(\.bytes)
        for (_, bytes) in names {
            let name = Array(bytes.prefix { $0 > 0x20 })
            guard name.count >= 4, system.firstRange(of: name) == nil,
                !["localhost", "openwrt", "istoreos", "passthru"].contains(
                    String(decoding: name, as: UTF8.self).lowercased()
                )
            else { continue }
            literals.append((name, pseudonym(name)))
        }
        // The longest first: a disk's WWID may contain its serial number.
        literals.sort { $0.secret.count > $1.secret.count }
    }

    private mutating func add(_ secret: String) {
        let bytes = Array(secret.utf8)
        guard bytes.count >= 4, short[bytes] == nil, !literals.contains(where: { $0.secret == bytes }) else { return }
        if bytes.count < 8 { short[bytes] = pseudonym(bytes) } else { literals.append((bytes, pseudonym(bytes))) }
    }

    /// Digits of a number from the right, zeros and the secret's own punctuation elsewhere.
    private mutating func pseudonym(_ secret: [UInt8]) -> [UInt8] {
        let number = numbers[secret] ?? numbers.count + 1
        numbers[secret] = number
        var digits = Array(String(number, radix: 16).utf8)[...]
        var replacement = secret.map { Self.isWord($0) || $0 >= 0x80 ? UInt8(0x30) : $0 }
        for index in replacement.indices.reversed() where replacement[index] == 0x30 {
            guard let digit = digits.popLast() else { break }
            replacement[index] = digit
        }
        return replacement
    }

    // MARK: One file

    mutating func redact(_ bytes: [UInt8], at path: String) -> [UInt8] {
        if path.hasSuffix("/product_uuid") || path.hasSuffix("_serial") { return Array("redacted\n".utf8) }
        if path == "/proc/sys/kernel/hostname" || path == "/etc/hostname" {
            hasHostName = true
            return Array("redacted\n".utf8)
        }
        if path.hasPrefix("/sys/"), path.hasSuffix("/config") { return configSpace(bytes) }
        if path.contains("/efivars/") { return wide(bytes, path) }
        if path == "/etc/zfs/zpool.cache" { return pools(bytes) }
        if bytes.contains(0) {
            return path.hasSuffix("/vpd_pg80") ? withoutLiterals(bytes, all: true) : bytes
        }
        return text(bytes, at: path)
    }

    /// A name in the archive, or the target of a link.
    mutating func redact(name: String) -> String {
        String(decoding: withoutLiterals(tokens(Array(name.utf8), hasAddresses: false), all: false), as: UTF8.self)
    }

    private mutating func text(_ bytes: [UInt8], at path: String) -> [UInt8] {
        var bytes = columns(bytes, path)
        if path.hasSuffix("/mountinfo") || path == "/proc/mounts" { bytes = remoteMounts(bytes) }
        let isAddressed =
            ["/proc/net/", "/etc/", "/boot/", "/efi/"].contains { path.hasPrefix($0) } && !path.contains("/config-")
            && !path.hasSuffix("os-release") && !path.hasSuffix("/grubenv")
            || ["/proc/cmdline", "/proc/mounts", "/proc/self/mountinfo", "/dev/kmsg"].contains(path)
        bytes = macs(in: bytes, at: path)
        bytes = tokens(bytes, hasAddresses: isAddressed && !Self.columnFiles.contains(path))
        let isOne = ["/serial", "/wwid", "/uuid", "/model"].contains { path.hasSuffix($0) }
        if isOne, let other = short[Array(bytes.trimmed)] { return other + bytes[other.count...] }
        bytes = withoutLiterals(bytes, all: isOne)
        // A closure cannot change what it is called from.
        var copy = self
        var values: [[UInt8]] = []
        var arguments = ArgumentRedaction { value in
            values.append(value)
            return copy.pseudonym(value)
        }
        bytes = arguments.redact(bytes, at: path)
        for value in values {
            _ = pseudonym(value)
        }
        argumentNames.formUnion(arguments.names)
        return bytes
    }

    private func withoutLiterals(_ bytes: [UInt8], all: Bool) -> [UInt8] {
        let found = literals.reduce(bytes) { $0.replacing($1.secret, with: $1.replacement) }
        return all ? short.reduce(found) { $0.replacing($1.key, with: $1.value) } : found
    }

    // MARK: Addresses

    private static let columnFiles: Set<String> = [
        "/proc/net/route", "/proc/net/ipv6_route", "/proc/net/if_inet6", "/proc/net/fib_trie",
    ]

    /// The kernel's own tables, in which an address is a number.
    private mutating func columns(_ bytes: [UInt8], _ path: String) -> [UInt8] {
        guard Self.columnFiles.contains(path) else { return bytes }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        if path == "/proc/net/fib_trie" { return Array(trie(lines).joined(separator: [UInt8(ascii: "\n")])) }
        var result: [[UInt8]] = []
        for line in lines {
            var line = line
            let fields = Self.fields(line)
            func number(_ field: Int) -> UInt32? {
                fields.indices.contains(field) ? Hexadecimal.number(line[fields[field]]) : nil
            }
            switch path {
            case "/proc/net/route":
                guard fields.count >= 8, let mask = number(7)?.byteSwapped else { break }
                for (field, length) in [(1, mask.nonzeroBitCount), (2, 32)] {
                    guard let value = number(field)?.byteSwapped else { continue }
                    let other = addresses.address(value, length: length).byteSwapped
                    line.replaceSubrange(fields[field], with: Hexadecimal.text(other))
                }
            case "/proc/net/if_inet6": put(&line, fields, 0, 128)
            default:
                guard fields.count >= 5 else { break }
                let (length, source) = (number(1).map { Int($0) } ?? 128, number(3).map { Int($0) } ?? 128)
                put(&line, fields, 0, length)
                put(&line, fields, 2, source)
                put(&line, fields, 4, 128)
            }
            result.append(line)
        }
        return Array(result.joined(separator: [UInt8(ascii: "\n")]))
    }

    private mutating func put(_ line: inout [UInt8], _ fields: [Range<Int>], _ field: Int, _ length: Int) {
        guard fields.indices.contains(field), let address = Hexadecimal.bytes(line[fields[field]]), address.count == 16
        else { return }
        line.replaceSubrange(fields[field], with: addresses.address(address, length: length).flatMap(Hexadecimal.text))
    }

    /// `+-- 192.0.2.0/24 2 0 2`, and `|-- 192.0.2.0` above lines `/24 link UNICAST`.
    private mutating func trie(_ lines: [[UInt8]]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for (index, line) in lines.enumerated() {
            let fields = Self.fields(line)
            guard fields.count >= 2, line[fields[0]].last == UInt8(ascii: "-") else {
                result.append(line)
                continue
            }
            let parts = line[fields[1]].split(separator: UInt8(ascii: "/"))
            guard let value = parts.first.flatMap(Self.dotted) else {
                result.append(line)
                continue
            }
            var length = parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) ?? 32 : 32
            for below in lines[(index + 1)...] {
                let words = Self.fields(below)
                guard parts.count == 1, let first = words.first, below[first].first == UInt8(ascii: "/") else { break }
                length = min(length, Int(String(decoding: below[first].dropFirst(), as: UTF8.self)) ?? 32)
            }
            let other = Self.dottedText(addresses.address(value, length: length))
            let rest = parts.count > 1 ? "/" + String(decoding: parts[1], as: UTF8.self) : ""
            var changed = line
            changed.replaceSubrange(fields[1], with: Array((other + rest).utf8))
            result.append(changed)
        }
        return result
    }

    /// Runs of pairs of hexadecimal digits: MAC addresses, and what is made of them.
    private mutating func macs(in bytes: [UInt8], at path: String) -> [UInt8] {
        var result = bytes
        var index = 0
        while index + 17 <= bytes.count {
            guard Hexadecimal.isDigit(bytes[index]), index == 0 || !Self.isWord(bytes[index - 1]),
                index + 2 < bytes.count,
                bytes[index + 2] == UInt8(ascii: ":") || bytes[index + 2] == UInt8(ascii: "-")
            else {
                index += 1
                continue
            }
            let mark = bytes[index + 2]
            var end = index
            while end + 2 <= bytes.count, Hexadecimal.isDigit(bytes[end]), Hexadecimal.isDigit(bytes[end + 1]) {
                guard end + 2 < bytes.count, bytes[end + 2] == mark else {
                    end += 2
                    break
                }
                end += 3
            }
            guard let pairs = Self.pairs(bytes[index..<end]),
                end == bytes.count || !Self.isWord(bytes[end]) && bytes[end] != mark
            else {
                index += 1
                continue
            }
            if let other = replacement(pairs) {
                let digits = other.map { Array(Hexadecimal.text($0)) }
                result.replaceSubrange(index..<end, with: Array(digits.joined(separator: [mark])))
            }
            index = end
        }
        return result
    }

    private mutating func replacement(_ pairs: [UInt8]) -> [UInt8]? {
        switch pairs.count {
        case 6: addresses.mac(pairs)
        // BOOTIF=01-…: the kind of hardware stands in front.
        case 7: addresses.mac(pairs[1...]).map { [pairs[0]] + $0 }
        case 8: addresses.eui64(pairs, isInterface: false)
        case 20:
            addresses.eui64(Array(pairs[12...]), isInterface: false).reduce(into: [UInt8](repeating: 0, count: 12)) {
                $0.append($1)
            }
        default: nil
        }
    }

    /// Words that are an address without marks, an IP address or a UUID.
    private mutating func tokens(_ bytes: [UInt8], hasAddresses: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let start = index
            while index < bytes.count, Self.isWord(bytes[index]) || ".:-".utf8.contains(bytes[index]) { index += 1 }
            guard index > start else {
                result.append(bytes[index])
                index += 1
                continue
            }
            let word = bytes[start..<index]
            if hasAddresses, let other = address(word, bytes[index...]) {
                result += other
            } else {
                result += identifier(Array(word))
            }
        }
        return result
    }

    private mutating func address(_ word: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>) -> [UInt8]? {
        var word = word
        var tail: [UInt8] = []
        // 192.0.2.1:/export, [2001:db8::1], a sentence's end.
        while let last = word.last, last == UInt8(ascii: ":") || last == UInt8(ascii: "."), word.dropLast().last != last
        {
            tail.insert(last, at: 0)
            word = word.dropLast()
        }
        var length: Int?
        if rest.first == UInt8(ascii: "/") {
            length = Int(String(decoding: rest.dropFirst().prefix { (0x30...0x39).contains($0) }, as: UTF8.self))
        }
        if let value = Self.dotted(word) {
            return Array(Self.dottedText(addresses.address(value, length: length ?? 32)).utf8) + tail
        }
        if word.count(where: { $0 == UInt8(ascii: ":") }) >= 2,
            let value = IPAddress.bytes(String(decoding: word, as: UTF8.self)), value.count == 16
        {
            return Array(IPAddress.text(addresses.address(value, length: length ?? 128)).utf8) + tail
        }
        // 192.0.2.1:8080, 192.0.2.1-192.0.2.9
        let marks = word.filter { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") }
        let parts = word.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") }
        guard parts.count > 1, parts.contains(where: { Self.dotted($0) != nil }) else { return nil }
        var result: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { result.append(marks[index - 1]) }
            result += Self.dotted(part).map { Array(Self.dottedText(addresses.address($0)).utf8) } ?? Array(part)
        }
        return result + tail
    }

    /// A UUID, an identifier of 32 digits such as a machine's, or a known MAC address in the midst of a name.
    private mutating func identifier(_ word: [UInt8]) -> [UInt8] {
        var word = word
        var index = 0
        while index < word.count {
            guard Hexadecimal.isDigit(word[index]), index == 0 || !Hexadecimal.isDigit(word[index - 1]) else {
                index += 1
                continue
            }
            let digits = word[index...].prefix(while: Hexadecimal.isDigit)
            if digits.count == 8, word.count >= index + 36, Self.isUUID(word[index..<index + 36]) {
                let text = Array(word[index..<index + 36])
                if !Self.vendors.contains(String(decoding: text, as: UTF8.self).lowercased()) {
                    identifiers.insert(text)
                    word.replaceSubrange(index..<index + 36, with: pseudonym(text))
                }
                index += 36
                continue
            }
            if digits.count == 32 {
                identifiers.insert(Array(digits))
                word.replaceSubrange(digits.indices, with: pseudonym(Array(digits)))
            } else if digits.count >= 12, let known = knownMAC(digits) {
                word.replaceSubrange(digits.indices, with: known)
            } else if digits.count == 4, word.count >= index + 14, word[index + 4] == UInt8(ascii: ".") {
                let parts = word[index..<index + 14].split(separator: UInt8(ascii: "."))
                if parts.count == 3, parts.allSatisfy({ $0.count == 4 }),
                    let known = knownMAC(Array(parts.joined())[...])
                {
                    let groups = [known[..<4], known[4..<8], known[8...]]
                    word.replaceSubrange(index..<index + 14, with: Array(groups.joined(separator: [UInt8(ascii: ".")])))
                }
                index += 14
                continue
            }
            index += digits.count
        }
        return word
    }

    private mutating func knownMAC(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard let bytes = Hexadecimal.bytes(digits) else { return nil }
        if bytes.count == 6 { return addresses.known(mac: bytes)?.flatMap(Hexadecimal.text) }
        guard bytes.count == 8, bytes[3] == 0xFF, bytes[4] >= 0xFE else { return nil }
        let plain = Array(bytes[..<3] + bytes[5...])
        let turned = [plain[0] ^ 2] + Array(plain[1...])
        guard addresses.known(mac: plain) != nil || addresses.known(mac: turned) != nil else {
            return nil
        }
        return addresses.eui64(bytes, isInterface: false).flatMap(Hexadecimal.text)
    }

    /// Vendors of EFI variables: everybody's.
    private static let vendors: Set<String> = [
        "8be4df61-93ca-11d2-aa0d-00e098032b8c", "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f",
    ]

    // MARK: Files that are no plain text

    /// Configuration space: the Device Serial Number capability (PCI Express Base Specification, 7.9.3), and known MAC
    /// addresses wherever a vendor put one.
    private mutating func configSpace(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        func long(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
        }
        var pointer = 0x100
        var seen: Set<Int> = []
        while pointer >= 0x100, pointer + 12 <= bytes.count, seen.insert(pointer).inserted {
            let header = long(pointer)
            guard header != 0, header != .max else { break }
            if header & 0xFFFF == 0x0003 {
                // The upper half first, each half from its high byte down.
                let number = Array(bytes[(pointer + 4)..<(pointer + 12)].reversed())
                let other = addresses.eui64(number, isInterface: false)
                if other != number { bytes.replaceSubrange((pointer + 4)..<(pointer + 12), with: other.reversed()) }
            }
            pointer = Int(header >> 20 & 0xFFC)
        }
        for (key, other) in addresses.macs {
            let (from, to) = (AddressPseudonyms.macBytes(key), AddressPseudonyms.macBytes(other))
            bytes = bytes.replacing(from, with: to).replacing(Array(from.reversed()), with: Array(to.reversed()))
        }
        return bytes
    }

    /// A boot loader's variable: four bytes of attributes, then UTF-16.
    private mutating func wide(_ bytes: [UInt8], _ path: String) -> [UInt8] {
        let text = bytes.dropFirst(4)
        let letters = stride(from: text.startIndex, to: text.endIndex, by: 2).map { text[$0] }
        let isWide =
            text.count > 8 && text.count % 2 == 0
            && stride(from: text.startIndex + 1, to: text.endIndex, by: 2).allSatisfy { text[$0] == 0 }
        guard isWide else { return bytes }
        return Array(bytes.prefix(4))
            + withoutLiterals(tokens(letters, hasAddresses: false), all: false).flatMap { [$0, 0] }
    }

    /// ZFS' cache also holds the host's name and number: what is looked at are pools and device nodes.
    private mutating func pools(_ bytes: [UInt8]) -> [UInt8] {
        let texts = bytes.split { $0 < 0x20 || $0 > 0x7E }.filter { $0.count >= 2 }
        var result: [UInt8] = []
        var isName = false
        for text in texts {
            if text.firstRange(of: "/dev/".utf8) != nil || isName { result += Array(text) + [0] }
            isName = text.elementsEqual("name".utf8)
        }
        return withoutLiterals(tokens(result, hasAddresses: false), all: false)
    }

    /// What is mounted from elsewhere: servers, shares and their users.
    private mutating func remoteMounts(_ bytes: [UInt8]) -> [UInt8] {
        let kinds: Set<String> = [
            "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs", "glusterfs", "lustre", "fuse.sshfs",
        ]
        var result: [[UInt8]] = []
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            var line = Array(line)
            let fields = Self.fields(line)
            let words = fields.map { String(decoding: line[$0], as: UTF8.self) }
            let dash = words.firstIndex(of: "-")
            let kind = dash.map { $0 + 1 } ?? 2
            if words.indices.contains(kind), kinds.contains(words[kind]) {
                let source = dash.map { $0 + 2 } ?? 0
                let options = dash.map { $0 + 3 } ?? 3
                if fields.indices.contains(options) {
                    var parts: [[UInt8]] = []
                    for part in line[fields[options]].split(separator: UInt8(ascii: ",")) {
                        guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
                            parts.append(Array(part))
                            continue
                        }
                        parts.append(Array(part[...equals]) + pseudonym(Array(part[(equals + 1)...])))
                    }
                    line.replaceSubrange(fields[options], with: Array(parts.joined(separator: [UInt8(ascii: ",")])))
                }
                line.replaceSubrange(fields[source], with: pseudonym(Array(line[fields[source]])))
            }
            result.append(line)
        }
        return Array(result.joined(separator: [UInt8(ascii: "\n")]))
    }

    // MARK: Summary

    /// How many of each kind were replaced.
    var counts: [Kind: Int] {
        [
            .mac: addresses.macs.count, .address: addresses.addresses.count, .serial: serials,
            .identifier: identifiers.count, .argument: argumentNames.count, .hostName: hasHostName ? 1 : 0,
        ]
    }

    // MARK: Bytes

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func fields(_ line: [UInt8]) -> [Range<Int>] {
        line.indices.split { line[$0] == 0x20 || line[$0] == 0x09 }.map { $0.startIndex..<$0.endIndex }
    }

    private static func pairs(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-") }
        guard parts.count >= 6, parts.allSatisfy({ $0.count == 2 }) else { return nil }
        return Hexadecimal.bytes(Array(parts.joined())[...])
    }

    private static func isUUID(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.joined().allSatisfy(Hexadecimal.isDigit)
    }

    private static func dotted(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(String(decoding: part, as: UTF8.self)) else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    private static func dottedText(_ value: UInt32) -> String {
        [24, 16, 8, 0].map { String(value >> UInt32($0) & 255) }.joined(separator: ".")
    }
}

/// Hexadecimal digits, small ones.
private enum Hexadecimal {
    static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    static func bytes(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count % 2 == 0, digits.allSatisfy(isDigit) else { return nil }
        return stride(from: digits.startIndex, to: digits.endIndex, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
        }
    }

    static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
        digits.allSatisfy(isDigit) ? UInt32(String(decoding: digits, as: UTF8.self), radix: 16) : nil
    }

    static func text(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    static func text(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].flatMap { text(UInt8(truncatingIfNeeded: number >> UInt32($0))) }.map {
            // As the kernel prints it there.
            $0 > 0x60 ? $0 - 0x20 : $0
        }
    }
}
