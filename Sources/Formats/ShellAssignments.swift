/// The variables that a shell file of plain assignments sets, such as /etc/default/grub or /etc/os-release (POSIX.1,
/// Shell Command Language, 2.2 Quoting and 2.6 Word Expansions): quotes, backslashes, `$x`, `${x}`, `${x:-y}`, `+=`.
/// No program is run: what `$(…)`, backquotes or a condition would decide leaves a value that is not exact.
public struct ShellAssignments: Equatable, Sendable {
    /// A variable's value.
    public struct Value: Equatable, Sendable {
        /// The text.
        public let text: String
        /// False if a part of it could not be known from the file: a command's output is left out of the text, or the
        /// assignment stands inside a condition.
        public let isExact: Bool
    }

    /// The variables, with their last values.
    public private(set) var values: [String: Value] = [:]

    /// The variables of files that are read one after the other, as /etc/default/grub and /etc/default/grub.d/*.cfg.
    public init(_ files: [[UInt8]]) {
        for file in files {
            var reader = Reader(bytes: file, values: values)
            reader.readAll()
            values = reader.values
        }
    }

    /// The variables of one file.
    public init(_ file: [UInt8]) {
        self.init([file])
    }

    /// The text of a variable, exact or not; nil if it is not set.
    public subscript(name: String) -> String? { values[name]?.text }

    private struct Reader {
        let bytes: [UInt8]
        var values: [String: Value]
        var index = 0
        /// Open `if`, `case`, `for`, `while` and `{`.
        var depth = 0
        static let longestValue = 8192

        init(bytes: [UInt8], values: [String: Value]) {
            self.bytes = bytes
            self.values = values
        }

        mutating func readAll() {
            while index < bytes.count {
                skipBlanks()
                guard index < bytes.count else { return }
                let byte = bytes[index]
                if byte == UInt8(ascii: "#") {
                    skipLine()
                } else if isEnd(byte) {
                    index += 1
                } else {
                    readWord()
                }
            }
        }

        private func isBlank(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
        }

        private func isEnd(_ byte: UInt8) -> Bool {
            "\n;&|()".utf8.contains(byte)
        }

        private func isName(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "_") || byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
        }

        private mutating func skipBlanks() {
            while index < bytes.count {
                if isBlank(bytes[index]) {
                    index += 1
                } else if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count,
                    bytes[index + 1] == UInt8(ascii: "\n")
                {
                    index += 2
                } else {
                    return
                }
            }
        }

        private mutating func skipLine() {
            while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
                index += 1
            }
        }

        /// A word at which a command may begin: an assignment, a keyword, or a command that is passed over.
        private mutating func readWord() {
            let start = index
            while index < bytes.count, isName(bytes[index]) {
                index += 1
            }
            let name = bytes[start..<index].text
            var isAppended = false
            if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "+"), bytes[index + 1] == UInt8(ascii: "=") {
                isAppended = true
                index += 1
            }
            if index > start, index < bytes.count, bytes[index] == UInt8(ascii: "="),
                bytes[start] &- UInt8(ascii: "0") >= 10
            {
                index += 1
                let value = readValue()
                let old = isAppended ? values[name] : nil
                let text = (old?.text ?? "") + value.text
                values[name] = Value(
                    text: String(decoding: text.utf8.prefix(Self.longestValue), as: UTF8.self),
                    isExact: value.isExact && old?.isExact != false && depth == 0
                )
                return
            }
            switch name {
            case "if", "case", "for", "while", "until": depth += 1
            case "fi", "esac", "done": depth = max(0, depth - 1)
            case "then", "else", "elif", "do", "export", "readonly", "declare", "local": return
            default: break
            }
            // The rest of a command.
            while index < bytes.count, !isEnd(bytes[index]) {
                if isBlank(bytes[index]) {
                    skipBlanks()
                    if index < bytes.count, bytes[index] == UInt8(ascii: "#") {
                        skipLine()
                    }
                } else {
                    let before = index
                    _ = readValue()
                    index = max(index, before + 1)
                }
            }
        }

        /// A word with its quotes taken away and its variables put in; ends before a blank or an operator.
        private mutating func readValue() -> Value {
            var text: [UInt8] = []
            var isExact = true
            var inQuotes = false
            while index < bytes.count, inQuotes || !(isBlank(bytes[index]) || isEnd(bytes[index])) {
                let byte = bytes[index]
                switch byte {
                case UInt8(ascii: "\""):
                    inQuotes.toggle()
                    index += 1
                case UInt8(ascii: "'") where !inQuotes:
                    index += 1
                    while index < bytes.count, bytes[index] != byte {
                        text.append(bytes[index])
                        index += 1
                    }
                    index += 1
                case UInt8(ascii: "\\"):
                    readEscape(&text, inQuotes: inQuotes)
                case UInt8(ascii: "$"):
                    index += 1
                    readVariable(&text, &isExact)
                case UInt8(ascii: "`"):
                    isExact = false
                    index += 1
                    while index < bytes.count, bytes[index] != byte {
                        index += 1
                    }
                    index += 1
                default:
                    text.append(byte)
                    index += 1
                }
            }
            index = min(index, bytes.count)
            return Value(text: String(decoding: text, as: UTF8.self), isExact: isExact && !inQuotes)
        }

        private mutating func readEscape(_ text: inout [UInt8], inQuotes: Bool) {
            guard index + 1 < bytes.count else {
                index += 1
                return
            }
            let next = bytes[index + 1]
            if next == UInt8(ascii: "\r"), index + 2 < bytes.count, bytes[index + 2] == UInt8(ascii: "\n") {
                index += 1
            } else if next != UInt8(ascii: "\n") {
                if inQuotes, !"$`\"\\".utf8.contains(next) {
                    text.append(UInt8(ascii: "\\"))
                }
                text.append(next)
            }
            index += 2
        }

        private mutating func readVariable(_ text: inout [UInt8], _ isExact: inout Bool) {
            // A value is cut there anyway: no file can make one grow without end.
            if text.count > Self.longestValue {
                text.removeLast(text.count - Self.longestValue)
            }
            guard index < bytes.count else { return text.append(UInt8(ascii: "$")) }
            if bytes[index] == UInt8(ascii: "(") {
                isExact = false
                var open = 0
                repeat {
                    open += bytes[index] == UInt8(ascii: "(") ? 1 : bytes[index] == UInt8(ascii: ")") ? -1 : 0
                    index += 1
                } while open > 0 && index < bytes.count
                return
            }
            let isBraced = bytes[index] == UInt8(ascii: "{")
            let start = isBraced ? index + 1 : index
            var end = start
            while end < bytes.count, isName(bytes[end]) {
                end += 1
            }
            guard end > start else {
                // "$?", "$$" and the like are known to the running shell alone.
                isExact = isExact && !isBraced
                text.append(UInt8(ascii: "$"))
                return
            }
            let value = values[bytes[start..<end].text]
            isExact = isExact && value?.isExact != false
            index = end
            guard isBraced else {
                text += (value?.text ?? "").utf8
                return
            }
            var close = end
            while close < bytes.count, bytes[close] != UInt8(ascii: "}"), bytes[close] != UInt8(ascii: "\n") {
                close += 1
            }
            let form = bytes[end..<close]
            index = min(close + 1, bytes.count)
            let isPlainDefault = !form.contains { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "`") }
            if form.isEmpty {
                text += (value?.text ?? "").utf8
            } else if form.starts(with: ":-".utf8), isPlainDefault {
                text += value?.text.isEmpty == false ? Array((value?.text ?? "").utf8) : Array(form.dropFirst(2))
            } else if form.first == UInt8(ascii: "-"), isPlainDefault {
                text += value.map { Array($0.text.utf8) } ?? Array(form.dropFirst())
            } else {
                text += (value?.text ?? "").utf8
                isExact = false
            }
        }
    }
}
