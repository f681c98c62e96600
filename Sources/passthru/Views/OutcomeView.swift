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
        if !outcome.diff.isEmpty {
            lines.append(Text(en: "Files:", zh: "文件：").string(in: language))
            lines += Console.lines(of: outcome.diff).dropLast()
        }
        if outcome.trial != nil {
            lines.append(Text(en: "When it is confirmed:", zh: "确认之后：").string(in: language))
            lines += outcome.afterConfirmation.map { "  " + $0.sentence.string(in: language) }
            lines += Console.lines(of: outcome.diffAfterConfirmation).dropLast()
        }
        lines += outcome.warnings.map { $0.string(in: language) }
        if let seconds = outcome.confirmWithin {
            lines.append(
                Text(
                    en: "It reverts by itself unless `passthru confirm` comes within \(seconds) s.",
                    zh: "若 \(seconds) 秒内没有执行 `passthru confirm`，将自动恢复。"
                ).string(in: language)
            )
        }
        if outcome.dryRun { lines.append(Text(en: "Nothing was changed.", zh: "未做任何更改。").string(in: language)) }
        return lines
    }

    func result(in language: Language) -> [String] {
        let devices = outcome.devices.map(\.description)
        let text =
            if !outcome.changed {
                Text(en: "Nothing to do.", zh: "无需更改。")
            } else if outcome.schema.contains("guest-attach") {
                Text(en: "The guest's configuration has the devices.", zh: "设备已加入虚拟机的配置。")
            } else if outcome.schema.contains("guest-detach") {
                Text(en: "The guest's configuration no longer has the devices.", zh: "设备已从虚拟机的配置中移除。")
            } else if outcome.devices.isEmpty {
                outcome.trial == nil
                    ? Text(en: "Written.", zh: "已写入。") : Text(en: "The trial boot is prepared.", zh: "试启动已准备好。")
            } else if outcome.schema.contains("adopt") || outcome.schema.contains("import") {
                Text(
                    en: "\(devices.joined(separator: ", ")): with vfio-pci now and at every boot.",
                    zh: "\(devices.joined(separator: "、"))：现在及每次启动时都由 vfio-pci 接管。"
                )
            } else if let guest = outcome.guest {
                Text(
                    en: "\(devices.joined(separator: ", ")): handed over when \(guest) starts.",
                    zh: "\(devices.joined(separator: "、"))：在 \(guest) 启动时交出。"
                )
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
        var lines = [text.string(in: language)] + outcome.warnings.map { $0.string(in: language) }
        if let transaction = outcome.transaction {
            let hint =
                if let seconds = outcome.confirmWithin {
                    Text(
                        en: "Keep it: passthru confirm, within \(seconds) s; else it reverts by itself.",
                        zh: "若要保留：请在 \(seconds) 秒内执行 passthru confirm；否则将自动恢复。"
                    )
                } else {
                    Text(en: "Take it back: passthru undo \(transaction)", zh: "撤销：passthru undo \(transaction)")
                }
            lines.append(hint.string(in: language))
        }
        return lines
    }
}
