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

    /// Whether something could not be written, to a full disk for one. One thread writes.
    nonisolated(unsafe) private(set) static var isOutputLost = false

    static let isJSON = CommandLine.arguments.contains("--json")

    static func write(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    static func writeError(_ text: String) {
        write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO)
    }

    /// What the argument parser says: with `--json` its first line as an object, too.
    static func reportUsage(_ message: String) {
        if isJSON {
            let sentence = message.utf8.split(separator: UInt8(ascii: "\n")).first.map { String(Substring($0)) } ?? ""
            let failure = Failure(.usage, Text(verbatim: sentence))
            if let object = try? JSONOutput.bytes(failure, in: language) { write(object) }
        }
        writeError(message)
    }

    /// One sentence, then the candidates or what is left, a line each. With `--json` the same as an object on standard
    /// output.
    static func report(_ failure: Failure) {
        if isJSON, let object = try? JSONOutput.bytes(failure, in: language) { write(object) }
        var lines = Self.lines(of: "passthru: " + failure.message.string(in: language))
        lines += failure.details.flatMap { Self.lines(of: $0.string(in: language)).map { "  " + $0 } }
        writeError(lines.joined(separator: "\n"))
    }

    /// Each line with its end, all in one write(2).
    static func write(lines: [String]) {
        var bytes: [UInt8] = []
        for line in lines {
            bytes.append(contentsOf: safe(line).utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
        write(bytes)
    }

    /// Names come from hardware and files: what could steer a terminal is shown as numbers.
    static func safe(_ line: String) -> String {
        // Beside control characters the first bytes of those that Unicode has.
        let isSuspect = line.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == 0xC2 || $0 == 0xE2 }
        return isSuspect ? printable(line.utf8, limit: 100_000) : line
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
            guard count > 0 else {
                if errno != EPIPE { isOutputLost = true }
                return
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Whether a person sits at standard input.
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }
}
