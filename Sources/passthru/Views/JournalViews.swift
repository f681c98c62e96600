import Inventory
import Operations
import Wording

/// Transactions as a table, newest last.
struct HistoryView {
    let history: History
    let withSteps: Bool

    func lines(in language: Language) -> [String] {
        var table = Table()
        for transaction in history.transactions {
            table.add(
                "\(transaction.id)",
                Console.time(transaction.began),
                transaction.verb,
                transaction.devices.map(\.description).joined(separator: " "),
                transaction.summary.string(in: language)
            )
        }
        var lines = table.lines
        for transaction in history.transactions {
            if withSteps { lines += transaction.stepLines(in: language) }
            lines += transaction.leftLines(in: language)
        }
        lines += unreadableLines(history.unreadable, in: language)
        if lines.isEmpty {
            lines = [Text(en: "passthru has changed nothing.", zh: "passthru 尚未做过更改。").string(in: language)]
        }
        return lines
    }
}

/// What is undone, or was.
struct UndoView {
    let undo: Undo

    func lines(in language: Language) -> [String] {
        guard !undo.transactions.isEmpty else {
            return [Text(en: "Nothing to undo.", zh: "没有可撤销的更改。").string(in: language)]
                + unreadableLines(undo.unreadable, in: language)
        }
        var lines = undo.transactions.flatMap { transaction in
            let title =
                Text(verbatim: "\(transaction.id) \(transaction.verb) ")
                + Text(verbatim: transaction.devices.map(\.description).joined(separator: " "))
                + (undo.dryRun ? .empty : Text(verbatim: "  ") + transaction.summary)
            return [title.string(in: language)] + (undo.dryRun ? transaction.stepLines(in: language) : [])
                + transaction.leftLines(in: language)
        }
        if undo.dryRun {
            lines.append(Text(en: "These are undone, newest first.", zh: "将从最新的开始撤销以上更改。").string(in: language))
        }
        return lines + unreadableLines(undo.unreadable, in: language)
    }
}

private func unreadableLines(_ numbers: [Int], in language: Language) -> [String] {
    numbers.map { id in
        Text(en: "\(id): the journal file cannot be read.", zh: "\(id)：无法读取日志文件。").string(in: language)
    }
}

/// What was found half-way and finished.
struct RecoverView {
    let recover: Recover

    func lines(in language: Language) -> [String] {
        guard !recover.transactions.isEmpty || !recover.unreadable.isEmpty else {
            return [Text(en: "Nothing had been interrupted.", zh: "没有被中断的操作。").string(in: language)]
        }
        return unreadableLines(recover.unreadable, in: language)
            + recover.transactions.flatMap { transaction in
                let title = Text(verbatim: "\(transaction.id) \(transaction.verb): ") + transaction.summary
                return [title.string(in: language)] + transaction.leftLines(in: language)
            }
    }
}

extension History.Transaction {
    fileprivate func stepLines(in language: Language) -> [String] {
        steps.map { "  \($0.state.text.string(in: language))  \($0.change.string(in: language))" }
    }

    fileprivate func leftLines(in language: Language) -> [String] {
        left.flatMap { Console.lines(of: $0.string(in: language)).map { "  " + $0 } }
    }
}
