import Operations
import Wording

/// What differs from what is wanted.
struct VerifyView {
    let verify: Verify

    func lines(in language: Language) -> [String] {
        var lines = verify.items.map { $0.message.string(in: language) }
        if lines.isEmpty { lines = [Text(en: "All is as wanted.", zh: "一切符合期望。").string(in: language)] }
        for (_, reason) in verify.unknown.sorted(by: { $0.key < $1.key }) {
            lines.append(Text(en: "Unknown: \(reason).", zh: "未知：\(Text(reason: reason).zh)。").string(in: language))
        }
        if let repair = verify.repair {
            lines.append(
                Text(
                    en: "What was lost is written again (transaction \(repair)): restart the machine.",
                    zh: "丢失的内容已重新写入（事务 \(repair)）：请重启机器。"
                ).string(in: language)
            )
        }
        return lines
    }
}

/// What the boot did.
struct BootView {
    let boot: Boot

    func lines(in language: Language) -> [String] {
        var lines = RecoverView(recover: boot.recovered).lines(in: language)
        if let trial = boot.trial {
            let title = Text(en: "Trial (\(trial.transaction)): ", zh: "试启动（\(trial.transaction)）：")
            lines.append((title + trial.story).string(in: language))
            lines += trial.left.map { "  " + $0.string(in: language) }
        }
        if let problem = boot.bindings.problem { lines.append(problem.string(in: language)) }
        for device in boot.bindings.devices {
            let reason = device.reason.map { ": " + $0.string(in: language) } ?? ""
            lines.append("\(device.address)  \(device.result.text.string(in: language))\(reason)")
        }
        lines += boot.bindings.notes.map { $0.string(in: language) }
        if let drift = boot.drift { lines += VerifyView(verify: drift).lines(in: language) }
        return lines
    }
}
