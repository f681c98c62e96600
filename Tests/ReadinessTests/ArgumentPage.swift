import Inventory
import Wording

@testable import Readiness

/// docs/kernel-arguments.md, made of kernel-arguments.uci.
enum ArgumentPage {
    static func text(_ table: ArgumentTable) -> String {
        var lines = [
            "# Kernel arguments",
            "",
            "What `passthru doctor` says about words on the kernel command line, booted and saved. Made from",
            "`Sources/CLinux/data/kernel-arguments.uci`: edit that file (its head explains it), then run",
            "`PASSTHRU_REGENERATE=1 swift test --filter ArgumentTableTests`.",
            "",
            "Besides, it finds misspelt names of the parameters below, options that they do not take, and words that",
            "stand on the line twice. A name that resembles none of these is not judged: the kernel has many more.",
            "",
            "## Parameters",
            "",
            "| parameter | meaning | options |",
            "| --- | --- | --- |",
        ]
        for parameter in table.parameters {
            let options = parameter.options.map { "`\($0)`" }.joined(separator: " ")
            lines.append("| `\(parameter.name)` | \(parameter.purpose.en) | \(options) |")
        }
        lines += ["", "## Findings", "", "| word | kind | where | why | what to do | source |"]
        lines.append("| --- | --- | --- | --- | --- | --- |")
        for advice in table.advice {
            let words = (advice.matches + advice.items).map { "`\($0.text)`" }.joined(separator: " ")
            let cells = [
                words, advice.kind.rawValue, place(advice.conditions), advice.reason.en, advice.remedy.en,
                advice.source,
            ]
            lines.append("| \(cells.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func place(_ conditions: ArgumentConditions) -> String {
        func words(_ patterns: [ArgumentPattern]) -> String {
            patterns.map { "`\($0.text)`" }.joined(separator: " or ")
        }
        var parts: [String] = []
        if let mode = conditions.firmware { parts.append("started by \(mode == .efi ? "UEFI" : "BIOS")") }
        if let kind = conditions.iommu { parts.append(kind == .intel ? "Intel (DMAR)" : "AMD (IVRS)") }
        if let version = conditions.kernelFrom { parts.append("since \(version)") }
        if let version = conditions.kernelBelow { parts.append("before \(version)") }
        if let loader = conditions.loader { parts.append("\(loader.rawValue) loads modules") }
        if conditions.module != nil { parts.append("not built in") }
        if !conditions.platforms.isEmpty {
            parts.append(conditions.platforms.map(\.rawValue).joined(separator: ", "))
        }
        if !conditions.patched.isEmpty { parts.append("release has " + conditions.patched.joined(separator: ", ")) }
        if !conditions.unpatched.isEmpty {
            parts.append("release has none of " + conditions.unpatched.joined(separator: ", "))
        }
        if !conditions.has.isEmpty { parts.append("with " + conditions.has.map(\.rawValue).joined(separator: ", ")) }
        if !conditions.lacks.isEmpty {
            parts.append("without " + conditions.lacks.map(\.rawValue).joined(separator: ", "))
        }
        if !conditions.frameBuffers.isEmpty {
            parts.append("/proc/iomem has " + conditions.frameBuffers.joined(separator: ", "))
        }
        if conditions.isUnwanted { parts.append("no display here needs it") }
        if !conditions.with.isEmpty { parts.append("with " + words(conditions.with)) }
        if !conditions.without.isEmpty { parts.append("without " + words(conditions.without)) }
        if !conditions.before.isEmpty { parts.append("before " + words(conditions.before)) }
        if !conditions.after.isEmpty { parts.append("after " + words(conditions.after)) }
        if !conditions.unfollowed.isEmpty { parts.append("not followed by " + words(conditions.unfollowed)) }
        return parts.isEmpty ? "everywhere" : parts.joined(separator: "; ")
    }
}
