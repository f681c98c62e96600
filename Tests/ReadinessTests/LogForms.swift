@testable import Readiness

/// A message as the logs, terminals and forums write it that people copy from.
enum LogForms {
    static func all(_ sample: String) -> [(kind: String, text: String)] {
        // The kernel's own stamp is put before each line anew.
        let lines = sample.split(separator: "\n").map { line in
            line.hasPrefix("[") ? String(line.drop { $0 != "]" }.dropFirst(2)) : String(line)
        }
        func each(_ change: (String) -> String) -> String { lines.map(change).joined(separator: "\n") }
        let text = lines.joined(separator: "\n")
        return [
            ("dmesg", each { "[   12.345678] \($0)" }),
            ("dmesg raw", each { "<4>[   12.345678][  T812] \($0)" }),
            ("dmesg -T", each { "[Thu Nov 26 10:52:59 2026] \($0)" }),
            ("journal, short", each { "Nov 26 10:52:59 host kernel: \($0)" }),
            ("journal, ISO", each { "2026-11-26T10:52:59+0000 host qemu[812]: \($0)" }),
            ("journal, export", "PRIORITY=3\nMESSAGE=" + text + "\n"),
            ("syslog", each { "<3>Nov 26 10:52:59 host libvirtd[812]: \($0)" }),
            ("syslog, RFC 5424", each { "<30>1 2026-11-26T10:52:59.123Z host libvirtd 812 - - \($0)" }),
            ("logread", each { "Thu Nov 26 10:52:59 2026 kern.err kernel: [   12.345678] \($0)" }),
            ("libvirt", each { "2026-11-26 10:52:59.123+0000: 1234: error : qemuProcessReport:1905 : \($0)" }),
            ("QEMU", each { "2026-11-26T10:52:59.123456Z qemu-system-x86_64: \($0)" }),
            ("docker", each { "2026-11-26T10:52:59.123456789Z stderr F \($0)" }),
            ("compose", each { "webvirtcloud  | \($0)" }),
            ("colours", each { "\u{1B}[31m\u{1B}[1m\($0)\u{1B}[0m" }),
            ("grep's colours", each { $0.replacing("vfio", with: "\u{1B}[01;31m\u{1B}[Kvfio\u{1B}[m\u{1B}[K") }),
            ("CRLF", lines.joined(separator: "\r\n") + "\r\n"),
            ("typographic quotes", typographic(text)),
            ("entities", each { "<p>" + entities($0) + "</p>" }),
            ("JSON", each { #"{"log":""# + escaped($0) + #"\n","stream":"stderr"}"# }),
            ("JSON, journal", each { #"{"PRIORITY":"3","MESSAGE":""# + unicode($0) + #"","_COMM":"qemu"}"# }),
            ("prose", "Hello all, since yesterday I get this:\n" + each { "> \($0)" } + "\nWhat can I do? Thanks"),
            ("中文", "各位好，启动虚拟机时提示：\n" + text + "\n怎么办？"),
            ("blanks", each { $0.replacing(" ", with: "  ") }),
        ]
    }

    private static func typographic(_ text: String) -> String {
        text.replacing("'", with: "\u{2019}").replacing("\"", with: "\u{201D}")
    }

    private static func entities(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
            .replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\t", with: "\\t")
    }

    private static func unicode(_ text: String) -> String {
        escaped(text).replacing("'", with: "\\u2019")
    }
}

/// Lines that end before their message does.
enum CutLine {
    /// The sample up to the byte with which 60 of 100 bytes of its template's fixed words are there; nil when that is not
    /// before the end, or leaves too little to know anything by. It is whole where a shorter template of the entry fits.
    static func make(_ sample: String, _ entry: MessageEntry) -> (line: String, isWhole: Bool)? {
        let line = Array(sample.utf8).withUnsafeBufferPointer { MessageLine($0) }
        var best: String?
        for template in entry.templates {
            let match = line.folded.withUnsafeBufferPointer { bytes -> MessageTemplate.Match? in
                var matcher = TemplateMatcher(template, in: bytes)
                return matcher.match()
            }
            guard let match else { continue }
            var wanted = (template.size * 6 + 9) / 10
            guard wanted >= 12, template.size - wanted >= 4 else { continue }
            var place = match.range.lowerBound
            var captures = match.captures[...]
            for piece in template.pieces {
                switch piece {
                case .words(let words):
                    if words.count >= wanted {
                        let cut = line.plain[..<(place + wanted)]
                        let text = String(decoding: cut, as: UTF8.self)
                        if text.utf8.count > best?.utf8.count ?? 0 { best = text }
                        wanted = .max
                    } else {
                        wanted -= words.count
                        place += words.count
                    }
                case .hole: place = captures.popFirst()?.range.upperBound ?? place
                }
                if wanted == .max { break }
            }
        }
        guard let best else { return nil }
        let short = Array(best.utf8).withUnsafeBufferPointer { MessageLine($0).folded }
        let isWhole = entry.templates.contains { template in
            short.withUnsafeBufferPointer { bytes in
                var matcher = TemplateMatcher(template, in: bytes)
                return matcher.match() != nil
            }
        }
        return (best, isWhole)
    }
}
