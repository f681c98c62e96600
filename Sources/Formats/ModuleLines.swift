/// A file that says what happens to kernel modules, line by line: /etc/modules.d/* and /etc/modules.conf of OpenWrt
/// (ubox, kmodloader), /etc/modprobe.d/*.conf (modprobe.d(5)), /etc/modules-load.d/*.conf. "#" begins a comment, and a
/// backslash at a line's end goes on with the next one.
public struct ModuleLines: Equatable, Sendable {
    /// One line that is neither empty nor a comment.
    public struct Line: Equatable, Sendable {
        /// The line, from 1; of one that goes on, the first.
        public let number: Int
        /// Its words: `["blacklist", "i915"]`, `["options", "vfio-pci", "ids=8086:4e71"]`, `["vfio-pci", "ids=…"]`.
        public let words: [String]
        /// Its bytes, the line's end included.
        public let range: Range<Int>

        /// The module that `blacklist` names; nil if the line is something else.
        public var blacklisted: String? { words.count > 1 && words[0] == "blacklist" ? words[1] : nil }

        /// What an `options` line, or a line of modules.d that begins with the module, gives to a module.
        ///
        /// - Returns: nil if the line is about another module; "-" and "_" are the same.
        public func options(of module: String) -> [String]? {
            let rest = words.first == "options" ? words.dropFirst() : words[...]
            guard let name = rest.first,
                ModuleAliases.normalised(name.utf8) == ModuleAliases.normalised(module.utf8)
            else { return nil }
            return Array(rest.dropFirst())
        }
    }

    /// The file as given.
    public let bytes: [UInt8]
    /// The lines that say something, in order.
    public let lines: [Line]

    /// The lines of a file.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var found: [Line] = []
        var start = 0
        var number = 1
        while start < bytes.count {
            let first = number
            var end = start
            var words: [String] = []
            var goesOn: Bool
            repeat {
                let lineStart = end
                end = bytes.endOfLine(from: lineStart)
                number += 1
                var text = bytes[lineStart..<end]
                while let last = text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
                    text.removeLast()
                }
                let isComment = words.isEmpty && text.trimmed().first == UInt8(ascii: "#")
                goesOn = !isComment && text.last == UInt8(ascii: "\\") && end < bytes.count
                if goesOn {
                    text.removeLast()
                }
                if !isComment {
                    words += text.split(whereSeparator: isBlank).map(\.text)
                }
            } while goesOn
            if !words.isEmpty {
                found.append(Line(number: first, words: words, range: start..<end))
            }
            start = end
        }
        lines = found
    }

    /// The file without the lines that are chosen, nothing else changed.
    public func removing(where chosen: (Line) -> Bool) -> [UInt8] {
        bytes.applying(bytes.removals(ofLines: lines.filter(chosen).map(\.range)))
    }

    /// The file with some lines said otherwise, nothing else changed.
    ///
    /// - Parameter edit: a line's new words; none for a line that goes, the same for one that stays as it is written.
    public func rewriting(_ edit: (Line) -> [String]) -> [UInt8] {
        var gone: [Range<Int>] = []
        var changes: [ByteChange] = []
        for line in lines {
            let words = edit(line)
            if words.isEmpty {
                gone.append(line.range)
            } else if words != line.words {
                let text = bytes[line.range]
                let indent = text.prefix(while: isBlank)
                let end = text.reversed().prefix { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.reversed()
                changes.append(ByteChange(line.range, indent + Array(words.joined(separator: " ").utf8) + end))
            }
        }
        return bytes.applying(bytes.removals(ofLines: gone) + changes)
    }

    /// The file with lines at its end, each only if no line says the same in the same words.
    public func adding(_ texts: [String]) -> [UInt8] {
        var known = lines.map(\.words)
        var new: [[UInt8]] = []
        for text in texts {
            let words = Array(text.utf8).split { isBlank($0) || $0 == UInt8(ascii: "\n") }.map(\.text)
            if !words.isEmpty, !known.contains(words) {
                known.append(words)
                new.append(Array(text.utf8.filter { $0 != UInt8(ascii: "\n") }))
            }
        }
        guard !new.isEmpty else { return bytes }
        let isEnded = bytes.isEmpty || bytes.last == UInt8(ascii: "\n")
        return bytes + new.flatMap { isEnded ? $0 + bytes.lineEnd : bytes.lineEnd + $0 }
    }
}
