/// The lines of a shell script, such as /etc/rc.local, that set up passthrough by hand, found line by line: the script
/// is not understood, only these lines are.
public struct ScriptLines: Equatable, Sendable {
    /// What a line does.
    public enum Purpose: Equatable, Sendable {
        /// `chmod MODE … /dev/vfio…`.
        case nodeMode(mode: String, paths: [String])
        /// `echo "VENDOR DEVICE" > …/DRIVER/new_id`.
        case newID(ids: String, path: String)
        /// `echo ADDRESS > …/unbind`.
        case unbind(device: String, path: String)
        /// `echo ADDRESS > …/bind`.
        case bind(device: String, path: String)
        /// `echo DRIVER > …/driver_override`.
        case driverOverride(driver: String, path: String)
        /// `echo ADDRESS > …/drivers_probe`.
        case probe(device: String)
        /// `modprobe vfio… OPTIONS` or `insmod …/vfio….ko`.
        case loadModule(name: String, options: [String])
    }

    /// A line of interest.
    public struct Line: Equatable, Sendable {
        /// The line, from 1.
        public let number: Int
        /// The line without its end.
        public let text: String
        /// What it does.
        public let purpose: Purpose
        /// Whether it does nothing else: no other command, by ";", "&&", "||" or "|", stands on it.
        public let isAlone: Bool
        /// Whether it stands inside of `if`, a loop, `case` or a function, where it may never run, or more than once.
        public let isInBlock: Bool
        /// Its bytes without the line's end.
        let range: Range<Int>
    }

    /// The file as given.
    public let bytes: [UInt8]
    /// The lines of interest, in order.
    public let lines: [Line]

    /// The lines of a script.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var found: [Line] = []
        var depth = 0
        var number = 0
        for line in ByteLines(bytes) {
            number += 1
            let commands = ShellLine.commands(line)
            let depthBefore = depth
            var isInBlock = false
            for command in commands {
                depth = max(0, depth + ShellLine.depth(of: command))
                isInBlock = isInBlock || depth > 0
            }
            let purposes = commands.compactMap { ShellLine.purpose(of: $0) }
            guard let purpose = purposes.first else { continue }
            found.append(
                Line(
                    number: number,
                    text: line.text,
                    purpose: purpose,
                    isAlone: commands.count == 1,
                    isInBlock: isInBlock || depthBefore > 0,
                    range: line.startIndex..<line.endIndex
                )
            )
        }
        lines = found
    }

    /// The absolute paths that stand as words on the lines of a script: what it may start, or take in.
    public static func paths(in bytes: [UInt8]) -> [String] {
        var found: [String] = []
        for line in ByteLines(bytes) {
            for word in ShellLine.commands(line).joined() where word.hasPrefix("/") && !found.contains(word) {
                found.append(word)
            }
        }
        return found
    }

    /// The script without lines, by their numbers, nothing else changed. A line inside of a block becomes ":", as a
    /// block without any command is an error in the shell; a line that does more than what ``lines`` says stays.
    public func removing(_ numbers: Set<Int>) -> [UInt8] {
        let chosen = lines.filter { numbers.contains($0.number) && $0.isAlone }
        let whole = chosen.filter { !$0.isInBlock }.map { bytes.line(at: $0.range.lowerBound) }
        let replaced = chosen.filter(\.isInBlock).map { line in
            let indent = bytes[line.range].prefix(while: isBlank).count
            return ByteChange(line.range.lowerBound + indent..<line.range.upperBound, Array(":".utf8))
        }
        return bytes.applying(bytes.removals(ofLines: whole) + replaced)
    }
}

/// One line of a shell script, parted without regard to what stands before it.
private enum ShellLine {
    /// The commands on a line, as words without quotes; ">" and ">>" are words of their own.
    static func commands(_ line: ArraySlice<UInt8>) -> [[String]] {
        var commands: [[String]] = []
        var words: [String] = []
        var word: [UInt8]?
        var quote: UInt8?
        func endWord() {
            if let text = word {
                words.append(String(decoding: text, as: UTF8.self))
            }
            word = nil
        }
        func endCommand() {
            endWord()
            if !words.isEmpty {
                commands.append(words)
            }
            words = []
        }
        var index = line.startIndex
        while index < line.endIndex {
            let byte = line[index]
            index += 1
            if let open = quote {
                if byte == open {
                    quote = nil
                } else {
                    word?.append(byte)
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                quote = byte
                word = word ?? []
            case UInt8(ascii: "\\") where index < line.endIndex:
                word = (word ?? []) + [line[index]]
                index += 1
            case UInt8(ascii: "#") where word == nil:
                endCommand()
                return commands
            case UInt8(ascii: " "), UInt8(ascii: "\t"): endWord()
            case UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"):
                if byte == UInt8(ascii: "&"), word == nil, words.last?.hasSuffix(">") == true {
                    // ">&2"
                    word = [byte]
                } else {
                    endCommand()
                }
            case UInt8(ascii: ">"):
                // A descriptor's number before it, as in "2>", is no word.
                if let text = word, text.count == 1, text[0] &- UInt8(ascii: "0") < 10 {
                    words.append(String(decoding: text, as: UTF8.self) + ">")
                    word = nil
                } else {
                    endWord()
                    words.append(">")
                }
                if index < line.endIndex, line[index] == byte {
                    index += 1
                }
            default: word = (word ?? []) + [byte]
            }
        }
        endCommand()
        return commands
    }

    /// How many blocks a command opens, less those that it closes.
    static func depth(of command: [String]) -> Int {
        switch command.first ?? "" {
        case "if", "for", "while", "until", "case", "{", "function": 1
        case "fi", "done", "esac", "}": -1
        case let name where name.hasSuffix("()") || name.hasSuffix("(){"): 1
        default: command.dropFirst().first == "()" ? 1 : 0
        }
    }

    static func purpose(of command: [String]) -> ScriptLines.Purpose? {
        // Errors that go to /dev/null do not matter.
        var words: [String] = []
        var output: String?
        var index = 0
        let lead = ["then", "do", "else", "sudo", "{", "!"]
        while index < command.count {
            if command[index].hasSuffix(">") {
                if command[index] == ">" || command[index] == "1>", index + 1 < command.count {
                    output = command[index + 1]
                }
                index += 2
            } else {
                if !words.isEmpty || !lead.contains(command[index]) {
                    words.append(command[index])
                }
                index += 1
            }
        }
        guard let name = words.first.map({ $0.split(separator: "/").last.map(String.init) ?? $0 }) else { return nil }
        let operands = words.dropFirst().filter { !$0.hasPrefix("-") }
        switch name {
        case "chmod":
            let paths = operands.dropFirst().filter { $0.hasPrefix("/dev/vfio") }
            guard let mode = operands.first, !paths.isEmpty else { return nil }
            return .nodeMode(mode: mode, paths: Array(paths))
        case "echo", "printf": return write(operands.joined(separator: " "), to: output)
        case "tee": return nil
        case "modprobe", "insmod":
            guard let module = operands.first else { return nil }
            let stem = ModuleFiles.moduleName(fromPath: module) ?? module
            guard stem.hasPrefix("vfio") else { return nil }
            return .loadModule(name: stem, options: Array(operands.dropFirst()))
        default: return nil
        }
    }

    private static func write(_ text: String, to path: String?) -> ScriptLines.Purpose? {
        guard let path, let file = path.split(separator: "/").last else { return nil }
        return switch file {
        case "new_id": .newID(ids: text, path: path)
        case "unbind": .unbind(device: text, path: path)
        case "bind": .bind(device: text, path: path)
        case "driver_override": .driverOverride(driver: text, path: path)
        case "drivers_probe": .probe(device: text)
        default: nil
        }
    }
}
