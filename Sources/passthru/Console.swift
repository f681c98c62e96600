import Formats
import Glibc
import Operations
import Wording

/// Standard output and error, and the language in which this run speaks.
enum Console {
    /// `--lang` wins; JSON is English unless it was asked otherwise, so that the same host gives the same bytes
    /// everywhere; else the environment decides.
    static let language: Language = {
        let arguments = CommandLine.arguments.dropFirst()
        for (index, word) in zip(arguments.indices, arguments) {
            if word == "--lang", let name = arguments[(index + 1)...].first, let language = Language(rawValue: name) {
                return language
            }
            if word.hasPrefix("--lang="), let language = Language(rawValue: String(word.dropFirst(7))) {
                return language
            }
        }
        if isJSON { return .english }
        var environment: [String: String] = [:]
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return Language(environment: environment)
    }()

    static let isJSON = CommandLine.arguments.contains("--json")

    static func write(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    static func writeError(_ text: String) {
        write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO)
    }

    /// One sentence, then the candidates or what is left, a line each. With `--json` the same as an object on standard
    /// output.
    static func report(_ failure: Failure) {
        if isJSON, let object = try? JSONOutput.bytes(failure, in: language) { write(object) }
        var lines = ["passthru: " + failure.message.string(in: language)]
        lines += failure.details.flatMap { Self.lines(of: $0.string(in: language)).map { "  " + $0 } }
        writeError(lines.joined(separator: "\n"))
    }

    /// Each line with its end, all in one write(2).
    static func write(lines: [String]) {
        var bytes: [UInt8] = []
        for line in lines {
            bytes.append(contentsOf: line.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
        write(bytes)
    }

    /// The lines of a text that came from files, safe to show on a terminal.
    static func lines(of text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { printable($0, limit: 1000) }
    }

    /// Seconds since 1970 as the date and time of this place.
    static func time(_ seconds: Int) -> String {
        var seconds = time_t(seconds)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return "\(seconds)" }
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
        return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Bytes as they are.
    static func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { write($0, to: STDOUT_FILENO) }
    }

    private static func write(_ text: String, to descriptor: CInt) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
    }

    /// Gives up quietly when nobody reads any more.
    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Whether a person sits at standard input.
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }
}
