import Formats
import Inventory

/// What no archive carries, not even a whole one.
enum WholeCapture {
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
