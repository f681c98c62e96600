import Changes
import Inventory
import Machine
import SystemPackage
import Transactions
import Wording

/// `passthru history`: every transaction, and how it ended.
public struct History: Sendable, Encodable {
    public let schema = "passthru/history/1"
    /// Newest last.
    public var transactions: [Transaction]
    /// Files in the journal that cannot be read, by their number.
    public var unreadable: [Int]

    public struct Transaction: Sendable, Encodable {
        public var id: Int
        public var verb: String
        public var devices: [PCIAddress]
        public var state: JournalEntry.State
        /// Why it was undone; null when it was not.
        @Nullable public var cause: UndoCause?
        /// Why it failed; null when it did not.
        @Nullable public var failure: Text?
        /// How far its trial boot is; null when it has none, or that is settled.
        @Nullable public var trial: TrialPhase?
        /// Why its trial boot was not kept; null when it was, or there was none.
        @Nullable public var story: Text?
        /// The transaction that this one made permanent, or belongs to; null when there is none.
        @Nullable public var follows: Int?
        /// The guest for whose run it was made; null when it was made for good.
        @Nullable public var guest: String?
        /// Seconds since 1970.
        public var began: Int
        public var changed: Int
        /// Seconds that are left to confirm it; null when it need not be.
        @Nullable public var confirmWithin: Int?
        /// Whether the machine was started anew since: what was written to sysfs has ended with that.
        public var isBeforeBoot: Bool
        public var steps: [Step]
        /// What could not be put back.
        public var left: [Text]

        public struct Step: Sendable, Encodable {
            public var state: JournalEntry.StepState
            public var change: Text
        }

        init(_ entry: JournalEntry, on machine: Machine) {
            id = entry.id
            verb = entry.header.verb
            devices = entry.header.devices
            state = entry.state
            cause = entry.cause
            failure = entry.failure
            trial = entry.trialPhase(on: machine)
            if entry.cause == .trial { story = entry.trialStory }
            follows = entry.header.follows
            guest = entry.header.guest
            began = entry.began
            changed = entry.changed
            if entry.state == .waiting, let deadline = entry.confirmationDeadline {
                confirmWithin = max(0, (deadline - machine.bootClock) / 1000)
            }
            isBeforeBoot = machine.bootID != entry.header.boot
            steps = zip(entry.steps, entry.header.plan.changes).map { Step(state: $0, change: $1.step.sentence) }
            left = entry.left.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// - Parameter id: one transaction; nil for all.
    public static func run(_ machine: Machine, transaction id: Int?) throws(Failure) -> History {
        let journal = Journal(on: machine)
        let ids: [Int]
        do {
            ids = try journal.ids()
        } catch {
            throw unreadable(journal, error)
        }
        if let id, !ids.contains(id) { throw missing(id) }
        var history = History(transactions: [], unreadable: [])
        for number in ids where id == nil || number == id {
            if let entry = journal.entry(number) {
                history.transactions.append(Transaction(entry, on: machine))
            } else {
                history.unreadable.append(number)
            }
        }
        return history
    }

    static func entries(_ journal: Journal) throws(Failure) -> [JournalEntry] {
        do {
            return try journal.entries()
        } catch {
            throw unreadable(journal, error)
        }
    }

    static func unreadable(_ journal: Journal, _ error: Errno) -> Failure {
        Failure(
            error == .permissionDenied ? .refused : .failed,
            Text(
                en: "The journal in \(journal.folder) cannot be read: \(error.description.lowercased()).",
                zh: "无法读取 \(journal.folder) 中的日志：\(Text(reason: error.description.lowercased()).zh)。"
            )
        )
    }

    /// Why there is no such transaction to work on.
    static func missing(_ id: Int, in journal: Journal) -> Failure {
        if (try? journal.ids().contains(id)) == true {
            return Failure(
                .failed,
                Text(
                    en: "\(journal.folder) does not tell what transaction \(id) was: its file cannot be read.",
                    zh: "\(journal.folder) 中事务 \(id) 的文件无法读取，不知道它做过什么。"
                )
            )
        }
        return missing(id)
    }

    static func missing(_ id: Int) -> Failure {
        Failure(
            .notFound,
            Text(
                en: "There is no transaction \(id): `passthru history` lists them.",
                zh: "没有事务 \(id)：`passthru history` 会列出所有事务。"
            )
        )
    }
}

extension JournalEntry.State {
    public var text: Text {
        switch self {
        case .open: Text(en: "unfinished", zh: "未完成")
        case .applied: Text(en: "applied", zh: "已应用")
        case .waiting: Text(en: "waiting to be confirmed", zh: "等待确认")
        case .rolledBack: Text(en: "rolled back", zh: "已回滚")
        case .undone: Text(en: "undone", zh: "已撤销")
        case .incomplete: Text(en: "not fully undone", zh: "未完全撤销")
        }
    }
}

extension JournalEntry.StepState {
    public var text: Text {
        switch self {
        case .pending: Text(en: "not begun", zh: "未开始")
        case .started: Text(en: "begun", zh: "已开始")
        case .done: Text(en: "done", zh: "已完成")
        case .failed: Text(en: "failed", zh: "失败")
        case .undone: Text(en: "undone", zh: "已撤销")
        case .left: Text(en: "left", zh: "未恢复")
        }
    }
}

extension History.Transaction {
    /// The state, and why.
    public var summary: Text {
        var text =
            switch trial {
            case .prepared: Text(en: "the next boot tries it", zh: "下次启动时试用")
            case .running:
                Text(en: "this boot tries it, waiting to be confirmed", zh: "本次启动正在试用，等待确认")
            case .over: Text(en: "its trial boot was not kept", zh: "试启动未被保留")
            case nil: state.text
            }
        if let cause {
            switch cause {
            case .failure: text = text + Text(en: ", a step failed", zh: "，有步骤失败")
            case .request: break
            case .unconfirmed: text = text + Text(en: ", nobody confirmed in time", zh: "，未及时确认")
            case .trial:
                text = text + Text(en: ", its trial boot was not kept", zh: "，试启动未被保留")
                if let story { text = text + Text(verbatim: " (") + story + Text(verbatim: ")") }
            case .interruption: text = text + Text(en: ", it was interrupted", zh: "，曾被中断")
            case .guestStopped: text = text + Text(en: ", the guest has stopped", zh: "，虚拟机已停止")
            case .restart: text = text + Text(en: ", the machine was restarted", zh: "，机器已重启")
            }
        }
        if let guest { text = text + Text(en: ", for \(guest)", zh: "，用于 \(guest)") }
        if let follows, guest == nil { text = text + Text(en: ", made \(follows) permanent", zh: "，使 \(follows) 永久生效") }
        if let failure { text = text + Text(verbatim: " (") + failure + Text(verbatim: ")") }
        if let confirmWithin {
            text = text + Text(en: ", \(confirmWithin) s left", zh: "，剩余 \(confirmWithin) 秒")
        }
        if state == .applied, isBeforeBoot, !devices.isEmpty {
            text = text + Text(en: "; its bindings ended with the restart", zh: "；绑定已随重启失效")
        }
        return text
    }
}
