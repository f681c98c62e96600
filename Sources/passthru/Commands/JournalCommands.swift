import ArgumentParser
import Machine
import Operations
import Wording

struct UndoCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "undo",
            abstract: help(
                "Take back what passthru changed: files byte for byte, devices to their drivers.",
                "撤销 passthru 的更改：文件逐字节恢复，设备还给原来的驱动。"
            )
        )
    }
    @Argument(
        help: .text(
            "The transaction, as `passthru history` numbers it.",
            "事务编号，见 `passthru history`。",
            valueName: "id"
        )
    )
    var transaction: Int?

    @Flag(help: .text("Everything, newest first.", "全部撤销，从最新的开始。"))
    var all = false
    @OptionGroup var writing: WritingOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (transaction == nil) == all else {
            throw ValidationError(help("Name one transaction, or --all.", "请指明一个事务，或使用 --all。"))
        }
    }

    func run() throws {
        let machine = try common.machine()
        let target = transaction.map(Undo.Target.transaction) ?? .all
        let plan = try Undo.run(machine, target, dryRun: true) { _ in }
        if writing.dryRun { return try common.print(plan) { UndoView(undo: $0).lines(in: $1) } }
        if !plan.transactions.isEmpty { try writing.confirm(UndoView(undo: plan).lines(in: Console.language)) }
        let shown = plan.transactions.map(\.id)
        let done = try Undo.run(machine, target, shown: shown, progress: writing.report)
        try common.print(done) { UndoView(undo: $0).lines(in: $1) }
        try end(with: done.status)
    }
}

struct HistoryCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "history",
            abstract: help("List what passthru changed, and how it ended.", "列出 passthru 做过的更改及其结果。")
        )
    }
    @Argument(help: .text("One transaction with its steps.", "某一事务及其步骤。", valueName: "id"))
    var transaction: Int?
    @OptionGroup var common: CommonOptions

    func run() throws {
        let history = try History.run(try common.machine(), transaction: transaction)
        try common.print(history) { HistoryView(history: $0, withSteps: transaction != nil).lines(in: $1) }
    }
}

struct ConfirmCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "confirm",
            abstract: help("Keep a change that would otherwise revert by itself.", "保留一项否则会自动恢复的更改。")
        )
    }
    @Argument(help: .text("One transaction; else all that wait.", "某一事务；不写则为所有等待中的。", valueName: "id"))
    var transaction: Int?
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.print(Confirm.run(try common.machine(), transaction: transaction)) { confirm, language in
            let ids = confirm.confirmed.map(String.init)
            return [
                Text(
                    en: "Confirmed: \(ids.joined(separator: ", ")).",
                    zh: "已确认：\(ids.joined(separator: "、"))。"
                ).string(in: language)
            ]
        }
    }
}

struct RecoverCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "recover",
            abstract: help(
                "Put back what a crash or a power failure left half done; for the boot service.",
                "回退因崩溃或断电而只做了一半的更改；供开机服务使用。"
            )
        )
    }
    @OptionGroup var common: CommonOptions

    func run() throws {
        let recover = try Recover.run(try common.machine())
        try common.print(recover) { RecoverView(recover: $0).lines(in: $1) }
        try end(with: recover.status)
    }
}

/// The watchdog's own process; nobody starts it by hand.
struct WatchCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "watch", shouldDisplay: false)
    }
    @Argument var transaction: Int

    func run() throws { try Watch.run(.live, transaction: transaction) }
}

/// Ends with a status that the printed result explains, in one sentence more on standard error.
func end(with status: ExitStatus) throws {
    switch status {
    case .ok: return
    case .incomplete:
        Console.writeError(
            Text(
                en: "passthru: Not everything could be put back: what is left is listed.",
                zh: "passthru: 未能全部恢复：已列出剩余部分。"
            ).string(in: Console.language)
        )
    default:
        Console.writeError(
            Text(
                en: "passthru: The journal has files that cannot be read: they are listed.",
                zh: "passthru: 日志中有无法读取的文件：已列出。"
            ).string(in: Console.language)
        )
    }
    throw status
}
