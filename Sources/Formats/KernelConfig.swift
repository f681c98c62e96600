/// A kernel's configuration as text: /boot/config-RELEASE, or /proc/config.gz once decompressed
/// (Documentation/kbuild/kconfig.rst, "KCONFIG_CONFIG"). Searched where it lies; a search is one pass.
public struct KernelConfig: Equatable, Sendable {
    /// What an option is set to.
    public enum Value: Equatable, Sendable {
        /// "=y": part of the kernel.
        case builtIn
        /// "=m": a module.
        case module
        /// "# CONFIG_X is not set", or "=n".
        case off
        /// A number or a text, quotes and their backslashes taken away.
        case text(String)
    }

    private let bytes: [UInt8]

    /// A configuration's text.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether the text says anything about any option.
    public var isConfig: Bool {
        var lines = ByteLines(bytes)
        while let line = lines.next() {
            if line.starts(with: "CONFIG_".utf8) || line.starts(with: "# CONFIG_".utf8) {
                return true
            }
        }
        return false
    }

    /// What an option is set to; of several lines the last counts.
    ///
    /// - Parameter option: with or without "CONFIG_".
    /// - Returns: nil if the text does not mention it: the kernel does not know it, or what it depends on is off.
    public func value(of option: String) -> Value? {
        let name = Array((option.utf8.starts(with: "CONFIG_".utf8) ? option : "CONFIG_" + option).utf8)
        var result: Value?
        for line in ByteLines(bytes) {
            if line.first == UInt8(ascii: "C") {
                guard line.count > name.count, line[line.startIndex + name.count] == UInt8(ascii: "="),
                    line.starts(with: name)
                else { continue }
                result = Self.value(line.dropFirst(name.count + 1).trimmed())
            } else if line.first == UInt8(ascii: "#") {
                let rest = line.dropFirst().trimmed()
                if rest.count == name.count + 11, rest.starts(with: name),
                    rest.dropFirst(name.count).elementsEqual(" is not set".utf8)
                {
                    result = .off
                }
            }
        }
        return result
    }

    private static func value(_ text: ArraySlice<UInt8>) -> Value {
        if text.elementsEqual("y".utf8) { return .builtIn }
        if text.elementsEqual("m".utf8) { return .module }
        if text.elementsEqual("n".utf8) { return .off }
        let quote = UInt8(ascii: "\"")
        guard text.count >= 2, text.first == quote, text.last == quote else { return .text(text.text) }
        var result: [UInt8] = []
        var isEscaped = false
        for byte in text.dropFirst().dropLast() {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else {
                result.append(byte)
                isEscaped = false
            }
        }
        return .text(String(decoding: result, as: UTF8.self))
    }
}
