import ArgumentParser
import Operations
import Planning
import Wording

/// What every writing verb takes.
struct WritingOptions: ParsableArguments {
    @Flag(help: .text("Print the plan and change nothing.", "只显示计划，不做任何更改。"))
    var dryRun = false

    @Flag(
        help: .text(
            "Answer the plan's question with yes; it consents to no guard's finding.",
            "对计划的询问回答“是”；不代表同意任何保护规则的风险项。"
        )
    )
    var yes = false

    /// Whether somebody can be asked.
    var canAsk: Bool { Console.isTerminal && !Console.isJSON }

    /// Shows what is planned and asks, unless `--yes` was given.
    func confirm(_ lines: [String]) throws {
        guard !yes else { return }
        guard canAsk else {
            throw Failure(
                .usage,
                Text(en: "Nobody is here to ask: add --yes, or --dry-run.", zh: "无法询问：请加上 --yes 或 --dry-run。")
            )
        }
        Console.write(lines: lines)
        Console.write(Text(en: "Go ahead? [y/N] ", zh: "继续吗？[y/N] ").string(in: Console.language))
        guard let answer = readLine(), answer.lowercased().hasPrefix("y") else {
            throw Failure(.no, Text(en: "Nothing was changed.", zh: "未做任何更改。"))
        }
    }

    func report(_ step: Text) {
        if !Console.isJSON { Console.write("  " + step.string(in: Console.language) + "\n") }
    }
}

/// What verbs take that guards may object to.
struct ConsentOptions: ParsableArguments {
    @Option(
        name: .customLong("consent"),
        help: .text(
            "Accept one finding of a guard, as its message names it; repeated for each.",
            "接受保护规则指出的一个风险项（写法见其输出）；每个各写一次。",
            valueName: "guard=device"
        )
    )
    var consents: [String] = []

    /// The consents as values.
    func parsedConsents() throws -> Set<Consent> {
        try Set(
            consents.map { text in
                guard let consent = Consent(text) else {
                    throw Failure(
                        .usage,
                        Text(
                            en: """
                                \(text) is no consent: write GUARD=DEVICE as the refusal names it, where GUARD is one of \
                                \(Guards.consentable.joined(separator: ", ")).
                                """,
                            zh: """
                                \(text) 不是有效的同意：请按拒绝信息写成 GUARD=DEVICE，其中 GUARD 为 \
                                \(Guards.consentable.joined(separator: "、")) 之一。
                                """
                        )
                    )
                }
                return consent
            }
        )
    }

    /// Runs `plan`, and where a guard wants the owner's consent and somebody sits there, asks for it.
    ///
    /// - Returns: what `plan` returned, and all consents, those typed just now included.
    func withConsents<Value>(_ writing: WritingOptions, _ plan: (Set<Consent>) throws -> Value) throws -> (
        Value, Set<Consent>
    ) {
        var consents = try parsedConsents()
        while true {
            do {
                return (try plan(consents), consents)
            } catch let failure as Failure {
                guard writing.canAsk, !writing.dryRun, !failure.findings.isEmpty,
                    failure.findings.allSatisfy({ $0.level == .consent })
                else { throw failure }
                for finding in failure.findings {
                    try ask(finding)
                    consents.insert(finding.consent)
                }
            }
        }
    }

    /// A yes alone is typed too easily: the device itself must be.
    private func ask(_ finding: GuardFinding) throws {
        let language = Console.language
        Console.write(finding.message.string(in: language) + "\n")
        Console.write(
            Text(
                en: "Type \(finding.token) to go on all the same: ",
                zh: "若仍要继续，请输入 \(finding.token)："
            ).string(in: language)
        )
        guard let answer = readLine(), answer == finding.token else {
            throw Failure(.no, Text(en: "Nothing was changed.", zh: "未做任何更改。"))
        }
    }
}

/// What verbs take that can cut off whoever runs them.
struct ConfirmOptions: ParsableArguments {
    @Option(
        help: .text(
            """
            Revert by itself unless `passthru confirm` comes within so many seconds; 0 never. Without it: 90 where a \
            finding was consented to, else 0.
            """,
            "若在指定秒数内没有执行 `passthru confirm` 就自动恢复；0 表示从不。不写时：同意过风险项则为 90，否则为 0。",
            valueName: "seconds"
        )
    )
    var confirmWithin: Int?

    func validate() throws {
        guard let confirmWithin, !(0...86_400).contains(confirmWithin) else { return }
        throw ValidationError(
            help("--confirm-within takes 0 to 86400 seconds.", "--confirm-within 的取值为 0 到 86400 秒。")
        )
    }
}
