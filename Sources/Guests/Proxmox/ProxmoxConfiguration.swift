internal import Formats

/// The configuration of a guest of Proxmox VE (qm.conf(5)): `key: value` lines, then a section in brackets for each
/// snapshot. Only the lines before the first section count; what is not changed stays byte for byte.
public struct ProxmoxConfiguration: Sendable, Hashable {
    public private(set) var bytes: [UInt8]
    /// The lines in front of the first section.
    private var lines: [Line]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        lines = Self.lines(of: bytes)
    }

    /// A `key: value` line.
    public struct Setting: Sendable, Hashable {
        public var key: String
        public var value: String
        /// From 1.
        public var line: Int
    }

    /// The lines that hold now, in their order; comments and what is no setting are left out.
    public var settings: [Setting] { lines.compactMap(\.setting) }

    /// The value of a key; the last line that has it holds.
    public subscript(key: String) -> String? { settings.last { $0.key == key }?.value }

    /// Gives a key its value: in its place where it has one, else as the last line that is not a snapshot's; nil removes
    /// the line.
    public mutating func set(_ key: String, _ value: String?) {
        defer { lines = Self.lines(of: bytes) }
        let there = lines.filter { $0.setting?.key == key }
        guard let value else {
            for line in there.reversed() {
                // A last line without an end takes the end of the line before it along.
                let isOpen = line.content == line.range.upperBound
                let start = isOpen ? bytes[..<line.range.lowerBound].trimmedOfLineEnd : line.range.lowerBound
                bytes.removeSubrange(start..<line.range.upperBound)
            }
            return
        }
        let text = Array("\(key): \(value)".utf8)
        if let last = there.last {
            guard last.setting?.value != value else { return }
            bytes.replaceSubrange(last.value, with: value.utf8)
            return
        }
        // Blank lines in front of a snapshot belong to it.
        let end = lines.last { !$0.isBlank }?.range.upperBound ?? 0
        let needsBreak = end > 0 && bytes[end - 1] != 0x0A
        let lineEnd = lines.first.map { bytes[$0.content..<$0.range.upperBound] }.flatMap { $0.isEmpty ? nil : $0 }
        let newline = lineEnd.map(Array.init) ?? [0x0A]
        bytes.insert(contentsOf: needsBreak ? newline + text : text + newline, at: end)
    }

    /// The numbers of a device's keys that are taken: `hostpci0`, `hostpci3`.
    func numbers(of prefix: String) -> Set<Int> {
        Set(settings.compactMap { $0.key.hasPrefix(prefix) ? Int($0.key.dropFirst(prefix.utf8.count)) : nil })
    }

    private struct Line: Sendable, Hashable {
        /// With its line end.
        var range: Range<Int>
        /// Where the line end begins.
        var content: Int
        var isBlank: Bool
        var setting: Setting?
        /// Of the setting, without white space around it.
        var value: Range<Int>
    }

    private static func lines(of bytes: [UInt8]) -> [Line] {
        var found: [Line] = []
        var start = 0
        while start < bytes.count, bytes[start] != UInt8(ascii: "[") {
            let newline = bytes[start...].firstIndex(of: 0x0A)
            let end = newline.map { $0 + 1 } ?? bytes.count
            var content = newline ?? bytes.count
            if newline != nil, content > start, bytes[content - 1] == 0x0D { content -= 1 }
            let text = bytes[start..<content]
            let (setting, value) = Self.setting(text, line: found.count + 1)
            found.append(
                Line(
                    range: start..<end,
                    content: content,
                    isBlank: text.allSatisfy { $0 <= 0x20 },
                    setting: setting,
                    value: value
                )
            )
            start = end
        }
        return found
    }

    private static func setting(_ line: ArraySlice<UInt8>, line number: Int) -> (Setting?, Range<Int>) {
        guard line.first != UInt8(ascii: "#"), let colon = line.firstIndex(of: UInt8(ascii: ":")),
            colon > line.startIndex, line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return (nil, line.startIndex..<line.startIndex) }
        let start = line[(colon + 1)...].firstIndex { $0 > 0x20 } ?? line.endIndex
        let end = line[start...].lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? line.endIndex
        let setting = Setting(
            key: String(decoding: line[..<colon], as: UTF8.self),
            value: String(decoding: line[start..<end], as: UTF8.self),
            line: number
        )
        return (setting, start..<end)
    }
}

extension ArraySlice<UInt8> {
    /// Where the line end at the slice's end begins.
    fileprivate var trimmedOfLineEnd: Int {
        guard last == 0x0A else { return endIndex }
        return dropLast().last == 0x0D ? endIndex - 2 : endIndex - 1
    }
}
