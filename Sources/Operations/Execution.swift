import Changes
import Inventory
import Machine
import Transactions
import Wording

/// Shows a plan, or carries it out.
enum Execution {
    static func carryOut(
        _ plan: Plan,
        on machine: Machine,
        devices: [PCIAddress],
        schema: String,
        dryRun: Bool,
        progress: (Text) -> Void
    ) throws(Failure) -> Outcome {
        let outcome = Outcome(
            schema: schema,
            dryRun: dryRun,
            changed: !plan.changes.isEmpty,
            devices: devices,
            plan: plan.changes.map(\.step),
            warnings: plan.warnings
        )
        if dryRun || plan.changes.isEmpty { return outcome }
        guard machine.isWritable else {
            throw Failure(
                .usage,
                Text(
                    en: "A captured host can only be planned for: add --dry-run.",
                    zh: "对捕获的主机只能做计划：请加上 --dry-run。"
                )
            )
        }
        guard machine.isRoot else {
            throw Failure(
                .refused,
                Text(en: "Only root may bind drivers: nothing was changed.", zh: "只有 root 可以绑定驱动：未做任何更改。")
            )
        }
        do {
            try withoutActuallyEscaping(progress) { progress throws(TransactionFailure) in
                try Transaction(on: machine) { progress($0.step.sentence) }.apply(plan)
            }
        } catch {
            let status: ExitStatus =
                error.identityChanged ? .refused : error.left.isEmpty && !error.isStuck ? .failed : .incomplete
            throw Failure(status, error.message, details: error.left)
        }
        return outcome
    }
}

extension PlannedChange {
    var step: Outcome.Step {
        switch change {
        case .loadModule(let name):
            Outcome.Step(
                action: "load-module",
                target: name,
                value: nil,
                before: before,
                after: after,
                reason: reason
            )
        case .writeAttribute(let path, let value):
            Outcome.Step(
                action: "write",
                target: path,
                value: value == "\n" ? "" : value,
                before: before,
                after: after,
                reason: reason
            )
        case .writeFile(let path, let content):
            Outcome.Step(
                action: content == nil ? "remove-file" : "write-file",
                target: path,
                value: content,
                before: before,
                after: after,
                reason: reason
            )
        }
    }
}

extension Outcome.Step {
    /// The step as one line of a plan, as a shell would do it.
    public var sentence: Text {
        let command =
            switch action {
            case "load-module": Text(verbatim: "modprobe \(target)")
            case "write": Text(verbatim: "echo \(value.map { $0.isEmpty ? "" : $0 + " " } ?? "")> \(target)")
            case "write-file": Text(en: "write \(target)", zh: "写入 \(target)")
            default: Text(en: "remove \(target)", zh: "删除 \(target)")
            }
        return command + Text(verbatim: "  # ") + reason
    }
}
