import Inventory
import Operations
import Wording

/// A plan before it is carried out, and a sentence afterwards.
struct OutcomeView {
    let outcome: Outcome

    /// The plan, a line a change.
    func lines(in language: Language) -> [String] {
        guard outcome.changed else { return result(in: language) }
        var lines = [Text(en: "Plan:", zh: "计划：").string(in: language)]
        lines += outcome.plan.map { "  " + $0.sentence.string(in: language) }
        lines += outcome.warnings.map { $0.string(in: language) }
        if outcome.dryRun { lines.append(Text(en: "Nothing was changed.", zh: "未做任何更改。").string(in: language)) }
        return lines
    }

    func result(in language: Language) -> [String] {
        let devices = outcome.devices.map(\.description)
        let text =
            if !outcome.changed {
                Text(en: "Nothing to do.", zh: "无需更改。")
            } else if outcome.schema.contains("assign") {
                Text(
                    en: "\(devices.joined(separator: ", ")): bound to vfio-pci.",
                    zh: "\(devices.joined(separator: "、"))：已绑定到 vfio-pci。"
                )
            } else {
                Text(
                    en: "\(devices.joined(separator: ", ")): given back.",
                    zh: "\(devices.joined(separator: "、"))：已归还。"
                )
            }
        return [text.string(in: language)] + outcome.warnings.map { $0.string(in: language) }
    }
}
