import Wording

@testable import Readiness

/// docs/messages.md, made of data/messages.
enum MessagePage {
    static func text(_ base: MessageBase) -> String {
        let package = base.entries.flatMap(\.found).count { $0.package != nil }
        let source = base.entries.flatMap(\.found).count { $0.package == nil }
        var lines = [
            "# Messages",
            "",
            "What `passthru explain` knows: \(base.entries.count) messages. Made from `Sources/CLinux/data/messages/*.json`;",
            "edit these files, then run `PASSTHRU_REGENERATE=1 swift test --filter MessagePageTests`.",
            "",
            "\(package) wordings were found in files of Debian's packages (`Tests/oracles/message-literals` looks again),",
            "\(source) were read from public sources or threads.",
            "",
            "## To add a message",
            "",
            "Add an object to the file of the program that says it. A test tries it with what you put into it:",
            "",
            "| key | meaning |",
            "| --- | --- |",
            "| `id` | stable name, for scripts |",
            "| `match` | how it reads: the program's own format string, with a hole `{name:kind}` for each value. Kinds: `bdf` (a PCI address; `{bdf}` is short for `{bdf:bdf}`), `number`, `hex`, `word`, `path`, `quoted`, `text`. Blanks, quotes and upper case do not matter. It begins with fixed words, and two holes never touch |",
            "| `not` | what rules it out on the same line |",
            "| `samples` | lines in which it is found, and no other message as a root; `\\n` between two lines |",
            "| `near` | lines that look like it and are not it |",
            "| `context` | in a text of more than three lines one of these words must stand somewhere |",
            "| `needs` | the same in any text |",
            "| `question` | words of people who ask without a message |",
            "| `cause`, `remedy` | in English and 简体中文; a remedy says all there is to do |",
            "| `actor` | who acts: `firmware`, `passthru`, `distribution`, `owner` |",
            "| `role` | `benign` where nothing is wrong; `wrapper` where another message says what |",
            "| `checks` | checks of `passthru doctor` and probes (`Sources/Readiness/Messages/Probes`) that tell whether it is so on a host |",
            "| `explains` | messages that follow from it |",
            "| `found` | where the wording was seen: `package`, `version`, `file` of Debian; or `repository` and `file`; or `thread`; and the `literal` that is there |",
            "| `versions` | where it holds, if not everywhere |",
            "",
            "A hole named `bdf` is the device that the message is about, `group` its IOMMU group, `vendor`, `product`, `bus` and",
            "`device` a USB device, `path` a file: probes look at these. Holes of other names are only remembered.",
            "",
            "A new file is added to `Sources/CLinux/tables.c`, twice.",
            "",
            "## Probes",
            "",
            "Beside the checks of `passthru doctor`: \(Probes.all.map { "`\($0.id)`" }.joined(separator: ", ")).",
            "`argument:`, `module-absent:`, `parameter:`, `kernel-since:` and `config-without:` take what stands behind the colon.",
            "",
            "## What is known",
        ]
        for entry in base.entries {
            lines += ["", "### \(entry.id)", ""]
            lines += entry.matches.map { "    \($0)" }
            if !entry.questions.isEmpty { lines.append("Asked as: " + entry.questions.joined(separator: " · ")) }
            lines += ["", entry.cause.en, "", "\(who(entry.actor)): \(entry.remedy.en)", ""]
            var notes: [String] = []
            if entry.role == .benign { notes.append("harmless") }
            if let versions = entry.versions { notes.append(versions) }
            if !entry.checks.isEmpty {
                notes.append("checks: " + entry.checks.map { "`\($0)`" }.joined(separator: " "))
            }
            if !entry.explains.isEmpty { notes.append("explains: " + entry.explains.joined(separator: " ")) }
            notes += entry.found.map(place)
            lines.append(notes.joined(separator: "; ") + ".")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func who(_ actor: Actor) -> String {
        switch actor {
        case .firmware: "In the BIOS"
        case .passthru: "passthru"
        case .distribution: "The distribution"
        case .owner: "You"
        }
    }

    private static func place(_ source: MessageEntry.Source) -> String {
        if let package = source.package {
            return "\(package) \(source.version ?? ""), `\(source.file ?? "")`: `\(source.literal)`"
        }
        if let thread = source.thread { return "pasted in github.com/\(thread): `\(source.literal)`" }
        return "read from github.com/\(source.repository ?? ""): `\(source.file ?? "")`: `\(source.literal)`"
    }
}
