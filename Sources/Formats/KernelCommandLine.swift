/// A kernel command line, split as Linux splits it (lib/cmdline.c, next_arg; kernel/params.c, parse_args;
/// Documentation/admin-guide/kernel-parameters.rst).
///
/// Words end at white space outside of double quotes; the first "=" that is not the word's first byte parts name and
/// value; quotes around a whole word or a whole value are no part of it; in names "-" and "_" are the same; a word "--"
/// ends the kernel's arguments, what follows belongs to init.
public struct KernelCommandLine: Equatable, Sendable {
    /// One word.
    public struct Word: Equatable, Sendable {
        /// The word as written, quotes included.
        public let text: String
        /// What is before the "=", as written but without quotes.
        public let name: String
        /// What is after the "=", without quotes; nil for a bare flag.
        public let value: String?
        /// The word's place in ``KernelCommandLine/bytes``.
        public let range: Range<Int>

        /// Whether this word sets a parameter, "-" and "_" being the same.
        public func isNamed(_ parameter: String) -> Bool {
            let dash = UInt8(ascii: "-")
            let underscore = UInt8(ascii: "_")
            return name.utf8.count == parameter.utf8.count
                && zip(name.utf8, parameter.utf8).allSatisfy { mine, other in
                    (mine == dash ? underscore : mine) == (other == dash ? underscore : other)
                }
        }
    }

    /// The line as given, unchanged.
    public let bytes: [UInt8]
    /// The kernel's words, in order.
    public let words: [Word]
    /// The words behind "--", which init gets.
    public let initWords: [Word]
    /// Whether there is a word "--".
    public let hasEnd: Bool

    /// The words of a line, for example all bytes of /proc/cmdline. A zero byte ends it.
    public init(_ bytes: some Collection<UInt8>) {
        let line = Array(bytes)
        self.bytes = line
        var kernel: [Word] = []
        var rest: [Word] = []
        var isForInit = false
        var index = 0
        while let word = Self.nextWord(line, &index) {
            if isForInit {
                rest.append(word)
            } else if word.value == nil, word.name == "--" {
                isForInit = true
            } else {
                kernel.append(word)
            }
        }
        words = kernel
        initWords = rest
        hasEnd = isForInit
    }

    /// The words of a line of text.
    public init(_ text: String) {
        self.init(Array(text.utf8))
    }

    // MARK: Lookups

    /// The values given to a parameter, in order; bare flags have none.
    public func values(of parameter: String) -> [String] {
        words.compactMap { $0.isNamed(parameter) ? $0.value : nil }
    }

    /// The value given last to a parameter, which is the one that counts for most of them.
    public func last(of parameter: String) -> String? {
        words.last { $0.value != nil && $0.isNamed(parameter) }?.value
    }

    /// Whether a parameter is named at all, with or without a value.
    public func contains(_ parameter: String) -> Bool {
        words.contains { $0.isNamed(parameter) }
    }

    /// The items of all comma-separated values of a parameter, in order, empty ones left out.
    public func items(of parameter: String) -> [String] {
        values(of: parameter).flatMap { $0.utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) } }
    }

    // MARK: Splitting

    /// isspace() of the kernel (lib/ctype.c): it counts the no-break space of Latin-1, too.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte) || byte == 0xA0
    }

    private static func nextWord(_ line: [UInt8], _ index: inout Int) -> Word? {
        while index < line.count, isSpace(line[index]) {
            index += 1
        }
        guard index < line.count, line[index] != 0 else { return nil }
        let quote = UInt8(ascii: "\"")
        let start = index
        let isQuoted = line[start] == quote
        let nameStart = isQuoted ? start + 1 : start
        var inQuotes = isQuoted
        var end = nameStart
        var equals: Int?
        while end < line.count, line[end] != 0, inQuotes || !isSpace(line[end]) {
            if equals == nil, end > nameStart, line[end] == UInt8(ascii: "=") {
                equals = end
            }
            if line[end] == quote {
                inQuotes.toggle()
            }
            end += 1
        }
        index = end
        var last = end
        var value: String?
        if let equals {
            var first = equals + 1
            if first < end, line[first] == quote {
                first += 1
                if last > first, line[last - 1] == quote {
                    last -= 1
                }
            }
            if isQuoted, last == end, last > first, line[last - 1] == quote {
                last -= 1
            }
            value = line[first..<max(first, last)].text
        } else if isQuoted, last > nameStart, line[last - 1] == quote {
            last -= 1
        }
        return Word(
            text: line[start..<end].text,
            name: line[nameStart..<(equals ?? last)].text,
            value: value,
            range: start..<end
        )
    }
}
